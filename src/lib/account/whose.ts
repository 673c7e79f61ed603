import { type Account, keysOf, tryAccount } from "./account.js";
import { type Domain, entra } from "./domains.js";
import { foldName } from "./fold.js";

/**
 * How two accounts relate. Where both SIDs are known they decide: `same`, or else `recreated` (the name is the same: the
 * account was deleted and made anew, or is somebody else's now) and `different`. Else the names do; `perhaps` is one
 * written with a domain and one without, while nobody said which domain bare names belong to.
 */
export type Likeness = "same" | "perhaps" | "recreated" | "different";

/**
 * Relates two accounts, in an environment with these domains. No other place compares names, domains or SIDs.
 *
 * `CORP\ana` and `ana@corp.example.com` are the same when the environment says that they are one domain; and, of a domain
 * of which it says no aliases, when the DNS name begins with the other one, as it does unless somebody chose otherwise.
 */
export function relate(one: Account, other: Account, domains: readonly Domain[]): Likeness {
	if (one.sid === undefined || other.sid === undefined) return relateNames(one, other, domains);
	if (one.sid === other.sid) return "same";
	return relateNames(one, other, domains) === "same" ? "recreated" : "different";
}

/**
 * Whom of some an account means: `one`, told by SID, by name, or as the `only` one of that name; `nobody`; or `unsure`,
 * which is never taken for an answer: `several` fit, the `domain` decides and nobody said it, or the account was `recreated`.
 */
export type Meant<T> =
	| { is: "one"; one: T; by: "sid" | "name" | "only" }
	| { is: "nobody" }
	| { is: "unsure"; why: "several" | "domain" | "recreated"; among: readonly T[] };

/**
 * Decides whom an account means, for every command and whoever said it: a person, a list or a machine.
 *
 * A name without a domain stands for the only account of that name. A name with a domain never stands for one without:
 * any domain could be that one's.
 *
 * @param accountOf undefined for what is called as no account can be
 */
export function whoIsMeant<T>(
	account: Account,
	among: readonly T[],
	accountOf: (one: T) => Account | undefined,
	domains: readonly Domain[],
): Meant<T> {
	const like: Record<Likeness | "bySid", T[]> = { bySid: [], same: [], perhaps: [], recreated: [], different: [] };
	for (const one of among) {
		const other = accountOf(one);
		if (other === undefined) continue;
		const likeness = relate(account, other, domains);
		like[likeness === "same" && account.sid !== undefined && account.sid === other.sid ? "bySid" : likeness].push(one);
	}
	const { bySid, perhaps, recreated } = like;
	const same = bySid.length > 0 ? bySid : like.same;
	const [one] = same;
	if (same.length > 1) return { is: "unsure", why: "several", among: same };
	if (one !== undefined) return { is: "one", one, by: bySid.length > 0 ? "sid" : "name" };
	if (recreated.length > 0) return { is: "unsure", why: "recreated", among: recreated };
	const [only] = perhaps;
	if (only === undefined) return { is: "nobody" };
	if (account.domain !== "") return { is: "unsure", why: "domain", among: perhaps };
	return perhaps.length > 1 ? { is: "unsure", why: "several", among: perhaps } : { is: "one", one: only, by: "only" };
}

/** Who is meant where a guess will not do, as before an ID is given: the only account of a name may be another one's. */
export function certain<T>(meant: Meant<T>): Meant<T> {
	return meant.is === "one" && meant.by === "only" ? { is: "unsure", why: "domain", among: [meant.one] } : meant;
}

/** An account by its name alone, whatever its SID. */
export function byName({ spelling, name, domain }: Account): Account {
	return { spelling, name, domain };
}

/** An account as the registry has it, which took it before: it is not read in full again. */
export function registered({ user, sid }: { user: string | null; sid: string | null }): Account {
	return withSid({ spelling: user ?? "", ...keysOf(user ?? "") }, sid);
}

/** An account as a machine tells it; undefined when it is called as the registry would take nobody, or not told at all. */
export function told(user: string | null, sid: string | null): Account | undefined {
	if (user === null) return sid === null ? undefined : withSid({ spelling: sid, name: "", domain: "" }, sid);
	const account = tryAccount(user);
	return "problem" in account ? undefined : withSid(account, sid);
}

/** Linux's numbers of users are each machine's own, and say nothing elsewhere. */
function withSid(account: Account, sid: string | null): Account {
	return sid?.startsWith("S-1-") ? { ...account, sid } : account;
}

function relateNames(one: Account, other: Account, domains: readonly Domain[]): Likeness {
	if (one.name !== other.name) return "different";
	if ((one.domain === entra) !== (other.domain === entra)) return "different";
	const { home, known } = domainNames(domains);
	const [first, second] = [one.domain || home, other.domain || home];
	if (first === second) return "same";
	if (first === "" || second === "") return "perhaps";
	if (known.has(first) || known.has(second)) return known.get(first) === known.get(second) ? "same" : "different";
	const isDns = first.includes(".");
	return isDns !== second.includes(".") && firstLabel(first) === firstLabel(second) ? "same" : "different";
}

export interface DomainNames {
	/** The domain of bare names, folded; empty when the environment says none. */
	home: string;
	/** All names of the domains with aliases, folded, and the domain that each is. */
	known: ReadonlyMap<string, Domain>;
}

const namesRead = new WeakMap<readonly Domain[], DomainNames>();

/** Read once for each environment: twenty thousand listeners are compared by them. */
export function domainNames(domains: readonly Domain[]): DomainNames {
	let names = namesRead.get(domains);
	if (names === undefined) {
		const known = new Map<string, Domain>();
		for (const domain of domains.filter(({ aliases }) => aliases.length > 0)) {
			for (const name of [domain.name, ...domain.aliases]) known.set(foldName(name), domain);
		}
		names = { home: foldName(domains[0]?.name ?? ""), known };
		namesRead.set(domains, names);
	}
	return names;
}

/** The part of a DNS name that its domain is called by before names, unless somebody chose otherwise. */
export function firstLabel(domain: string): string {
	return domain.split(".", 1)[0] ?? domain;
}
