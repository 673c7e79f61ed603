import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import {
	daysUntil,
	endOfDayAfter,
	hoursUntil,
	inZone,
	localDay,
	localMinute,
	parseDay,
	parseSaid,
	startOf,
} from "../../../src/lib/calendar/day.js";
import fc from "../../property.js";
import { failure } from "../failure.js";

const zones = Intl.supportedValuesOf("timeZone");

/** The instants at which a zone changes its offset, from 1995 to 2037. */
function changesOf(zone: string): Temporal.ZonedDateTime[] {
	const changes: Temporal.ZonedDateTime[] = [];
	let at = Temporal.ZonedDateTime.from(`1995-01-01T00:00[${zone}]`);
	for (;;) {
		const next = at.getTimeZoneTransition("next");
		if (next === null || next.year > 2037) return changes;
		changes.push(next);
		at = next;
	}
}

const startByTemporal = (day: string, zone: string, days: number) =>
	new Date(Temporal.PlainDate.from(day).add({ days }).toZonedDateTime(zone).epochMilliseconds).toISOString();

describe("a local day", () => {
	it("begins when Temporal says so, around every change of every zone", () => {
		let compared = 0;
		const wrong: string[] = [];
		for (const zone of zones) {
			for (const change of changesOf(zone)) {
				const day = change.toPlainDate().subtract({ days: 16 }).toString();
				if (startOf(day, zone, 16) !== startByTemporal(day, zone, 16)) wrong.push(`${day} ${zone}`);
				compared += 1;
			}
		}
		expect(compared).toBeGreaterThan(10_000);
		expect(wrong).toEqual([]);
	});

	it.each([
		["2026-03-08", "America/Toronto", "2026-03-08T05:00:00.000Z"],
		["2026-11-01", "America/Toronto", "2026-11-01T04:00:00.000Z"],
		// There is no midnight.
		["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
		// There is no such day: what comes next is meant.
		["2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00.000Z"],
		["2028-02-29", "Pacific/Kiritimati", "2028-02-28T10:00:00.000Z"],
		["2027-01-01", "Pacific/Pago_Pago", "2027-01-01T11:00:00.000Z"],
		["2026-12-31", "Asia/Kathmandu", "2026-12-30T18:15:00.000Z"],
	])("%s in %s begins at %s", (day, zone, instant) => {
		expect(startOf(day, zone)).toBe(instant);
	});

	it("ends so many whole days later, also over a leap day, a year's end and a change of the clock", () => {
		expect(endOfDayAfter("2028-02-20T15:00:00.000Z", "America/Toronto", 15)).toBe("2028-03-07T05:00:00.000Z");
		expect(endOfDayAfter("2026-12-25T15:00:00.000Z", "Europe/Paris", 15)).toBe("2027-01-09T23:00:00.000Z");
		expect(endOfDayAfter("2026-03-01T15:00:00.000Z", "America/Toronto", 15)).toBe("2026-03-17T04:00:00.000Z");
		expect(endOfDayAfter("2026-10-20T15:00:00.000Z", "America/Toronto", 15)).toBe("2026-11-05T05:00:00.000Z");
		// The evening in the west is the next day in the east.
		expect(localDay("2026-01-15T03:00:00.000Z", "America/Toronto")).toBe("2026-01-14");
		expect(localDay("2026-01-15T03:00:00.000Z", "Pacific/Auckland")).toBe("2026-01-15");
		expect(localMinute("2026-01-15T03:05:00.000Z", "Asia/Kathmandu")).toBe("2026-01-15 08:50");
	});

	it("leaves the process in the zone that it was in", () => {
		// Local midnight, whatever the zone is here.
		const midnight = () => new Date(2026, 0, 15).toISOString();
		const own = midnight();
		const variable = process.env.TZ;
		expect(() =>
			inZone("Asia/Tokyo", () => {
				throw new Error(midnight());
			}),
		).toThrow("2026-01-14T15:00:00.000Z");
		expect([midnight(), process.env.TZ]).toEqual([own, variable]);
	});
});

describe("what somebody said of a time", () => {
	it.each([
		["2026-01-15", "2026-01-15", "2026-01-15T05:00:00.000Z"],
		["2026-01-15T09:30", "2026-01-15T14:30:00.000Z", "2026-01-15T14:30:00.000Z"],
		[" 2026-01-15 09:30:15 ", "2026-01-15T14:30:15.000Z", "2026-01-15T14:30:15.000Z"],
		["2026-01-15T09:30Z", "2026-01-15T09:30:00.000Z", "2026-01-15T09:30:00.000Z"],
		["2026-01-15T09:30+01:00", "2026-01-15T08:30:00.000Z", "2026-01-15T08:30:00.000Z"],
		// Shown twice by the clock: the first of both.
		["2026-11-01T01:30", "2026-11-01T05:30:00.000Z", "2026-11-01T05:30:00.000Z"],
	])("%j is %s from %s in Toronto", (text, said, from) => {
		expect(parseSaid(text, "America/Toronto")).toEqual({ said, from });
	});

	it.each([
		"",
		"15.01.2026",
		"2026-1-5",
		"2026-02-30",
		"2027-02-29",
		"2026-13-01",
		"2026-01-15T25:00",
		"2026-01-15T09:60",
		"0026-01-15",
		"2026-01-15T09:30+1",
		"today",
		"2026-01-15 noon",
	])("%j is refused", async (text) => {
		const error = await failure(() => parseSaid(text, "UTC"));
		expect([error.kind, error.code]).toEqual(["usage", "bad-date"]);
		expect((await failure(() => parseDay(text))).code).toBe("bad-date");
	});
});

describe("time left", () => {
	it("is whole days and hours, rounded down: an hour too late is -1", () => {
		const now = new Date("2026-01-15T12:00:00.000Z");
		const told = (iso: string) => [daysUntil(iso, now), hoursUntil(iso, now)];
		expect(told("2026-01-16T11:59:59.999Z")).toEqual([0, 23]);
		expect(told("2026-01-16T12:00:00.000Z")).toEqual([1, 24]);
		expect(told("2026-01-15T12:00:00.000Z")).toEqual([0, 0]);
		expect(told("2026-01-15T11:00:00.000Z")).toEqual([-1, -1]);
		fc.assert(
			fc.property(fc.integer({ min: -1e9, max: 1e9 }), (ms) => {
				const until = new Date(now.getTime() + ms).toISOString();
				expect(daysUntil(until, now) < 0).toBe(ms < 0);
				expect(hoursUntil(until, now)).toBeLessThanOrEqual(ms / 3_600_000);
			}),
		);
	});
});
