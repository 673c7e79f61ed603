import { chainStart, hashOf, type StoredEvent } from "../../registry/event-chain.js";
import { environmentOf, isSameValue, type RecordKind, type Stored } from "../../registry/kind.js";
import type { CheckReport, RegistryProblem } from "../../registry/port.js";
import { t } from "../../text.js";
import type { Statements } from "../sqlite/database.js";
import { foldedAscii, sqlOf } from "./record-sql.js";
import { madeBy, migrations } from "./schema.js";

/** Problems of one kind that are listed one by one; beyond, only their number is. */
const listed = 20;

type Report = (code: RegistryProblem["code"], message: string) => void;

/**
 * Looks for everything that can be wrong with the stored data: damaged pages, IDs that are both free and taken or neither,
 * an event log that was cut or edited, and rows that no event accounts for (somebody changed the file behind the
 * tool's back).
 */
export function checkRegistry(statements: Statements, kinds: readonly RecordKind[]): CheckReport {
	const problems: RegistryProblem[] = [];
	const report: Report = (code, message) => problems.push({ code, message });

	for (const { integrity_check: line } of statements.sql("PRAGMA integrity_check").all() as {
		integrity_check: string;
	}[]) {
		if (line !== "ok") report("damaged-file", line);
	}
	try {
		const checked = checkContent(statements, kinds, report);
		return { problems, checked };
	} catch (error) {
		// In a damaged file anything may be anything: what is known to be damaged is no fault of the examination.
		if (problems.length === 0) throw error;
		report("damaged-file", t`The rest could not be examined: ${String(error)}.`);
		return { problems, checked: { environments: 0, allocations: 0, events: 0 } };
	}
}

function checkContent(statements: Statements, kinds: readonly RecordKind[], report: Report): CheckReport["checked"] {
	checkSchema(statements, kinds, report);
	if (statements.sql("PRAGMA foreign_key_check").all().length > 0)
		report("orphans", t`Rows without their environment.`);

	const environments = statements
		.sql("SELECT environment, name, first_id AS firstId, last_id AS lastId FROM environments")
		.all() as StoredRange[];
	for (const environment of environments) checkTiling(statements, environment, report);
	const told = new Told(kinds);
	const events = checkChain(statements, told, report);
	checkAgainstEvents(statements, kinds, told, report);
	const { allocations } = statements.sql("SELECT count(*) AS allocations FROM allocations").get() as {
		allocations: number;
	};
	return { environments: environments.length, allocations, events };
}

/** Tables, columns and indexes must be those that the migrations made: a trigger would work unseen. */
function checkSchema(statements: Statements, kinds: readonly RecordKind[], report: Report): void {
	const made = migrations(kinds).join("\n");
	const objects = statements
		.sql("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")
		.all() as { name: string; sql: string }[];
	for (const { name, sql } of objects) {
		if (!made.includes(sql)) report("schema-changed", t`${name} is not as cfm created it.`);
	}
	const { tables, indexes } = madeBy(made);
	const gone = new Set([...tables, ...indexes]);
	for (const { name } of objects) gone.delete(name);
	if (gone.size > 0) report("schema-changed", t`Missing: ${[...gone].join(", ")}.`);
}

interface StoredRange {
	/** The number of its row. */
	environment: number;
	name: string;
	firstId: number;
	lastId: number;
}

/** Gaps and allocations together must cover the range up to the highest allocation once, without gap or overlap. */
function checkTiling(
	statements: Statements,
	{ environment, name, firstId, lastId }: StoredRange,
	report: Report,
): void {
	const pieces = statements
		.sql(
			`SELECT lo, hi, 0 AS held FROM gaps WHERE environment = ?
			UNION ALL SELECT id, id, 1 FROM allocations WHERE environment = ? ORDER BY lo`,
		)
		.iterate(environment, environment) as IterableIterator<{ lo: number; hi: number; held: number }>;
	let found = 0;
	const wrong = (what: string) => {
		if (found++ < listed) report("ids-do-not-add-up", t`Environment ${name}: ${what}.`);
	};
	let next = firstId;
	let highest = firstId - 1;
	for (const { lo, hi, held } of pieces) {
		if (lo < next) wrong(t`ID ${lo} is both free and taken`);
		else if (lo > next) wrong(t`IDs ${next} to ${lo - 1} are neither free nor taken`);
		next = Math.max(next, hi + 1);
		if (held === 1) highest = lo;
	}
	if (highest < next - 1)
		wrong(t`IDs ${highest + 1} to ${next - 1} are recorded as a gap, but no ID above them is taken`);
	if (next - 1 > lastId) wrong(t`the IDs end at ${next - 1}, not at ${lastId}`);
}

/** The last thing the log says of every row that must be there: its kind, its environment, its key → the row as JSON. */
class Told {
	private readonly rows = new Map<RecordKind, Map<string, Map<string, string>>>();
	private readonly kinds = new Map<string, RecordKind>();

	constructor(kinds: readonly RecordKind[]) {
		for (const kind of kinds) {
			this.rows.set(kind, new Map());
			for (const action of kind.actions) this.kinds.set(action, kind);
		}
	}

	/** Keeps what an event says. */
	remember({ action, before, after }: StoredEvent): void {
		const kind = this.kinds.get(action);
		const row = parsed(after ?? before);
		// No row, or no JSON any more: the chain of hashes has told.
		if (kind === undefined || row === undefined) return;
		const key = sqlOf(kind).identity(row);
		if (after !== null) this.within(kind, row).set(key, after);
		else {
			this.within(kind, row).delete(key);
			// What stood in an environment has gone with it.
			if (sqlOf(kind).isEnvironments)
				for (const inside of this.rows.values()) inside.delete(foldedAscii(environmentOf(kind, row)));
		}
	}

	/** What was last said of a row; it is not asked for again. */
	take(kind: RecordKind, row: object): string | undefined {
		const inside = this.within(kind, row);
		const key = sqlOf(kind).identity(row);
		const told = inside.get(key);
		inside.delete(key);
		return told;
	}

	/** The rows of a kind that were told of and never asked for. */
	*left(kind: RecordKind): Generator<object> {
		for (const inside of this.rows.get(kind)?.values() ?? []) {
			for (const row of inside.values()) yield parsed(row) ?? {};
		}
	}

	private within(kind: RecordKind, row: object): Map<string, string> {
		const environments = this.rows.get(kind) ?? new Map<string, Map<string, string>>();
		const environment = foldedAscii(environmentOf(kind, row));
		const inside = environments.get(environment) ?? new Map<string, string>();
		environments.set(environment, inside);
		return inside;
	}
}

/** Walks the chain of hashes, and keeps the last thing said about every row. */
function checkChain(statements: Statements, told: Told, report: Report): number {
	let hash = chainStart;
	let seq = 0;
	let broken = 0;
	for (const event of statements.sql("SELECT * FROM events ORDER BY seq").iterate() as IterableIterator<StoredEvent>) {
		seq += 1;
		const cut = event.seq !== seq;
		if ((cut || hashOf(hash, event) !== event.hash) && broken++ < listed) {
			report(
				"event-log-changed",
				cut
					? t`Events ${seq} to ${event.seq - 1} are missing from the log.`
					: t`Event ${event.seq} (${event.action} ${event.subject}, ${event.at}) or the one before it was changed.`,
			);
		}
		seq = event.seq;
		hash = event.hash;
		told.remember(event);
	}
	return seq;
}

/** Every row must be what the last event about it said, and everything that an event left must have its row. */
function checkAgainstEvents(statements: Statements, kinds: readonly RecordKind[], told: Told, report: Report): void {
	let found = 0;
	const different = (message: string) => {
		if (found++ < listed) report("changed-behind-the-log", message);
	};
	for (const kind of kinds) {
		const sql = sqlOf(kind);
		const { sql: all, parameters } = sql.list({});
		for (const stored of statements.sql(all).iterate(...parameters)) {
			const { row, isFindable } = sql.read(stored as Record<string, Stored>);
			if (!agrees(row, kind.logged?.(row) ?? row, told.take(kind, row)) || !isFindable)
				different(t`Differs from the event log: ${kind.called(row)}.`);
		}
		for (const row of told.left(kind)) different(t`Missing, although the event log has it: ${kind.called(row)}.`);
	}
}

/** @param logged the row as the log would tell it */
function agrees(row: object, logged: object, told: string | undefined): boolean {
	const expected = parsed(told ?? null) as Record<string, unknown> | undefined;
	if (expected === undefined) return false;
	const now = logged as Record<string, unknown>;
	return Object.keys(row).every((field) => isSameValue(now[field], expected[field]));
}

/** undefined: no row, or no JSON any more. */
function parsed(text: string | null): object | undefined {
	try {
		const told: unknown = text === null ? undefined : JSON.parse(text);
		return typeof told === "object" && told !== null ? told : undefined;
	} catch {
		return undefined;
	}
}
