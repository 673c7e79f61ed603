import { expect, it } from "vitest";
import { WINDOWS_TO_IANA_MAP } from "windows-iana";
import { startOf } from "../../../src/lib/calendar/day.js";
import { machineZone, parseZone } from "../../../src/lib/calendar/zone.js";
import { failure } from "../failure.js";

it.each([
	["America/Toronto", "America/Toronto"],
	[" america/toronto ", "America/Toronto"],
	["utc", "UTC"],
	["Eastern Standard Time", "America/New_York"],
	["eastern standard time", "America/New_York"],
	["Romance Standard Time", "Europe/Paris"],
])("%j is the zone %s", async (text, zone) => {
	expect(await parseZone(text)).toBe(zone);
});

it.each(["", "Toronto", "America/Montreal2", "+05:00", "UTC+5", "local", "Nowhere Standard Time", "../etc/passwd"])(
	"%j is no zone: TZ would silently take it for UTC",
	async (text) => {
		expect(await failure(() => parseZone(text))).toMatchObject({ kind: "usage", code: "bad-zone" });
	},
);

it("every name that Windows has is a zone that Date knows", async () => {
	const names = [...new Set(WINDOWS_TO_IANA_MAP.map(({ windowsName }) => windowsName))];
	expect(names.length).toBeGreaterThan(100);
	for (const name of names) expect(startOf("2026-01-15", await parseZone(name)), name).toMatch(/^2026-01-1[45]T/);
});

it("this machine has a zone", async () => {
	expect(await parseZone(machineZone())).toBe(machineZone());
});
