import { describe, expect, it } from "vitest";
import { environmentSettings, environmentView } from "../../../src/commands/environments/_environment.js";
import { domainsText, parseDomains } from "../../../src/lib/account/domains.js";
import { failure } from "../../lib/failure.js";

const none = {
	range: undefined,
	"port-base": undefined,
	"port-stride": undefined,
	"quarantine-days": undefined,
	domain: [],
	note: undefined,
};

describe("the settings of an environment", () => {
	it("are those that were said, and no others", () => {
		expect(environmentSettings(none)).toEqual({});
		expect(environmentSettings({ ...none, "port-base": 0, "quarantine-days": 0 })).toEqual({
			portBase: 0,
			quarantineDays: 0,
		});
		expect(environmentSettings({ ...none, range: "5-9", domain: ["CORP"], note: "x", "port-stride": 2 })).toEqual({
			firstId: 5,
			lastId: 9,
			domains: [{ name: "CORP", aliases: [] }],
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

describe("domains", () => {
	it.each([
		[[" CORP "], [{ name: "CORP", aliases: [] }]],
		[["corp.example.com"], [{ name: "corp.example.com", aliases: [] }]],
		[["CORP = corp.example.com"], [{ name: "CORP", aliases: ["corp.example.com"] }]],
		[
			["CORP=corp.example.com", "LAB", "corp=example.org=corp.example.com"],
			[
				{ name: "CORP", aliases: ["corp.example.com", "example.org"] },
				{ name: "LAB", aliases: [] },
			],
		],
	])("%j are read as people write them", (texts, domains) => {
		expect(parseDomains(texts)).toEqual(domains);
		expect(parseDomains(domainsText(domains).split(", "))).toEqual(domains);
	});

	it.each([
		...["", " ", "CORP\\", "a|b", "a\u0007b", "x".repeat(300), "CORP=", "=corp.example.com", "AzureAD", "CORP=azuread"],
	])("%j is none", async (text) => {
		const error = await failure(() => parseDomains([text]));
		expect(error).toMatchObject({ kind: "usage", code: "bad-domain" });
		expect(error.message).not.toMatch(/\p{Cc}/u);
		expect(error.message.length).toBeLessThan(120);
	});

	it("cannot share a name", async () => {
		const error = await failure(() => parseDomains(["CORP=example.com", "LAB=Example.com"]));
		expect(error).toMatchObject({ code: "bad-domain", message: "Example.com cannot be both CORP and LAB." });
	});
});

describe("what is said of a change", () => {
	it.each(["added", "changed", "removed", "already-so"] as const)("has a word for %s", (outcome) => {
		const [, line] = environmentView({ environments: [], total: 0, outcome });
		expect(line).toMatchObject({ line: expect.stringMatching(/^[A-Z].*\.$/) });
	});
});
