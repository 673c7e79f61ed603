import { expect, it } from "vitest";
import { repairBlocks } from "../../src/commands/doctor/_fix.js";
import { findingBlocks } from "../../src/commands/doctor/_view.js";
import { line } from "../../src/lib/command-line.js";
import { found, tell } from "../../src/lib/finding/finding.js";
import { webUnreachable } from "../../src/lib/surroundings/findings.js";

it("names servers once, be they ever so many", () => {
	const hosts = ["a.example", "b.example"];
	const silent = { host: "a.example", port: 443, hosts, proxy: null, why: "ETIMEDOUT" };
	const [block] = findingBlocks({ findings: [{ ...tell(found(webUnreachable, silent)), suppressed: null }] });
	expect(block).toMatchObject({ line: expect.stringMatching(/ a\.example:443, b\.example:443: [^:]+ \(ETIMEDOUT\)$/) });
});

it("says why a step is not possible in one sentence with its command", () => {
	const step = { ...line("web set", [], { user: "ana" }), state: "refused", why: "Chrome runs.", ids: [] } as const;
	const [block] = repairBlocks({ steps: [{ ...step, ids: [] }], mended: [] });
	expect(block).toMatchObject({ line: { say: "not possible: Chrome runs:" } });
});
