import { expect, it } from "vitest";
import { repairBlocks } from "../../src/commands/doctor/_fix.js";
import { findingBlocks } from "../../src/commands/doctor/_view.js";
import { sharedClientId } from "../../src/lib/audit/client-findings.js";
import { line } from "../../src/lib/command-line.js";
import { found, tell } from "../../src/lib/finding/finding.js";
import { webUnreachable } from "../../src/lib/surroundings/findings.js";

it("names servers once, be they ever so many", () => {
	const hosts = ["a.example", "b.example"];
	const silent = { host: "a.example", port: 443, hosts, proxy: null, why: "ETIMEDOUT" };
	const [block] = findingBlocks({ findings: [{ ...tell(found(webUnreachable, silent)), suppressed: null }] });
	expect(block).toMatchObject({ line: expect.stringMatching(/ a\.example:443, b\.example:443: [^:]+ \(ETIMEDOUT\)$/) });
});

it("names ten of thousands, and ten of their commands", () => {
	const sharers = Array.from({ length: 4_000 }, (_, at) => ({ user: `CORP\\user${at}`, allocatedId: at + 8 }));
	const finding = tell(found(sharedClientId, { environment: "default", id: 7, sharers }));
	const blocks = findingBlocks({ findings: [{ ...finding, suppressed: null }] });
	expect(finding.remedies).toHaveLength(4_000);
	expect(blocks[0]).toMatchObject({ line: expect.stringMatching(/CORP\\user9 and 3990 more is 7/) });
	expect(JSON.stringify(blocks[0]).length).toBeLessThan(600);
	expect(blocks).toHaveLength(1 + 10 + 1);
	expect(blocks.at(-1)).toMatchObject({ line: expect.stringContaining("and 3990 more; --json tells all") });
});

it("says why a step is not possible in one sentence with its command", () => {
	const step = { ...line("web set", [], { user: "ana" }), state: "refused", why: "Chrome runs.", ids: [] } as const;
	const [block] = repairBlocks({ steps: [{ ...step, ids: [] }], mended: [] });
	expect(block).toMatchObject({ line: { say: "not possible: Chrome runs:" } });
});
