import { type Account, keysOf } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { registered, told, whoIsMeant } from "../account/whose.js";
import type { Environment } from "../environment/environment.js";
import type { Holder } from "../id/allocation.js";
import type { RegistryView } from "../registry/registry.js";
import type { Listener, Owner } from "./network.js";

/**
 * Whose a listener is, seen from who has an ID: theirs (`same`), of somebody who may be them (`perhaps`), of somebody
 * who can't be determined (`unknown`), or of somebody else (`different`).
 */
export type Whose = "same" | "perhaps" | "unknown" | "different";

/** Whose a listener is, seen from a holder. */
export type Judge = (listener: Pick<Listener, "owner" | "sharedWith">, holder: Holder) => Whose;

/**
 * The one answer that `ports list`, `ports check` and the giving of IDs go by.
 *
 * Of several processes that have one socket it is enough that one is the user's: a service that hands a socket to a
 * user's program keeps a copy of it.
 *
 * @param holders all who have an ID: the name of an owner may fit others than the one that is asked about
 */
export function judge(domains: readonly Domain[], holders: Iterable<Holder>): Judge {
	const all = [...holders];
	const namesakes = Map.groupBy(all, ({ user }) => keysOf(user ?? "").name);
	const bySid = new Map(all.map((holder) => [holder.sid, holder]));
	const owners = new Map<string, Account | undefined>();
	const accountOf = ({ user, sid }: Owner) => {
		const key = `${user}\n${sid}`;
		if (!owners.has(key)) owners.set(key, told(user, sid));
		return owners.get(key);
	};
	const whoseIs = (owner: Owner, holder: Holder): Whose => {
		if (owner.kernel) return "different";
		const account = accountOf(owner);
		if (owner.user === null && (account?.sid === undefined || holder.sid === null)) return "unknown";
		if (account === undefined) return "different";
		const candidates = new Set([holder, ...(namesakes.get(account.name) ?? []).filter(({ id }) => id !== holder.id)]);
		const renamed = account.sid === undefined ? undefined : bySid.get(account.sid);
		if (renamed !== undefined && renamed.id !== holder.id) candidates.add(renamed);
		const meant = whoIsMeant(account, [...candidates], registered, domains);
		if (meant.is === "unsure") return meant.among.includes(holder) ? "perhaps" : "different";
		return meant.is === "one" && meant.one === holder ? "same" : "different";
	};
	return ({ owner, sharedWith }, holder) => {
		const first = whoseIs(owner, holder);
		// Nearly all of twenty thousand listeners have one process.
		if (first === "same" || sharedWith.length === 0) return first;
		const all = [first, ...sharedWith.map((one) => whoseIs(one, holder))];
		return (["same", "perhaps", "unknown"] as const).find((whose) => all.includes(whose)) ?? "different";
	};
}

/** The judge of some listeners: asks for all who could be meant by their owners, or by the names of these holders. */
export async function judgeOf(
	view: RegistryView,
	{ name, domains }: Environment,
	holders: Iterable<Holder>,
	listeners: readonly Listener[],
): Promise<Judge> {
	const all = new Map<number, Holder>();
	for (const user of new Set(Array.from(holders, (holder) => keysOf(holder.user ?? "").name))) {
		for (const held of await view.allocationsNamed(user, "allocated", name)) all.set(held.id, held);
	}
	const sids = new Set(listeners.flatMap(({ owner, sharedWith }) => [owner, ...sharedWith]).map(({ sid }) => sid));
	for (const sid of sids) {
		const held = sid === null ? undefined : await view.allocatedToSid(sid, name);
		if (held !== undefined) all.set(held.id, held);
	}
	return judge(domains, all.values());
}

/** Addresses outside 127.0.0.0/8 that a browser gets to which asks for 127.0.0.1. */
const wildcards = new Set(["0.0.0.0", "::ffff:0.0.0.0"]);

/**
 * What an address is to a browser that asks for 127.0.0.1: it gets an answer there (`answers`); it gets none, though the
 * address is the loopback's (`loopback`: the rest of 127.0.0.0/8); it may get one (`ipv6`: `::` can be both at once,
 * `::1` is where `localhost` may lead); or it is another address of the machine (`other`).
 */
export function reachOf(address: string): "answers" | "loopback" | "ipv6" | "other" {
	const ipv4 = address.startsWith("::ffff:") ? address.slice(7) : address;
	if (ipv4 === "127.0.0.1" || wildcards.has(address)) return "answers";
	if (ipv4.startsWith("127.")) return "loopback";
	return address === "::" || address === "::1" ? "ipv6" : "other";
}

/** Whether other machines may get to what listens on an address. */
export function isBeyondLoopback(address: string): boolean {
	const ipv4 = address.startsWith("::ffff:") ? address.slice(7) : address;
	return !ipv4.startsWith("127.") && address !== "::1";
}

/** Whether what listens on an address answers at 127.0.0.1, as far as a table tells: `::` may be IPv6's alone, and seldom is. */
export function answersAtLoopback(address: string): boolean {
	return address === "::" || reachOf(address) === "answers";
}
