import type { EventQuery, Registry, RegistryEvent } from "../registry/registry.js";
import { history } from "./history.js";

/**
 * A function that tells, each time it is asked, the events since: at first those of the last changes; always the oldest first.
 *
 * @param last of how many changes the events are told at first
 */
export function newEvents(
	registry: Pick<Registry, "read">,
	asked: EventQuery,
	last: number,
): () => Promise<RegistryEvent[]> {
	let seen: number | undefined;
	return async () => {
		const { events, newest } = await registry.read(async (view) => {
			const newest = (await view.lastEvent())?.seq ?? 0;
			// Whom nothing was recorded about so far may be who is waited for.
			const isAny = newest !== seen && (await view.countEvents({ ...asked, after: seen })) > 0;
			if (!isAny) return { events: [], newest };
			const query = seen === undefined ? { changes: last, descending: true } : { after: seen };
			const found = await history(view, { ...asked, ...query });
			return { events: (await Array.fromAsync(found.events)).flat(), newest };
		});
		const isFirst = seen === undefined;
		seen = newest;
		return isFirst ? events.reverse() : events;
	};
}
