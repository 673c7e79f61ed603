import type { ToldFinding } from "../finding/finding.js";

/** What a finding tells of, and of whom and what. */
export type About = Pick<ToldFinding, "id" | "affected">;

const dimensions = ["users", "hosts", "sites", "ports"] as const;
const named = ({ affected }: About, dimension: (typeof dimensions)[number]): readonly (string | number)[] =>
	affected[dimension];

/**
 * Whether some findings still tell of what another one told of, or of a part of it: of two of three users who had one ID, of
 * one of several servers that were silent.
 */
export function stillTold(findings: readonly About[]): (one: About) => boolean {
	const others = near(findings);
	const shares = (one: About, other: About) =>
		dimensions.every((dimension) => {
			const [own, theirs] = [named(one, dimension), named(other, dimension)];
			return own.length === 0 || theirs.length === 0 || own.some((value) => theirs.includes(value));
		});
	return (one) => others(one).some((other) => shares(one, other));
}

/** Whether one of some findings, in the same state, told of all that another one tells of: then nothing in it is new. */
export function alreadyTold<T extends About & Pick<ToldFinding, "state">>(findings: readonly T[]): (one: T) => boolean {
	const others = near(findings);
	const covers = (known: About, one: About) =>
		dimensions.every((dimension) => {
			const [own, theirs] = [named(one, dimension), named(known, dimension)];
			return (own.length === 0) === (theirs.length === 0) && own.every((value) => theirs.includes(value));
		});
	return (one) => others(one).some((other) => other.state === one.state && covers(other, one));
}

/** Finds those that may be about the same as another one: of thousands each is held against few. */
function near<T extends About>(findings: readonly T[]): (one: About) => readonly T[] {
	const indexes = new Map(
		[...Map.groupBy(findings, ({ id }) => id)].map(([id, all]) => {
			const byUser = new Map<string, T[]>();
			for (const one of all) {
				for (const user of one.affected.users) {
					const own = byUser.get(user) ?? [];
					own.push(one);
					byUser.set(user, own);
				}
			}
			return [id, { all, byUser, ofNobody: all.filter(({ affected }) => affected.users.length === 0) }] as const;
		}),
	);
	return ({ id, affected: { users } }) => {
		const index = indexes.get(id);
		if (index === undefined || users.length === 0) return index?.all ?? [];
		return [...index.ofNobody, ...users.flatMap((user) => index.byUser.get(user) ?? [])];
	};
}
