import { CfmError } from "../errors.js";
import { t } from "../text.js";

export const dayLength = 86_400_000;

/** A moment as somebody said it. */
export interface Said {
	/** The day, or the instant where a time was said: what it is compared by when it is said again. */
	said: string;
	/** The earliest instant that it can mean, ISO 8601 UTC. */
	from: string;
}

/**
 * Does work with the local time of a zone: `Date` follows `TZ`, and agrees with Temporal at every change of a zone since 1995,
 * which no date library but one does, at the price of none of them (docs/decisions/0045).
 *
 * @param zone as `parseZone` returns it: a name that there is not would be UTC; null: this machine's, whatever it is called
 * @param work nothing that waits
 */
export function inZone<T>(zone: string | null, work: () => T): T {
	if (zone === null) return work();
	const before = process.env.TZ;
	process.env.TZ = zone;
	try {
		return work();
	} finally {
		// Where nothing was set, Windows does not go back by itself: it is told its own zone, and then no child hears of it.
		if (before === undefined && process.platform === "win32") process.env.TZ = ownZone;
		if (before === undefined) delete process.env.TZ;
		else process.env.TZ = before;
	}
}

/** This machine's zone, asked before any other was set; only Windows needs it. */
const ownZone = process.platform === "win32" ? new Intl.DateTimeFormat("en").resolvedOptions().timeZone : "";

/**
 * Reads a day (`2026-11-15`) or a time (`2026-11-15T09:30`), of a zone's clock on the wall unless an offset is said (`Z`,
 * `-05:00`). A time that the clock shows twice is the first of both.
 *
 * @throws CfmError usage `bad-date`
 */
export function parseSaid(text: string, zone: string): Said {
	const asked = text.trim();
	const match =
		/^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/.exec(asked);
	const [, day = "", time, offset = ""] = match ?? [];
	if (!isDay(day)) throw badDate(asked);
	if (time === undefined) return { said: day, from: startOf(day, zone) };
	const instant = inZone(zone, () => new Date(`${day}T${time}${offset}`));
	if (Number.isNaN(instant.getTime())) throw badDate(asked);
	return { said: instant.toISOString(), from: instant.toISOString() };
}

/** Reads a day. @throws CfmError usage `bad-date` */
export function parseDay(text: string): string {
	const day = text.trim();
	if (isDay(day)) return day;
	throw badDate(day);
}

/** The first instant of the local day, ISO 8601 UTC: not always midnight. @param days so many days later */
export function startOf(day: string, zone: string | null, days = 0): string {
	const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
	return inZone(zone, () => new Date(year, month - 1, date + days)).toISOString();
}

/** The instant at which the local day of an instant, and so many days after it, are over. */
export function endOfDayAfter(instant: string, zone: string, days: number): string {
	return startOf(localDay(instant, zone), zone, days + 1);
}

/** The day that the calendar in a zone shows at an instant: `2026-11-15`. */
export function localDay(instant: string, zone: string): string {
	return localMinute(instant, zone).slice(0, 10);
}

/** What clock and calendar in a zone show at an instant: `2026-11-15 09:30`. */
export function localMinute(instant: string, zone: string | null): string {
	return inZone(zone, () => {
		const date = new Date(instant);
		const two = (number: number) => String(number).padStart(2, "0");
		const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
		return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
	});
}

/** Whole days until an instant, rounded down: an hour after it is -1, not 0. */
export function daysUntil(instant: string, now: Date): number {
	return Math.floor((Date.parse(instant) - now.getTime()) / dayLength);
}

/** Whole hours until an instant, rounded down. */
export function hoursUntil(instant: string, now: Date): number {
	return Math.floor((Date.parse(instant) - now.getTime()) / (dayLength / 24));
}

/** Whether there is such a day: no 30 February. Years of two digits are no years. */
function isDay(day: string): boolean {
	const date = new Date(`${day}T00:00:00Z`);
	return day >= "1990" && day < "2100" && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

function badDate(text: string): CfmError {
	return new CfmError("usage", "bad-date", t`Not a date: ${text.slice(0, 40)}.`, {
		hints: [t`Write it as 2026-01-15 or 2026-01-15T09:30.`],
		data: { date: text.slice(0, 40) },
	});
}
