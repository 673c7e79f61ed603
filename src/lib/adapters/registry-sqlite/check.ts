import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CfmError } from "../../errors.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import type { RecordKind, Stored } from "../../registry/kind.js";
import type { CheckReport, Chunks, RegistryProblem } from "../../registry/registry.js";
import type { StoredAnswer } from "../../registry/stored-answer.js";
import { t } from "../../text.js";
import {
	checkContent,
	type Piece,
	type Report,
	type StoredContent,
	type StoredRange,
} from "../registry-sql/check-content.js";
import type { Statements } from "../sqlite/database.js";
import { allObjects, expectedObjects, type SchemaObject, schemaDifferences } from "./content.js";
import { sqlOf } from "./dialect.js";
import { leftovers } from "./leftovers.js";
import { hasLostLog } from "./log-end.js";
import { logBeside, lostLogMessage } from "./lost-log.js";
import { inChunks } from "./view.js";

/**
 * Looks for everything that can be wrong with the stored data: damaged pages, IDs that are both free and taken or neither,
 * an event log that was cut or edited, and rows that no event accounts for (somebody changed the file behind the
 * tool's back).
 */
export async function checkRegistry(
	statements: Statements,
	kinds: readonly RecordKind[],
	location?: string,
): Promise<CheckReport> {
	const problems: RegistryProblem[] = [];
	const remarks: string[] = [];
	const report: Report = (code, message) => problems.push({ code, message });
	if (location !== undefined) checkFolder(location, report, remarks);
	try {
		for (const { integrity_check: line } of statements.sql("PRAGMA integrity_check").all() as {
			integrity_check: string;
		}[]) {
			if (line !== "ok") report("damaged-file", line);
		}
		await checkSchema(statements, kinds, report);
		if (statements.sql("PRAGMA foreign_key_check").all().length > 0)
			report("orphans", t`Rows without their environment.`);
		const checked = await checkContent(contentOf(statements), kinds, report, remarks);
		return { problems, remarks, checked };
	} catch (error) {
		// In a damaged file anything may be anything, and damage that a read runs into is what this look was for.
		const isDamage = error instanceof CfmError && error.code === "registry-damaged";
		if (!isDamage && problems.length === 0) throw error;
		const message = error instanceof Error ? error.message : String(error);
		report("damaged-file", isDamage ? message : t`The rest could not be examined: ${message}.`);
		return { problems, remarks, checked: { environments: 0, allocations: 0, events: 0 } };
	}
}

/** What lies beside the file: the log of changes that were lost, and what killed processes have left. */
function checkFolder(location: string, report: Report, remarks: string[]): void {
	if (hasLostLog(location)) report("changes-lost", lostLogMessage(location));
	// Of one change nobody can tell whether it was acknowledged: the power may have failed while it was written.
	const behind = logBeside(location)?.changesBehind ?? 0;
	if (behind > 1)
		report("changes-lost", t`The log ${location}-wal is damaged: ${behind} changes behind the damage are lost.`);
	else if (behind === 1) remarks.push(t`The end of the log ${location}-wal is incomplete, as after a power failure.`);
	for (const file of leftovers(dirname(location)))
		remarks.push(t`${file} is left of a process that was killed; the next init, backup or restore removes it.`);
	for (const name of readdirSync(dirname(location)))
		if (name.startsWith(`${basename(location)}.leftover-`))
			remarks.push(t`${join(dirname(location), name)} is the log of changes of a registry that was here before.`);
}

/** Reads what a file holds, in chunks. */
function contentOf(statements: Statements): StoredContent {
	const chunks = async function* <T>(sql: string, ...parameters: unknown[]): Chunks<T> {
		yield* inChunks(statements.sql(sql).iterate(...parameters) as IterableIterator<T>);
	};
	return {
		environments: async () =>
			statements
				.sql("SELECT environment, name, first_id AS firstId, last_id AS lastId FROM environments")
				.all() as StoredRange[],
		pieces: (environment) =>
			chunks<Piece>(
				`SELECT lo, hi, 0 AS held FROM gaps WHERE environment = ?
				UNION ALL SELECT id, id, 1 FROM allocations WHERE environment = ? ORDER BY lo`,
				environment,
				environment,
			),
		events: () => chunks<StoredEvent>("SELECT * FROM events ORDER BY seq"),
		async *rows(kind) {
			const sql = sqlOf(kind);
			const { sql: all, parameters } = sql.list({});
			const stored = statements.sql(all).iterate(...parameters) as IterableIterator<Record<string, Stored>>;
			yield* inChunks(stored, (one) => sql.read(one));
		},
		identity: (kind, row) => sqlOf(kind).identity(row),
		answers: () => chunks<StoredAnswer>("SELECT * FROM answers ORDER BY request_key"),
		countAllocations: async () => (statements.sql("SELECT count(*) AS n FROM allocations").get() as { n: number }).n,
	};
}

/** Tables, columns and indexes must be those that the migrations made: a trigger would work unseen. */
async function checkSchema(statements: Statements, kinds: readonly RecordKind[], report: Report): Promise<void> {
	const found = statements.sql(allObjects).all() as SchemaObject[];
	const { wrong, missing } = schemaDifferences(found, await expectedObjects(kinds));
	for (const name of wrong) report("schema-changed", t`${name} is not as cfm created it.`);
	if (missing.length > 0) report("schema-changed", t`Missing: ${missing.join(", ")}.`);
}
