import { describe, expect, it } from "vitest";
import { parseMoment } from "../../../../src/lib/cli/input/moment.js";
import { failure } from "../../failure.js";

const now = new Date("2026-03-10T12:00:00.000Z");
/** The clock on the wall of the tests' own zone, as UTC. */
const local = (...parts: [number, number, number, number?, number?]) => new Date(...parts).toISOString();

describe("a moment", () => {
	it.each([
		["90m", "2026-03-10T10:30:00.000Z"],
		["12h", "2026-03-10T00:00:00.000Z"],
		["7d", "2026-03-03T12:00:00.000Z"],
		["2w", "2026-02-24T12:00:00.000Z"],
		["2026-01-15", local(2026, 0, 15)],
		["2026-01-15T09:30", local(2026, 0, 15, 9, 30)],
		["2026-01-15 09:30", local(2026, 0, 15, 9, 30)],
		["2026-01-15T09:30Z", "2026-01-15T09:30:00.000Z"],
		["2026-01-15T09:30:05.5+01:00", "2026-01-15T08:30:05.500Z"],
	])("%s", (text, moment) => {
		expect(parseMoment(text, now)).toBe(moment);
	});

	it("that is the end is that of the whole day", () => {
		expect(parseMoment("2026-01-15", now, { end: true })).toBe(local(2026, 0, 16));
		expect(parseMoment("2026-01-15T09:30Z", now, { end: true })).toBe("2026-01-15T09:30:00.000Z");
	});

	it.each(["", "yesterday", "7", "7y", "2026-02-30", "2026-13-01", "2026-1-5", "2026-01-15T25:00", "-7d"])(
		"is not %j",
		async (text) => {
			expect(await failure(() => parseMoment(text, now))).toMatchObject({ kind: "usage", code: "bad-time" });
		},
	);
});
