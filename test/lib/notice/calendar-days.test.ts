import { describe, expect, it } from "vitest";
import { dayLength, endOfDayAfter, localDay, localMinute, startOf } from "../../../src/lib/calendar/day.js";
import { planNotices } from "../../../src/lib/notice/plan.js";
import type { Book } from "../../../src/lib/notice/recipients.js";
import { accesses } from "../../../src/lib/registered/access.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { aCertificate, anAccess } from "../../contract/kind-samples.js";
import { make } from "../../contract/store.js";
import { Stage } from "../registry/stage.js";

const book: Book = {
	...{ issuers: ["desk@example.com"], escalation: [], addressOf: () => undefined, channels: [] },
	...{ languageOf: () => undefined, language: "en" },
};
const hour = 3_600_000;

/** Access that ends with a local day: what is claimed by a job that runs each hour on two machines, eight days long. */
async function toldThrough(lastDay: string, zone: string): Promise<string[]> {
	const { registry } = await Stage.set();
	const expiresAt = startOf(lastDay, zone, 1);
	await make(registry, [
		recordChange(certificates, "certificate.register", null, aCertificate({ notAfter: "2035-03-01T00:00:00.000Z" })),
		recordChange(accesses, "access.grant", null, anAccess({ expiresAt, zone })),
	]);
	const told: string[] = [];
	const from = Date.parse(expiresAt) - 8 * dayLength;
	for (let at = from; at <= Date.parse(expiresAt) + 12 * hour; at += hour) {
		// The other machine's clock is ninety seconds behind.
		for (const off of [0, -90_000]) {
			const now = new Date(at + off);
			const hours = { zone, hour: 7 };
			const { claims } = await registry.read((view) => planNotices(view, { book, hours, now }));
			const kept = await registry.outbox.claim(claims.filter(({ item }) => item.startsWith("access/")));
			if (kept > 0) told.push(localMinute(now.toISOString(), zone));
		}
	}
	return told;
}

describe("a daily notice", () => {
	it.each([
		["clocks are put forward, in the west", "2026-03-11", "America/Toronto"],
		["clocks are put back, in the west", "2026-11-04", "America/Toronto"],
		["clocks are put forward, in the east", "2026-04-01", "Europe/Lisbon"],
		["clocks change by half an hour", "2026-10-07", "Australia/Lord_Howe"],
		["there is a 29 February", "2028-03-02", "Asia/Kolkata"],
		["there is no 29 February", "2027-03-02", "America/St_Johns"],
		["the year ends, far in the east", "2027-01-02", "Pacific/Kiritimati"],
		["the year ends, far in the west", "2027-01-02", "Pacific/Pago_Pago"],
	])("goes once each local day, at the hour and not before it, when %s", async (_, lastDay, zone) => {
		const told = await toldThrough(lastDay, zone);
		// Each day of the last week, and when it is over; a week that clocks made shorter begins before a midnight.
		const days = told.map((minute) => minute.slice(0, 10));
		expect(new Set(days).size).toBe(days.length);
		const first = startOf(lastDay, zone, -6);
		const expected = Array.from({ length: 8 }, (_each, at) => localDay(endOfDayAfter(first, zone, at - 1), zone));
		expect(days.slice(-8)).toEqual(expected);
		const begins = localMinute(new Date(Date.parse(startOf(lastDay, zone, 1)) - 7 * dayLength).toISOString(), zone);
		expect(told.slice(0, -8)).toEqual(begins.slice(11) > "12:00" ? [begins] : []);
		for (const minute of told.slice(-8)) expect(minute.slice(11) >= "07:00" && minute.slice(11) < "08:00").toBe(true);
	});
});
