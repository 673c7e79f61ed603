import { describe, expect, it } from "vitest";
import type { BaselineFile } from "../../../src/lib/doctor/baseline.js";
import { readBaseline, sinceBaseline } from "../../../src/lib/doctor/baseline.js";
import type { Examination } from "../../../src/lib/doctor/doctor.js";
import { mended } from "../../../src/lib/doctor/fix.js";
import type { Affected, ToldFinding } from "../../../src/lib/finding/finding.js";
import { found, tell } from "../../../src/lib/finding/finding.js";
import { kind } from "../finding/kinds.js";

const shared = kind("CFM-A-001");

/** What an examination says in which only one kind was looked for. */
function looked(...about: Affected[]): Examination {
	const findings = about.map((one) => ({ ...tell(found(shared, one)), suppressed: null }));
	const check = { id: "CFM-A-001", probe: "a", seconds: 0, why: null };
	const counts = { fine: 0, found: 0, unknown: 0, crashed: 0, skipped: 0, suppressed: 0 };
	const state = findings.length === 0 ? "fine" : "found";
	return { findings, checks: [{ ...check, state }], total: findings.length, counts, failOn: "error" };
}

const ids = (findings: readonly Pick<ToldFinding, "affected">[]) =>
	findings.map(({ affected }) => [...affected.users, ...affected.hosts, ...affected.sites, ...affected.ports].join());

describe("a finding about several", () => {
	const three = { users: ["ana", "ben", "eve"] };

	it("is not mended while some of them still have it, and is when others do", () => {
		expect(mended(looked(three), looked({ users: ["ana", "ben"] }))).toEqual([]);
		expect(ids(mended(looked(three), looked({ users: ["zoe"] })))).toEqual(["ana,ben,eve"]);
		expect(ids(mended(looked(three), looked()))).toEqual(["ana,ben,eve"]);
		const silent = (...hosts: string[]) => looked({ hosts, ports: [443] });
		expect(mended(silent("a.example", "b.example"), silent("b.example"))).toEqual([]);
		expect(mended(looked({ users: ["ana"] }), looked({}))).toEqual([]);
	});

	it("is mended for one port or site of a user, whatever is with another one", () => {
		const on = (port: number) => looked({ users: ["ana"], ports: [port] });
		expect(ids(mended(on(7), on(9)))).toEqual(["ana,7"]);
	});

	it("is new since a baseline when one more has it, not when one less has, and gone when none has", () => {
		const since = (before: Examination, now: Examination) => {
			const { findings } = before;
			const told = sinceBaseline({ at: "2026-03-03T08:00:00.000Z", findings }, now);
			return { fresh: ids(told.findings), gone: ids(told.gone) };
		};
		const four = { users: [...three.users, "zoe"] };
		expect(since(looked(three), looked(four))).toEqual({ fresh: ["ana,ben,eve,zoe"], gone: [] });
		expect(since(looked(four), looked(three))).toEqual({ fresh: [], gone: [] });
		expect(since(looked(three), looked({ users: ["zoe"] }))).toEqual({ fresh: ["zoe"], gone: ["ana,ben,eve"] });
		expect(since(looked(three), looked())).toEqual({ fresh: [], gone: ["ana,ben,eve"] });
		expect(since(looked(three), looked({}))).toEqual({ fresh: [""], gone: [] });
	});
});

it("a file that is no baseline is none", () => {
	const file = (content: unknown): BaselineFile => ({ path: "baseline.json", read: () => content, write() {} });
	for (const content of [undefined, "text", { at: 7, findings: [] }, { at: "2026-03-03T08:00:00.000Z" }])
		expect(() => readBaseline(file(content))).toThrow(/No baseline was saved/);
});
