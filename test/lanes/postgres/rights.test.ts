import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { rolePrefix } from "../../../src/lib/adapters/registry-postgres/roles.js";
import { setupScript } from "../../../src/lib/adapters/registry-postgres/setup.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import { recordKinds, registrySchema } from "../../../src/lib/record-kinds.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import {
	anAttribution,
	anEnvironment,
	aSite,
	collect,
	environmentChange,
	make,
	siteChange,
} from "../../contract/store.js";
import { failure } from "../../lib/failure.js";
import { makeDatabase, psql, type Role, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

let server: Server;
let database: string;
const people: Record<"auditor" | "operator" | "stranger", Role> = {
	auditor: { name: "audrey", password: "audrey's" },
	operator: { name: "oscar", password: "oscar's" },
	stranger: { name: "steve", password: "steve's" },
};

/** Runs SQL as one of them, with the server's own client: whatever program somebody uses. */
const as = (who: keyof typeof people, sql: string) => psql(server.reach, sql, people[who], database);
const openAs = (who: keyof typeof people, options = { readonly: false }): Promise<Registry> =>
	open(`postgres://${people[who].name}@127.0.0.1:${server.reach.port}/${database}?sslmode=disable`, {
		...options,
		secrets: { variables: {}, ask: async () => people[who].password },
	});
const problems = async () => {
	const registry = await open(locationOf(server.reach, database), { readonly: true, secrets });
	const { problems } = await registry.check(recordKinds);
	await registry.close();
	return problems;
};

beforeAll(async () => {
	server = await Server.started();
	database = makeDatabase(server.reach);
	// What a DBA is given, run as a DBA would.
	psql(server.reach, await setupScript(locationOf(server.reach, database), secrets, recordKinds), undefined, database);
	for (const [role, { name, password }] of Object.entries(people)) {
		server.sql(`CREATE ROLE ${name} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
		if (role !== "stranger") server.sql(`GRANT cfm_${database}_${role} TO ${name}`);
	}
	const registry = await open(locationOf(server.reach, database), { readonly: false, secrets });
	await make(registry, [environmentChange(null, anEnvironment()), siteChange(null, aSite("https://there.example"))]);
	await registry.close();
});
afterAll(() => server.remove());

const refused = /permission denied|must be owner|not allowed/;

it("is made by the script that --print-sql prints; init finds it there", async () => {
	expect(await createPostgresRegistry(locationOf(server.reach, database), secrets, recordKinds)).toMatchObject({
		created: false,
	});
	expect(await problems()).toEqual([]);
});

describe("an auditor", () => {
	it("reads everything, and cfm says why nothing can be changed", async () => {
		const registry = await openAs("auditor");
		expect((await registry.check(recordKinds)).problems).toEqual([]);
		expect(await registry.read((view) => view.countEvents({}))).toBeGreaterThan(0);
		const change = () => make(registry, [environmentChange(null, anEnvironment({ name: "other" }))]);
		expect(await failure(change)).toMatchObject({ kind: "denied", code: "registry-not-writable" });
		await registry.close();
	});

	it.each([
		"INSERT INTO cfm.gaps VALUES (1, 5, 6)",
		"UPDATE cfm.environments SET note = 'x'",
		"DELETE FROM cfm.events",
		"TRUNCATE cfm.answers",
		"SELECT FROM cfm.chain FOR UPDATE",
		"BEGIN; LOCK TABLE cfm.allocations IN EXCLUSIVE MODE",
		"CREATE TABLE cfm.mine (x int)",
		"CREATE TABLE public.mine (x int)",
		"CREATE TEMPORARY TABLE mine (x int)",
		"ALTER TABLE cfm.events DISABLE TRIGGER ALL",
		"CREATE TRIGGER t BEFORE INSERT ON cfm.events EXECUTE FUNCTION suppress_redundant_updates_trigger()",
		"CREATE OR REPLACE FUNCTION cfm.flush() RETURNS void LANGUAGE sql AS 'SELECT'",
		"SELECT cfm.begin_change(NULL)",
		"SELECT cfm.apply_changes('{}', '[]', NULL)",
		"SELECT cfm.keep_look('{}')",
		"SELECT cfm.take_id(1, 1)",
	])("may not: %s", (sql) => {
		expect(() => as("auditor", sql)).toThrow(refused);
	});
});

describe("somebody without a role", () => {
	it.each(["SELECT count(*) FROM cfm.allocations", "SELECT cfm.begin_change(NULL)"])("may not: %s", (sql) => {
		expect(() => as("stranger", sql)).toThrow(refused);
	});

	it("is told so by cfm", async () => {
		expect(await failure(() => openAs("stranger"))).toMatchObject({ kind: "denied" });
	});
});

describe("an operator", () => {
	const by = `'{"at":"2026-03-01T08:00:00.000Z","actor":"x","machine":"m","command":"c","requestKey":"k"}'`;
	const change = (own: object) =>
		JSON.stringify([
			{
				...{ kind: "allocation", action: "allocate", environment: "default", subject: "CORP\\eve", id: 19 },
				...{ before: null, note: null, nameKey: "eve", domainKey: "corp" },
				after: JSON.stringify({
					...{ environment: "default", id: 19, state: "allocated", user: "CORP\\eve", sid: null, note: null },
					...{ since: "2026-03-01T08:00:00.000Z", until: null },
				}),
				...own,
			},
		]).replaceAll("'", "''");
	const call = (own: object) => as("operator", `SELECT cfm.apply_changes(${by}, '${change(own)}', NULL)`);

	it("gives IDs with cfm; the event keeps who was logged on, whatever the client says of the actor", async () => {
		const registry = await openAs("operator");
		const operation = allocateIds({ environment: "default", applicants: [{ account: parseAccount("CORP\\ana") }] });
		const attribution = anAttribution({ actor: "CORP\\somebody else" });
		const answer = await carryOut(operation, { registry, attribution, asker: {} as never });
		expect(answer.allocations[0]?.id).toBe(1);
		const [event] = await registry.read((view) => collect(view.events({ descending: true, limit: 1 })));
		expect(event?.actor).toBe("CORP\\somebody else");
		expect(server.sql(`SELECT recorded_by FROM cfm.events ORDER BY seq DESC LIMIT 1`, undefined, database)).toBe(
			"oscar",
		);
		await registry.close();
	});

	it.each([
		"INSERT INTO cfm.gaps VALUES (1, 5, 6)",
		"UPDATE cfm.allocations SET note = 'x'",
		"UPDATE cfm.chain SET seq = 0",
		"DELETE FROM cfm.events",
		"ALTER TABLE cfm.events ADD COLUMN x int",
		"CREATE OR REPLACE FUNCTION cfm.flush() RETURNS void LANGUAGE sql AS 'SELECT'",
		"SELECT cfm.take_id(1, 7)",
		"SELECT cfm.give_id(1, 7)",
		"SELECT cfm.apply_allocation('{}', 0)",
	])("may not: %s", (sql) => {
		expect(() => as("operator", sql)).toThrow(refused);
	});

	it.each<[string, object]>([
		[
			"an ID that is held, as if it were free",
			{
				id: 1,
				after: JSON.stringify({ environment: "default", id: 1, state: "allocated", user: "CORP\\eve", since: "x" }),
			},
		],
		[
			"an ID outside the range",
			{
				id: 999,
				after: JSON.stringify({ environment: "default", id: 999, state: "allocated", user: "CORP\\eve", since: "x" }),
			},
		],
		["an event of one ID for another", { id: 18 }],
		["a user by whom nothing is found", { nameKey: null, domainKey: null }],
		["a second ID for a user", { nameKey: "ana", domainKey: "corp" }],
		["what is no longer so", { before: JSON.stringify({ environment: "default", id: 19, state: "reserved" }) }],
		["a kind that there is not", { kind: "allocations" }],
		["an action of another kind", { kind: "site", action: "allocate", was: null, row: { sites: {} } }],
		["an act with the name of a change", { kind: "act" }],
		["an environment that there is not", { environment: "nowhere" }],
		[
			"an event that tells another row than the one that is stored",
			{
				...{ kind: "site", action: "add-site", subject: "https://a.example", id: null, was: null, nameKey: undefined },
				after: JSON.stringify({ environment: "default", origin: "https://a.example", note: null, since: "x" }),
				row: { sites: { origin: "https://evil.example", note: null, since: "x" } },
			},
		],
	])("cannot make the server store %s, and leaves nothing behind", async (_, own) => {
		const before = server.sql("SELECT count(*), max(hash) FROM cfm.events", undefined, database);
		expect(() => call(own)).toThrow();
		expect(server.sql("SELECT count(*), max(hash) FROM cfm.events", undefined, database)).toBe(before);
		expect(await problems()).toEqual([]);
	});

	const there = aSite("https://there.example");
	const { environment: _, ...row } = there;
	const removal = {
		...{
			kind: "site",
			action: "remove-site",
			subject: there.origin,
			id: null,
			nameKey: undefined,
			domainKey: undefined,
		},
		...{ before: JSON.stringify(there), was: { sites: row }, after: null, row: null },
	};

	it.each<[what: string, own: object, why: RegExp]>([
		["an act that tells of the whole registry", { kind: "act", action: "registry.leave" }, /an act with the name/],
		["an ID under another user's name", { subject: "CORP\\ana" }, /another user/],
		[
			"what is no time",
			{
				after: JSON.stringify({
					...{ environment: "default", id: 19, state: "allocated", user: "CORP\\eve", sid: null, note: null },
					...{ since: "soon", until: null },
				}),
			},
			/not a time/,
		],
		["a row that the event does not have", { ...removal, before: null, was: null, row: { sites: row } }, /another row/],
		["no row where the event has one", { ...removal, action: "add-site", after: JSON.stringify(there) }, /another row/],
		["another past", { ...removal, before: JSON.stringify({ ...there, note: "never said" }) }, /another row/],
		["a past that is left out", { ...removal, before: null }, /another row/],
		["an event of another environment", { ...removal, environment: "other" }, /another row|no such environment/],
	])("cannot make the log tell %s", async (_what, own, why) => {
		const before = server.sql("SELECT count(*), max(hash) FROM cfm.events", undefined, database);
		expect(() => call(own)).toThrow(why);
		expect(server.sql("SELECT count(*), max(hash) FROM cfm.events", undefined, database)).toBe(before);
	});

	const newcomer = {
		...{ environment: "default", user: "CORP\\nina", nameKey: "nina", domainKey: "corp", sid: null, note: null },
		since: "2026-03-01T08:00:00.000Z",
	};
	const give = (own: object) =>
		as(
			"operator",
			`SELECT cfm.give_newcomer(jsonb_set(${by}, '{schema}', '${registrySchema}'), '${JSON.stringify({ ...newcomer, ...own })}')`,
		);

	it.each<[what: string, own: object]>([
		["a user by whom nothing is found", { nameKey: null }],
		["a user of no domain that is known", { domainKey: null }],
		["nobody", { user: null }],
		["what is no time", { since: "soon" }],
		["no time", { since: null }],
	])("cannot have an ID given in one go to: %s", (_what, own) => {
		expect(() => give(own)).toThrow(/not a newcomer/);
	});

	it("an event whose time is none is refused whatever it tells", () => {
		const sql = `SELECT cfm.apply_changes(${by.replace("2026-03-01T08:00:00.000Z", "soon")}, '${change({})}', NULL)`;
		expect(() => as("operator", sql)).toThrow(/not a time/);
	});

	it("does nothing wrong with a call that cfm might have made", async () => {
		call({});
		call(removal);
		expect(await problems()).toEqual([]);
	});
});

describe("names", () => {
	it.each(["é".repeat(31), "a".repeat(63), `"quoted' name`, "semi;colon--", "%_\\"])(
		"a database called %s has roles of its own, and a sound registry",
		async (name) => {
			server.sql(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
			const location = locationOf(server.reach, encodeURIComponent(name));
			await createPostgresRegistry(location, secrets, recordKinds);
			const prefix = rolePrefix(name);
			const roles = server.sql("SELECT rolname FROM pg_roles ORDER BY 1").split("\n");
			for (const role of ["admin", "auditor", "issuer", "operator", "owner"])
				expect(roles).toContain(`${prefix}_${role}`);
			const registry = await open(location, { readonly: false, secrets });
			await make(registry, [environmentChange(null, anEnvironment())]);
			expect((await registry.check(recordKinds)).problems).toEqual([]);
			await registry.close();
		},
	);
});

describe("check", () => {
	it.each<[string, string, string]>([
		[
			"a trigger",
			"CREATE TRIGGER t BEFORE INSERT ON cfm.events EXECUTE FUNCTION suppress_redundant_updates_trigger()",
			"DROP TRIGGER t ON cfm.events",
		],
		["a rule", "CREATE RULE r AS ON DELETE TO cfm.gaps DO INSTEAD NOTHING", "DROP RULE r ON cfm.gaps"],
		["a right of others", "GRANT UPDATE ON cfm.allocations TO oscar", "REVOKE UPDATE ON cfm.allocations FROM oscar"],
		[
			"a function that everybody may call",
			"GRANT EXECUTE ON FUNCTION cfm.take_id(bigint, bigint) TO PUBLIC",
			"REVOKE EXECUTE ON FUNCTION cfm.take_id(bigint, bigint) FROM PUBLIC",
		],
		["another owner", "ALTER TABLE cfm.gaps OWNER TO steve", `ALTER TABLE cfm.gaps OWNER TO DATABASE_owner`],
		["an owner who can log in", "ALTER ROLE DATABASE_owner LOGIN", "ALTER ROLE DATABASE_owner NOLOGIN"],
		[
			"a right of others on one column",
			"GRANT UPDATE (note) ON cfm.allocations TO oscar",
			"REVOKE UPDATE (note) ON cfm.allocations FROM oscar",
		],
		["a member of the owner", "GRANT DATABASE_owner TO oscar", "REVOKE DATABASE_owner FROM oscar"],
		["a column", "ALTER TABLE cfm.gaps ADD COLUMN x int", "ALTER TABLE cfm.gaps DROP COLUMN x"],
		[
			"a rule of a table that is gone",
			"ALTER TABLE cfm.allocations DROP CONSTRAINT allocations_check",
			"ALTER TABLE cfm.allocations ADD CHECK ((state = 'reserved') = (\"user\" IS NULL))",
		],
		[
			"an index that is gone",
			"DROP INDEX cfm.one_sid",
			"CREATE UNIQUE INDEX one_sid ON cfm.allocations (sid, environment) WHERE state = 'allocated' AND sid IS NOT NULL",
		],
		[
			"a changed function",
			"ALTER FUNCTION cfm.flush() SECURITY INVOKER",
			"ALTER FUNCTION cfm.flush() SECURITY DEFINER",
		],
		[
			"a kind that others may change",
			"UPDATE cfm.kinds SET changed_by = '{x}' WHERE name = 'site'",
			"UPDATE cfm.kinds SET changed_by = NULL WHERE name = 'site'",
		],
		["a table more", "CREATE TABLE cfm.more (x int)", "DROP TABLE cfm.more"],
	])("finds %s", async (_, wrong, right) => {
		const run = (sql: string) => server.sql(sql.replaceAll("DATABASE", `cfm_${database}`), undefined, database);
		run(wrong);
		expect((await problems()).map(({ code }) => code)).toContain("schema-changed");
		run(right);
		expect(await problems()).toEqual([]);
	});

	it("finds an end of the log that is not the log's", async () => {
		const end = server.sql("SELECT hash FROM cfm.chain", undefined, database);
		server.sql("UPDATE cfm.chain SET hash = 'x'", undefined, database);
		expect((await problems()).map(({ code }) => code)).toContain("event-log-changed");
		server.sql(`UPDATE cfm.chain SET hash = '${end}'`, undefined, database);
	});
});
