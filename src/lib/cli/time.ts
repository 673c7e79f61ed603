import { plural, t } from "../text.js";

/**
 * A moment as the clock on the wall here says it, to the minute, for a terminal: `2026-01-15 10:30`. JSON and pipes keep UTC.
 *
 * @param iso ISO 8601; what is no time stays as it stands
 */
export function localTime(iso: string): string {
	const date = new Date(iso);
	if (Number.isNaN(date.getTime())) return iso;
	const two = (number: number) => String(number).padStart(2, "0");
	const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
	return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** A text with its moments as the clock on the wall here says them, for a terminal. */
export function inLocalTime(text: string): string {
	return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, localTime);
}

/**
 * How long ago a moment was, in its largest unit.
 *
 * @param iso ISO 8601; what is later than `now` is of now: two clocks may differ
 */
export function ageOf(iso: string, now: string): string {
	const minutes = Math.max(0, Math.floor((Date.parse(now) - Date.parse(iso)) / 60_000));
	const hours = Math.floor(minutes / 60);
	const days = Math.floor(hours / 24);
	if (minutes < 1) return t`just now`;
	if (hours < 1) return plural(minutes, { one: "1 minute ago", other: `${minutes} minutes ago` });
	if (days < 1) return plural(hours, { one: "1 hour ago", other: `${hours} hours ago` });
	return plural(days, { one: "1 day ago", other: `${days} days ago` });
}
