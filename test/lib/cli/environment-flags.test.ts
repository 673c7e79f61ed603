import { describe, expect, it } from "vitest";
import { environmentSettings, environmentView, parseDomain } from "../../../src/lib/cli/environment-flags.js";
import { failure } from "../failure.js";

const none = {
	range: undefined,
	"port-base": undefined,
	"port-stride": undefined,
	"quarantine-days": undefined,
	domain: undefined,
	note: undefined,
};

describe("the settings of an environment", () => {
	it("are those that were said, and no others", () => {
		expect(environmentSettings(none)).toEqual({});
		expect(environmentSettings({ ...none, "port-base": 0, "quarantine-days": 0 })).toEqual({
			portBase: 0,
			quarantineDays: 0,
		});
		expect(environmentSettings({ ...none, range: "5-9", domain: "CORP", note: "x", "port-stride": 2 })).toEqual({
			firstId: 5,
			lastId: 9,
			domain: "CORP",
			note: "x",
			portStride: 2,
		});
	});

	it.each(["9-5", "1-2-3", "a-b", "-5", "5-", "", "1-99999999999", "0x1-0x2", "1.5-2"])(
		"refuse the range %j",
		async (range) => {
			expect((await failure(() => environmentSettings({ ...none, range }))).kind).toBe("usage");
		},
	);
});

describe("a domain", () => {
	it("is written as in a user's name", () => {
		expect(parseDomain(" CORP ")).toBe("CORP");
		expect(parseDomain("corp.example.com")).toBe("corp.example.com");
	});

	it.each(["", " ", "CORP\\", "a|b", "a\u0007b", "x".repeat(300)])("is not %j", async (text) => {
		const error = await failure(() => parseDomain(text));
		expect(error).toMatchObject({ kind: "usage", code: "bad-domain" });
		expect(error.message).not.toMatch(/\p{Cc}/u);
		expect(error.message.length).toBeLessThan(120);
	});
});

describe("what is said of a change", () => {
	it.each(["added", "changed", "removed", "already-so"] as const)("has a word for %s", (outcome) => {
		const [, line] = environmentView({ environments: [], total: 0, outcome });
		expect(line).toMatchObject({ line: expect.stringMatching(/^[A-Z].*\.$/) });
	});
});
