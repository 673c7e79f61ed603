import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { activations } from "../../../src/lib/activation/activation.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { postgresRegistries } from "../../../src/lib/adapters/registry-postgres/provider.js";
import { setupScript } from "../../../src/lib/adapters/registry-postgres/setup.js";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import {
	type AddOperatorRequest,
	addOperator,
	type OperatorOperation,
	removeOperator,
} from "../../../src/lib/operator/change.js";
import { listOperators, operators } from "../../../src/lib/operator/operator.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { moveRegistry } from "../../../src/lib/registry/move.js";
import type { Change, Registry } from "../../../src/lib/registry/registry.js";
import { services } from "../../../src/lib/service/service.js";
import { anActivation, anOperator, aService } from "../../contract/kind-samples.js";
import { anAllocation, anAttribution, anEnvironment, environmentChange, idChange, make } from "../../contract/store.js";
import { makeFolder } from "../../folders.js";
import { failure } from "../../lib/failure.js";
import { makeDatabase, psql, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

const people = ["aaron", "otto", "olga", "ivan", "audrey", "steve"] as const;
type Person = (typeof people)[number];
const role = { olga: "operator", ivan: "issuer", audrey: "auditor" } as const;

let server: Server;
let database: string;
let prefix: string;
beforeAll(async () => {
	server = await Server.started();
	database = makeDatabase(server.reach);
	prefix = `cfm_${database}`;
	psql(server.reach, await setupScript(locationOf(server.reach, database), secrets, recordKinds), undefined, database);
	for (const name of people) server.sql(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`);
	// As a database administrator did before operators were named.
	server.sql(`GRANT ${prefix}_admin TO aaron; GRANT ${prefix}_operator TO otto`);
	const registry = await open(locationOf(server.reach, database), { readonly: false, secrets });
	await make(registry, [environmentChange(null, anEnvironment())]);
	await registry.close();
});
afterAll(() => server.remove());

const as = (who: Person, sql: string) => psql(server.reach, sql, { name: who, password: who }, database);
const openAs = (who: string) =>
	open(`postgres://${who}@127.0.0.1:${server.reach.port}/${database}?sslmode=disable`, {
		readonly: false,
		secrets: { variables: {}, ask: async () => who },
	});
async function doAs<T>(who: Person, work: (registry: Registry) => Promise<T>): Promise<T> {
	const registry = await openAs(who);
	try {
		return await work(registry);
	} finally {
		await registry.close();
	}
}
const carryAs = (who: Person, operation: OperatorOperation) =>
	doAs(who, (registry) =>
		carryOut(operation, { registry, attribution: anAttribution(), asker: { agree: async () => true } }),
	);
const yourRole = async () => "admin" as const;
const add = (name: string, own: Partial<AddOperatorRequest> = {}) =>
	addOperator({
		...{ name, kind: "user", sid: null, role: "admin", mail: undefined, lang: undefined, now: new Date(), yourRole },
		...own,
	});
const remove = (name: string) => removeOperator({ name, kind: "user", sid: null, yourRole });
const makeAs = (who: Person, ...changes: Change[]) => doAs(who, (registry) => make(registry, changes));
const memberships = (who: string) =>
	server.sql(
		`SELECT string_agg(replace(pg_get_userbyid(roleid)::text, '${prefix}_', ''), ',' ORDER BY 1) FROM pg_auth_members
		WHERE pg_get_userbyid(member) = '${who}'`,
	);
const problems = async () => {
	const registry = await open(locationOf(server.reach, database), { readonly: true, secrets });
	const { problems } = await registry.check(recordKinds);
	await registry.close();
	return problems;
};
const denied = { kind: "denied", code: "role-needed" };
const service = (number: number) =>
	recordChange(services, "service.add", null, aService({ number, name: `S${number}` }));

describe("while nobody is named", () => {
	it("whoever was given a role by hand goes on as before; nobody but the server's admins names anybody", async () => {
		await makeAs("otto", service(1));
		expect(await failure(() => carryAs("otto", add("otto")))).toMatchObject(denied);
		const row = anOperator({ name: "otto", login: "otto" });
		expect(await failure(() => makeAs("otto", recordChange(operators, "operator.add", null, row)))).toMatchObject(
			denied,
		);
		expect(memberships("otto")).toBe("operator");
		const registry = await openAs("otto");
		expect(registry.standing).toEqual({ isNamed: false, role: "operator", login: "otto", isSuperuser: false });
		await registry.close();
	});
});

describe("named operators", () => {
	beforeAll(async () => {
		await carryAs("aaron", add("CORP\\Aaron"));
		for (const [name, one] of Object.entries(role))
			await carryAs("aaron", add(`${name}@corp.example.com`, { role: one }));
	});

	it("have the roles of the server, and their logins are told", async () => {
		expect(await doAs("audrey", (registry) => registry.read(listOperators))).toMatchObject([
			{ name: "CORP\\Aaron", login: "aaron" },
			{ login: "audrey" },
			{ login: "ivan" },
			{ login: "olga" },
		]);
		expect(["aaron", ...Object.keys(role)].map(memberships)).toEqual(["admin", "operator", "issuer", "auditor"]);
		expect(await problems()).toEqual([]);
	});

	it("a login that is not there is told, and another one can be said", async () => {
		const error = await failure(() => carryAs("aaron", add("CORP\\nobody")));
		expect(error).toMatchObject({ kind: "not-found", code: "no-such-login" });
		for (const login of [`${prefix}_owner`, `${prefix}_keeper`, "pg_read_all_data"])
			expect(await failure(() => carryAs("aaron", add("CORP\\eve", { login, role: "issuer" })))).toBeDefined();
		expect(memberships(`${prefix}_owner`)).not.toContain("issuer");
	});

	it.each<[Person, Change]>([
		["olga", service(2)],
		["otto", service(2)],
		["olga", environmentChange(null, anEnvironment({ name: "lab" }))],
		["ivan", environmentChange(null, anEnvironment({ name: "lab" }))],
		["ivan", recordChange(operators, "operator.add", null, anOperator({ name: "ivan", login: "ivan" }))],
	])("%s may not change what is another role's, whoever planned it", async (who, change) => {
		expect(await failure(() => makeAs(who, change))).toMatchObject(denied);
	});

	it("each may what is theirs", async () => {
		await makeAs("olga", idChange(null, anAllocation(1)));
		await makeAs("ivan", service(2), idChange(null, anAllocation(2)));
		await makeAs("aaron", environmentChange(null, anEnvironment({ name: "lab" })));
		expect(await failure(() => makeAs("audrey", idChange(null, anAllocation(3))))).toMatchObject({ kind: "denied" });
	});

	it("whoever renames users writes their new names into activations, and nothing else", async () => {
		const before = anActivation();
		await makeAs("ivan", recordChange(activations, "activation.add", null, before));
		const rename = (after: typeof before) => recordChange(activations, "activation.rename", before, after);
		for (const other of [{ user: "CORP\\eve", note: "x" }, { step: "activated" as const }, { number: 7 }])
			expect(await failure(() => makeAs("olga", rename({ ...before, ...other })))).toBeDefined();
		expect(
			await failure(() => makeAs("olga", recordChange(activations, "activation.add", null, { ...before, number: 2 }))),
		).toMatchObject(denied);
		await makeAs("olga", rename({ ...before, user: "CORP\\ana.smith" }));
	});

	it.each(["audrey", "olga", "ivan"] as const)("%s gets no further by SQL", (who) => {
		for (const sql of [
			`GRANT ${prefix}_admin TO ${who}`,
			`SET ROLE ${prefix}_admin`,
			`SET ROLE ${prefix}_owner`,
			`SET ROLE ${prefix}_keeper`,
			`SELECT cfm.give_role('${who}', 'admin', true)`,
			`SELECT cfm.regrant('${who}', 0)`,
			"SELECT cfm.require_role('auditor', 0, false)",
			"SELECT cfm.keep_rules('[]')",
			`INSERT INTO cfm.operators VALUES ('x', '', 'user', 'x', NULL, 'admin', NULL, NULL, '${who}', '')`,
			"UPDATE cfm.operators SET role = 'admin'",
			"DELETE FROM cfm.operators",
			"UPDATE cfm.kinds SET changed_by = NULL",
			"CREATE SCHEMA mine",
			"CREATE FUNCTION cfm.evil() RETURNS void LANGUAGE sql AS ''",
			"CREATE TABLE pg_temp.pg_roles (rolname text)",
			"ALTER FUNCTION cfm.give_role(text, text, boolean) OWNER TO CURRENT_USER",
			"BEGIN; LOCK TABLE cfm.operators IN SHARE MODE",
		])
			expect(() => as(who, sql), sql).toThrow(/permission denied|must (be|have)|not allowed/);
	});

	it.each(["olga", "audrey"] as const)("%s sends nobody notices", (who) => {
		for (const sql of ["claim_notices('[]')", "take_mail('{}')", "settle_mail('{}')"])
			expect(() => as(who, `SELECT cfm.${sql}`), sql).toThrow(/permission denied|not for this role/);
	});

	it("who gets another role loses the one before; who is removed has none", async () => {
		await carryAs("aaron", add("steve", { role: "issuer" }));
		expect(memberships("steve")).toBe("issuer");
		await carryAs("aaron", add("steve", { role: "auditor" }));
		expect(memberships("steve")).toBe("auditor");
		await carryAs("aaron", remove("steve"));
		expect(memberships("steve")).toBe("");
		expect(() => as("steve", "SELECT count(*) FROM cfm.operators")).toThrow(/permission denied/);
		expect(await failure(() => carryAs("aaron", remove("CORP\\Aaron")))).toMatchObject({ code: "no-admin-left" });
	});

	it("an admin whose login is gone is none that is left", async () => {
		server.sql("CREATE ROLE gone LOGIN");
		await carryAs("aaron", add("gone"));
		server.sql(`DROP ROLE gone`);
		expect(await failure(() => carryAs("aaron", remove("CORP\\Aaron")))).toMatchObject({ code: "no-admin-left" });
		await carryAs("aaron", remove("gone"));
		expect(memberships("aaron")).toBe("admin");
	});
});

it("where nobody may give roles, naming says what a database administrator must run, once", async () => {
	const drop = "DROP FUNCTION cfm.give_role(text, text, boolean)";
	server.sql(drop, undefined, database);
	expect(await failure(() => carryAs("aaron", add("steve", { role: "issuer" })))).toMatchObject({
		code: "may-not-grant",
	});
	expect(memberships("steve")).toBe("");
	expect(await problems()).toEqual([]);
	const provider = postgresRegistries(secrets);
	const sql = (await provider.rolesSql?.(locationOf(server.reach, database))) ?? "";
	for (let times = 0; times < 2; times += 1) server.sql(sql, undefined, database);
	await carryAs("aaron", add("steve", { role: "issuer" }));
	expect(memberships("steve")).toBe("issuer");
	expect(await problems()).toEqual([]);
	// An administrator of the server who brings the registry up to date does the same.
	server.sql(drop, undefined, database);
	await provider.migrate(locationOf(server.reach, database), anAttribution());
	await carryAs("aaron", remove("steve"));
});

it("a registry that moves to a server gives its operators their roles there", async () => {
	const folder = makeFolder("operators-move");
	const file = join(folder, "registry.db");
	await sqliteRegistries.create(file, { adopt: false });
	const registry = await openSqliteRegistry(file, { readonly: false });
	const rows = [anOperator({ name: "CORP\\olga" }), anOperator({ name: "CORP\\nobody", role: "issuer" })];
	await make(
		registry,
		rows.map((row) => recordChange(operators, "operator.add", null, row)),
	);
	await registry.close();
	const target = makeDatabase(server.reach);
	const location = locationOf(server.reach, target);
	const to = {
		location,
		registries: postgresRegistries(secrets),
		open: () => open(location, { readonly: true, secrets }),
	};
	const from = {
		location: file,
		registries: sqliteRegistries,
		open: () => openSqliteRegistry(file, { readonly: true }),
	};
	const operation = moveRegistry({
		...{ from, to, kinds: recordKinds, attribution: anAttribution(), copy: join(folder, "copy.db") },
		during: (_, work) => work(),
	});
	await operation.apply(await operation.plan());
	const there = await to.open();
	expect(await there.read(listOperators)).toMatchObject([{ name: "CORP\\nobody", login: null }, { login: "olga" }]);
	expect((await there.check(recordKinds)).problems).toEqual([]);
	await there.close();
	expect(memberships("olga")).toContain(`cfm_${target}_admin`);
});
