import { describe, expect, it } from "vitest";
import { parseAccount, printable, tryAccount } from "../../../src/lib/account/account.js";
import { looksLikeId } from "../../../src/lib/account/looks-like-id.js";
import fc from "../../property.js";
import { failure } from "../failure.js";

/** What is read in one step when it is plain; with white space around it, step by step. */
const nearlyPlain = fc.string({ unit: fc.constantFrom(..."aZ19._-\\@ "), maxLength: 12 });

describe("a user name", () => {
	it.each([
		["ana", "ana", ""],
		["CORP\\Ana", "ana", "corp"],
		["Ana.Maria@Corp.Example.com", "ana.maria", "corp.example.com"],
		["  CORP\\ana\t", "ana", "corp"],
		["CORP\\Jean de La Tour", "jean de la tour", "corp"],
		["CORP\\Ju\u0308rgen", "jürgen", "corp"],
		["MACHINE01\\svc-backup$", "svc-backup$", "machine01"],
		["42nd", "42nd", ""],
		["CORP\\42", "42", "corp"],
		["o'neil", "o'neil", ""],
		["山田", "山田", ""],
		["a".repeat(256), "a".repeat(256), ""],
	])("%j is %j of %j", (text, name, domain) => {
		expect(parseAccount(text)).toEqual({ spelling: text.trim().normalize("NFC"), name, domain });
	});

	it.each([
		["DOMAIN\\", "the name after the domain is missing"],
		["DOMAIN\\  ", "the name after the domain is missing"],
		["\\ana", "the domain is missing"],
		["ana@", "the domain is missing"],
		["@corp", "the name after the domain is missing"],
		["\\", "the name after the domain is missing"],
		["a\\b\\c", "it contains \\"],
		["CORP\\ana@corp", "it contains @"],
		["ana@b@c", "it contains @"],
		["a/b", "it contains /"],
		["a,b", "it contains ,"],
		['"ana"', 'it contains "'],
		["CO;RP\\ana", "it contains ;"],
		["...", "a name cannot consist of dots only"],
		["CORP\\..", "a name cannot consist of dots only"],
		["an\u0000a", "it has a control character"],
		["an\na", "it has a control character"],
		["ana\u202Eexe", "it has a control character"],
		["a\u200Bna", "it has a control character"],
		["\uD800", "it has a control character"],
		["a".repeat(257), "it has 257 characters, at most 256 are allowed"],
		["CORP\\ ana", "there is a space beside \\ or @"],
		["CORP \\ana", "there is a space beside \\ or @"],
		["ana @corp", "there is a space beside \\ or @"],
		["42", "it looks like an ID; include the domain"],
		["-7", "it looks like an ID; include the domain"],
		["7.5", "it looks like an ID; include the domain"],
		["0x1F", "it looks like an ID; include the domain"],
		["1e5", "it looks like an ID; include the domain"],
		["12-34", "it looks like an ID; include the domain"],
	])("cannot be %j: %s", async (text, problem) => {
		const error = await failure(() => parseAccount(text));
		expect(error).toMatchObject({ kind: "usage", code: "bad-user" });
		expect(error.message).toContain(`(${problem})`);
		expect(error.message).not.toMatch(/\p{C}/u);
		expect(error.message.length).toBeLessThan(250);
	});

	it.each(["", " \t "])("cannot be %j, which is nothing", async (text) => {
		const error = await failure(() => parseAccount(text));
		expect(error).toMatchObject({ kind: "usage", code: "bad-user", message: "The name of the user is empty." });
	});

	it("that passes has no surprises in it, and reads the same again", () => {
		fc.assert(
			fc.property(
				fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.string({ maxLength: 300 }), nearlyPlain),
				(text) => {
					let account: ReturnType<typeof parseAccount>;
					try {
						account = parseAccount(text);
					} catch (error) {
						expect(error).toMatchObject({ kind: "usage", code: "bad-user" });
						return;
					}
					expect(account.name).not.toBe("");
					expect(account.spelling).not.toMatch(/[\p{Cc}\p{Cf}]/u);
					expect(looksLikeId(account.spelling)).toBe(false);
					expect(parseAccount(account.spelling)).toEqual(account);
					expect(parseAccount(`  ${text}\t`)).toEqual(account);
				},
			),
			{ numRuns: 1000 },
		);
	});
});

it("a name of this machine is read with the machine's own", () => {
	expect(tryAccount(".\\Ana", () => "TS01")).toEqual({ spelling: "TS01\\Ana", name: "ana", domain: "ts01" });
	expect(parseAccount(".\\ana").spelling).toMatch(/^[^.\\]+\\ana$/);
});

it.each([
	["kevin", "KEVIN", true],
	["kevin", "\u212aevin", false],
	["\u00c5sa", "\u00e5sa", true],
	["\u00e5sa", "\u212bsa", false],
	["\u03c9", "\u2126", false],
	["Irmak", "irmak", true],
	["irmak", "\u0131rmak", false],
	["irmak", "\u0130rmak", false],
	["\u0130", "i\u0307", false],
	["fi", "\ufb01", false],
	["strasse", "stra\u00dfe", false],
	["stra\u00dfe", "STRA\u1e9eE", false],
	["s", "\u017f", false],
	["\u03bc", "\u00b5", false],
	["\u039c", "\u03bc", true],
	["\u01c4", "\u01c6", true],
	["\u01c5", "\u01c6", false],
	["\u1f88", "\u1f80", true],
	["\u03c3", "\u03a3", true],
	["\u03c3", "\u03c2", false],
	["\u0416ENYA", "\u0436enya", true],
	["\u00ff", "\u0178", true],
	["\uff21", "\uff41", true],
	["\uff21", "A", false],
	["Jose\u0301", "JOS\u00c9", true],
	["jose", "jos\u00e9", false],
])("%j and %j are one name to Windows: %s", (one, other, same) => {
	expect(parseAccount(one).name === parseAccount(other).name).toBe(same);
	expect(parseAccount(`X\\${one}`).name === parseAccount(`${other}@x`).name).toBe(same);
});

describe("a text for a message", () => {
	it.each([
		["", "(empty)"],
		["plain", "plain"],
		["a\u0007b\u202E", "a\\u0007b\\u202e"],
		["x".repeat(80), "x".repeat(80)],
		["x".repeat(81), `${"x".repeat(77)}...`],
	])("%j becomes %j", (text, shown) => expect(printable(text)).toBe(shown));
});
