import type { RegistryView } from "../registry/registry.js";
import type { NoticeFacts } from "./item.js";
import { silences } from "./silence.js";

/** A notice as it is kept. */
export interface ListedNotice {
	item: string;
	what: NoticeFacts["what"];
	name: string;
	stage: string;
	recipient: string;
	/** When it was claimed, ISO 8601 UTC. */
	at: string;
	state: "sent" | "failed" | "waiting";
	/** ISO 8601 UTC. */
	sent: string | null;
	tries: number;
	failure: string | null;
	messageId: string | null;
	/** Whether somebody wants to hear no more of it. */
	silenced: boolean;
}

/** `cfm notify list`: the newest first. */
export async function listNotices(
	view: RegistryView,
	{ unsent, since, now }: { unsent: boolean; since: string; now: Date },
): Promise<{ notices: ListedNotice[]; total: number }> {
	const hushed = new Set<string>();
	for await (const chunk of view.records(silences, {}))
		for (const { item, until } of chunk) if (until === null || Date.parse(until) > now.getTime()) hushed.add(item);
	const claims = await view.outbox.claims({ unsent, since });
	const notices = claims.map(({ item, stage, recipient, at, mail, sent, tries, failure, facts }): ListedNotice => {
		const { what, name } = facts as NoticeFacts;
		const state = sent !== null ? "sent" : failure !== null ? "failed" : "waiting";
		return {
			item,
			what,
			name,
			stage,
			recipient,
			at,
			state,
			sent,
			tries,
			failure,
			messageId: mail,
			silenced: hushed.has(item),
		};
	});
	return { notices, total: notices.length };
}
