import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import { eventsRequest, storeTables } from "../registry-sqlite/schema.js";
import { translated } from "./translate.js";

/**
 * What the store itself needs, by the number of the schema that it came with, as `registry-sqlite/schema.ts` has it: tables
 * and columns have the same names and order, so that content moves between the stores row by row. What came after schema 5
 * is made of the same text.
 *
 * `chain` is the one row that everybody who changes anything locks; it holds the end of the event log. An event keeps
 * beside what the client says (which is hashed) who was logged on to the server, and the server's time.
 */
const own: Readonly<Record<number, string>> = {
	5: `
CREATE TABLE gaps (
	environment bigint NOT NULL REFERENCES environments,
	lo bigint NOT NULL,
	hi bigint NOT NULL CHECK (hi >= lo),
	PRIMARY KEY (environment, lo)
);
CREATE TABLE allocations (
	environment bigint NOT NULL REFERENCES environments,
	id bigint NOT NULL,
	state text COLLATE "C" NOT NULL CHECK (state = 'allocated' OR state = 'reserved' OR state = 'quarantined'),
	"user" text COLLATE "C",
	name_key text COLLATE "C",
	domain_key text COLLATE "C",
	sid text COLLATE "C",
	note text COLLATE "C",
	since text COLLATE "C" NOT NULL,
	until text COLLATE "C",
	PRIMARY KEY (environment, id),
	CHECK ((state = 'reserved') = ("user" IS NULL)),
	CHECK ((state = 'quarantined') = (until IS NOT NULL))
);
CREATE UNIQUE INDEX allocated_once ON allocations (name_key, domain_key, environment) WHERE state = 'allocated';
CREATE INDEX quarantine ON allocations (environment, until) WHERE state = 'quarantined';
CREATE UNIQUE INDEX one_sid ON allocations (sid, environment) WHERE state = 'allocated' AND sid IS NOT NULL;
CREATE INDEX resting ON allocations (name_key, environment) WHERE state = 'quarantined';
CREATE INDEX resting_sid ON allocations (sid, environment) WHERE state = 'quarantined' AND sid IS NOT NULL;
CREATE TABLE events (
	seq bigint PRIMARY KEY,
	at text COLLATE "C" NOT NULL,
	actor text COLLATE "C" NOT NULL,
	machine text COLLATE "C" NOT NULL,
	command text COLLATE "C" NOT NULL,
	action text COLLATE "C" NOT NULL,
	environment text COLLATE "C" NOT NULL,
	subject text COLLATE "C" NOT NULL,
	id bigint,
	before text COLLATE "C",
	after text COLLATE "C",
	note text COLLATE "C",
	request_key text COLLATE "C" NOT NULL,
	hash text COLLATE "C" NOT NULL,
	recorded_by text COLLATE "C" DEFAULT session_user,
	recorded_at timestamp with time zone DEFAULT clock_timestamp()
);
CREATE INDEX events_request ON events (request_key);
CREATE TABLE answers (
	request_key text COLLATE "C" PRIMARY KEY,
	fingerprint text COLLATE "C" NOT NULL,
	answer text COLLATE "C" NOT NULL,
	at text COLLATE "C" NOT NULL,
	hash text COLLATE "C" NOT NULL
);
CREATE TABLE chain (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	seq bigint NOT NULL,
	hash text COLLATE "C" NOT NULL
);
INSERT INTO chain VALUES (true, 0, '');
CREATE TABLE registry (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	schema bigint NOT NULL,
	moved_to text COLLATE "C"
);
INSERT INTO registry VALUES (true, 0, NULL);
CREATE TABLE kinds (
	name text COLLATE "C" PRIMARY KEY,
	actions text[] NOT NULL,
	changed_by text[],
	in_environment boolean NOT NULL,
	tables jsonb NOT NULL
);
`,
	// The index of requests is there since schema 5.
	7: translated((storeTables[7] ?? "").replace(eventsRequest, "")),
};

/** The tables that hold what a registry holds; the others are the server's own. Environments first: the rest refers to them. */
export function contentTables(kinds: readonly RecordKind[]): string[] {
	const made = [...migration(kinds, 0).matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name = ""]) => name);
	return made.filter((name) => !["chain", "registry", "kinds"].includes(name));
}

/** The SQL that makes the tables of all schemas behind one; 0 is nothing. Run in the schema `cfm`, as its owner. */
export function migration(kinds: readonly RecordKind[], from: number): string {
	return Array.from({ length: registrySchema }, (_, at) => at + 1)
		.filter((number) => number > from)
		.flatMap((number) => [
			...kinds.map(({ schema }) => schema.sqlite[number]).map((sql) => (sql === undefined ? "" : translated(sql))),
			own[number] ?? (number > 5 ? translated(storeTables[number] ?? "") : ""),
		])
		.filter((sql) => sql !== "")
		.join("\n");
}
