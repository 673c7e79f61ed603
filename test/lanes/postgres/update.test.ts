import { afterAll, beforeAll, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { postgresRegistries } from "../../../src/lib/adapters/registry-postgres/provider.js";
import { migration } from "../../../src/lib/adapters/registry-postgres/schema.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import { operators } from "../../../src/lib/operator/operator.js";
import { recordKinds, registrySchema } from "../../../src/lib/record-kinds.js";
import { type RecordKind, recordChange } from "../../../src/lib/registry/kind.js";
import { migrateRegistry } from "../../../src/lib/registry/migrate.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { anOperator, aTrial, trials } from "../../contract/kind-samples.js";
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
import { makeDatabase, type Role, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

const people: Record<"admin" | "operator", Role> = {
	admin: { name: "ada", password: "ada's" },
	operator: { name: "oscar", password: "oscar's" },
};

let server: Server;
let database: string;
beforeAll(async () => {
	server = await Server.started();
	database = makeDatabase(server.reach);
	await createPostgresRegistry(locationOf(server.reach, database), secrets, recordKinds);
	for (const [role, { name, password }] of Object.entries(people)) {
		server.sql(`CREATE ROLE ${name} LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
		server.sql(`GRANT cfm_${database}_${role} TO ${name}`);
	}
	await using(async (registry) => make(registry, [environmentChange(null, anEnvironment())]));
});
afterAll(() => server.remove());

async function using<T>(work: (registry: Registry) => Promise<T>): Promise<T> {
	const registry = await open(locationOf(server.reach, database), { readonly: false, secrets });
	return work(registry).finally(() => registry.close());
}

const problems = () => using(async (registry) => (await registry.check(recordKinds)).problems);
const events = () => using((registry) => registry.read((view) => collect(view.events({ actions: ["migrate"] }))));
const run = (sql: string) => server.sql(sql.replaceAll("DATABASE", `cfm_${database}`), undefined, database);

/** `cfm registry migrate`, as one of them. */
async function migrate(who: keyof typeof people) {
	const location = `postgres://${people[who].name}@127.0.0.1:${server.reach.port}/${database}?sslmode=disable`;
	const registries = postgresRegistries({ variables: {}, ask: async () => people[who].password });
	const operation = migrateRegistry(registries, location, { attribution: async () => anAttribution() });
	const plan = await operation.plan();
	return operation.needed(plan) ? operation.answer(plan, await operation.apply(plan)) : operation.answer(plan);
}

/** What another version may have left, one of each way to be another. */
const left: [what: string, sql: string, name: string][] = [
	[
		"another text",
		"CREATE OR REPLACE FUNCTION cfm.flush() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS 'BEGIN END'",
		"flush()",
	],
	["one that is not there", "DROP FUNCTION cfm.keep_look(jsonb)", "keep_look()"],
	[
		"another result, which no function can be replaced by",
		"DROP FUNCTION cfm.give_newcomer(jsonb, jsonb); CREATE FUNCTION cfm.give_newcomer(jsonb, jsonb) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
		"give_newcomer()",
	],
	["one that there was", "CREATE FUNCTION cfm.earlier() RETURNS void LANGUAGE sql AS ''", "earlier()"],
	[
		"a right that is missing",
		"REVOKE EXECUTE ON FUNCTION cfm.begin_change(text) FROM DATABASE_operator",
		"begin_change()",
	],
	["a right too many", "GRANT EXECUTE ON FUNCTION cfm.take_id(bigint, bigint) TO PUBLIC", "take_id()"],
	["another owner", "ALTER FUNCTION cfm.give_id(bigint, bigint) OWNER TO oscar", "give_id()"],
	["a right to write", "GRANT UPDATE ON cfm.allocations TO oscar", "allocations: UPDATE (oscar)"],
	["a right to write a column", "GRANT INSERT (note) ON cfm.events TO PUBLIC", "events.note: INSERT (PUBLIC)"],
	["a right to make tables", "GRANT CREATE ON SCHEMA cfm TO oscar", "cfm: CREATE (oscar)"],
	["what is told of a kind", "UPDATE cfm.kinds SET actions = '{}' WHERE name = 'site'", "kinds: site"],
];

it("leaves a registry of this version as it is", async () => {
	expect(await migrate("operator")).toMatchObject({ changed: false, kept: null });
	expect(await migrate("operator")).not.toHaveProperty("replaced");
	expect(await events()).toEqual([]);
});

it.each(left)("replaces %s, once", async (_, sql, name) => {
	const before = (await events()).length;
	run(sql);
	expect(await failure(() => migrate("operator"))).toMatchObject({ kind: "denied", code: "registry-not-writable" });
	expect(await migrate("admin")).toMatchObject({ changed: true, replaced: [name] });
	expect(await migrate("admin")).toMatchObject({ changed: false });
	const told = await events();
	expect(told.length).toBe(before + 1);
	expect(told.at(-1)).toMatchObject({ after: { kept: "", replaced: [name] } });
	expect(await problems()).toEqual([]);
});

it("replaces everything at once, and IDs are given as ever", async () => {
	for (const [, sql] of left) run(sql);
	expect((await problems()).map(({ code }) => code)).toContain("schema-changed");
	expect((await migrate("admin")).replaced).toEqual(left.map(([, , name]) => name).sort());
	expect(await problems()).toEqual([]);
	const location = `postgres://oscar@127.0.0.1:${server.reach.port}/${database}?sslmode=disable`;
	const registry = await open(location, {
		readonly: false,
		secrets: { variables: {}, ask: async () => people.operator.password },
	});
	const operation = allocateIds({ environment: "default", applicants: [{ account: parseAccount("CORP\\ana") }] });
	const answer = await carryOut(operation, { registry, attribution: anAttribution(), asker: {} as never });
	expect(answer.allocations).toMatchObject([{ id: 1, created: true }]);
	await registry.close();
});

it("two at once replace it once", async () => {
	const before = (await events()).length;
	run("DROP FUNCTION cfm.keep_look(jsonb)");
	const answers = await Promise.all([migrate("admin"), migrate("admin")]);
	expect(answers.filter(({ changed }) => changed)).toHaveLength(1);
	expect(answers.filter((answer) => "replaced" in answer)).toHaveLength(1);
	expect((await events()).length).toBe(before + 1);
});

/** What the last schema gave to a table that was there before. */
const beyond = [
	...migration(recordKinds, registrySchema - 1).matchAll(/^\s*CREATE INDEX (\w+) ON certificates\b/gm),
].map(([, index]) => index);

it("brings an older schema up to date, and tells which it was", async () => {
	const made = [...migration(recordKinds, registrySchema - 1).matchAll(/^CREATE TABLE (\w+)/gm)];
	for (const [, table] of made.toReversed()) run(`DROP TABLE cfm.${table}`);
	for (const index of beyond) run(`DROP INDEX cfm.${index}`);
	run(`UPDATE cfm.registry SET schema = ${registrySchema - 1}`);
	const [from, to] = [registrySchema - 1, registrySchema];
	expect(await migrate("admin")).toEqual({ registry: expect.any(String), from, to, changed: true, kept: null });
	expect((await events()).at(-1)).toMatchObject({ before: { schema: from }, after: { schema: to, kept: "" } });
	expect(await problems()).toEqual([]);
});

it("gives a registry that is in use the tables of a new kind, and only its roles may change that", async () => {
	const farm = makeDatabase(server.reach);
	const location = (who = "postgres") => `postgres://${who}@127.0.0.1:${server.reach.port}/${farm}?sslmode=disable`;
	await createPostgresRegistry(location(), secrets, recordKinds);
	for (const role of ["issuer", "operator"]) {
		server.sql(`CREATE ROLE new_${role} LOGIN PASSWORD 'x'`);
		server.sql(`GRANT cfm_${farm}_${role} TO new_${role}`);
	}
	const site = aSite("https://portal.example");
	const before = await open(location(), { readonly: false, secrets });
	await make(before, [environmentChange(null, anEnvironment()), siteChange(null, site)]);
	await before.close();
	// As the version before left it: without what came with this schema, of whatever kind.
	const older = [...migration(recordKinds, registrySchema - 1).matchAll(/^CREATE TABLE (\w+)/gm)];
	for (const [, table] of older.toReversed()) server.sql(`DROP TABLE cfm.${table}`, undefined, farm);
	for (const index of beyond) server.sql(`DROP INDEX cfm.${index}`, undefined, farm);
	server.sql(`UPDATE cfm.registry SET schema = ${registrySchema - 1}`, undefined, farm);
	const issuers: typeof trials = { ...trials, changedBy: "issuer" };
	const kinds = [...recordKinds, issuers as unknown as RecordKind];
	expect(await failure(() => open(location(), { readonly: true, secrets }))).toMatchObject({ code: "registry-older" });
	const migrated = await postgresRegistries(secrets, kinds).migrate(location(), anAttribution());
	expect(migrated).toEqual({ kept: null });

	// Nobody is kept from anything before.
	const named = await open(location(), { readonly: false, secrets }, kinds);
	await make(named, [recordChange(operators, "operator.add", null, anOperator())]);
	await named.close();
	const as = (who: string) =>
		open(location(who), { readonly: false, secrets: { variables: {}, ask: async () => "x" } }, kinds);
	const change = recordChange(issuers, "trial.set", null, aTrial("T-1"));
	const operator = await as("new_operator");
	expect(await failure(() => make(operator, [change]))).toMatchObject({ kind: "denied", code: "role-needed" });
	await make(operator, [siteChange(site, { ...site, note: "still theirs" })]);
	await operator.close();
	const issuer = await as("new_issuer");
	await make(issuer, [change]);
	expect(await issuer.read((view) => collect(view.records(issuers, {})))).toEqual([aTrial("T-1")]);
	expect((await issuer.check(kinds)).problems).toEqual([]);
	await issuer.close();
});

it("refuses a newer one, whatever is asked of it", async () => {
	run(`UPDATE cfm.registry SET schema = ${registrySchema + 1}`);
	const newer = { kind: "conflict", code: "registry-newer" };
	const location = locationOf(server.reach, database);
	expect(await failure(() => using(async () => {}))).toMatchObject(newer);
	expect(await failure(() => migrate("admin"))).toMatchObject(newer);
	expect(await failure(() => createPostgresRegistry(location, secrets, recordKinds))).toMatchObject(newer);
	run(`UPDATE cfm.registry SET schema = ${registrySchema}`);
	await using(async (registry) => {
		run(`UPDATE cfm.registry SET schema = ${registrySchema + 1}`);
		expect(
			await failure(() => make(registry, [environmentChange(null, anEnvironment({ name: "late" }))])),
		).toMatchObject(newer);
		run(`UPDATE cfm.registry SET schema = ${registrySchema}`);
	});
});

it("refuses a registry that goes on elsewhere, and leaves it as it is", async () => {
	run("UPDATE cfm.registry SET moved_to = 'elsewhere.db'; DROP FUNCTION cfm.keep_look(jsonb)");
	expect(await failure(() => migrate("admin"))).toMatchObject({ kind: "conflict", code: "registry-moved" });
});
