import type { Affected, Finding, FindingKind } from "../../../src/lib/finding/finding.js";
import { found } from "../../../src/lib/finding/finding.js";
import type { Probe } from "../../../src/lib/finding/probe.js";

/** A kind about whatever its data says it is about. */
export function kind(id: string, more: Partial<FindingKind<Affected>> = {}): FindingKind<Affected> {
	return {
		id,
		severity: "error",
		title: () => `Title of ${id}`,
		text: ({ users = [] }) => `${id} of ${users.join(", ")}`,
		affected: (data) => data,
		sample: { users: ["CORP\\ana"] },
		...more,
	};
}

/** A probe that yields what it is given. */
export function probe(
	kinds: FindingKind<Affected>[],
	findings: readonly Finding[] = [found(kinds[0] ?? kind("CFM-X-001"), {})],
): Probe<object, never> {
	return {
		name: kinds.map(({ id }) => id).join(),
		group: "test",
		kinds,
		needs: [],
		async *look() {
			yield* findings;
		},
	};
}
