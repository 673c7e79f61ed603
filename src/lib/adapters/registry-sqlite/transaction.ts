import { keysOf } from "../../account/account.js";
import { line } from "../../command-line.js";
import type { Environment } from "../../environment/environment.js";
import { CfmError } from "../../errors.js";
import type { Allocation } from "../../id/allocation.js";
import { isoTime } from "../../iso-time.js";
import { environmentOf, isSameRow, type RecordKind, type Stored, undoAction } from "../../registry/kind.js";
import { changedMeanwhile, refuseForbiddenMove } from "../../registry/refusals.js";
import type {
	Attribution,
	Change,
	ChangeProgress,
	RecordChange,
	RegistryTransaction,
} from "../../registry/registry.js";
import { wellFormed, wellFormedAttribution } from "../../registry/well-formed.js";
import { t } from "../../text.js";
import { sqliteCode } from "../sqlite/result-code.js";
import { sqlOf } from "./dialect.js";
import { SqliteView } from "./view.js";

/** Loaded by whoever writes: a command that only looks starts faster without the hash. */
let chain: typeof import("./append-events.js") | undefined;

/** A view that can change what it sees; lives inside one BEGIN IMMEDIATE. */
export class SqliteTransaction extends SqliteView implements RegistryTransaction {
	/** What `apply` failed with: half of its changes may be made, so the transaction must not be committed. */
	failure: unknown;

	async apply(asked: readonly Change[], attribution: Attribution, progress?: ChangeProgress): Promise<void> {
		if (asked.length === 0) return;
		try {
			const changes = asked.map(wellFormed);
			for (const [at, change] of changes.entries()) {
				if (at % 1000 === 999) progress?.(at, changes.length);
				if (change.of === "allocation") this.applyAllocation(change);
				else if (change.of !== "act") this.applyRecord(change);
			}
			this.refuseBrokenRules(changes);
			chain ??= await import("./append-events.js");
			chain.appendEvents(this.statements, changes, wellFormedAttribution(attribution), isoTime(new Date()));
			this.forgetRows();
		} catch (error) {
			this.failure = error;
			throw error;
		}
	}

	private applyAllocation(change: Extract<Change, { of: "allocation" }>): void {
		const { environment, id, before, after } = change;
		if (before === null) {
			if (!this.intervals(environment).take(id))
				throw changedMeanwhile(t`ID ${id} of ${environment} is no longer free.`);
		} else if (!isSameRow(this.allocationNow(environment, id), before)) {
			throw changedMeanwhile(t`ID ${id} of ${environment} was changed by somebody else.`);
		}
		if (after === null) {
			this.statements
				.sql("DELETE FROM allocations WHERE environment = +? AND id = +?")
				.run(this.number(environment), id);
			this.intervals(environment).give(id);
		} else this.write(after, { isNew: before === null });
	}

	private write(allocation: Allocation, { isNew }: { isNew: boolean }): void {
		const account = allocation.user === null ? undefined : keysOf(allocation.user);
		try {
			this.statements
				.sql(isNew ? insertAllocation : insertOrUpdateAllocation)
				.run(
					this.number(allocation.environment),
					allocation.id,
					allocation.state,
					allocation.user,
					account?.name ?? null,
					account?.domain ?? null,
					allocation.sid,
					allocation.note,
					allocation.since,
					allocation.until,
				);
		} catch (error) {
			if (sqliteCode(error) !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
			throw changedMeanwhile(t`${allocation.user ?? ""} already has an ID in ${allocation.environment}.`);
		}
	}

	private applyRecord({ of: kind, action, before, after }: RecordChange): void {
		const sql = sqlOf(kind);
		const row = (before ?? after) as object;
		if (!isSameRow(this.recordNow(kind, row), before))
			throw changedMeanwhile(t`Changed by somebody else: ${kind.called(row)}.`);
		// What is undone goes back where it came from.
		if (action !== undoAction(kind)) refuseForbiddenMove(kind, before, after);
		const number = sql.inEnvironment ? this.number(environmentOf(kind, row)) : null;
		if (sql.isEnvironments && after === null) this.empty(before as Environment);
		for (const { sql: text, parameters } of sql.write(before, after, number)) this.run(text, parameters, row, kind);
		if (!sql.isEnvironments) return;
		this.forgetRows();
		if (before !== null && after !== null) this.resize(before as Environment, after as Environment);
	}

	/** What must be so of all rows of a kind together. */
	private refuseBrokenRules(changes: readonly Change[]): void {
		const kinds = new Set(changes.flatMap(({ of }) => (typeof of === "object" && of.holds !== undefined ? [of] : [])));
		for (const kind of kinds) {
			const sql = sqlOf(kind);
			const rows = this.statements.sql(sql.select()).all() as Record<string, Stored>[];
			const refusal = kind.holds?.(rows.map((row) => sql.read(row).row));
			if (refusal !== undefined) throw refusal;
		}
	}

	private run(sql: string, parameters: readonly unknown[], row: object, kind: RecordKind): void {
		try {
			this.statements.sql(sql).run(...parameters);
		} catch (error) {
			if (!/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(sqliteCode(error) ?? "")) throw error;
			throw changedMeanwhile(t`Changed by somebody else: ${kind.called(row)}.`);
		}
	}

	/** Everything that stands in an environment goes with it: whatever table refers to it, of whatever kind. */
	private empty({ name }: Environment): void {
		const number = this.number(name);
		// The administrator agreed to the end of an environment that nobody had an ID in.
		const held = this.statements.sql("SELECT 1 FROM allocations WHERE environment = +? AND state = 'allocated'");
		if (held.get(number) !== undefined) throw changedMeanwhile(t`Somebody now holds an ID in ${name}.`);
		const inside = this.statements.sql(
			`SELECT sqlite_schema.name FROM sqlite_schema JOIN pragma_foreign_key_list(sqlite_schema.name) AS refers
			WHERE type = 'table' AND refers."table" = 'environments'`,
		);
		for (const table of inside.all() as { name: string }[]) {
			this.statements.sql(`DELETE FROM "${table.name}" WHERE environment = +?`).run(number);
		}
	}

	/** Moves the ends of the range; what falls out of it must be free. */
	private resize(before: Environment, { name, firstId, lastId }: Environment): void {
		if (firstId === before.firstId && lastId === before.lastId) return;
		const number = this.number(name);
		const outside = this.statements
			.sql("SELECT id FROM allocations WHERE environment = +? AND id NOT BETWEEN +? AND +? LIMIT 1")
			.get(number, firstId, lastId) as { id: number } | undefined;
		if (outside !== undefined) {
			throw new CfmError("conflict", "ids-outside-range", t`ID ${outside.id} of ${name} is not free.`, {
				hints: [line("ids list", [], { environment: name })],
			});
		}
		this.intervals(name).startAt(firstId);
	}

	private number(environment: string): number {
		const row = this.row(environment);
		if (row === undefined) throw changedMeanwhile(t`The environment ${environment} no longer exists.`);
		return row.number;
	}
}

const insertAllocation = `INSERT INTO allocations
	(environment, id, state, user, name_key, domain_key, sid, note, since, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Not INSERT OR REPLACE: that would delete the row of another ID of the same user. */
const insertOrUpdateAllocation = `${insertAllocation} ON CONFLICT (environment, id) DO UPDATE SET state = excluded.state,
	user = excluded.user, name_key = excluded.name_key, domain_key = excluded.domain_key, sid = excluded.sid,
	note = excluded.note, since = excluded.since, until = excluded.until`;
