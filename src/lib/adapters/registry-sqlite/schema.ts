import { recordKinds, registrySchema } from "../../record-kinds.js";
import type { Column, RecordKind, Stored } from "../../registry/kind.js";
import { answerHash, type StoredAnswer } from "../../registry/stored-answer.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { applicationId } from "./application-id.js";

/**
 * Bytes in a page of a new file. A change touches four or five pages and writes each whole: with SQLite's usual 4096
 * an allocation takes longer (docs/decisions/0004).
 */
const pageSize = 2048;

/**
 * What happened to people beside being given IDs, with whom it is about: who is asked for and holds nothing is looked for here
 * (`EventQuery.beyondGiving`). The giving itself writes nothing into it.
 */
const eventsBeyond = `
	CREATE INDEX events_beyond ON events (action, subject) WHERE action <> 'allocate' AND action <> 'import';
	`;

/** PostgreSQL has it since schema 5. */
export const eventsRequest = `
	CREATE INDEX events_request ON events (request_key);
	`;

/**
 * What the store itself needs, by the number of the schema that it came with: IDs and the gaps between them, the log,
 * answered requests. Each text is run once and never edited after a release.
 *
 * Free IDs are intervals, not rows: the lowest one is found in the same time whether 10 or 1,000,000 are taken. `gaps`
 * has those below the highest ID that is held; all above it is free.
 *
 * Names are kept twice: as they were spelled, and folded (`name_key`, `domain_key`) to be compared.
 */
export const storeTables: Readonly<Record<number, string>> = {
	1: `
	CREATE TABLE free (
		environment INTEGER NOT NULL REFERENCES environments,
		lo          INTEGER NOT NULL,
		hi          INTEGER NOT NULL CHECK (hi >= lo),
		PRIMARY KEY (environment, lo)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE allocations (
		environment INTEGER NOT NULL REFERENCES environments,
		id          INTEGER NOT NULL,
		state       TEXT    NOT NULL CHECK (state IN ('allocated', 'reserved', 'quarantined')),
		user        TEXT,
		name_key    TEXT,
		domain_key  TEXT,
		sid         TEXT,
		note        TEXT,
		since       TEXT    NOT NULL,
		until       TEXT,
		PRIMARY KEY (environment, id),
		CHECK ((state = 'reserved') = (user IS NULL)),
		CHECK ((state = 'quarantined') = (until IS NOT NULL))
	) STRICT, WITHOUT ROWID;

	CREATE UNIQUE INDEX allocated_once ON allocations (name_key, domain_key, environment) WHERE state = 'allocated';
	CREATE INDEX quarantine ON allocations (environment, until) WHERE state = 'quarantined';

	CREATE TABLE events (
		seq         INTEGER PRIMARY KEY,
		at          TEXT NOT NULL,
		actor       TEXT NOT NULL,
		machine     TEXT NOT NULL,
		command     TEXT NOT NULL,
		action      TEXT NOT NULL,
		environment TEXT NOT NULL,
		subject     TEXT NOT NULL,
		id          INTEGER,
		before      TEXT,
		after       TEXT,
		note        TEXT,
		request_key TEXT NOT NULL,
		hash        TEXT NOT NULL
	) STRICT;

	CREATE TABLE requests (
		request_key TEXT PRIMARY KEY,
		fingerprint TEXT NOT NULL,
		answer      TEXT NOT NULL,
		at          TEXT NOT NULL
	) STRICT, WITHOUT ROWID;
	`,
	// What is free above the highest ID that is held needs no row any more. `state IN (…)` made SQLite fill a table of its
	// own at every row that was written, a third of what writing it took.
	3: `
	CREATE TABLE gaps (
		environment INTEGER NOT NULL REFERENCES environments,
		lo          INTEGER NOT NULL,
		hi          INTEGER NOT NULL CHECK (hi >= lo),
		PRIMARY KEY (environment, lo)
	) STRICT, WITHOUT ROWID;
	INSERT INTO gaps SELECT * FROM free
		WHERE lo < (SELECT max(id) FROM allocations WHERE allocations.environment = free.environment);
	DROP TABLE free;

	ALTER TABLE allocations RENAME TO allocations_of_schema_2;
	CREATE TABLE allocations (
		environment INTEGER NOT NULL REFERENCES environments,
		id          INTEGER NOT NULL,
		state       TEXT    NOT NULL CHECK (state = 'allocated' OR state = 'reserved' OR state = 'quarantined'),
		user        TEXT,
		name_key    TEXT,
		domain_key  TEXT,
		sid         TEXT,
		note        TEXT,
		since       TEXT    NOT NULL,
		until       TEXT,
		PRIMARY KEY (environment, id),
		CHECK ((state = 'reserved') = (user IS NULL)),
		CHECK ((state = 'quarantined') = (until IS NOT NULL))
	) STRICT, WITHOUT ROWID;
	INSERT INTO allocations SELECT * FROM allocations_of_schema_2;
	DROP TABLE allocations_of_schema_2;
	CREATE UNIQUE INDEX allocated_once ON allocations (name_key, domain_key, environment) WHERE state = 'allocated';
	CREATE INDEX quarantine ON allocations (environment, until) WHERE state = 'quarantined';
	`,
	4: `
	CREATE UNIQUE INDEX one_sid ON allocations (sid, environment) WHERE state = 'allocated' AND sid IS NOT NULL;
	`,
	// Answers have no event: a hash of their own shows that one was changed. `hashAnswers` makes those of answers that are
	// there already.
	5: `
	CREATE TABLE answers (
		request_key TEXT PRIMARY KEY,
		fingerprint TEXT NOT NULL,
		answer      TEXT NOT NULL,
		at          TEXT NOT NULL,
		hash        TEXT NOT NULL
	) STRICT, WITHOUT ROWID;
	INSERT INTO answers SELECT request_key, fingerprint, answer, at, '' FROM requests;
	DROP TABLE requests;
	CREATE INDEX resting ON allocations (name_key, environment) WHERE state = 'quarantined';
	CREATE INDEX resting_sid ON allocations (sid, environment) WHERE state = 'quarantined' AND sid IS NOT NULL;
	`,
	// What was seen last on each machine: no event tells of it, and `check` has nothing to compare it with.
	6: `
	CREATE TABLE looks (
		environment INTEGER NOT NULL REFERENCES environments,
		machine     TEXT    NOT NULL COLLATE NOCASE,
		kind        TEXT    NOT NULL,
		at          TEXT,
		beyond      INTEGER NOT NULL,
		PRIMARY KEY (environment, machine, kind)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE sightings (
		environment INTEGER NOT NULL REFERENCES environments,
		machine     TEXT    NOT NULL COLLATE NOCASE,
		kind        TEXT    NOT NULL,
		at          TEXT    NOT NULL,
		user        TEXT,
		name_key    TEXT,
		id          INTEGER,
		attention   INTEGER NOT NULL,
		facts       TEXT    NOT NULL
	) STRICT;
	CREATE INDEX sightings_of_look ON sightings (environment, machine, kind, user, attention);
	CREATE INDEX sightings_of_user ON sightings (name_key, environment) WHERE name_key IS NOT NULL;
	CREATE INDEX sightings_of_id ON sightings (environment, id) WHERE id IS NOT NULL;
	`,
	// What somebody is to be told, the mails that tell it, and when a machine last did what is done from time to time. No event
	// tells of it either.
	7: `
	CREATE TABLE notices (
		item      TEXT    NOT NULL,
		stage     TEXT    NOT NULL,
		recipient TEXT    NOT NULL,
		occasion  TEXT    NOT NULL,
		day       TEXT    NOT NULL,
		at        TEXT    NOT NULL,
		urgent    INTEGER NOT NULL,
		facts     TEXT    NOT NULL,
		mail      TEXT,
		PRIMARY KEY (item, stage, recipient, occasion)
	) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX notices_day ON notices (item, recipient, day);
	CREATE INDEX notices_waiting ON notices (recipient) WHERE mail IS NULL;
	CREATE INDEX notices_mailed ON notices (mail) WHERE mail IS NOT NULL;
	CREATE INDEX notices_at ON notices (at);
	CREATE TABLE mails (
		message_id TEXT    NOT NULL,
		recipient  TEXT    NOT NULL,
		made       TEXT    NOT NULL,
		urgent     INTEGER NOT NULL,
		holder     TEXT    NOT NULL,
		lease      TEXT    NOT NULL,
		tries      INTEGER NOT NULL,
		sent       TEXT,
		failure    TEXT,
		PRIMARY KEY (message_id)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX mails_unsent ON mails (recipient) WHERE sent IS NULL;
	CREATE TABLE runs (
		job     TEXT NOT NULL,
		machine TEXT NOT NULL COLLATE NOCASE,
		at      TEXT NOT NULL,
		PRIMARY KEY (job, machine)
	) STRICT, WITHOUT ROWID;
${eventsBeyond}${eventsRequest}	`,
};

/**
 * The SQL that brings a registry from each schema to the next, the first from nothing. `PRAGMA user_version` holds the number
 * of the last one that was run; a file with a higher number is refused.
 *
 * A table is never altered: `check` compares each with the text that made it, so a field that a kind gets later stands in a
 * table beside (`learned_port_rules`). One that comes to mean something else gets another name: a cfm that was running when
 * the registry was brought up to date has asked for the schema long before, and must fail at its next change, not write what
 * it believes.
 */
export function migrations(kinds: readonly RecordKind[]): string[] {
	return Array.from({ length: registrySchema }, (_, at) =>
		[...kinds.map(({ schema }) => schema.sqlite[at + 1]), storeTables[at + 1]]
			.filter((sql) => sql !== undefined)
			.join("\n"),
	);
}

/** Tables and indexes that the SQL makes and leaves. */
export function madeBy(sql: string): { tables: Set<string>; indexes: Set<string> } {
	const names = (what: RegExp) => new Set([...sql.matchAll(what)].map(([, name = ""]) => name));
	const tables = names(/^\s*CREATE TABLE (\w+)/gm);
	for (const gone of names(/^\s*DROP TABLE (\w+)/gm)) tables.delete(gone);
	return { tables, indexes: names(/^\s*CREATE (?:UNIQUE )?INDEX (\w+)/gm) };
}

/**
 * Makes a registry of an empty database, or brings an older one up to date. All of it is one transaction.
 *
 * @param record is called inside it when an older one was brought up to date
 * @param kinds what it keeps
 */
export function migrate(
	database: SqlDatabase,
	record?: (statements: Statements, from: number) => void,
	kinds: readonly RecordKind[] = recordKinds,
): void {
	// Of a file that has pages already it is not asked.
	database.pragma(`page_size = ${pageSize}`);
	database.pragma("journal_mode = WAL");
	database.pragma("synchronous = FULL");
	// Tables are made anew whatever is in them, and beside them: what is wrong there is for `check` to tell.
	database.pragma("foreign_keys = OFF");
	database.pragma("legacy_alter_table = ON");
	database.exec("BEGIN EXCLUSIVE");
	try {
		const version = database.pragma("user_version", { simple: true }) as number;
		for (const migration of migrations(kinds).slice(version)) database.exec(migration);
		if (version > 0 && version < 5) {
			hashAnswers(database);
			foldAnew(database, kinds);
		}
		database.pragma(`application_id = ${applicationId}`);
		database.pragma(`user_version = ${registrySchema}`);
		if (version > 0 && version < registrySchema) record?.(new Statements(database), version);
		database.exec("COMMIT");
	} catch (error) {
		if (database.inTransaction) database.exec("ROLLBACK");
		throw error;
	} finally {
		database.pragma("legacy_alter_table = OFF");
		database.pragma("foreign_keys = ON");
	}
}

/** Gives the answers that were kept before schema 5 the hash that SQL cannot make. */
function hashAnswers(database: SqlDatabase): void {
	const put = database.prepare("UPDATE answers SET hash = ? WHERE request_key = ?");
	for (const answer of database.prepare("SELECT * FROM answers").all() as StoredAnswer[])
		put.run(answerHash(answer), answer.request_key);
}

/** Names were folded otherwise before schema 5: a Kelvin sign was a k. What names are found by is made of them again. */
function foldAnew(database: SqlDatabase, kinds: readonly RecordKind[]): void {
	for (const { table } of kinds) {
		const { name, made = {}, columns, key } = table;
		if (Object.keys(made).length === 0) continue;
		// No name is kept in a table beside the rows.
		const fields = Object.entries<string | Column>(columns).flatMap(([field, one]): [string, string][] => {
			if (typeof one === "string") return [[field, one]];
			return one.table === undefined ? [[field, one.column]] : [];
		});
		const whole = ["environment", ...key].map((column) => `"${column}" = ?`).join(" AND ");
		const some = fields.map(([, column]) => `"${column}" GLOB '*[^ -~]*'`).join(" OR ");
		for (const stored of database.prepare(`SELECT * FROM ${name} WHERE ${some}`).all() as Record<string, Stored>[]) {
			const row = Object.fromEntries(fields.map(([field, column]) => [field, stored[column] ?? null]));
			for (const [column, make] of Object.entries(made)) {
				const value = make(row as never);
				const where = ["environment", ...key].map((one) => stored[one] ?? null);
				// Two names that are one name now are both kept: `check` tells which is not found.
				if (value !== stored[column]) {
					database.prepare(`UPDATE OR IGNORE ${name} SET "${column}" = ? WHERE ${whole}`).run(value, ...where);
					stored[column] = value;
				}
			}
		}
	}
}
