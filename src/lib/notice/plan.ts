import { localMinute } from "../calendar/day.js";
import type { Claim, KeptClaim } from "../registry/outbox.js";
import type { RegistryView } from "../registry/registry.js";
import { dueItems } from "./due.js";
import type { Item } from "./item.js";
import { type Book, languageFor, recipientsOf, withOperators } from "./recipients.js";
import { silences } from "./silence.js";

/** When people are told: not before this hour of their day. */
export interface Hours {
	/** Null: this machine's, whose name takes long to ask for. */
	zone: string | null;
	/** 4 to 23. */
	hour: number;
}

export interface NoticePlan {
	/** What is to be claimed now. */
	claims: Claim[];
	/** Items that are due and for which nobody is known. */
	untold: string[];
	/** Whether it is too early for what can wait. */
	isEarly: boolean;
}

/** Whether it is before the hour from which on people are told. */
export function isEarly(now: Date, { zone, hour }: Hours): boolean {
	return Number(localMinute(now.toISOString(), zone).slice(11, 13)) < hour;
}

/**
 * What is to be claimed: each item's worst stage, once or daily, for each recipient who was not told yet. Changes nothing; two
 * machines that plan the same claim the same rows, and the registry keeps one.
 */
export async function planNotices(
	view: RegistryView,
	{ book: said, hours, now, anyHour = false }: { book: Book; hours: Hours; now: Date; anyHour?: boolean },
): Promise<NoticePlan> {
	const early = !anyHour && isEarly(now, hours);
	const due = (await dueItems(view, now)).filter(({ urgent }) => urgent || !early);
	if (due.length === 0) return { claims: [], untold: [], isEarly: early };
	const book = await withOperators(view, said);
	const hushed = new Set<string>();
	for await (const chunk of view.records(silences, {}))
		for (const { item, until } of chunk) if (until === null || Date.parse(until) > now.getTime()) hushed.add(item);
	const items = due.filter(({ item }) => !hushed.has(item));
	const kept = new Map<string, KeptClaim[]>();
	for (let at = 0; at < items.length; at += 500) {
		const asked = items.slice(at, at + 500).map(({ item }) => item);
		for (const claim of await view.outbox.claims({ items: asked })) {
			const key = `${claim.recipient} ${claim.item}`;
			kept.set(key, [...(kept.get(key) ?? []), claim]);
		}
	}
	const day = localMinute(now.toISOString(), hours.zone).slice(0, 10);
	const claims: Claim[] = [];
	const untold: string[] = [];
	for (const one of items) {
		const recipients = recipientsOf(one, book);
		if (recipients.length === 0) untold.push(one.item);
		for (const recipient of recipients) {
			if (wasTold(one, day, kept.get(`${recipient} ${one.item}`) ?? [])) continue;
			const { item, stage, urgent, daily, facts } = one;
			const rank = { rank: one.rank };
			claims.push({
				...{ item, stage, recipient, occasion: daily ? day : "", day, at: now.toISOString(), urgent },
				// What a mail says does not change between tries, so its language is kept with it.
				facts: { ...facts, ...rank, language: languageFor(recipient, book) },
			});
		}
	}
	return { claims, untold, isEarly: early };
}

/** Whether a recipient knows: of this stage or a worse one, or today of any. */
function wasTold({ rank, daily }: Item, day: string, kept: readonly KeptClaim[]): boolean {
	return kept.some((claim) => {
		if (claim.day === day) return true;
		const told = (claim.facts as { rank?: number }).rank ?? 0;
		return daily ? told > rank : told >= rank;
	});
}
