import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import {
	batch,
	endlessTable,
	journalNaming,
	log,
	prefixBomb,
	smallTable,
	writeDatabase,
	writeStore,
} from "./hostile-files.js";

/** One way in which a user's files can be hostile, and what must become of that user's profile: this, and nothing else. */
export interface Kind {
	of: "native aborts" | "SQL" | "memory" | "time" | "links" | "FUSE" | "pipes";
	what: string;
	/**
	 * Makes it in the place of the profile. A function that it returns takes it away, where the folder can't simply be removed; a
	 * text says why it can't be made on this machine.
	 */
	make(place: HostilePlace): unknown;
	/** What `web list` says of this user, a row each. */
	read: readonly { state: string; why: unknown; webId?: string | null }[];
	/** What becomes of `web set`, a change each. */
	write: readonly { outcome: string; why: unknown }[];
	words?: readonly string[];
	environment?: Readonly<Record<string, string>>;
	/** Only root can make it. */
	asRoot?: true;
}

export interface HostilePlace {
	/** "User Data". */
	userData: string;
	/** The profile. */
	profile: string;
	/** Its LevelDB. */
	level: string;
	/** Its SQLite. */
	database: string;
	site: string;
	/** The key of the web ID in LevelDB. */
	key: string;
}

/** One row that says why it can't be read, and one change that is refused for the same reason. */
function refused(state: "damaged" | "unsupported" | "denied", reason: RegExp, outcome = "refused") {
	const why = expect.stringMatching(reason);
	return { read: [{ state, why }], write: [{ outcome, why }] };
}

/** The list of profiles can't be read; the profile, which is found by its folder, is read and written. */
function onlyTheList(state: "damaged" | "denied", reason: RegExp) {
	const why = expect.stringMatching(reason);
	return { read: [{ state, why }, readable], write: [written, { outcome: "unreachable", why }] };
}

const readable = { state: "readable", why: null, webId: "9" };
const written = { outcome: "done", why: null };

const withLog = (folder: string, content: Buffer) => writeStore(folder, { logs: { 3: content } });
const sound = ({ level, key }: HostilePlace) => withLog(level, log([batch(key, "\x019")]));

export const kinds: readonly Kind[] = [
	{
		of: "native aborts",
		what: "a sequence number that no LevelDB has",
		make: ({ level, key }) => withLog(level, log([batch(key, "\x019", 1n << 57n)])),
		...refused("damaged", /a sequence number that no browser reaches/),
	},
	{
		of: "native aborts",
		what: "two writes with one sequence number",
		make: ({ level, key }) => withLog(level, log([batch(key, "\x019"), batch(key, "\x018")])),
		...refused("damaged", /a sequence number is used twice/),
	},
	{
		of: "native aborts",
		what: "a list of files whose last sequence number is nearly 2^64",
		make: ({ level, key }) =>
			writeStore(level, { logs: { 3: log([batch(key, "\x019")]) }, sequence: (1n << 64n) - 2n }),
		...refused("damaged", /MANIFEST-000001: no number/),
	},
	{
		of: "native aborts",
		what: "a log of number 0",
		make: ({ level, key }) => writeStore(level, { logs: { 0: log([batch(key, "\x019")]) } }),
		...refused("damaged", /000000\.log: a number that no log has/),
	},
	{
		of: "native aborts",
		what: "a log of the number 2^64 - 1",
		make(place) {
			sound(place);
			writeFileSync(join(place.level, `${2n ** 64n - 1n}.log`), log([batch(place.key, "\x019")]));
		},
		...refused("damaged", /18446744073709551615\.log: a number that no log has/),
	},
	{
		of: "native aborts",
		what: "a table of number 0",
		make: ({ level }) => writeStore(level, { tables: { 0: smallTable("a".repeat(16)) } }),
		...refused("damaged", /an impossible table/),
	},
	{
		of: "native aborts",
		what: "tables of a deeper level that hold the same keys",
		make: ({ level }) =>
			writeStore(level, { tables: { 5: smallTable("a".repeat(16)), 6: smallTable("a".repeat(16)) }, level: 1 }),
		...refused("damaged", /tables lie over each other/),
	},
	{
		of: "native aborts",
		what: "a key that is too short to be one",
		make: ({ level }) => writeStore(level, { tables: { 5: smallTable("abc") } }),
		...refused("damaged", /a key without a sequence/),
	},
	{
		of: "native aborts",
		what: "a table whose index is of gigabytes",
		make: ({ level }) => writeStore(level, { tables: { 5: endlessTable() } }),
		...refused("damaged", /a block outside/),
	},
	{
		of: "SQL",
		what: "a table whose check takes hours",
		make: ({ database, site }) =>
			writeDatabase(database, site, (open) => {
				open.exec("CREATE TABLE x(a INTEGER, CHECK(length(hex(hex(zeroblob(a))))>0))");
				open.pragma("ignore_check_constraints = ON");
				open.exec(`INSERT INTO x WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
					SELECT 100000000 FROM n`);
			}),
		// It is not run to be read; where it could run, nothing is changed.
		read: [readable],
		write: [{ outcome: "refused", why: expect.stringMatching(/tables that this version of cfm does not support/) }],
	},
	{
		of: "SQL",
		what: "a view for a table, that has no end",
		make: ({ database, site }) =>
			writeDatabase(database, site, (open) => {
				open.exec(`ALTER TABLE maps RENAME TO hidden; CREATE VIEW maps AS WITH RECURSIVE n(i) AS
					(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS row_id, x'00' AS storage_key FROM n`);
			}),
		...refused("unsupported", /tables that this version of cfm does not support/),
	},
	{
		of: "SQL",
		what: "a trigger that has no end",
		make: ({ database, site }) =>
			writeDatabase(database, site, (open) => {
				open.exec(`CREATE TRIGGER t AFTER INSERT ON map_entries BEGIN DELETE FROM maps WHERE row_id IN (WITH RECURSIVE n(i) AS
					(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT -i FROM n); END`);
			}),
		// It is not run to be read; where it could run, nothing is changed.
		read: [readable],
		write: [{ outcome: "refused", why: expect.stringMatching(/tables that this version of cfm does not support/) }],
	},
	{
		of: "memory",
		what: "a small table that needs gigabytes",
		make: ({ level }) => writeStore(level, { tables: { 5: prefixBomb(100_000, 20_000) } }),
		...refused("damaged", /blocks lie over each other/),
	},
	{
		of: "memory",
		what: "a log of a terabyte with nothing in it",
		make({ level }) {
			withLog(level, Buffer.alloc(0));
			truncateSync(join(level, "000003.log"), 2 ** 40);
		},
		...refused("unsupported", /is larger than 2 GB/),
	},
	{
		of: "memory",
		what: "a value of 60 MB",
		make: ({ level, key }) => withLog(level, log([batch(key, Buffer.alloc(60_000_000, "\x01"))])),
		environment: { CFM_WEB_MEMORY: "100" },
		read: [{ state: "failed", why: expect.stringContaining("web.memory") }],
		write: [{ outcome: "failed", why: expect.stringContaining("web.memory") }],
	},
	{
		of: "memory",
		what: "more sites than an answer has room for",
		make({ level }) {
			const many = Array.from({ length: 6000 }, (_, at) =>
				batch(`_https://s${at}.example\0\x01CFM_ID`, `\x01${"9".repeat(250)}`, BigInt(at + 1)),
			);
			withLog(level, log(many));
		},
		words: ["--discover"],
		read: [{ state: "failed", why: expect.stringContaining("1 MB (web.answer-size)") }],
		// What is to be written is one site's.
		write: [written],
	},
	{
		of: "time",
		what: "Local State nested a million deep",
		make(place) {
			writeFileSync(join(place.userData, "Local State"), "[".repeat(1_000_000));
			sound(place);
		},
		...onlyTheList("damaged", /Local State: it is not what Chromium writes/),
	},
	{
		of: "time",
		what: "more entries in a folder than any browser makes",
		make({ userData }) {
			for (let at = 0; at < 10_001; at += 1) writeFileSync(join(userData, `f${at}`), "");
		},
		...refused("denied", /holds more entries than any browser creates/, "unreachable"),
	},
	{
		of: "links",
		what: "a chain of links without an end",
		make({ userData, profile }) {
			rmSync(profile, { recursive: true });
			for (let at = 0; at < 200; at += 1) symlinkSync(`l${at + 1}`, join(userData, `l${at}`));
			symlinkSync("l0", join(userData, "l200"));
			writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"l0":{}}}}');
		},
		...refused("denied", /too many links or folders lead to it/, "unreachable"),
	},
	{
		of: "links",
		what: "five hundred links to one store, which is one profile",
		make(place) {
			sound(place);
			for (let at = 0; at < 500; at += 1) symlinkSync("Default", join(place.userData, `Profile ${at}`));
		},
		read: [readable],
		write: [written],
	},
	{
		of: "FUSE",
		what: "a file system of the user's own that never answers",
		asRoot: true,
		make({ userData, profile }) {
			writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"Default":{}}}}');
			return muteFileSystem(profile);
		},
		...refused("denied", /FUSE/, "unreachable"),
	},
	{
		of: "pipes",
		what: "a pipe for CURRENT",
		make({ level }) {
			mkdirSync(level, { recursive: true });
			execFileSync("mkfifo", [join(level, "CURRENT")]);
		},
		...refused("denied", /CURRENT is not a plain file/),
	},
	{
		of: "pipes",
		what: "a pipe for Local State",
		make(place) {
			execFileSync("mkfifo", [join(place.userData, "Local State")]);
			sound(place);
		},
		...onlyTheList("denied", /Local State is not a plain file/),
	},
	{
		of: "pipes",
		what: "a pipe for the database",
		make({ database, userData }) {
			writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"Default":{}}}}');
			execFileSync("mkfifo", [database]);
		},
		...refused("denied", /LocalStorage is not a plain file/),
	},
	{
		of: "pipes",
		what: "a journal that names a pipe",
		make({ database, userData, site }) {
			writeDatabase(database, site, () => {});
			const pipe = join(userData, "x-mj00000090a");
			execFileSync("mkfifo", [pipe]);
			writeFileSync(`${database}-journal`, journalNaming(pipe, 4));
		},
		...refused("unsupported", /a change of several databases/),
	},
];

/** Mounts a file system whose program never answers: nobody reads from the other end. */
function muteFileSystem(place: string): (() => void) | string {
	let device: number;
	try {
		device = openSync("/dev/fuse", "r+");
	} catch {
		return "there is no /dev/fuse";
	}
	try {
		const options = "fd=3,rootmode=40000,user_id=20001,group_id=20001";
		execFileSync("mount", ["-i", "-t", "fuse", "-o", options, "mute", place], {
			stdio: ["ignore", "ignore", "pipe", device],
		});
	} catch (error) {
		closeSync(device);
		return `no FUSE here: ${String((error as { stderr?: unknown }).stderr ?? error)}`;
	}
	return () => {
		execFileSync("umount", ["-l", place]);
		closeSync(device);
	};
}
