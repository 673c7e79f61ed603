import type { Likeness } from "../account/account.js";
import type { comparer } from "./compare.js";
import type { Listener, Owner } from "./network.js";

/**
 * Whose a listener is, seen from one user: theirs (`same`), of somebody whose name may be theirs (`perhaps`), of somebody
 * who could not be told (`unknown`), or of somebody else (`different`).
 */
export type Whose = Likeness | "unknown";

/**
 * The one answer that `ports list`, `ports check` and the giving of IDs go by.
 *
 * Of several processes that have one socket it is enough that one is the user's: a service that hands a socket to a
 * user's program keeps a copy of it.
 */
export function whoseIs(
	{ owner, sharedWith }: Pick<Listener, "owner" | "sharedWith">,
	user: string,
	compare: ReturnType<typeof comparer>,
): Whose {
	const of = (one: Owner): Whose => (one.user === null ? "unknown" : compare(one.user, user));
	const first = of(owner);
	// Nearly all of twenty thousand listeners have one process.
	if (first === "same" || sharedWith.length === 0) return first;
	const all = [first, ...sharedWith.map(of)];
	return (["same", "perhaps", "unknown"] as const).find((whose) => all.includes(whose)) ?? "different";
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
