import type { Account } from "./account.js";
import type { Domain } from "./domains.js";
import { byName, registered, relate } from "./whose.js";

/** A name that somebody had, in one environment or in all, from one event to another by number, both included. */
export interface KnownAs {
	account: Account;
	environment?: string;
	/** Environments in which another entry says more. */
	except?: readonly string[];
	from?: number;
	to?: number;
}

/** Somebody in a log: under every name, for as long as they had it, and by SID. */
export interface Person {
	names: readonly KnownAs[];
	sids: ReadonlySet<string>;
}

/** What an event tells of somebody, and where it stands in the log. */
export interface ToldOf {
	user: string;
	sid: string | null;
	environment: string;
	seq: number;
}

/**
 * Whether an event tells of a person. A SID that is known decides; else a name that they had then. A name without a domain
 * asks for all of that name: it is a search.
 */
export function isPerson({ names, sids }: Person, told: ToldOf, domains: readonly Domain[]): boolean {
	if (told.sid !== null && sids.has(told.sid)) return true;
	return names.some((name) => {
		if (!isThen(name, told)) return false;
		const likeness = relate(byName(name.account), registered({ user: told.user, sid: null }), domains);
		if (likeness === "perhaps") return name.account.domain === "";
		// Another account that was called alike, before or after.
		const isOther = told.sid !== null && sids.size > 0 && name.account.domain !== "";
		return likeness === "same" && !isOther;
	});
}

/** Whether a name was theirs where and when an event happened. */
export function isThen(
	{ environment, except, from = 0, to = Number.POSITIVE_INFINITY }: KnownAs,
	at: Omit<ToldOf, "user" | "sid">,
): boolean {
	const isHere = environment === undefined ? !except?.includes(at.environment) : environment === at.environment;
	return isHere && from <= at.seq && at.seq <= to;
}
