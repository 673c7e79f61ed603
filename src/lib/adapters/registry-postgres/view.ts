import { type Environment, environments } from "../../environment/environment.js";
import type { Allocation, AllocationQuery, AllocationState, Holder, NearName } from "../../id/allocation.js";
import { environmentOf, type RecordKind, type RecordQuery } from "../../registry/kind.js";
import { idHolds, type KeptLook, type KeptSighting, type SightingQuery } from "../../registry/look.js";
import { foldedAscii } from "../../registry/name.js";
import type { OutboxView } from "../../registry/outbox.js";
import type { Chunks, EventQuery, FreeIds, RegistryEvent, RegistryView } from "../../registry/registry.js";
import {
	allocationColumns,
	allocationFilter,
	allocationOrder,
	allocationsOf,
	asksForDomain,
} from "../registry-sql/allocation-sql.js";
import { eventFilter, toEvent } from "../registry-sql/event-log.js";
import { looksSql, sightingsSql, toSighting } from "../registry-sql/look-sql.js";
import { nearSql } from "../registry-sql/near-sql.js";
import { claimsSql, runsSql, toClaim, waitingSql } from "../registry-sql/outbox-sql.js";
import type { Row } from "./connection.js";
import { postgres, sqlOf } from "./dialect.js";
import { Gathered } from "./gathered.js";
import { counted, number, stored, text } from "./read-rows.js";
import { Statements } from "./statements.js";
import {
	eventColumns,
	toAllocation,
	toEdges,
	toGap,
	toHolder,
	toLook,
	toRun,
	toStoredEvent,
	toTold,
} from "./stored-rows.js";

/** An environment, the number of its row, and what every allocation asks about it. */
type EnvironmentRow = ReturnType<typeof toEdges> & { environment: Environment };

/** Environments with all that `EnvironmentRow` has. */
export const environmentRows = `${sqlOf(environments).select(`, environments.environment AS number,
	(SELECT lo FROM gaps WHERE gaps.environment = environments.environment ORDER BY lo LIMIT 1) AS gap,
	(SELECT id FROM allocations WHERE allocations.environment = environments.environment ORDER BY id DESC LIMIT 1) AS highest,
	(SELECT until FROM allocations WHERE allocations.environment = environments.environment AND state = 'quarantined'
		ORDER BY until LIMIT 1) AS "quarantineEnd"`)}`;

const byId = (a: Allocation, b: Allocation) => a.id - b.id;

/**
 * What can be asked of an open connection; inside a transaction it is one consistent state.
 *
 * Questions of one kind that are asked side by side, for each user of a list, travel as one statement (`gathered.ts`).
 */
export class PostgresView extends Statements implements RegistryView {
	private rows = new Map<string, Promise<EnvironmentRow | undefined>>();

	async *records<R extends object>(kind: RecordKind<R>, query: RecordQuery<R>): Chunks<R> {
		const sql = sqlOf(kind);
		const { sql: text, parameters } = sql.list(query);
		yield* this.stream(text, parameters, query.limit, (row) => sql.read(stored(row)).row);
	}

	async countRecords<R extends object>(kind: RecordKind<R>, query: RecordQuery<R>): Promise<number> {
		const { sql, parameters } = sqlOf(kind).count(query);
		return counted(await this.ask(sql, parameters));
	}

	async record<R extends object>(kind: RecordKind<R>, key: Partial<R>): Promise<R | undefined> {
		const sql = sqlOf(kind);
		const number = sql.inEnvironment
			? (await this.row(environmentOf(kind as unknown as RecordKind, key)))?.number
			: null;
		if (number === undefined) return undefined;
		const { sql: text, parameters } = sql.get(key, number);
		const row = await this.one(text, parameters);
		return row && sql.read(stored(row)).row;
	}

	async logins(names: readonly string[]): Promise<ReadonlySet<string>> {
		const found = await this.ask("SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY (?::text[])", [
			[...names],
		]);
		return new Set(found.map(({ name }) => String(name)));
	}

	async environment(name: string): Promise<Environment | undefined> {
		return (await this.row(name))?.environment;
	}

	async allocation(environment: string, id: number): Promise<Allocation | undefined> {
		return this.withId.ask(foldedAscii(environment), environment, id);
	}

	async allocationsNamed(name: string, state: AllocationState, environment?: string): Promise<Allocation[]> {
		// Nearly every allocation asks whether the user had an ID before.
		if (environment !== undefined && state === "quarantined" && (await this.row(environment))?.quarantineEnd === null)
			return [];
		return this.named.ask(JSON.stringify([state, environment]), { state, environment }, name);
	}

	async namesNear(near: NearName): Promise<string[]> {
		const { sql, parameters } = nearSql(near, "allocations", postgres);
		return (await this.ask(sql, parameters)).map(({ name }) => text(name, "name"));
	}

	async allocatedToSid(sid: string, environment: string): Promise<Allocation | undefined> {
		return (await this.allocationsOfSid(sid, "allocated", environment))[0];
	}

	async allocationsOfSid(sid: string, state: AllocationState, environment: string): Promise<Allocation[]> {
		return this.ofSid.ask(JSON.stringify([state, environment]), { state, environment }, sid);
	}

	async *allocations(query: AllocationQuery): Chunks<Allocation> {
		const { where, parameters } = await this.allocationFilter(query);
		const sql = `SELECT ${allocationColumns} ${allocationsOf} ${where}
			ORDER BY ${allocationOrder(query, postgres)} LIMIT ? OFFSET ?`;
		const values = [...parameters, query.limit ?? null, query.offset ?? 0];
		yield* this.stream(sql, values, query.limit, toAllocation);
	}

	async countAllocations(query: AllocationQuery): Promise<number> {
		const { where, parameters } = await this.allocationFilter(query);
		return counted(await this.ask(`SELECT count(*) AS n ${allocationsOf} ${where}`, parameters));
	}

	async holders(environment: string, first: number, last: number): Promise<Map<number, Holder>> {
		const rows = await this.ask(
			`SELECT id, "user", sid FROM allocations WHERE environment = ? AND id BETWEEN ? AND ? AND state = 'allocated' ORDER BY id`,
			[(await this.row(environment))?.number ?? 0, first, last],
		);
		return new Map(rows.map(toHolder).map((row) => [row.id, row]));
	}

	async lowestFree(environment: string, count: number): Promise<number[]> {
		const row = await this.row(environment);
		if (row === undefined) return [];
		const { firstId, lastId } = row.environment;
		const above = row.highest === null ? firstId : row.highest + 1;
		const found: number[] = [];
		if (count > 1 || row.gap !== null) {
			const gaps = row.gap === null ? [] : await this.gaps(row.number, count);
			for (const { lo, hi } of gaps) for (let id = lo; id <= hi && found.length < count; id += 1) found.push(id);
		}
		for (let id = above; id <= lastId && found.length < count; id += 1) found.push(id);
		return found;
	}

	async isFree(environment: string, id: number): Promise<boolean> {
		const row = await this.row(environment);
		if (row === undefined) return false;
		const { firstId, lastId } = row.environment;
		return id >= firstId && id <= lastId && (await this.allocation(environment, id)) === undefined;
	}

	async free(environment: string): Promise<FreeIds> {
		const row = await this.row(environment);
		if (row === undefined) return { count: 0, first: null };
		const { firstId, lastId } = row.environment;
		const above = row.highest === null ? firstId : row.highest + 1;
		const sum = "SELECT coalesce(sum(hi - lo + 1), 0)::bigint AS n FROM gaps WHERE environment = ?";
		const gaps = row.gap === null ? 0 : counted(await this.ask(sum, [row.number]));
		const first = row.gap ?? above;
		return { count: gaps + lastId + 1 - above, first: first <= lastId ? first : null };
	}

	async quarantineOver(environment: string, now: string): Promise<Allocation[]> {
		const end = (await this.row(environment))?.quarantineEnd ?? null;
		if (end === null || end > now) return [];
		const rows = await this.ask(
			`SELECT ${allocationColumns} ${allocationsOf} WHERE lower(environments.name) = ? AND state = 'quarantined' AND until <= ?
				AND NOT EXISTS (SELECT FROM sightings WHERE sightings.environment = allocations.environment
					AND sightings.id = allocations.id AND kind IN (${idHolds.map((kind) => `'${kind}'`).join(", ")}))`,
			[postgres.folded(environment), now],
		);
		return rows.map(toAllocation).sort(byId);
	}

	async *events(query: EventQuery): Chunks<RegistryEvent> {
		const { where, parameters, test } = await this.eventFilter(query);
		const order = `ORDER BY seq ${query.descending ? "DESC" : "ASC"}`;
		const { offset = 0, limit } = query;
		if (test === undefined) {
			const values = [...parameters, limit ?? null, offset];
			const sql = `SELECT ${eventColumns} FROM events ${where} ${order} LIMIT ? OFFSET ?`;
			yield* this.stream(sql, values, limit, (row) => toEvent(toStoredEvent(row)));
			return;
		}
		const last = offset + (limit ?? Number.POSITIVE_INFINITY);
		let at = 0;
		const all = this.stream(
			`SELECT ${eventColumns} FROM events ${where} ${order}`,
			parameters,
			undefined,
			toStoredEvent,
		);
		for await (const chunk of all) {
			const wanted: RegistryEvent[] = [];
			for (const row of chunk) {
				if (at >= last) break;
				if (!test(row)) continue;
				at += 1;
				if (at > offset) wanted.push(toEvent(row));
			}
			if (wanted.length > 0) yield wanted;
			if (at >= last) return;
		}
	}

	async countEvents(query: EventQuery): Promise<number> {
		const { where, parameters, test } = await this.eventFilter(query);
		if (test === undefined) return counted(await this.ask(`SELECT count(*) AS n FROM events ${where}`, parameters));
		let count = 0;
		const told = `SELECT seq, environment, subject, id, before, after FROM events ${where}`;
		for await (const chunk of this.stream(told, parameters, undefined, toTold)) count += chunk.filter(test).length;
		return count;
	}

	async identity(): Promise<string | null> {
		const first = await this.one("SELECT hash FROM events ORDER BY seq LIMIT 1");
		return first === undefined ? null : text(first.hash, "hash");
	}

	async lastEvent(action?: string): Promise<RegistryEvent | undefined> {
		const [where, values] = action === undefined ? ["", []] : ["WHERE action = ?", [action]];
		const stored = await this.one(`SELECT ${eventColumns} FROM events ${where} ORDER BY seq DESC LIMIT 1`, values);
		return stored && toEvent(toStoredEvent(stored));
	}

	async lastChanges(environment: string, ids: readonly number[]): Promise<ReadonlyMap<number, number>> {
		const rows = await this.ask(
			"SELECT id, max(seq) AS seq FROM events WHERE lower(environment) = ? AND id = ANY(?::bigint[]) GROUP BY id",
			[postgres.folded(environment), ids],
		);
		const last = new Map(rows.map(({ id, seq }) => [number(id, "id"), number(seq, "seq")]));
		return new Map(ids.map((id) => [id, last.get(id) ?? 0]));
	}

	async looks(query: Pick<SightingQuery, "environment" | "machine" | "kinds">): Promise<KeptLook[]> {
		const { sql, parameters } = looksSql(query, postgres);
		return (await this.ask(sql, parameters)).map(toLook);
	}

	async *sightings(query: SightingQuery): Chunks<KeptSighting> {
		// A look is kept whole: what it showed lies together.
		const { sql, parameters } = sightingsSql(query, postgres, "sightings.at, sightings.ctid");
		yield* this.stream(sql, parameters, undefined, toSighting);
	}

	readonly outbox: OutboxView = {
		claims: async (query) => {
			const { sql, parameters } = claimsSql(query, "SELECT jsonb_array_elements_text(?::jsonb)");
			return (await this.ask(sql, parameters)).map(toClaim);
		},
		waiting: async (asked) => {
			const { sql, parameters } = waitingSql(asked);
			return (await this.ask(sql, parameters)).map((row) => text(row.recipient, "recipient"));
		},
		runs: async () => (await this.ask(runsSql)).map(toRun),
	};

	/** Takes environments that were read already, with the names of all that there are, if these are all. */
	know(rows: readonly Row[]): void {
		for (const stored of rows) {
			const row = this.toRow(stored);
			this.rows.set(String(postgres.folded(row.environment.name)), Promise.resolve(row));
		}
	}

	/** For whoever changes what is told with an environment's row. */
	protected forgetRows(): void {
		this.rows = new Map();
	}

	protected row(name: string): Promise<EnvironmentRow | undefined> {
		const key = String(postgres.folded(name));
		let row = this.rows.get(key);
		if (row === undefined) {
			row = this.one(`${environmentRows} WHERE lower(environments.name) = ?`, [key]).then(
				(stored) => stored && this.toRow(stored),
			);
			this.rows.set(key, row);
		}
		return row;
	}

	private toRow(row: Row): EnvironmentRow {
		return { ...toEdges(row), environment: sqlOf(environments).read(stored(row)).row };
	}

	private async gaps(environment: number, count: number): Promise<{ lo: number; hi: number }[]> {
		const sql = "SELECT lo, hi FROM gaps WHERE environment = ? ORDER BY lo LIMIT ?";
		return (await this.ask(sql, [environment, count])).map(toGap);
	}

	private async allocationFilter(query: AllocationQuery): Promise<{ where: string; parameters: unknown[] }> {
		return allocationFilter(query, postgres, asksForDomain(query) ? await this.environmentsOf(query.environment) : []);
	}

	/** Asks for the environments' domains only where somebody is looked for. */
	private async eventFilter(query: EventQuery): Promise<ReturnType<typeof eventFilter>> {
		const isAboutSomebody = query.person !== undefined || query.account !== undefined;
		const among = isAboutSomebody ? await this.environmentsOf(undefined) : [];
		const domains = new Map(among.map((one) => [postgres.folded(one.name), one.domains]));
		return eventFilter(query, postgres, (name) => domains.get(postgres.folded(name)) ?? []);
	}

	private async environmentsOf(only: string | undefined): Promise<Environment[]> {
		if (only === undefined) return (await Array.fromAsync(this.records(environments, {}))).flat();
		const one = await this.environment(only);
		return one === undefined ? [] : [one];
	}

	private readonly named = new Gathered<
		{ state: AllocationState; environment: string | undefined },
		string,
		Allocation[]
	>(async ({ state, environment }, names) => {
		// The state stands in the text: only so can the partial indexes be used.
		const where = environment === undefined ? "" : "AND lower(environments.name) = ?";
		const rows = await this.ask(
			`SELECT ${allocationColumns}, name_key AS found ${allocationsOf}
				WHERE state = '${state}' AND name_key = ANY(?::text[]) ${where} ORDER BY allocations.environment, allocations.id`,
			[names, ...(environment === undefined ? [] : [postgres.folded(environment)])],
		);
		return grouped(rows, names);
	});

	private readonly ofSid = new Gathered<{ state: AllocationState; environment: string }, string, Allocation[]>(
		async ({ state, environment }, sids) => {
			const rows = await this.ask(
				`SELECT ${allocationColumns}, sid AS found ${allocationsOf}
				WHERE state = '${state}' AND sid = ANY(?::text[]) AND lower(environments.name) = ? ORDER BY allocations.id`,
				[sids, postgres.folded(environment)],
			);
			return grouped(rows, sids);
		},
	);

	private readonly withId = new Gathered<string, number, Allocation | undefined>(async (environment, ids) => {
		const rows = await this.ask(
			`SELECT ${allocationColumns} ${allocationsOf} WHERE lower(environments.name) = ? AND allocations.id = ANY(?::bigint[])`,
			[postgres.folded(environment), ids],
		);
		const found = new Map(rows.map(toAllocation).map((one) => [one.id, one]));
		return ids.map((id) => found.get(id));
	});
}

/** The rows that were found for each of the keys, in the order of the keys. */
function grouped(rows: readonly Row[], keys: readonly string[]): Allocation[][] {
	const found = new Map<string, Allocation[]>();
	for (const row of rows) {
		const key = text(row.found, "found");
		const together = found.get(key) ?? [];
		found.set(key, together);
		together.push(toAllocation(row));
	}
	return keys.map((key) => found.get(key) ?? []);
}
