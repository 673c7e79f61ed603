import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { beforeEach, expect, it } from "vitest";
import { applicationId } from "../../../../src/lib/adapters/registry-sqlite/application-id.js";
import { openCopy } from "../../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { migrateSqliteRegistry, schemaOf } from "../../../../src/lib/adapters/registry-sqlite/migrate.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { replaceSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/restore.js";
import { migrate, migrations } from "../../../../src/lib/adapters/registry-sqlite/schema.js";
import type { SqlDatabase } from "../../../../src/lib/adapters/sqlite/database.js";
import { recordKinds, registrySchema } from "../../../../src/lib/record-kinds.js";
import { hashOf } from "../../../../src/lib/registry/event-chain.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	aReservation,
	aSite,
	collect,
	everything,
	make,
	siteChange,
} from "../../../contract/store.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const open = () => openSqliteRegistry(at("registry.db"), { readonly: false });
const { portRuleLearnedAt: _, domains: _domains, ...environment } = anEnvironment();
const ana = anAllocation(1, { user: "CORP\\ana" });

const kept = aReservation(4);

/** What schema 1 was: its tables, one environment and two IDs, told by events as they were written then. */
function makeOld(file: string): void {
	const database = new Database(file);
	database.pragma("journal_mode = WAL");
	database.exec(migrations(recordKinds)[0] ?? "");
	database.pragma(`application_id = ${applicationId}`);
	database.pragma("user_version = 1");
	database.exec(`INSERT INTO environments VALUES (1, 'default', 1, 20, 24250, 1, 30, NULL, NULL);
		INSERT INTO free VALUES (1, 2, 3), (1, 5, 20);
		INSERT INTO allocations VALUES (1, 1, 'allocated', 'CORP\\ana', 'ana', 'corp', NULL, NULL, '${ana.since}', NULL),
		(1, 4, 'reserved', NULL, NULL, NULL, NULL, ${kept.note === null ? "NULL" : `'${kept.note}'`}, '${kept.since}', NULL)`);
	let hash = "";
	for (const [index, [action, subject, id, after]] of (
		[
			["add-environment", "default", null, environment],
			["allocate", "CORP\\ana", 1, ana],
			["reserve", "ID 4", 4, kept],
		] as const
	).entries()) {
		const event = {
			seq: index + 1,
			at: ana.since,
			actor: "a",
			machine: "m",
			command: "c",
			action,
			environment: "default",
			subject,
			id,
			before: null,
			after: JSON.stringify(after),
			note: null,
			request_key: "k",
		};
		hash = hashOf(hash, event);
		database.prepare(`INSERT INTO events VALUES (${Array(14).fill("?").join()})`).run(...Object.values(event), hash);
	}
	database.close();
}

beforeEach(() => makeOld(at("registry.db")));

it("an older registry is refused, and the refusal names the command", async () => {
	expect(await failure(open)).toMatchObject({
		kind: "conflict",
		code: "registry-older",
		hints: [{ command: "registry migrate" }],
	});
});

it("brings it up to date with all that it holds, keeps a copy, and tells it in the log", async () => {
	expect(await schemaOf(at("registry.db"))).toMatchObject({ from: 1, to: registrySchema });
	const copy = await migrateSqliteRegistry(at("registry.db"), anAttribution({ actor: "CORP\\admin" }));
	const registry = await open();
	const now = await everything(registry);
	expect(now).toMatchObject({ environments: [anEnvironment()], allocations: [ana, kept], sites: [] });
	expect(now.events.at(-1)).toMatchObject({
		actor: "CORP\\admin",
		action: "migrate",
		before: { schema: 1 },
		after: { schema: registrySchema, kept: copy },
	});
	expect((await registry.check(recordKinds)).problems).toEqual([]);
	expect(await registry.read((view) => view.lowestFree("default", 4))).toEqual([2, 3, 5, 6]);
	await make(registry, [siteChange(null, aSite("https://portal.example"))]);
	expect((await registry.check(recordKinds)).problems).toEqual([]);
	registry.close();
	expect(new Database(copy ?? "", { readonly: true }).pragma("user_version", { simple: true })).toBe(1);
});

it("a file that check only complains about is brought up to date too, and check goes on to complain", async () => {
	const database = new Database(at("registry.db"));
	database.pragma("foreign_keys = OFF");
	database.exec(`INSERT INTO allocations (environment, id, state, since) VALUES (99, 3, 'reserved', '');
		CREATE VIEW odd AS SELECT * FROM nowhere`);
	database.close();
	expect(await migrateSqliteRegistry(at("registry.db"), anAttribution())).not.toBe(null);
	const registry = await open();
	const { problems } = await registry.check(recordKinds);
	expect(problems.map(({ code }) => code)).toEqual(expect.arrayContaining(["orphans", "schema-changed"]));
	expect(await registry.read((view) => view.lowestFree("default", 1))).toEqual([2]);
	registry.close();
});

it("a cfm that has the file open meanwhile can make no change by the old meaning", async () => {
	const old = new Database(at("registry.db"));
	const give = old.prepare("UPDATE free SET lo = lo + 1 WHERE environment = 1 AND lo = 2");
	await migrateSqliteRegistry(at("registry.db"), anAttribution());
	expect(() => give.run()).toThrow("no such table: free");
	old.close();
});

it("has nothing to do the second time", async () => {
	await migrateSqliteRegistry(at("registry.db"), anAttribution());
	expect(await migrateSqliteRegistry(at("registry.db"), anAttribution())).toBe(null);
	const registry = await open();
	const events = await registry.read((view) => collect(view.events({})));
	expect(events.filter(({ action }) => action === "migrate")).toHaveLength(1);
	registry.close();
});

it("refuses what is no registry, and leaves it as it is", async () => {
	const other = new Database(at("other.db"));
	other.exec("CREATE TABLE t (a)");
	other.close();
	expect(await failure(() => migrateSqliteRegistry(at("other.db"), anAttribution()))).toMatchObject({
		code: "not-a-registry",
	});
	expect(existsSync(at("other.db-wal"))).toBe(false);
});

it.each(["over one that is there", "where there is none"])("a copy of schema 1 is restored %s", async (where) => {
	const copy = await openCopy(at("registry.db"));
	expect((await copy.check(recordKinds)).problems).toEqual([]);
	copy.close();
	if (where === "over one that is there") await createSqliteRegistry(at("now.db"));
	else rmSync(at("now.db"), { force: true });
	const event = { of: "registry", action: "restore", environment: "", after: { backup: "b", forgotten: 0 } } as const;
	const opened = await openCopy(at("registry.db"));
	await replaceSqliteRegistry(at("now.db"), opened, anAttribution(), async () => ({ event, changes: [] }));
	opened.close();
	const registry = await openSqliteRegistry(at("now.db"), { readonly: false });
	expect(await everything(registry)).toMatchObject({
		environments: [anEnvironment()],
		allocations: [ana, kept],
		sites: [],
	});
	expect((await registry.check(recordKinds)).problems).toEqual([]);
	registry.close();
});

it("folds names anew that were folded otherwise before schema 5", () => {
	const database = new Database(":memory:");
	for (const sql of migrations(recordKinds).slice(0, 4)) database.exec(sql);
	database.pragma("user_version = 4");
	database.exec(`INSERT INTO environments VALUES (1, 'default', 1, 20, 24250, 1, 30, NULL, NULL)`);
	const put = database.prepare(
		`INSERT INTO allocations VALUES (1, ?, 'allocated', ?, ?, '', NULL, NULL, '${ana.since}', NULL)`,
	);
	const names = ["kevin", "\u212aevin", "\u03a3\u0391\u03a3", "J\u00dcRGEN", "\u0130"];
	const before = ["kevin", "kelvin's", "\u03c3\u03b1\u03c2", "j\u00fcrgen", "i\u0307"];
	for (const [at, name] of names.entries()) put.run(at + 1, name, before[at]);
	database
		.prepare(
			`INSERT INTO installations VALUES (1, 'TS01', 'k', '', '\u212a', 1, 'installed', NULL, NULL, NULL, NULL, 0, ?)`,
		)
		.run(ana.since);
	migrate(database as unknown as SqlDatabase);
	const keys = database.prepare("SELECT name_key FROM allocations ORDER BY id").pluck().all();
	expect(keys).toEqual(["kevin", "\u212aevin", "\u03c3\u03b1\u03c3", "j\u00fcrgen", "\u0130"]);
	expect(database.prepare("SELECT name_key FROM installations").pluck().all()).toEqual(["\u212a"]);
});
