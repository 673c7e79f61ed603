import { line } from "../command-line.js";
import { requireEnvironment } from "../environment/environment.js";
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
 * @throws CfmError not-found `no-history` when something was asked for that no event is about
 */
export async function history(view: RegistryView, query: EventQuery): Promise<History> {
	const total = await view.countEvents(query);
	// One that was removed has a history still; one that never was is a misspelling.
	if (total === 0 && query.environment !== undefined) await requireEnvironment(view, query.environment);
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
