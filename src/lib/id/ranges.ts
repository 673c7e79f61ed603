import { type Environment, listEnvironments, portOf, requireEnvironment } from "../environment/environment.js";
import type { Chunks, RegistryView } from "../registry/registry.js";
import type { Allocation, AllocationState } from "./allocation.js";

/** IDs beside each other in one state, and why they are not free. */
export interface IdBlock {
	first: number;
	last: number;
	count: number;
	firstPort: number;
	lastPort: number;
	state: AllocationState | "free";
	environment: string;
	/** Of a block of one ID: who has it, or had it last. */
	user: string | null;
	/** When the first of a block in quarantine may be given again. */
	until: string | null;
	/** Where all of a block have the same. */
	note: string | null;
}

export interface RangeList {
	ranges: IdBlock[];
	total: number;
}

/** An ID that nobody has, as a list shows it. */
export interface FreeId {
	user: null;
	id: number;
	port: number;
	state: "free";
	environment: string;
}

export interface FreeList {
	allocations: Chunks<FreeId>;
	total: number;
}

export interface RangeQuery {
	environment?: string | undefined;
	state?: AllocationState | "free" | undefined;
	limit?: number | undefined;
	offset?: number | undefined;
}

/**
 * The IDs of an environment, or of all, in blocks of one state.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function listRanges(view: RegistryView, query: RangeQuery): Promise<RangeList> {
	const blocks: IdBlock[] = [];
	for (const environment of await environmentsOf(view, query))
		for await (const block of blocksOf(view, environment))
			if (query.state === undefined || block.state === query.state) blocks.push(block);
	const { offset = 0, limit = blocks.length } = query;
	return { ranges: blocks.slice(offset, offset + limit), total: blocks.length };
}

/**
 * The free IDs, one by one, read while they are printed.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function listFree(view: RegistryView, query: RangeQuery): Promise<FreeList> {
	const environments = await environmentsOf(view, query);
	let total = 0;
	for (const { name } of environments) total += (await view.free(name)).count;
	return { allocations: page(freeOf(view, environments), query), total };
}

async function environmentsOf(view: RegistryView, { environment }: RangeQuery): Promise<Environment[]> {
	return environment === undefined ? listEnvironments(view) : [await requireEnvironment(view, environment)];
}

async function* blocksOf(view: RegistryView, environment: Environment): AsyncGenerator<IdBlock> {
	let next = environment.firstId;
	let open: IdBlock | undefined;
	for await (const chunk of view.allocations({ environment: environment.name, sort: "id" })) {
		for (const held of chunk) {
			if (held.id > next) {
				if (open !== undefined) yield open;
				open = undefined;
				yield freeBlock(environment, next, held.id - 1);
			}
			next = held.id + 1;
			if (open?.state === held.state) open = joined(environment, open, held);
			else {
				if (open !== undefined) yield open;
				open = block(environment, held);
			}
		}
	}
	if (open !== undefined) yield open;
	if (next <= environment.lastId) yield freeBlock(environment, next, environment.lastId);
}

function block(environment: Environment, { id, state, user, until, note }: Allocation): IdBlock {
	return { ...freeBlock(environment, id, id), state, user, until, note };
}

function joined(environment: Environment, open: IdBlock, { id, until, note }: Allocation): IdBlock {
	const earlier = open.until !== null && until !== null && until < open.until ? until : open.until;
	return {
		...open,
		...{ last: id, count: open.count + 1, lastPort: portOf(environment, id) },
		...{ user: null, until: earlier, note: open.note === note ? note : null },
	};
}

function freeBlock(environment: Environment, first: number, last: number): IdBlock {
	return {
		...{ first, last, count: last - first + 1 },
		...{ firstPort: portOf(environment, first), lastPort: portOf(environment, last) },
		...{ state: "free", environment: environment.name, user: null, until: null, note: null },
	};
}

/** IDs in one piece of a list. */
const chunkSize = 1000;

async function* freeOf(view: RegistryView, environments: readonly Environment[]): AsyncGenerator<FreeId> {
	for (const environment of environments) {
		for await (const { state, first, last } of blocksOf(view, environment)) {
			if (state !== "free") continue;
			for (let id = first; id <= last; id++)
				yield { user: null, id, port: portOf(environment, id), state, environment: environment.name };
		}
	}
}

async function* page(
	ids: AsyncIterable<FreeId>,
	{ offset = 0, limit = Number.POSITIVE_INFINITY }: RangeQuery,
): Chunks<FreeId> {
	let chunk: FreeId[] = [];
	let at = 0;
	if (limit === 0) return;
	for await (const one of ids) {
		at += 1;
		if (at > offset) chunk.push(one);
		if (at === offset + limit) break;
		if (chunk.length === chunkSize) {
			yield chunk;
			chunk = [];
		}
	}
	if (chunk.length > 0) yield chunk;
}
