import { keysOf } from "../account/account.js";
import { registered, relate } from "../account/whose.js";
import { type Allocation, allocations } from "../id/allocation.js";
import { holdingOf } from "../id/holder.js";
import { environmentOf, type RecordKind } from "../registry/kind.js";
import type { RegistryEvent, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { identity, isAllocations, type RowEvent, type Rows, rowEvent } from "./inverse.js";
import { inhabited, inUse, overtaken } from "./refusals.js";

type Kinds = { kinds: readonly RecordKind[] };

/** A row that becomes what it was: `before` is as it is now. */
interface Undone {
	record: string;
	action: string;
	environment: string;
	id: number | null;
	before: object | null;
	after: object | null;
}

/** The last event behind one that is about the same row. */
export async function newerThan(
	view: RegistryView,
	event: RowEvent,
	{ kinds }: Kinds,
): Promise<RegistryEvent | undefined> {
	const wanted = [event.before, event.after].filter((row) => row !== null).map((row) => identity(event.kind, row));
	const query = isAllocations(event.kind) ? { id: event.id ?? undefined } : {};
	for await (const chunk of view.events({ ...query, after: event.seq, descending: true })) {
		for (const newer of chunk) {
			const row = rowEvent(newer, kinds);
			if (row === undefined || row.kind !== event.kind || newer.requestKey === event.requestKey) continue;
			if ([row.before, row.after].some((one) => one !== null && wanted.includes(identity(row.kind, one)))) return newer;
		}
	}
	return undefined;
}

/** An environment goes only when nothing is left in it: what was put there since is nobody's to remove. */
export async function refuseInhabited(rows: Rows, event: RowEvent, { kinds }: Kinds): Promise<void> {
	const name = environmentOf(event.kind, event.after as object);
	const others = kinds.filter((kind) => kind !== event.kind && kind.environment !== null);
	const counts = await Promise.all(others.map((kind) => rows.count(kind, name)));
	if (counts.some((count) => count > 0)) throw inhabited(name, event.requestKey);
}

/** An ID that was given is taken back only while nobody uses it. @throws CfmError conflict `undo-in-use` */
export async function refuseUsed(
	view: RegistryView,
	undone: readonly Undone[],
	last: RegistryEvent,
	{ kinds }: Kinds,
): Promise<void> {
	// What goes back to its quarantine is in nobody's way, unless it was given out of it.
	const given = undone.filter(
		({ record, action, before, after }) =>
			record === allocations.name &&
			(before as Allocation | null)?.state === "allocated" &&
			(after === null || action === "allocate"),
	);
	if (given.length === 0) return;
	for (const name of new Set(given.map(({ environment }) => environment))) {
		const held = new Map(
			given
				.filter((one) => one.environment === name)
				.map(({ before }) => [(before as Allocation).id, before as Allocation]),
		);
		const [environment, used, acts] = await Promise.all([
			view.environment(name),
			firstUse(view, name, held, kinds),
			actsAbout(view, name, held, { after: last.seq, kinds }),
		]);
		if (used !== undefined) throw inUse(name, used.one.id, used.one.user, used.why);
		const isTheirs = (one: Allocation, user: string) =>
			relate(registered(one), registered({ user, sid: null }), environment?.domains ?? []) !== "different";
		for (const { event, byId, namesakes } of acts) {
			const one = byId ?? namesakes.find((one) => isTheirs(one, event.subject));
			if (one !== undefined) throw inUse(name, one.id, one.user, `${event.action}, ${event.at}`);
		}
	}
}

type Held = ReadonlyMap<number, Allocation>;

/** The first row of any kind that says that one of the IDs is in use. */
async function firstUse(
	view: RegistryView,
	environment: string,
	held: Held,
	kinds: readonly RecordKind[],
): Promise<{ one: Allocation; why: string } | undefined> {
	for (const kind of kinds.filter(({ usesId, id }) => usesId !== undefined && id !== undefined)) {
		for await (const chunk of view.records(kind, { environment })) {
			for (const row of chunk) {
				const one = held.get(kind.id?.(row) ?? -1);
				if (one !== undefined && kind.usesId?.(row)) return { one, why: kind.called(row) };
			}
		}
	}
	return undefined;
}

/** What was done since outside the registry with one of the IDs, or for a namesake of somebody who has one. */
async function actsAbout(
	view: RegistryView,
	environment: string,
	held: Held,
	{ after, kinds }: Kinds & { after: number },
): Promise<{ event: RegistryEvent; byId: Allocation | undefined; namesakes: Allocation[] }[]> {
	const byName = Map.groupBy(held.values(), ({ user }) => keysOf(user ?? "").name);
	const acts = [];
	for await (const chunk of view.events({ environment, after })) {
		for (const event of chunk) {
			if (rowEvent(event, kinds) !== undefined) continue;
			const byId = event.id === null ? undefined : held.get(event.id);
			const namesakes = byName.get(keysOf(event.subject).name) ?? [];
			if (byId !== undefined || namesakes.length > 0) acts.push({ event, byId, namesakes });
		}
	}
	return acts;
}

/** Whoever gets an ID back must not have got another one since. @throws CfmError conflict `undo-overtaken` */
export async function refuseSecondIds(
	view: RegistryView,
	undone: readonly Undone[],
	request: RegistryEvent,
): Promise<void> {
	const ids = new Set(undone.map(({ environment, id }) => `${environment} ${id}`));
	const back = undone.flatMap(({ record, after }) => {
		const isBack = record === allocations.name && (after as Allocation | null)?.state === "allocated";
		return isBack ? [after as Allocation] : [];
	});
	const names = [...new Set(back.map(({ environment }) => environment))];
	const there = new Map(await Promise.all(names.map(async (name) => [name, await view.environment(name)] as const)));
	const held = await Promise.all(
		back.map(async (one) => {
			const environment = there.get(one.environment);
			return environment && { one, meant: await holdingOf(view, environment, registered(one)) };
		}),
	);
	for (const found of held) {
		if (found === undefined) continue;
		const { one: back, meant } = found;
		const others = meant.is === "one" ? [meant.one] : meant.is === "unsure" ? meant.among : [];
		const other = others.find((one) => !ids.has(`${one.environment} ${one.id}`));
		if (other === undefined) continue;
		const [newer] = (
			await Array.fromAsync(view.events({ environment: other.environment, id: other.id, descending: true, limit: 1 }))
		).flat();
		throw overtaken(request, t`${back.user ?? ""}, who has ID ${other.id} now`, newer);
	}
}
