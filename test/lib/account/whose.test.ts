import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { type Domain, parseDomains } from "../../../src/lib/account/domains.js";
import { registered, relate } from "../../../src/lib/account/whose.js";
import fc from "../../property.js";

const domainsOf = (text: string): Domain[] => parseDomains(text === "" ? [] : text.split(" "));
const like = (a: string, b: string, domains = "") => relate(parseAccount(a), parseAccount(b), domainsOf(domains));

describe("two spellings, without their SIDs, are", () => {
	it.each([
		["same", "CORP\\ana", "corp\\ANA", ""],
		["same", "ana", "Ana", ""],
		["same", "CORP\\ana", "ana@corp", ""],
		["same", "CORP\\ana", "ana@corp.example.com", ""],
		["same", "CORP\\Jürgen", "corp\\JU\u0308RGEN", ""],
		["same", "ana", "CORP\\ana", "corp"],
		["same", "ana", "ana@corp.example.com", "corp"],
		["same", "CORP\\ana", "ana", "corp.example.com"],
		["perhaps", "ana", "CORP\\ana", ""],
		["perhaps", "ana", "ana@corp.example.com", ""],
		["different", "ana", "LAB\\ana", "corp"],
		["different", "CORP\\ana", "LAB\\ana", ""],
		["different", "ana@corp.example.com", "ana@corp.example.org", ""],
		["different", "CORP\\ana", "ana@lab.corp.example.com", ""],
		["different", "CORP\\ana", "CORP\\anna", ""],
		["different", "ana", "ben", ""],
	])("%s: %s and %s (bare names are of %j)", (likeness, a, b, home) => {
		expect(like(a, b, home)).toBe(likeness);
		expect(like(b, a, home)).toBe(likeness);
	});

	const name = fc.stringMatching(/^[a-zà-öø-ÿ][a-z0-9._-]{0,10}$/);
	const domain = fc.stringMatching(/^[a-z]{1,8}$/);

	it("never different for the two ways to write one account, in any case", () => {
		fc.assert(
			fc.property(name, domain, fc.boolean(), (user, home, upper) => {
				const [one, two] = [`${home}\\${user}`, `${user}@${home}.example.com`];
				expect(like(upper ? one.toUpperCase() : one, two)).toBe("same");
				expect(like(user, upper ? two.toUpperCase() : two)).toBe("perhaps");
				expect(like(user, one, home)).toBe("same");
			}),
		);
	});

	it("never alike for two names", () => {
		fc.assert(
			fc.property(name, name, domain, (a, b, home) => {
				fc.pre(a !== b);
				expect(like(`${home}\\${a}`, `${home}\\${b}`)).toBe("different");
				expect(like(a, `${home}\\${b}`, home)).toBe("different");
			}),
		);
	});
});

describe("with domains that have other names,", () => {
	it.each([
		["same", "CORP\\ana", "ana@example.com", "CORP=example.com"],
		["same", "ana@example.com", "ana@corp.local", "CORP=example.com=corp.local"],
		["same", "ana", "ana@example.com", "CORP=example.com"],
		["same", "LAB\\ana", "ana@research.example", "CORP LAB=research.example"],
		["different", "ana", "ana@research.example", "CORP LAB=research.example"],
		// Who says what CORP is leaves no other domain to be it.
		["different", "CORP\\ana", "ana@corp.example.org", "CORP=example.com"],
		["different", "ana@corp.example.org", "ana@example.com", "CORP=example.com"],
		["same", "LAB\\ana", "ana@lab.example.com", "CORP=example.com"],
	])("%s: %s and %s (%s)", (likeness, a, b, domains) => {
		expect(like(a, b, domains)).toBe(likeness);
		expect(like(b, a, domains)).toBe(likeness);
	});
});

it.each([
	["AzureAD\\ana", "azuread\\Ana", "same"],
	["AzureAD\\ana", "CORP\\ana", "different"],
	["AzureAD\\ana", "ana", "different"],
	["AzureAD\\ana", "ana@corp.example.com", "different"],
])("%s, which is in no domain, and %s are %s, whatever domain bare names belong to", (a, b, likeness) => {
	for (const domains of [[], [{ name: "CORP", aliases: [] }], [{ name: "AzureAD", aliases: [] }]]) {
		expect(relate(parseAccount(a), parseAccount(b), domains)).toBe(likeness);
	}
});

describe("where both SIDs are known they decide:", () => {
	const who = (user: string, sid: string | null) => registered({ user, sid });
	it.each([
		["CORP\\ana", "S-1-5-21-7", "CORP\\ana", "S-1-5-21-7", "same"],
		["CORP\\ana", "S-1-5-21-7", "AzureAD\\AnaLopez", "S-1-5-21-7", "same"],
		["CORP\\ana", "S-1-5-21-7", "ana@corp", "S-1-5-21-8", "recreated"],
		["CORP\\ana", "S-1-5-21-7", "ana", "S-1-5-21-8", "different"],
		["CORP\\ana", "S-1-5-21-7", "CORP\\ben", "S-1-5-21-8", "different"],
		["CORP\\ana", "S-1-5-21-7", "CORP\\ana", null, "same"],
		["CORP\\ana", "S-1-5-21-7", "ana", null, "perhaps"],
		// Numbers of Linux's users mean nothing on another machine.
		["ana", "1000", "ana", "1001", "same"],
		["ana", "1000", "ben", "1000", "different"],
	])("%s (%s) and %s (%s) are %s", (a, sidA, b, sidB, likeness) => {
		expect(relate(who(a, sidA), who(b, sidB), [])).toBe(likeness);
		expect(relate(who(b, sidB), who(a, sidA), [])).toBe(likeness);
	});
});
