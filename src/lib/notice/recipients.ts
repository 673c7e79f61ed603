import { keysOf } from "../account/account.js";
import { listOperators } from "../operator/operator.js";
import type { RegistryView } from "../registry/registry.js";
import { isMailbox } from "../settings/settings.js";
import { nearestLanguage } from "../text.js";
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
	/** The language of a mail address, such as `fr-CA`; undefined: nobody said, or it is no address. */
	languageOf(address: string): string | undefined;
	/** The language of everybody else. */
	language: string;
}

/** The address of users whose mail domain is known: that of `CORP\ana` is `ana@example.com`. */
export function addressAt(domain: string | undefined): Book["addressOf"] {
	return (user) => {
		const address = domain === undefined ? "" : `${keysOf(user).name}@${domain}`;
		return isMailbox(address) ? address : undefined;
	};
}

/** The book with the operators who have an address: issuers and admins are told what has no owner, each in their language. */
export async function withOperators(view: Pick<RegistryView, "records">, book: Book): Promise<Book> {
	const issuers = [...book.issuers];
	const languages = new Map<string, string>();
	for (const { role, mail, lang } of await listOperators(view)) {
		if (mail === null) continue;
		if (role === "issuer" || role === "admin") issuers.push(mail);
		if (lang !== null) languages.set(mail.toLowerCase(), lang);
	}
	return { ...book, issuers, languageOf: (one) => languages.get(one.toLowerCase()) ?? book.languageOf(one) };
}

/** In which language a recipient is written to, of those that were built. */
export function languageFor(
	recipient: string,
	{ languageOf, language }: Pick<Book, "languageOf" | "language">,
): string {
	const own = recipient.startsWith("mail:") ? languageOf(recipient.slice("mail:".length)) : undefined;
	return nearestLanguage(own ?? language);
}

/** Everybody who is told of an item, as claims name them; empty: nobody is known. */
export function recipientsOf({ owner, facts }: Item, book: Book): string[] {
	const own = owner === null ? undefined : book.addressOf(owner);
	// What has no owner, or one whom nobody can reach, is for issuers.
	const first = own === undefined ? book.issuers : [own];
	const also = book.escalation.filter(
		({ urgency }) => facts.urgency === "over" || (facts.urgency === "near" && urgency === "near"),
	);
	// An address is one however it is spelled, and gets one mail; the first spelling is taken.
	const mail = new Map<string, string>();
	for (const one of [...first, ...also.map(({ address }) => address)])
		if (!mail.has(one.toLowerCase())) mail.set(one.toLowerCase(), `mail:${one}`);
	return [...mail.values(), ...book.channels];
}
