import { type Environment, environments } from "../../environment/environment.js";
import type { Allocation, AllocationQuery, AllocationState, Holder, NearName } from "../../id/allocation.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import { environmentOf, type RecordKind, type RecordQuery, type Stored } from "../../registry/kind.js";
import { idHolds, type KeptLook, type KeptSighting, type SightingQuery } from "../../registry/look.js";
import type { KeptRun, OutboxView } from "../../registry/outbox.js";
import type { Chunks, EventQuery, FreeIds, RegistryEvent, RegistryView } from "../../registry/registry.js";
import {
	allocationColumns,
	allocationFilter,
	allocationOrder,
	allocationsOf,
	asksForDomain,
} from "../registry-sql/allocation-sql.js";
import { eventFilter, toEvent } from "../registry-sql/event-log.js";
import { claimsSql, runsSql, toClaim, waitingSql } from "../registry-sql/outbox-sql.js";
import type { Asked, RecordSql } from "../registry-sql/record-sql.js";
import type { Statements } from "../sqlite/database.js";
import { sqlite, sqlOf } from "./dialect.js";
import { type Edges, edges, FreeIntervals } from "./free-ids.js";

/** An environment, the number of its row, and what every allocation asks about it. */
export interface EnvironmentRow {
	number: number;
	environment: Environment;
	edges: Edges;
	/** When the first of its quarantines ends; null when no ID is in quarantine. */
	quarantineEnd: string | null;
}

const environmentNamed = `${sqlOf(environments).select(`, environments.environment AS number,
	${edges("environments.environment")},
	(SELECT until FROM allocations
		WHERE allocations.environment = environments.environment AND state = 'quarantined' ORDER BY until LIMIT 1
	) AS quarantineEnd`)} WHERE environments.name = +?`;

/**
 * Who has this name, in a state. The state stands in the text, not in a parameter: only so can SQLite use the partial
 * index. CROSS JOIN keeps it from walking the whole table in the order of the answer; of one environment the few rows are
 * put in order by the caller.
 */
const named = (state: AllocationState) =>
	`SELECT ${allocationColumns} FROM allocations CROSS JOIN environments USING (environment)
	WHERE state = '${state}' AND name_key = +?`;
const perState = (text: (state: AllocationState) => string): Record<AllocationState, string> => ({
	allocated: text("allocated"),
	reserved: text("reserved"),
	quarantined: text("quarantined"),
});
const namedIn = perState((state) => `${named(state)} AND environments.name = +?`);
const namedAnywhere = perState((state) => `${named(state)} ORDER BY allocations.environment, allocations.id`);

const withSid = perState(
	(state) => `SELECT ${allocationColumns} FROM allocations CROSS JOIN environments USING (environment)
	WHERE state = '${state}' AND sid = +? AND environments.name = +?`,
);

/**
 * Left alone, SQLite walks the whole environment to have the answer in order: this is asked at every allocation. What a
 * last look saw is asked of those whose time is over, and of no other.
 */
const quarantineOver = `SELECT ${allocationColumns} FROM environments
	CROSS JOIN allocations INDEXED BY quarantine USING (environment)
	WHERE environments.name = +? AND state = 'quarantined' AND until <= +? AND NOT EXISTS (
		SELECT 1 FROM sightings INDEXED BY sightings_of_id
		WHERE sightings.environment = allocations.environment AND sightings.id = allocations.id
			AND kind IN (${idHolds.map((kind) => `'${kind}'`).join(", ")}))`;

const allocationWithId = `SELECT ${allocationColumns} ${allocationsOf} WHERE environments.name = +? AND allocations.id = +?`;

/** The range of an environment that does not exist. */
const nowhere = { number: 0, environment: { firstId: 0, lastId: -1 }, edges: { gap: null, highest: null } };

/** Rows in one chunk of a long list. */
const chunkSize = 1000;

/** What can be asked of an open connection; inside a transaction it is one consistent state. */
export class SqliteView implements RegistryView {
	/** By the name that was asked for: within one state every question is about one of very few. */
	private readonly rows = new Map<string, EnvironmentRow>();
	private readonly freeIds = new Map<number, FreeIntervals>();

	constructor(protected readonly statements: Statements) {}

	async *records<Row extends object>(kind: RecordKind<Row>, query: RecordQuery<Row>): Chunks<Row> {
		const sql = sqlOf(kind);
		const rows = this.rowsOf(sql.list(query));
		yield* inChunks(rows, (stored) => this.rowOf(sql, stored));
	}

	async countRecords<Row extends object>(kind: RecordKind<Row>, query: RecordQuery<Row>): Promise<number> {
		const { sql, parameters } = sqlOf(kind).count(query);
		return (this.statements.sql(sql).get(...parameters) as { n: number }).n;
	}

	async record<Row extends object>(kind: RecordKind<Row>, key: Partial<Row>): Promise<Row | undefined> {
		return this.recordNow(kind, key);
	}

	async environment(name: string): Promise<Environment | undefined> {
		return this.row(name)?.environment;
	}

	async allocation(environment: string, id: number): Promise<Allocation | undefined> {
		return this.allocationNow(environment, id);
	}

	async allocationsNamed(name: string, state: AllocationState, environment?: string): Promise<Allocation[]> {
		if (environment !== undefined) {
			// Nearly every allocation asks whether the user had an ID before.
			if (state === "quarantined" && this.row(environment)?.quarantineEnd === null) return [];
			const rows = this.statements.sql(namedIn[state]).all(name, environment) as Allocation[];
			return rows.length < 2 ? rows : rows.sort(byId);
		}
		return this.statements.sql(namedAnywhere[state]).all(name) as Allocation[];
	}

	async namesNear(near: NearName): Promise<string[]> {
		const { nearSql } = await import("../registry-sql/near-sql.js");
		const { sql, parameters } = nearSql(near, "allocations INDEXED BY allocated_once", sqlite);
		// One text is handed over in a fraction of the time that thousands of rows take.
		const row = this.statements.sql(`SELECT json_group_array(name) AS names FROM (${sql})`).get(...parameters);
		return JSON.parse((row as { names: string }).names) as string[];
	}

	async allocatedToSid(sid: string, environment: string): Promise<Allocation | undefined> {
		return this.statements.sql(withSid.allocated).get(sid, environment) as Allocation | undefined;
	}

	async allocationsOfSid(sid: string, state: AllocationState, environment: string): Promise<Allocation[]> {
		return (this.statements.sql(withSid[state]).all(sid, environment) as Allocation[]).sort(byId);
	}

	async *allocations(query: AllocationQuery): Chunks<Allocation> {
		const { where, parameters } = this.allocationFilter(query);
		const sql = `SELECT ${allocationColumns} ${allocationsOf} ${where}
			ORDER BY ${allocationOrder(query, sqlite)} LIMIT ? OFFSET ?`;
		const rows = this.statements.sql(sql).iterate(...parameters, query.limit ?? -1, query.offset ?? 0);
		yield* inChunks(rows as IterableIterator<Allocation>);
	}

	async countAllocations(query: AllocationQuery): Promise<number> {
		const { where, parameters } = this.allocationFilter(query);
		const row = this.statements.sql(`SELECT count(*) AS n ${allocationsOf} ${where}`).get(...parameters);
		return (row as { n: number }).n;
	}

	async holders(environment: string, first: number, last: number): Promise<Map<number, Holder>> {
		const rows = this.statements
			.sql("SELECT id, user, sid FROM allocations WHERE environment = ? AND id BETWEEN ? AND ? AND state = 'allocated'")
			.all(this.row(environment)?.number ?? 0, first, last);
		return new Map((rows as Holder[]).map((row) => [row.id, row]));
	}

	async lowestFree(environment: string, count: number): Promise<number[]> {
		return this.intervals(environment).lowest(count);
	}

	async isFree(environment: string, id: number): Promise<boolean> {
		return this.intervals(environment).has(id);
	}

	async free(environment: string): Promise<FreeIds> {
		return this.intervals(environment).summary();
	}

	async quarantineOver(environment: string, now: string): Promise<Allocation[]> {
		const end = this.row(environment)?.quarantineEnd ?? null;
		if (end === null || end > now) return [];
		const rows = this.statements.sql(quarantineOver).all(environment, now) as Allocation[];
		return rows.length < 2 ? rows : rows.sort(byId);
	}

	async *events(query: EventQuery): Chunks<RegistryEvent> {
		const { where, parameters, test } = eventFilter(query, sqlite, (name) => this.row(name)?.environment.domains ?? []);
		const rows = this.statements
			.sql(`SELECT * FROM events ${where} ORDER BY seq ${query.descending ? "DESC" : "ASC"}`)
			.iterate(...parameters);
		const last = (query.offset ?? 0) + (query.limit ?? Number.POSITIVE_INFINITY);
		let at = 0;
		const wanted = function* (): Generator<RegistryEvent> {
			for (const stored of rows as IterableIterator<StoredEvent>) {
				if (test && !test(stored)) continue;
				if (at >= last) return;
				at += 1;
				if (at > (query.offset ?? 0)) yield toEvent(stored);
			}
		};
		yield* inChunks(wanted());
	}

	async countEvents(query: EventQuery): Promise<number> {
		const { where, parameters, test } = eventFilter(query, sqlite, (name) => this.row(name)?.environment.domains ?? []);
		if (test === undefined) {
			return (this.statements.sql(`SELECT count(*) AS n FROM events ${where}`).get(...parameters) as { n: number }).n;
		}
		let count = 0;
		const told = this.statements
			.sql(`SELECT seq, environment, subject, id, before, after FROM events ${where}`)
			.iterate(...parameters);
		for (const event of told as IterableIterator<StoredEvent>) if (test(event)) count += 1;
		return count;
	}

	async identity(): Promise<string | null> {
		const first = this.statements.sql("SELECT hash FROM events ORDER BY seq LIMIT 1").get();
		return (first as { hash: string } | undefined)?.hash ?? null;
	}

	async lastEvent(action?: string): Promise<RegistryEvent | undefined> {
		const stored =
			action === undefined
				? this.statements.sql("SELECT * FROM events ORDER BY seq DESC LIMIT 1").get()
				: this.statements.sql("SELECT * FROM events WHERE action = +? ORDER BY seq DESC LIMIT 1").get(action);
		return stored === undefined ? undefined : toEvent(stored as StoredEvent);
	}

	async lastChanges(environment: string, ids: readonly number[]): Promise<ReadonlyMap<number, number>> {
		const last = this.statements.sql(
			"SELECT max(seq) AS seq FROM events WHERE environment = +? COLLATE NOCASE AND id = +?",
		);
		return new Map(ids.map((id) => [id, (last.get(environment, id) as { seq: number | null }).seq ?? 0]));
	}

	async looks(query: Pick<SightingQuery, "environment" | "machine" | "kinds">): Promise<KeptLook[]> {
		return (await import("./looks.js")).looks(this.statements, query);
	}

	async *sightings(query: SightingQuery): Chunks<KeptSighting> {
		yield* inChunks((await import("./looks.js")).sightings(this.statements, query));
	}

	readonly outbox: OutboxView = {
		claims: async (query) => {
			const { sql, parameters } = claimsSql(query, "SELECT value FROM json_each(?)");
			return (this.statements.sql(sql).all(...parameters) as object[]).map(toClaim);
		},
		waiting: async (asked) => {
			const { sql, parameters } = waitingSql(asked);
			const rows = this.statements.sql(sql).all(...parameters) as { recipient: string }[];
			return rows.map(({ recipient }) => recipient);
		},
		runs: async () => this.statements.sql(runsSql).all() as KeptRun[],
	};

	/** The environment's row, with its number. */
	protected row(name: string): EnvironmentRow | undefined {
		const known = this.rows.get(name);
		if (known !== undefined) return known;
		const stored = this.statements.sql(environmentNamed).get(name);
		if (stored === undefined) return undefined;
		const { number, gap, highest, quarantineEnd } = stored as Edges & Omit<EnvironmentRow, "environment" | "edges">;
		const environment = this.rowOf(sqlOf(environments), stored as Record<string, Stored>);
		const row = { number, environment, edges: { gap, highest }, quarantineEnd };
		this.rows.set(name, row);
		return row;
	}

	/** For whoever changes an environment, or what is told with its row. */
	protected forgetRows(): void {
		this.rows.clear();
		this.freeIds.clear();
	}

	protected allocationNow(environment: string, id: number): Allocation | undefined {
		return this.statements.sql(allocationWithId).get(environment, id) as Allocation | undefined;
	}

	protected recordNow<Row extends object>(kind: RecordKind<Row>, key: Partial<Row>): Row | undefined {
		const sql = sqlOf(kind);
		const number = sql.inEnvironment ? this.row(environmentOf(kind as unknown as RecordKind, key))?.number : null;
		if (number === undefined) return undefined;
		const { sql: text, parameters } = sql.get(key, number);
		const stored = this.statements.sql(text).get(...parameters);
		return stored === undefined ? undefined : this.rowOf(sql, stored as Record<string, Stored>);
	}

	/** What is stored as JSON and is none any more is damage. */
	private rowOf<Row extends object>(sql: RecordSql<Row>, stored: Record<string, Stored>): Row {
		try {
			return sql.read(stored).row;
		} catch (error) {
			throw this.statements.explained(error);
		}
	}

	protected rowsOf({ sql, parameters }: Asked): IterableIterator<Record<string, Stored>> {
		return this.statements.sql(sql).iterate(...parameters) as IterableIterator<Record<string, Stored>>;
	}

	private allocationFilter(query: AllocationQuery): { where: string; parameters: unknown[] } {
		const names = asksForDomain(query) ? this.environmentNames(query.environment) : [];
		const among = names.map((name) => ({ name, domains: this.row(name)?.environment.domains ?? [] }));
		return allocationFilter(query, sqlite, among);
	}

	private environmentNames(only: string | undefined): string[] {
		if (only !== undefined) return [only];
		const rows = this.statements.sql("SELECT name FROM environments").all() as { name: string }[];
		return rows.map(({ name }) => name);
	}

	/** The free IDs of an environment; of one that does not exist there are none. */
	protected intervals(name: string): FreeIntervals {
		const { number, edges, environment: range } = this.row(name) ?? nowhere;
		let intervals = this.freeIds.get(number);
		if (intervals === undefined) {
			intervals = new FreeIntervals(this.statements, number, range, edges);
			this.freeIds.set(number, intervals);
		}
		return intervals;
	}
}

function byId(a: Allocation, b: Allocation): number {
	return a.id - b.id;
}

/** Rows in pieces, so that few are in memory at once. */
export function* inChunks<T, R = T>(
	rows: Iterable<T>,
	made: (row: T) => R = (row) => row as unknown as R,
): Generator<R[]> {
	let chunk: R[] = [];
	for (const row of rows) {
		if (chunk.push(made(row)) === chunkSize) {
			yield chunk;
			chunk = [];
		}
	}
	if (chunk.length > 0) yield chunk;
}
