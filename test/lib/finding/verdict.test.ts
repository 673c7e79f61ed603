import { describe, expect, it } from "vitest";
import { attentionFirst, findingOf, type Meaning, needsAttention, weightOf } from "../../../src/lib/finding/verdict.js";
import { kind } from "./kinds.js";

const meanings: Record<string, Meaning> = {
	fine: "fine",
	notice: kind("CFM-A-001", { severity: "notice" }),
	unknown: { unknown: kind("CFM-A-002") },
	warning: kind("CFM-A-003", { severity: "warning" }),
	error: kind("CFM-A-004"),
};

describe("a verdict", () => {
	it("needs attention unless it is fine; what can't be determined is not", () => {
		const needing = Object.keys(meanings).filter((word) => needsAttention(meanings[word] ?? "fine"));
		expect(needing).toEqual(["notice", "unknown", "warning", "error"]);
	});

	it("stands the higher the more it weighs, and else where it was", () => {
		const rows = [...Object.keys(meanings), ...Object.keys(meanings)].map((word, at) => ({ word, at }));
		const sorted = attentionFirst(rows, ({ word }) => meanings[word] ?? "fine");
		expect(sorted.map(({ word }) => word).join(" ")).toBe(
			"error error warning warning unknown unknown notice notice fine fine",
		);
		for (const [at, { at: was }] of sorted.entries())
			if (at % 2 === 1) expect(was).toBeGreaterThan(sorted[at - 1]?.at ?? 0);
		expect(weightOf(meanings.unknown ?? "fine")).toBe("unknown");
	});

	it("is a finding, an unknown one, or none", () => {
		const about = { users: ["ana"] };
		const of = (word: string) => findingOf(meanings[word] as Meaning<object>, about, "the home is closed");
		expect(of("fine")).toBeUndefined();
		expect(of("error")).toMatchObject({ state: "found", data: about, why: null });
		expect(of("unknown")).toMatchObject({ state: "unknown", data: about, why: "the home is closed" });
	});
});
