/** "cfm1" in the file's header: tells a registry from any other SQLite file. */
export const applicationId = 0x63666d31;

/**
 * The migrations, numbered from 1, each run once and never edited after a release. `PRAGMA user_version` holds the
 * number of the last one; a file with a higher number is refused.
 *
 * Free IDs are intervals, not rows: the lowest one is found in the same time whether 10 or 1,000,000 are taken. `gaps`
 * has those below the highest ID that is held; all above it is free.
 * A table that comes to mean something else gets another name: a cfm that was running when the registry was brought up to
 * date has asked for the schema long before, and must fail at its next change, not write what it believes.
 *
 * Names are kept twice: as they were spelled, and folded (`name_key`, `domain_key`) to be compared.
 */
export const migrations: readonly string[] = [
	`
	CREATE TABLE environments (
		environment    INTEGER PRIMARY KEY,
		name           TEXT    NOT NULL COLLATE NOCASE UNIQUE,
		first_id       INTEGER NOT NULL CHECK (first_id >= 0),
		last_id        INTEGER NOT NULL CHECK (last_id >= first_id),
		port_base      INTEGER NOT NULL,
		port_stride    INTEGER NOT NULL,
		quarantine_days REAL   NOT NULL CHECK (quarantine_days >= 0),
		domain         TEXT,
		note           TEXT
	) STRICT;

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

	CREATE TABLE installations (
		environment     INTEGER NOT NULL REFERENCES environments,
		machine         TEXT    NOT NULL COLLATE NOCASE,
		name_key        TEXT    NOT NULL,
		domain_key      TEXT    NOT NULL,
		user            TEXT    NOT NULL,
		id              INTEGER NOT NULL,
		outcome         TEXT    NOT NULL,
		version         TEXT,
		path            TEXT,
		installer_sha256 TEXT,
		return_code     INTEGER,
		reboot_required INTEGER NOT NULL,
		at              TEXT    NOT NULL,
		PRIMARY KEY (environment, machine, name_key, domain_key)
	) STRICT, WITHOUT ROWID;

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
	// No ALTER TABLE: `check` compares every table with the text that made it.
	`
	CREATE TABLE sites (
		environment INTEGER NOT NULL REFERENCES environments,
		origin      TEXT    NOT NULL,
		note        TEXT,
		since       TEXT    NOT NULL,
		PRIMARY KEY (environment, origin)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE learned_port_rules (
		environment INTEGER PRIMARY KEY REFERENCES environments,
		at          TEXT    NOT NULL
	) STRICT;
	`,
	// What is free above the highest ID that is held needs no row any more. `state IN (…)` made SQLite fill a table of its
	// own at every row that was written, a third of what writing it took.
	`
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
	// An environment whose one domain has no other name has no row here: `environments.domain` says it all.
	`
	CREATE TABLE domains (
		environment INTEGER PRIMARY KEY REFERENCES environments,
		names       TEXT    NOT NULL CHECK (json_valid(names))
	) STRICT;
	CREATE UNIQUE INDEX one_sid ON allocations (sid, environment) WHERE state = 'allocated' AND sid IS NOT NULL;
	`,
];

/** Every table, a table before those that refer to it. */
export const tables = [
	"environments",
	"gaps",
	"allocations",
	"installations",
	"sites",
	"learned_port_rules",
	"domains",
	"events",
	"requests",
] as const;
