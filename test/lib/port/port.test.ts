import { describe, expect, it } from "vitest";
import { parsePort, parsePortRange } from "../../../src/lib/port/port.js";
import { failure } from "../failure.js";

describe("a port", () => {
	it.each([
		["1", 1],
		["65535", 65_535],
		[" 443 ", 443],
		["00080", 80],
	])("%j is read", (text, port) => expect(parsePort(text)).toBe(port));

	it.each(["0", "65536", "-1", "4.5", "0x50", "1e3", "", "http", "999999", "+5"])("%j is none", async (text) => {
		expect(await failure(() => parsePort(text))).toMatchObject({ kind: "usage", code: "bad-port" });
	});
});

describe("a range of ports", () => {
	it.each([
		["24250-24400", { first: 24_250, last: 24_400 }],
		["443", { first: 443, last: 443 }],
		["1-65535", { first: 1, last: 65_535 }],
		["80 - 90", { first: 80, last: 90 }],
	])("%j is read", (text, range) => expect(parsePortRange(text)).toEqual(range));

	it.each(["90-80", "1-2-3", "-5", "5-", "0-10", "1-70000"])("%j is none", async (text) => {
		expect(await failure(() => parsePortRange(text))).toMatchObject({ code: "bad-port" });
	});
});
