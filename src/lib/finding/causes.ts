import { type Affected, type AnyKind, affectedBy, type Finding, type ToldFinding, tell } from "./finding.js";

/**
 * Puts every finding below the one it comes of, once: whoever mends the cause need not read of its consequences first.
 * What has no cause here keeps its place.
 *
 * A cause is a finding of a kind that the other's kind depends on, directly or through kinds of which nothing was found,
 * and that is about the same.
 *
 * @param kinds all kinds, for what is between two findings
 */
export function underCauses(findings: readonly Finding[], kinds: readonly AnyKind[]): ToldFinding[] {
	const dependsOn = new Map(kinds.map((kind) => [kind.id, kind.dependsOn ?? []]));
	const byId = Map.groupBy(
		findings.filter(({ state }) => state === "found"),
		({ kind }) => kind.id,
	);
	const affected = new Map(findings.map((one) => [one, affectedBy(one)]));
	const causeOf = (finding: Finding): Finding | undefined => {
		const { kind } = finding;
		const about = relationOf(finding);
		if (about === null) return undefined;
		const seen = new Set([kind.id]);
		// Nearest first: what comes directly before it explains it best.
		for (let ids = kind.dependsOn ?? []; ids.length > 0; ids = ids.flatMap((id) => dependsOn.get(id) ?? [])) {
			ids = ids.filter((id) => !seen.has(id));
			for (const id of ids) {
				seen.add(id);
				const cause = byId.get(id)?.find((one) => areAboutTheSame(affected.get(one) ?? {}, about));
				if (cause !== undefined) return cause;
			}
		}
		return undefined;
	};
	const consequences = Map.groupBy(findings, causeOf);
	const withAll = (finding: Finding, cause: string | null): ToldFinding[] => [
		tell(finding, cause),
		...(consequences.get(finding) ?? []).flatMap((one) => withAll(one, finding.kind.id)),
	];
	return (consequences.get(undefined) ?? []).flatMap((finding) => withAll(finding, null));
}

/** What a finding and its cause have in common. */
function relationOf(finding: Finding): Affected | null {
	const { kind, data } = finding;
	// Whoever made the finding gave the kind's own data.
	return kind.comesOf === undefined ? affectedBy(finding) : kind.comesOf(data as never);
}

/**
 * The first thing that both name decides: two users on one port are two matters, and one user's two ports are one. What
 * names nothing that the other names is about everything.
 */
function areAboutTheSame(cause: Affected, consequence: Affected): boolean {
	for (const dimension of ["users", "hosts", "ports", "sites"] as const) {
		const named: readonly (string | number)[] = cause[dimension] ?? [];
		const others: readonly (string | number)[] = consequence[dimension] ?? [];
		if (named.length > 0 && others.length > 0) return named.some((one) => others.includes(one));
	}
	return true;
}
