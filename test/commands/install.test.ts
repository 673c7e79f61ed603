import { expect, it } from "vitest";
import install from "../../src/commands/install.js";
import type { InstallAnswer } from "../../src/lib/client/install.js";

const client = { user: "CORP\\ana", unknown: [] } as unknown as InstallAnswer["client"];
const planned = {
	...{ user: "CORP\\ana", id: 7, port: 24_257, outcome: "planned", command: ["setup.exe", "/S"], client, log: null },
	signer: "CN=Notarius Inc",
	signature: {
		status: "valid",
		chain: ["CN=Notarius Inc", "CN=Code Signing CA", "CN=Root"],
		countersigner: "CN=Timestamp 2026",
		signedAt: "2026-01-15T09:30:00.000Z",
	},
} as unknown as InstallAnswer;

/** Label and value of all facts, as people see them. */
const factsOf = (answer: object): unknown[][] =>
	install.view(answer).flatMap((block) => ("facts" in block && Array.isArray(block.facts) ? block.facts : []));

it("tells who signed an installer, who vouches for that, and who confirmed the time", () => {
	expect(factsOf(planned).slice(0, 4)).toEqual([
		["Signer", "CN=Notarius Inc (valid)"],
		["Certified by", "CN=Code Signing CA"],
		["Certified by", "CN=Root"],
		["Time of the signature", "2026-01-15 06:00, confirmed by CN=Timestamp 2026"],
	]);
});

it("tells that nobody confirmed the time, and of no signature nothing", () => {
	const untimed = { ...planned.signature, countersigner: null, signedAt: null };
	expect(factsOf({ ...planned, signature: untimed })).toContainEqual(["Time of the signature", "nobody confirmed it"]);
	expect(factsOf({ ...planned, signer: null, signature: null }).map(([label]) => label)).not.toContain("Signer");
});
