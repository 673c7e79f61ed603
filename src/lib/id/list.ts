import { type Environment, listEnvironments, portOf, requireEnvironment } from "../environment/environment.js";
import type { Chunks, RegistryView } from "../registry/registry.js";
import type { Allocation, AllocationQuery } from "./allocation.js";

/** An allocation as every list shows it. */
export interface ListedAllocation {
	user: string | null;
	id: number;
	port: number;
	state: Allocation["state"];
	environment: string;
	since: string;
	until: string | null;
	note: string | null;
	/** The account's SID, where it is known. */
	sid: string | null;
}

export interface AllocationList {
	allocations: Chunks<ListedAllocation>;
	/** All that match, also those outside the page that was asked for. */
	total: number;
}

/**
 * Lists what is not free. The rows are read while they are printed: the view must stay open until then.
 *
 * @throws CfmError not-found `no-environment`: a misspelled name must not look like an empty environment
 */
export async function listAllocations(view: RegistryView, query: AllocationQuery): Promise<AllocationList> {
	if (query.environment !== undefined) await requireEnvironment(view, query.environment);
	const environments = new Map((await listEnvironments(view)).map((environment) => [environment.name, environment]));
	return {
		allocations: listed(view.allocations(query), environments),
		total: await view.countAllocations(query),
	};
}

export function toListed(allocation: Allocation, environment: Environment): ListedAllocation {
	const { user, id, state, since, until, note, sid } = allocation;
	return { user, id, port: portOf(environment, id), state, environment: environment.name, since, until, note, sid };
}

async function* listed(chunks: Chunks<Allocation>, environments: Map<string, Environment>): Chunks<ListedAllocation> {
	for await (const chunk of chunks) {
		yield chunk.map((allocation) => toListed(allocation, environments.get(allocation.environment) as Environment));
	}
}
