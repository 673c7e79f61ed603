import { beforeEach, describe, expect, it } from "vitest";
import type { Signature } from "../../../src/lib/client/machine.js";
import { type InstallerPin, trustInstaller } from "../../../src/lib/client/trust.js";
import { known, unknown } from "../../../src/lib/known.js";
import { failure } from "../failure.js";
import { said } from "../hints.js";
import { FakeMachine, sha256 } from "./fake-machine.js";

let machine: FakeMachine;
let warnings: string[];
beforeEach(() => {
	machine = new FakeMachine();
	warnings = [];
});
const trust = (pin: Partial<InstallerPin>) =>
	trustInstaller(
		machine,
		{ installer: "setup.exe", sha256: undefined, signer: undefined, ...pin },
		{ file: "(copy)", sha256, kind: "program" },
		(hint) => warnings.push(...said({ hints: [hint] })),
	);

const signed = (status: Signature["status"], signer: string | null = "CN=Notarius Inc, O=Notarius Inc, C=CA") => ({
	signed: known({ status, signer }),
});
const elevated = { elevated: known(true) };
const inReach = { elevated: known(true), open: known(true) };
const hash = { sha256: sha256.toUpperCase() };
const signer = { signer: "notarius inc" };

describe("an installer is trusted", () => {
	it.each<[string, Partial<FakeMachine>, Partial<InstallerPin>, number]>([
		["signed, for a user without rights", signed("valid"), {}, 0],
		["signed, for an administrator, where nobody else can have put it", { ...elevated, ...signed("valid") }, {}, 0],
		["signed by the signer that was named", { ...inReach, ...signed("valid") }, signer, 0],
		["pinned", inReach, hash, 0],
		["pinned, unsigned", { ...inReach, ...signed("unsigned", null) }, hash, 0],
		["pinned, its signature unknown", { ...inReach, signed: unknown("Linux") }, hash, 0],
		["pinned and signed by the signer that was named", { ...inReach, ...signed("valid") }, { ...hash, ...signer }, 0],
		["unsigned, for a user without rights, with a warning", signed("unsigned", null), {}, 1],
		["untrusted, for a user without rights, with a warning", signed("untrusted"), {}, 1],
		["unknown, for a user without rights, with a warning", { signed: unknown("no answer") }, {}, 1],
		[
			"unsigned, for an administrator, where nobody else can have put it",
			{ ...elevated, ...signed("unsigned", null) },
			{},
			1,
		],
	])("when it is %s", async (_, told, pin, expected) => {
		Object.assign(machine, told);
		const answer = await trust(pin);
		expect(answer).toEqual(machine.signed.known ? machine.signed.value : null);
		expect(warnings).toHaveLength(expected);
		if (expected > 0) expect(warnings[0]).toMatch(/not verified.*--sha256 HASH$/);
	});
});

describe("an installer is refused", () => {
	it.each<[string, Partial<FakeMachine>, Partial<InstallerPin>, string]>([
		["another one than the pinned one", {}, { sha256: "00".repeat(32) }, "wrong-hash"],
		["another one than the pinned one, although signed", {}, { sha256: "00".repeat(32), ...signer }, "wrong-hash"],
		["signed by somebody else", signed("valid", "CN=Acme"), signer, "wrong-signer"],
		["signed by nobody with a name", signed("valid", null), signer, "wrong-signer"],
		["pinned, but signed by somebody else", signed("valid", "CN=Acme"), { ...hash, ...signer }, "wrong-signer"],
		["unsigned, although a signer was named", signed("unsigned", null), signer, "wrong-signer"],
		["untrusted, although by the signer that was named", signed("untrusted"), signer, "wrong-signer"],
		["of unknown signature, although a signer was named", { signed: unknown("?") }, signer, "wrong-signer"],
		["changed after it was signed", signed("broken"), {}, "installer-not-trusted"],
		["changed after it was signed, although pinned", signed("broken"), hash, "installer-not-trusted"],
		["signed by anybody, in others' reach", { ...inReach, ...signed("valid") }, {}, "installer-not-trusted"],
		["unsigned, in others' reach", { ...inReach, ...signed("unsigned", null) }, {}, "installer-not-trusted"],
		[
			"unsigned, where nobody knows who can write",
			{ ...elevated, ...signed("unsigned", null), open: unknown("?") },
			{},
			"installer-not-trusted",
		],
		[
			"unsigned, in others' reach, where the rights are unknown",
			{ ...inReach, ...signed("unsigned", null), elevated: unknown("?") },
			{},
			"installer-not-trusted",
		],
		["of unknown signature, in others' reach", { ...inReach, signed: unknown("?") }, {}, "installer-not-trusted"],
	])("when it is %s", async (_, told, pin, code) => {
		Object.assign(machine, told);
		const error = await failure(() => trust(pin));
		expect(error).toMatchObject({ kind: "denied", code });
		// What is pasted must not accept the very file that was refused.
		expect(said(error).join()).not.toContain(sha256);
		expect(warnings).toEqual([]);
	});

	it("with both hashes and where the pin was set, and no way to accept the file", async () => {
		const saidIn = { sha256: "install.sha256 in /var/lib/cfm/config.json", signer: "--signer" };
		const error = await failure(() => trust({ sha256: "00".repeat(32), saidIn }));
		for (const said of ["00".repeat(32), sha256, saidIn.sha256]) {
			expect(error.message).toContain(said);
			expect(error.atLength.join("\n")).toContain(said);
		}
		expect(error.hints.filter((hint) => typeof hint !== "string")).toEqual([]);
	});
});
