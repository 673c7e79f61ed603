import { expect, it } from "vitest";
import { calendarFile } from "../../../../src/lib/adapters/calendar/ics.js";

const at = new Date("2026-03-29T01:30:00.000Z");
const made = (summary: string) =>
	calendarFile({
		...{ name: "cfm: deadlines", stamp: new Date("2026-03-01T08:00:00.000Z"), sequence: 42 },
		entries: [{ uid: "codes-default-1@0123456789abcdef.cfm", at, summary, description: "a;b,c" }],
	});
const unfolded = (text: string) => text.replaceAll("\r\n ", "");

it("writes instants in UTC under the name and the number that it is given, the same each time", () => {
	const text = made("Seal");
	expect(made("Seal")).toBe(text);
	expect(text.split("\r\n")).toEqual(
		expect.arrayContaining([
			...["UID:codes-default-1@0123456789abcdef.cfm", "SEQUENCE:42", "DTSTAMP:20260301T080000Z"],
			...["DTSTART:20260329T013000Z", "SUMMARY:Seal", "DESCRIPTION:a\\;b\\,c", "TRANSP:TRANSPARENT"],
		]),
	);
	expect(text).not.toContain("VALUE=DATE");
	expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
});

it("lets no name become a line of its own, or half a character", () => {
	for (const name of ["x\r\nATTACH:evil", "x\nBEGIN:VALARM", "\u2028\u202E", "𝄞".repeat(200), "a\\;,b"]) {
		const text = made(name);
		expect(text).not.toMatch(/^(ATTACH|BEGIN:VALARM)/m);
		expect(text.split("BEGIN:VEVENT")).toHaveLength(2);
		for (const line of text.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
		expect(unfolded(text)).not.toContain("\uFFFD");
		expect(text).not.toMatch(/(?<!\r)\n/);
	}
	expect(unfolded(made("𝄞".repeat(200)))).toContain(`SUMMARY:${"𝄞".repeat(200)}\r\n`);
});
