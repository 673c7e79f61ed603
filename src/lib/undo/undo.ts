import { line } from "../command-line.js";
import type { Allocation } from "../id/allocation.js";
import type { ActKind } from "../operation/act.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { environmentOf, isEnvironments, type RecordKind } from "../registry/kind.js";
import type { Attribution, EventQuery, MoveEvent, RegistryEvent, RegistryView } from "../registry/registry.js";
import { refusing } from "../registry/role.js";
import { plural, t } from "../text.js";
import { identity, isAllocations, isAsTold, type RowEvent, Rows, rowBefore, rowEvent } from "./inverse.js";
import { noSuchRequest, nothingToUndo, overtaken, undoneElsewhere } from "./refusals.js";
import { newerThan, refuseInhabited, refuseSecondIds, refuseUsed } from "./stands-on.js";

export interface UndoRequest {
	/** The key of a request; `latest` for the last one of whoever asks. */
	request: string;
	/** The account that runs the command. */
	caller: Pick<Attribution, "actor" | "machine">;
}

/** One row that becomes what it was. */
export interface UndoneChange {
	/** The kind of record. */
	record: string;
	/** The event that is undone. */
	action: string;
	environment: string;
	subject: string;
	id: number | null;
	before: object | null;
	after: object | null;
}

export interface UndoPlan extends Plan {
	request: RegistryEvent;
	undone: UndoneChange[];
	/** What the administrator is shown, line by line. */
	lines: string[];
}

export interface UndoAnswer {
	request: string;
	command: string;
	actor: string;
	at: string;
	changes: UndoneChange[];
	total: number;
	outcome: "undone" | "already-so";
}

/** What the undo room must know of the others: two lists. */
export interface Undoable {
	kinds: readonly RecordKind[];
	acts: readonly ActKind[];
}

/**
 * Plans the inverse of one request, of whatever kinds its records are: each event's `before` takes the place of its `after`,
 * the last event first. What is already as it was is left alone.
 *
 * @throws CfmError not-found `no-such-request`, `nothing-to-undo`; conflict `undo-overtaken` where something newer stands on
 *   it, `undo-in-use` for an ID that was installed or set since, `undo-elsewhere` for what only another command can undo
 */
async function planUndo(view: RegistryView, request: UndoRequest, undoable: Undoable): Promise<UndoPlan> {
	const events = await eventsOf(view, request);
	const told = toRows(events, undoable);
	const [first] = events;
	const last = events.at(-1) as RegistryEvent;
	const rows = new Rows(view);
	const plan: UndoPlan = { request: first as RegistryEvent, undone: [], lines: [], changes: [] };
	const note = `undo ${last.requestKey}`;
	const put = (kind: RecordKind, event: RegistryEvent, before: object | null, after: object | null) => {
		plan.changes.push(rows.change(kind, before, after, note));
		const { action, environment, subject, id } = event;
		plan.undone.push({ record: kind.name, action, environment, subject, id, before, after });
		plan.lines.push(`  ${kind.called((after ?? before) as object)}: ${differences(before, after)}`);
	};
	await rows.load(told);
	if (await isUndone(rows, told)) return plan;
	for (const event of told.toReversed()) {
		const { kind } = event;
		const now = await rows.now(kind, (event.after ?? event.before) as object);
		if (!isAsTold(kind, now, event.after))
			throw overtaken(
				event,
				kind.called((event.after ?? event.before) as object),
				await newerThan(view, event, undoable),
			);
		const after = event.before === null ? null : rowBefore(kind, now, event.before);
		if (after === null && isEnvironments(kind)) await refuseInhabited(rows, event, undoable);
		if (after !== null && event.after !== null && identity(kind, after) !== identity(kind, event.after)) {
			const other = await rows.now(kind, after);
			if (other !== undefined) throw overtaken(event, kind.called(after), await newerThan(view, event, undoable));
		}
		put(kind, event, now ?? null, after);
		if (event.after === null && isEnvironments(kind)) {
			for (const inside of await rowsInside(view, event, undoable)) put(inside.kind, event, null, inside.row);
		}
	}
	await refuseUsed(view, plan.undone, last, undoable);
	await refuseSecondIds(view, plan.undone, last);
	return plan;
}

/** `cfm undo`: shows what it undoes, and asks. */
export function undoRequest(request: UndoRequest, undoable: Undoable): RegistryOperation<UndoPlan, UndoAnswer> {
	return {
		asked: { request: request.request },
		plan: (view) => planUndo(view, request, undoable),
		danger: ({ request: { command, actor, at }, lines, changes }) => ({
			question: plural(changes.length, {
				one: `Undo "cfm ${command}" by ${actor} at ${at} (1 record)?`,
				other: `Undo "cfm ${command}" by ${actor} at ${at} (${changes.length} records)?`,
			}),
			details: lines.length <= 20 ? lines : [...lines.slice(0, 20), t`  and ${lines.length - 20} more`],
		}),
		answer: ({ request: { requestKey, command, actor, at }, undone }) => ({
			request: requestKey,
			command,
			actor,
			at,
			changes: undone,
			total: undone.length,
			outcome: undone.length === 0 ? "already-so" : "undone",
		}),
	};
}

/** The events of the request, in order. */
async function eventsOf(view: RegistryView, { request, caller }: UndoRequest): Promise<RegistryEvent[]> {
	let key = request;
	if (request === "latest") {
		// An account of a domain is the same on every machine.
		const actor = caller.actor.includes("\\")
			? { name: caller.actor }
			: { name: caller.actor, machine: caller.machine };
		const last = await lastChange(view, actor);
		if (last === undefined) throw nothingToUndo(caller.actor);
		key = last.requestKey;
	}
	const events = (await Array.fromAsync(view.events({ requestKey: key }))).flat();
	if (events.length === 0) throw noSuchRequest(key);
	return events;
}

/** The last thing that somebody did: what they were refused changed nothing. */
async function lastChange(view: RegistryView, actor: EventQuery["actor"]): Promise<RegistryEvent | undefined> {
	for await (const chunk of view.events({ actor, descending: true })) {
		const done = chunk.find(({ action }) => action !== refusing);
		if (done !== undefined) return done;
	}
	return undefined;
}

/** The events as events of rows. @throws CfmError conflict `undo-elsewhere` when one is of something else */
function toRows(events: readonly RegistryEvent[], { kinds, acts }: Undoable): RowEvent[] {
	const rows: RowEvent[] = [];
	for (const event of events) {
		const row = rowEvent(event, kinds);
		const act = row === undefined ? acts.find(({ actions }) => actions.includes(event.action)) : undefined;
		if (row === undefined) throw undoneElsewhere(event, act?.undoneBy(event) ?? wholeRegistry(event));
		const elsewhere = row.kind.undoneBy?.(row);
		if (elsewhere !== undefined) throw undoneElsewhere(event, elsewhere);
		if (!isBookkeeping(row)) rows.push(row);
	}
	return rows;
}

function wholeRegistry({ action, before, after }: RegistryEvent) {
	if (action === "registry.leave" || action === "registry.arrive")
		return [line("registry migrate", [], { to: (before as MoveEvent["before"]).registry })];
	const kept = (after as { kept?: unknown } | null)?.kept;
	if (action !== "restore" && action !== "migrate") return [];
	return [line("registry restore", [typeof kept === "string" ? kept : { fill: "BACKUP" }])];
}

/** Whether all is as it was before the first event. */
async function isUndone(rows: Rows, events: readonly RowEvent[]): Promise<boolean> {
	const first = new Map<string, { kind: RecordKind; key: object; row: object | null }>();
	const remember = (kind: RecordKind, key: object | null, row: object | null) => {
		if (key !== null && !first.has(identity(kind, key))) first.set(identity(kind, key), { kind, key, row });
	};
	for (const { kind, before, after } of events) {
		remember(kind, before, before);
		remember(kind, after, null);
	}
	for (const { kind, key, row } of first.values()) {
		if (!isAsTold(kind, await rows.now(kind, key), row)) return false;
	}
	return true;
}

/** The end of a quarantine that was over: it came with what was asked for, and nobody asked for it. */
function isBookkeeping({ kind, action, at, before }: RowEvent): boolean {
	if (!isAllocations(kind) || action !== "free") return false;
	const { until } = before as Allocation;
	return until !== null && until <= at;
}

/** What stood in an environment when it was removed: no event of its own tells that it went. */
async function rowsInside(
	view: RegistryView,
	removal: RowEvent,
	{ kinds }: Undoable,
): Promise<{ kind: RecordKind; row: object }[]> {
	const inside = new Map<string, { kind: RecordKind; row: object }>();
	const environment = environmentOf(removal.kind, removal.before as object);
	for await (const chunk of view.events({ environment, before: removal.seq })) {
		for (const event of chunk) {
			const told = rowEvent(event, kinds);
			if (told === undefined) continue;
			if (told.kind === removal.kind && told.after === null) inside.clear();
			if (told.kind === removal.kind) continue;
			if (told.before !== null) inside.delete(identity(told.kind, told.before));
			if (told.after !== null)
				inside.set(identity(told.kind, told.after), {
					kind: told.kind,
					row: rowBefore(told.kind, undefined, told.after),
				});
		}
	}
	return [...inside.values()];
}

/** What changes in a row, field by field. */
function differences(before: object | null, after: object | null): string {
	if (after === null) return t`removed`;
	if (before === null) return t`restored`;
	const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
	const shown = (value: unknown) =>
		typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "-");
	return Object.keys(is)
		.filter((field) => shown(was[field]) !== shown(is[field]))
		.map((field) => `${field} ${shown(was[field])} -> ${shown(is[field])}`)
		.join(", ");
}
