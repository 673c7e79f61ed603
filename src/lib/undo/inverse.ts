import { type Allocation, allocations } from "../id/allocation.js";
import { environmentOf, isSameRow, type RecordKind, recordChange, rowFromLog, undoAction } from "../registry/kind.js";
import type { Change, RegistryEvent, RegistryView } from "../registry/registry.js";

/** An event of a row, with its kind. */
export interface RowEvent extends RegistryEvent {
	kind: RecordKind;
	before: object | null;
	after: object | null;
}

/** What kind of row an event tells of; undefined for an act, and for what is about the whole registry. */
export function rowEvent(event: RegistryEvent, kinds: readonly RecordKind[]): RowEvent | undefined {
	const kind = kinds.find((one) => one.actions.includes(event.action) || undoAction(one) === event.action);
	const { before, after } = event;
	if (kind === undefined || !isRow(before) || !isRow(after)) return undefined;
	return { ...event, kind, before, after };
}

/** What a row is told from others by. */
export function identity(kind: RecordKind, row: object): string {
	const fields = row as Record<string, unknown>;
	return JSON.stringify([kind.name, environmentOf(kind, row), ...kind.key.map((field) => fields[field])]);
}

/** The rows as they would be, one change after the other: what undoes several events of one row is planned on it. */
export class Rows {
	private readonly stored = new Map<string, Promise<object | undefined>>();
	private readonly changed = new Map<string, { kind: RecordKind; row: object | undefined }>();

	constructor(private readonly view: RegistryView) {}

	/** Asks at once for all rows that events tell of: one after the other would be a trip to the server for each. */
	async load(events: readonly RowEvent[]): Promise<void> {
		const told = events.flatMap(({ kind, before, after }) =>
			[before, after].filter((row) => row !== null).map((row) => this.asStored(kind, row)),
		);
		await Promise.all(told);
	}

	async now(kind: RecordKind, row: object): Promise<object | undefined> {
		const planned = this.changed.get(identity(kind, row));
		return planned === undefined ? this.asStored(kind, row) : planned.row;
	}

	/** A row before all changes. */
	private asStored(kind: RecordKind, row: object): Promise<object | undefined> {
		const key = identity(kind, row);
		let stored = this.stored.get(key);
		if (stored === undefined) {
			const { environment, id } = row as Allocation;
			stored = isAllocations(kind) ? this.view.allocation(environment, id) : this.view.record(kind, row);
			this.stored.set(key, stored);
		}
		return stored;
	}

	/** Makes the change and answers it. */
	change(kind: RecordKind, before: object | null, after: object | null, note: string | null): Change {
		if (before !== null) this.changed.set(identity(kind, before), { kind, row: undefined });
		if (after !== null) this.changed.set(identity(kind, after), { kind, row: after });
		if (!isAllocations(kind)) return recordChange(kind, undoAction(kind), before, after, note);
		const { environment, id } = (after ?? before) as Allocation;
		const rows = { before: before as Allocation | null, after: after as Allocation | null };
		return { of: "allocation", action: "allocation.undo", environment, id, ...rows, note };
	}

	/** How many rows of a kind would stand in an environment. */
	async count(kind: RecordKind, environment: string): Promise<number> {
		const changed = [...this.changed.entries()].filter(
			([key, { kind: of }]) => of === kind && JSON.parse(key)[1] === environment,
		);
		const [count, ...differences] = await Promise.all([
			this.view.countRecords(kind, { environment }),
			...changed.map(async ([key, { row }]) => {
				const was = await this.asStored(kind, keyed(kind, key));
				return Number(row !== undefined) - Number(was !== undefined);
			}),
		]);
		return differences.reduce((sum, one) => sum + one, count);
	}
}

/** Whether a row is as an event tells it. */
export function isAsTold(kind: RecordKind, now: object | undefined, told: object | null): boolean {
	return isSameRow(now === undefined ? undefined : (kind.logged?.(now) ?? now), told);
}

/** A row as it was before an event: of what the event does not tell, it keeps what it has now. */
export function rowBefore(kind: RecordKind, now: object | undefined, told: object): object {
	return rowFromLog(kind, kind.logged === undefined ? { ...now, ...told } : told);
}

export function isAllocations(kind: RecordKind): boolean {
	return kind.name === allocations.name;
}

function keyed(kind: RecordKind, key: string): object {
	const [, environment, ...values] = JSON.parse(key) as unknown[];
	const fields = kind.key.map((field, at) => [field, values[at]]);
	return { ...Object.fromEntries(fields), ...(kind.environment === null ? {} : { [kind.environment]: environment }) };
}

function isRow(told: unknown): told is object | null {
	return typeof told === "object";
}
