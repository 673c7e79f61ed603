import { keysOf } from "../../account/account.js";
import { asLogged } from "../../account/domains.js";
import type { Installation } from "../../client/installation.js";
import type { Allocation } from "../../id/allocation.js";
import type { CheckReport, RegistryProblem } from "../../registry/port.js";
import { t } from "../../text.js";
import type { Statements } from "../sqlite/database.js";
import { chainStart, hashOf } from "./event-chain.js";
import type { StoredEvent } from "./event-log.js";
import { migrations } from "./schema.js";
import { SqliteView } from "./view.js";

/** Problems of one kind that are listed one by one; beyond, only their number is. */
const listed = 20;

type Report = (code: RegistryProblem["code"], message: string) => void;

/**
 * Looks for everything that can be wrong with the stored data: damaged pages, IDs that are both free and taken or neither,
 * an event log that was cut or edited, and rows that no event accounts for (somebody changed the file behind the
 * tool's back).
 */
export async function checkRegistry(statements: Statements): Promise<CheckReport> {
	const problems: RegistryProblem[] = [];
	const report: Report = (code, message) => problems.push({ code, message });

	for (const { integrity_check: line } of statements.sql("PRAGMA integrity_check").all() as {
		integrity_check: string;
	}[]) {
		if (line !== "ok") report("damaged-file", line);
	}
	try {
		const checked = await checkContent(statements, report);
		return { problems, checked };
	} catch (error) {
		// In a damaged file anything may be anything: what is known to be damaged is no fault of the examination.
		if (problems.length === 0) throw error;
		report("damaged-file", t`The rest could not be examined: ${String(error)}.`);
		return { problems, checked: { environments: 0, allocations: 0, events: 0 } };
	}
}

async function checkContent(statements: Statements, report: Report): Promise<CheckReport["checked"]> {
	checkSchema(statements, report);
	if (statements.sql("PRAGMA foreign_key_check").all().length > 0)
		report("orphans", t`Rows without their environment.`);

	const environments = statements
		.sql("SELECT environment, name, first_id AS firstId, last_id AS lastId FROM environments")
		.all() as StoredRange[];
	for (const environment of environments) checkTiling(statements, environment, report);
	const { events, told } = checkChain(statements, report);
	const allocations = await checkAgainstEvents(statements, told, report);
	return { environments: environments.length, allocations, events };
}

/** Tables, columns and indexes must be those that the migrations made: a trigger would work unseen. */
function checkSchema(statements: Statements, report: Report): void {
	const made = migrations.join("\n");
	const objects = statements
		.sql("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")
		.all() as { name: string; sql: string }[];
	for (const { name, sql } of objects) {
		if (!made.includes(sql)) report("schema-changed", t`${name} is not as cfm made it.`);
	}
	const names = new Set([...made.matchAll(/^\s*CREATE (?:TABLE|(?:UNIQUE )?INDEX) (\w+)/gm)].map(([, name]) => name));
	for (const [, name] of made.matchAll(/^\s*DROP TABLE (\w+)/gm)) names.delete(name);
	for (const { name } of objects) names.delete(name);
	if (names.size > 0) report("schema-changed", t`Gone: ${[...names].join(", ")}.`);
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
	if (highest < next - 1) wrong(t`IDs ${highest + 1} to ${next - 1} are a gap, but no ID above them is taken`);
	if (next - 1 > lastId) wrong(t`the IDs end at ${next - 1}, not at ${lastId}`);
}

/** The last thing the log says of every row that must be there: its kind and place → the row as JSON. */
interface Told {
	environments: Map<string, string>;
	allocations: Map<string, Map<number, string>>;
	installations: Map<string, Map<string, string>>;
	sites: Map<string, Map<string, string>>;
}

/** Walks the chain of hashes, and keeps the last thing said about every row. */
function checkChain(statements: Statements, report: Report): { events: number; told: Told } {
	const told: Told = { environments: new Map(), allocations: new Map(), installations: new Map(), sites: new Map() };
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
		remember(told, event);
	}
	return { events: seq, told };
}

function remember(told: Told, event: StoredEvent): void {
	const environment = folded(event.environment);
	if (event.action.endsWith("-environment")) {
		if (event.after !== null) told.environments.set(environment, event.after);
		else for (const rows of Object.values(told)) rows.delete(environment);
	} else if (["install", "uninstall", "set-client"].includes(event.action)) {
		const installation = parsed<Installation>(event.after);
		if (installation !== undefined) {
			within(told.installations, environment).set(placeOf(installation), event.after ?? "");
		}
	} else if (event.action.endsWith("-site")) {
		if (event.after === null) told.sites.get(environment)?.delete(event.subject);
		else within(told.sites, environment).set(event.subject, event.after);
	} else if (event.id !== null && !event.action.includes(".")) {
		if (event.after === null) told.allocations.get(environment)?.delete(event.id);
		else within(told.allocations, environment).set(event.id, event.after);
	}
}

/** Every row must be what the last event about it said, and everything that an event left must have its row. */
async function checkAgainstEvents(statements: Statements, told: Told, report: Report): Promise<number> {
	let found = 0;
	const different = (message: string) => {
		if (found++ < listed) report("changed-behind-the-log", message);
	};
	const view = new SqliteView(statements);
	for (const row of await view.environments()) {
		const name = folded(row.name);
		if (!agrees({ ...row, domains: null, ...asLogged(row) }, told.environments.get(name))) {
			different(t`The environment ${row.name} is not what the event log says.`);
		}
		told.environments.delete(name);
	}
	for (const name of told.environments.keys()) different(t`The environment ${name} was added, but its row is gone.`);
	let count = 0;
	for (const row of allocationRows(statements)) {
		count += 1;
		const ids = told.allocations.get(folded(row.environment));
		const { name_key, domain_key, ...rest } = row;
		if (!agrees(rest, ids?.get(row.id)) || !hasKeys(row.user, name_key, domain_key)) {
			different(t`ID ${row.id} of ${row.environment} is not what the event log says.`);
		}
		ids?.delete(row.id);
	}
	for (const [environment, ids] of told.allocations) {
		for (const id of ids.keys()) different(t`ID ${id} of ${environment} was given, but its row is gone.`);
	}
	for (const row of await view.installations({})) {
		const places = told.installations.get(folded(row.environment));
		if (!agrees(row, places?.get(placeOf(row)))) {
			different(t`The installation of ${row.user} on ${row.machine} is not what the event log says.`);
		}
		places?.delete(placeOf(row));
	}
	for (const row of await view.sites()) {
		const origins = told.sites.get(folded(row.environment));
		if (!agrees(row, origins?.get(row.origin)))
			different(t`The site ${row.origin} of ${row.environment} is not what the event log says.`);
		origins?.delete(row.origin);
	}
	for (const origins of told.sites.values()) {
		for (const origin of origins.keys()) different(t`The site ${origin} was added, but its row is gone.`);
	}
	for (const places of told.installations.values()) {
		for (const place of places.keys()) different(t`The installation of ${place} was recorded, but its row is gone.`);
	}
	return count;
}

type KeyedAllocation = Allocation & { name_key: string | null; domain_key: string | null };

function allocationRows(statements: Statements): IterableIterator<KeyedAllocation> {
	return statements
		.sql(
			`SELECT environments.name AS environment, allocations.id, state, user, sid, allocations.note, since, until, name_key,
			domain_key FROM allocations JOIN environments USING (environment)`,
		)
		.iterate() as IterableIterator<KeyedAllocation>;
}

function agrees(row: object, told: string | undefined): boolean {
	const expected = parsed<Record<string, unknown>>(told ?? null);
	return (
		expected !== undefined &&
		Object.entries(row).every(
			([key, value]) => value === (expected[key] ?? null) || JSON.stringify(value) === JSON.stringify(expected[key]),
		)
	);
}

/** The folded names are what users are found by. */
function hasKeys(user: string | null, name: string | null, domain: string | null): boolean {
	const account = user === null ? undefined : keysOf(user);
	return (account?.name ?? null) === name && (account?.domain ?? null) === domain;
}

/** Whose installation, on which machine; compared as the table's key is. */
function placeOf({ machine, user }: Pick<Installation, "machine" | "user">): string {
	const { domain, name } = keysOf(user);
	return `${domain}\\${name} (${folded(machine)})`;
}

/** Compares as SQLite's NOCASE does: only A to Z. */
function folded(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** undefined: no JSON any more; the chain of hashes has told. */
function parsed<T>(text: string | null): T | undefined {
	try {
		return text === null ? undefined : (JSON.parse(text) as T);
	} catch {
		return undefined;
	}
}

function within<K, V>(rows: Map<string, Map<K, V>>, environment: string): Map<K, V> {
	let inside = rows.get(environment);
	if (inside === undefined) {
		inside = new Map();
		rows.set(environment, inside);
	}
	return inside;
}
