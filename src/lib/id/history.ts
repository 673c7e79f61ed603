import { registered, relate } from "../account/whose.js";
import { line } from "../command-line.js";
import { requireEnvironment } from "../environment/environment.js";
import { undecided } from "../environment/undecided.js";
import { CfmError } from "../errors.js";
import type { Chunks, EventQuery, RegistryEvent, RegistryView } from "../registry/port.js";
import { t } from "../text.js";

export interface History {
	events: Chunks<RegistryEvent>;
	total: number;
}

/**
 * What happened to a user's or an ID's allocations, oldest first.
 *
 * @throws CfmError conflict `user-ambiguous`; not-found `no-history` when something was asked for that no event is about
 */
export async function history(view: RegistryView, query: EventQuery): Promise<History> {
	const total = await view.countEvents(query);
	// One that was removed has a history still; one that never was is a misspelling.
	if (total === 0 && query.environment !== undefined) await requireEnvironment(view, query.environment);
	const { account } = query;
	if (total === 0 && account !== undefined && account.domain !== "") {
		// Recorded without a domain, and nobody said whose those are: the same answer as everywhere.
		const bare = { ...account, domain: "" };
		for await (const chunk of view.events({ ...query, account: bare, limit: undefined, offset: undefined })) {
			for (const { subject: user, environment } of chunk) {
				const domains = (await view.environment(environment))?.domains ?? [];
				if (relate(account, registered({ user, sid: null }), domains) === "perhaps")
					throw undecided({ name: environment }, account, { why: "domain", among: [{ user }] });
			}
		}
	}
	if (total === 0 && (query.account !== undefined || query.id !== undefined)) {
		throw new CfmError(
			"not-found",
			"no-history",
			t`Nothing has been recorded about ${query.account?.spelling ?? `ID ${query.id}`}.`,
			{
				hints: [line("ids history")],
			},
		);
	}
	return { events: view.events(query), total };
}
