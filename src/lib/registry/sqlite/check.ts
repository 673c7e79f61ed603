import { t } from "../../text.js";
import type { Allocation, CheckReport, RegistryProblem } from "../port.js";
import type { Statements } from "./database.js";
import { chainStart, hashOf, type StoredEvent } from "./event-log.js";
import type { EnvironmentRow } from "./view.js";

/** Problems of one kind that are listed one by one; beyond, only their number is. */
const listed = 20;

/**
 * Looks for everything that can be wrong with the stored data: damaged pages, intervals that overlap or leave gaps,
 * an event log that was cut or edited, and rows that no event accounts for (somebody changed the file behind the
 * tool's back).
 */
export function checkRegistry(statements: Statements): CheckReport {
	const problems: RegistryProblem[] = [];
	const report = (code: string, message: string) => problems.push({ code, message });

	for (const { integrity_check: line } of statements.sql("PRAGMA integrity_check").all() as {
		integrity_check: string;
	}[]) {
		if (line !== "ok") report("damaged-file", line);
	}
	if (statements.sql("PRAGMA foreign_key_check").all().length > 0)
		report("orphans", t`Rows without their environment.`);

	const environments = statements
		.sql("SELECT environment, name, first_id AS firstId, last_id AS lastId FROM environments")
		.all() as Pick<EnvironmentRow, "environment" | "name" | "firstId" | "lastId">[];
	for (const environment of environments) checkTiling(statements, environment, report);
	const { events, last } = checkChain(statements, report);
	const allocations = checkAgainstEvents(statements, last, report);
	return { problems, checked: { environments: environments.length, allocations, events } };
}

/** Free intervals and allocations together must cover the range once, without gap or overlap. */
function checkTiling(
	statements: Statements,
	environment: Pick<EnvironmentRow, "environment" | "name" | "firstId" | "lastId">,
	report: (code: string, message: string) => void,
): void {
	const pieces = statements
		.sql(
			`SELECT lo, hi FROM free WHERE environment = ?
			UNION ALL SELECT id, id FROM allocations WHERE environment = ? ORDER BY lo`,
		)
		.iterate(environment.environment, environment.environment) as IterableIterator<{ lo: number; hi: number }>;
	let next = environment.firstId;
	let found = 0;
	for (const { lo, hi } of pieces) {
		if (lo !== next && found++ < listed) {
			const what =
				lo < next ? t`ID ${lo} is both free and taken` : t`IDs ${next} to ${lo - 1} are neither free nor taken`;
			report("ids-do-not-add-up", t`Environment ${environment.name}: ${what}.`);
		}
		next = Math.max(next, hi + 1);
	}
	if (next !== environment.lastId + 1 && found < listed) {
		report(
			"ids-do-not-add-up",
			t`Environment ${environment.name}: the IDs end at ${next - 1}, not at ${environment.lastId}.`,
		);
	}
}

/** Walks the chain of hashes, and keeps the last thing said about every ID. */
function checkChain(
	statements: Statements,
	report: (code: string, message: string) => void,
): { events: number; last: Map<string, Map<number, string | null>> } {
	const last = new Map<string, Map<number, string | null>>();
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
		remember(last, event);
	}
	return { events: seq, last };
}

function remember(last: Map<string, Map<number, string | null>>, event: StoredEvent): void {
	const environment = event.environment.toLowerCase();
	if (event.action === "remove-environment") last.delete(environment);
	if (event.id === null || ["install", "uninstall", "set-client"].includes(event.action)) return;
	let ids = last.get(environment);
	if (ids === undefined) {
		ids = new Map();
		last.set(environment, ids);
	}
	if (event.after === null) ids.delete(event.id);
	else ids.set(event.id, event.after);
}

/** Every row must be what the last event about it said, and every ID that an event gave must have its row. */
function checkAgainstEvents(
	statements: Statements,
	last: Map<string, Map<number, string | null>>,
	report: (code: string, message: string) => void,
): number {
	const rows = statements
		.sql(
			`SELECT environments.name AS environment, allocations.id, state, user, sid, allocations.note, since, until
			FROM allocations JOIN environments USING (environment)`,
		)
		.iterate() as IterableIterator<Allocation>;
	let count = 0;
	let found = 0;
	for (const row of rows) {
		count += 1;
		const ids = last.get(row.environment.toLowerCase());
		const told = ids?.get(row.id);
		ids?.delete(row.id);
		if (told === undefined || !agrees(row, told)) {
			if (found++ < listed) {
				report("changed-behind-the-log", t`ID ${row.id} of ${row.environment} is not what the event log says.`);
			}
		}
	}
	for (const [environment, ids] of last) {
		for (const id of ids.keys()) {
			if (found++ < listed)
				report("changed-behind-the-log", t`ID ${id} of ${environment} was given, but its row is gone.`);
		}
	}
	return count;
}

function agrees(row: Allocation, told: string | null): boolean {
	const expected = told === null ? {} : (JSON.parse(told) as Partial<Allocation>);
	return (["state", "user", "sid", "note", "since", "until"] as const).every(
		(key) => row[key] === (expected[key] ?? null),
	);
}
