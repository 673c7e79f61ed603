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
	const indexes = new Map<string, (about: Affected) => Finding | undefined>();
	const firstAbout = (id: string, about: Affected) => {
		const index = indexes.get(id) ?? indexed(byId.get(id) ?? []);
		indexes.set(id, index);
		return index(about);
	};
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
				const cause = firstAbout(id, about);
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

const dimensions = ["users", "hosts", "ports", "sites"] as const;
type Dimension = (typeof dimensions)[number];

const namedIn = (affected: Affected, dimension: Dimension): readonly (string | number)[] => affected[dimension] ?? [];
const namedBy = (affected: Affected) => dimensions.filter((dimension) => namedIn(affected, dimension).length > 0);

/** Findings that name the same dimensions, by what they name in each. */
interface Alike {
	dimensions: readonly Dimension[];
	first: number;
	/** Where the first one stands that names a value. */
	at: Partial<Record<Dimension, Map<string | number, number>>>;
}

/**
 * Finds the first of some findings that is about the same as another one. Each value is looked at once and looked up once:
 * of a flood of findings, each would else be held against each.
 *
 * The first dimension that both name decides: two users on one port are two matters, and one user's two ports are one. What
 * names nothing that the other names is about everything.
 */
function indexed(findings: readonly Finding[]): (about: Affected) => Finding | undefined {
	const all = new Map<string, Alike>();
	for (const [position, finding] of findings.entries()) {
		const affected = affectedBy(finding);
		const named = namedBy(affected);
		const own = all.get(named.join()) ?? { dimensions: named, first: position, at: {} };
		all.set(named.join(), own);
		for (const dimension of named) {
			const at = own.at[dimension] ?? new Map<string | number, number>();
			own.at[dimension] = at;
			for (const value of namedIn(affected, dimension)) if (!at.has(value)) at.set(value, position);
		}
	}
	return (about) => {
		const named = namedBy(about);
		const firsts = [...all.values()].flatMap(({ dimensions: theirs, first, at }) => {
			const decides = named.find((dimension) => theirs.includes(dimension));
			return decides === undefined ? [first] : namedIn(about, decides).flatMap((one) => at[decides]?.get(one) ?? []);
		});
		return findings[firsts.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)];
	};
}
