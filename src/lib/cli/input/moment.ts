import { CfmError } from "../../errors.js";
import { t } from "../../text.js";

const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/**
 * Reads a moment: so long ago (`90m`, `12h`, `7d`, `2w`), a day (`2026-01-15`) or a time (`2026-01-15T09:30`), both of this
 * machine's clock on the wall unless a zone is said (`Z`, `+01:00`).
 *
 * @param end a day is meant to its end
 * @returns ISO 8601 UTC
 * @throws CfmError usage `bad-time`
 */
export function parseMoment(text: string, now: Date, { end = false } = {}): string {
	const ago = /^(\d{1,5})([mhdw])$/.exec(text);
	if (ago !== null) return new Date(now.getTime() - Number(ago[1]) * units[ago[2] as keyof typeof units]).toISOString();
	const said = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
	const [, day = "", time] = said ?? [];
	const date = new Date(time === undefined ? `${day}T00:00:00` : text.replace(" ", "T"));
	// The 31st of a month that has none would be a day of the next one.
	const isDay =
		!Number.isNaN(Date.parse(`${day}T00:00:00Z`)) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
	if (said === null || !isDay || Number.isNaN(date.getTime())) {
		throw new CfmError("usage", "bad-time", t`Not a time: ${text.slice(0, 40)}.`, {
			hints: [t`Write it as 7d, 12h, 2026-01-15 or 2026-01-15T09:30.`],
		});
	}
	if (end && time === undefined) date.setDate(date.getDate() + 1);
	return date.toISOString();
}
