import { keysOf } from "../account/account.js";
import { isMailbox } from "../settings/settings.js";
import type { Item } from "./item.js";

/** Ways by which everybody's notices go, beside mail. */
export const channels = ["file", "webhook", "event-log"] as const;
export type Channel = (typeof channels)[number];

/** Whom there is to tell, and how. */
export interface Book {
	/** Mail addresses of those who are told what has no owner. */
	issuers: readonly string[];
	/** Addresses that are told, too, once it is so near. */
	escalation: readonly { urgency: "near" | "over"; address: string }[];
	/** The address of a user; undefined where none is known. */
	addressOf(user: string): string | undefined;
	/** What gets everything. */
	channels: readonly Channel[];
}

/** The address of users whose mail domain is known: that of `CORP\ana` is `ana@example.com`. */
export function addressAt(domain: string | undefined): Book["addressOf"] {
	return (user) => {
		const address = domain === undefined ? "" : `${keysOf(user).name}@${domain}`;
		return isMailbox(address) ? address : undefined;
	};
}

/** Everybody who is told of an item, as claims name them; empty: nobody is known. */
export function recipientsOf({ owner, facts }: Item, book: Book): string[] {
	const own = owner === null ? undefined : book.addressOf(owner);
	// What has no owner, or one whom nobody can reach, is for issuers.
	const first = own === undefined ? book.issuers : [own];
	const also = book.escalation.filter(
		({ urgency }) => facts.urgency === "over" || (facts.urgency === "near" && urgency === "near"),
	);
	const mail = new Set([...first, ...also.map(({ address }) => address)].map((one) => `mail:${one}`));
	return [...mail, ...book.channels];
}
