import { type Environment, environments } from "../../environment/environment.js";
import type { Allocation, AllocationQuery, AllocationSort, AllocationState, Holder } from "../../id/allocation.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import { environmentOf, type RecordKind, type RecordQuery, type Stored } from "../../registry/kind.js";
import type { Chunks, EventQuery, FreeIds, RegistryEvent, RegistryView } from "../../registry/port.js";
import type { Statements } from "../sqlite/database.js";
import { eventFilter, toEvent } from "./event-log.js";
import { type Edges, edges, FreeIntervals } from "./free-ids.js";
import { type Asked, likePattern, sqlOf } from "./record-sql.js";

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

const allocationColumns = `environments.name AS environment, allocations.id, allocations.state, allocations.user,
	allocations.sid, allocations.note, allocations.since, allocations.until`;

const allocationsOf = "FROM allocations JOIN environments USING (environment)";

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

const withSid = `SELECT ${allocationColumns} FROM allocations CROSS JOIN environments USING (environment)
	WHERE state = 'allocated' AND sid = +? AND environments.name = +?`;

/** Left alone, SQLite walks the whole environment to have the answer in order: this is asked at every allocation. */
const quarantineOver = `SELECT ${allocationColumns} FROM environments
	CROSS JOIN allocations INDEXED BY quarantine USING (environment)
	WHERE environments.name = +? AND state = 'quarantined' AND until <= +?`;

const allocationWithId = `SELECT ${allocationColumns} ${allocationsOf} WHERE environments.name = +? AND allocations.id = +?`;

/** The range of an environment that does not exist. */
const nowhere = { number: 0, environment: { firstId: 0, lastId: -1 }, edges: { gap: null, highest: null } };

/** Rows in one chunk of a long list. */
const chunkSize = 1000;

/** Every sort ends in the primary key, so that pages never overlap. */
const order: Record<AllocationSort, string> = {
	id: "allocations.environment {}, allocations.id {}",
	user: "name_key {}, domain_key {}, allocations.environment {}, allocations.id {}",
	state: "state {}, allocations.environment {}, allocations.id {}",
	since: "since {}, allocations.environment {}, allocations.id {}",
};

/** What can be asked of an open connection; inside a transaction it is one consistent state. */
export class SqliteView implements RegistryView {
	/** By the name that was asked for: within one state every question is about one of very few. */
	private readonly rows = new Map<string, EnvironmentRow>();
	private readonly freeIds = new Map<number, FreeIntervals>();

	constructor(protected readonly statements: Statements) {}

	async *records<Row extends object>(kind: RecordKind<Row>, query: RecordQuery<Row>): Chunks<Row> {
		const sql = sqlOf(kind);
		const rows = this.rowsOf(sql.list(query));
		yield* inChunks(rows, (stored) => sql.read(stored).row);
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
			const rows = this.statements.sql(namedIn[state]).all(name, environment) as Allocation[];
			return rows.length < 2 ? rows : rows.sort(byId);
		}
		return this.statements.sql(namedAnywhere[state]).all(name) as Allocation[];
	}

	async allocatedToSid(sid: string, environment: string): Promise<Allocation | undefined> {
		return this.statements.sql(withSid).get(sid, environment) as Allocation | undefined;
	}

	async *allocations(query: AllocationQuery): Chunks<Allocation> {
		const { where, parameters } = allocationFilter(query);
		const direction = query.descending ? "DESC" : "ASC";
		const sql = `SELECT ${allocationColumns} ${allocationsOf} ${where}
			ORDER BY ${order[query.sort ?? "id"].replaceAll("{}", direction)} LIMIT ? OFFSET ?`;
		const rows = this.statements.sql(sql).iterate(...parameters, query.limit ?? -1, query.offset ?? 0);
		yield* inChunks(rows as IterableIterator<Allocation>);
	}

	async countAllocations(query: AllocationQuery): Promise<number> {
		const { where, parameters } = allocationFilter(query);
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
		const { where, parameters, test } = eventFilter(query, (name) => this.row(name)?.environment.domains ?? []);
		const rows = this.statements.sql(`SELECT * FROM events ${where} ORDER BY seq`).iterate(...parameters);
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
		const { where, parameters, test } = eventFilter(query, (name) => this.row(name)?.environment.domains ?? []);
		if (test === undefined) {
			return (this.statements.sql(`SELECT count(*) AS n FROM events ${where}`).get(...parameters) as { n: number }).n;
		}
		let count = 0;
		const told = this.statements
			.sql(`SELECT environment, subject, id, before, after FROM events ${where}`)
			.iterate(...parameters);
		for (const event of told as IterableIterator<StoredEvent>) if (test(event)) count += 1;
		return count;
	}

	/** The environment's row, with its number. */
	protected row(name: string): EnvironmentRow | undefined {
		const known = this.rows.get(name);
		if (known !== undefined) return known;
		const stored = this.statements.sql(environmentNamed).get(name);
		if (stored === undefined) return undefined;
		const { number, gap, highest, quarantineEnd } = stored as Edges & Omit<EnvironmentRow, "environment" | "edges">;
		const { row: environment } = sqlOf(environments).read(stored as Record<string, Stored>);
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
		return stored === undefined ? undefined : sql.read(stored as Record<string, Stored>).row;
	}

	protected rowsOf({ sql, parameters }: Asked): IterableIterator<Record<string, Stored>> {
		return this.statements.sql(sql).iterate(...parameters) as IterableIterator<Record<string, Stored>>;
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

function allocationFilter(query: AllocationQuery): { where: string; parameters: unknown[] } {
	const conditions: string[] = [];
	const parameters: unknown[] = [];
	if (query.environment !== undefined) {
		conditions.push("environments.name = ?");
		parameters.push(query.environment);
	}
	if (query.state !== undefined) {
		conditions.push("state = ?");
		parameters.push(query.state);
	}
	if (query.userPattern !== undefined) {
		const folded = query.userPattern.normalize("NFC").toLowerCase();
		const whole = folded.includes("\\") || folded.includes("@");
		conditions.push(`${whole ? "domain_key || '\\' || name_key" : "name_key"} LIKE ? ESCAPE '!'`);
		parameters.push(likePattern(whole && !folded.includes("\\") ? domainFirst(folded) : folded));
	}
	return { where: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`, parameters };
}

function domainFirst(pattern: string): string {
	const at = pattern.lastIndexOf("@");
	return `${pattern.slice(at + 1)}\\${pattern.slice(0, at)}`;
}

function* inChunks<T, R = T>(rows: Iterable<T>, made: (row: T) => R = (row) => row as unknown as R): Generator<R[]> {
	let chunk: R[] = [];
	for (const row of rows) {
		if (chunk.push(made(row)) === chunkSize) {
			yield chunk;
			chunk = [];
		}
	}
	if (chunk.length > 0) yield chunk;
}
