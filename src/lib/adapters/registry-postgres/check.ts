import { chainStart } from "../../registry/event-chain.js";
import type { RecordKind } from "../../registry/kind.js";
import type { CheckReport, RegistryProblem } from "../../registry/registry.js";
import { t } from "../../text.js";
import { checkContent, type Report, type StoredContent } from "../registry-sql/check-content.js";
import type { Connection, Row } from "./connection.js";
import { sqlOf } from "./dialect.js";
import { columnText, expectedFunctions, expectedParts, plainSql, type SchemaPart } from "./expected.js";
import { counted, stored } from "./read-rows.js";
import { functions, rolePrefix } from "./roles.js";
import { contentTables } from "./schema.js";
import { type Ask, functionsThere, otherKinds, strangeRights } from "./server-code.js";
import { eventColumns, toAnswer, toPiece, toRange, toStoredEvent } from "./stored-rows.js";
import type { PostgresView } from "./view.js";

/**
 * Looks for everything that can be wrong with a registry on a server: tables, rules and functions that are not those that cfm
 * made, triggers that would work unseen, others who own or may write what only the registry's owner may, and all that is
 * looked for in a file. Must run inside a transaction that reads one state.
 */
export async function checkRegistry(
	connection: Connection,
	view: PostgresView,
	kinds: readonly RecordKind[],
): Promise<CheckReport> {
	const problems: RegistryProblem[] = [];
	const remarks: string[] = [];
	const report: Report = (code, message) => problems.push({ code, message });
	const ask: Ask = async (sql, values) => (await connection.ask(sql, values)).rows;
	await checkSchema(ask, kinds, report);
	await checkRights(ask, report);
	for (const table of contentTables(kinds)) {
		if (["environments", "events", "answers"].includes(table)) continue;
		const inside = `SELECT FROM pg_attribute WHERE attrelid = 'cfm.${table}'::regclass AND attname = 'environment'`;
		if ((await ask(inside)).length === 0) continue;
		const alone = `SELECT FROM ${table} x WHERE NOT EXISTS (SELECT FROM environments e WHERE e.environment = x.environment) LIMIT 1`;
		if ((await ask(alone)).length > 0) report("orphans", t`Rows without their environment.`);
	}
	const checked = await checkContent(contentOf(view, ask), kinds, report, remarks);
	await checkEnd(ask, report);
	return { problems, remarks, checked };
}

/** The row that everybody locks must hold the end of the log: the next event is chained to it. */
async function checkEnd(ask: Ask, report: Report): Promise<void> {
	const [[end], [last]] = await Promise.all([
		ask("SELECT seq, hash FROM chain"),
		ask("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1"),
	]);
	const expected = last ?? { seq: 0, hash: chainStart };
	if (end?.seq !== expected.seq || end?.hash !== expected.hash)
		report("event-log-changed", t`The end of the event log is not what the registry's last change left.`);
}

const columns = `SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
	(SELECT collname FROM pg_collation WHERE oid = a.attcollation) = 'C' AS bytewise, a.attnotnull AS needed,
	a.attidentity <> '' AS numbered, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS standard
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE c.relnamespace = 'cfm'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped`;

const rules = `SELECT c.relname AS "table", pg_get_constraintdef(o.oid) AS text FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
	WHERE o.connamespace = 'cfm'::regnamespace`;

const indexes = `SELECT c.relname AS name, pg_get_indexdef(c.oid) AS text FROM pg_class c
	WHERE c.relnamespace = 'cfm'::regnamespace AND c.relkind = 'i' AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid)`;

/** What works unseen, or has no place here. */
const strangers = `SELECT tgname AS name FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
		WHERE c.relnamespace = 'cfm'::regnamespace AND (NOT tgisinternal OR tgenabled <> 'O')
	UNION SELECT r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
		WHERE c.relnamespace = 'cfm'::regnamespace
	UNION SELECT polname FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE c.relnamespace = 'cfm'::regnamespace
	UNION SELECT relname FROM pg_class WHERE relnamespace = 'cfm'::regnamespace
		AND (relkind NOT IN ('r', 'i', 'S') OR relrowsecurity OR relpersistence <> 'p')
	UNION SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE c.relnamespace = 'cfm'::regnamespace`;

async function checkSchema(ask: Ask, kinds: readonly RecordKind[], report: Report): Promise<void> {
	const [made, columnsFound, rulesFound, indexesFound, strange] = await Promise.all([
		functionsThere(ask),
		...[columns, rules, indexes, strangers].map((sql) => ask(sql)),
	]);
	const found: SchemaPart[] = [
		...(columnsFound ?? []).map((row) => ({
			name: String(row.table),
			text: columnText(String(row.name), String(row.type), {
				isBytewise: row.bytewise === true,
				isNeeded: row.needed === true,
				isNumbered: row.numbered === true,
				standard: String(row.standard),
			}),
		})),
		...(rulesFound ?? []).map((row) => ({ name: String(row.table), text: plainSql(String(row.text)) })),
		...(indexesFound ?? []).map((row) => ({ name: String(row.name), text: plainSql(String(row.text)) })),
		...made,
		...(strange ?? []).map((row) => ({ name: String(row.name), text: "strange" })),
	];
	// What only a database administrator can make is not missed.
	const isThere = new Set(found.map(({ name }) => name));
	const optional = new Set(functions.filter(({ byKeeper }) => byKeeper).map(({ name }) => `${name}()`));
	const expected = [
		...expectedParts(kinds),
		...expectedFunctions.filter(({ name }) => isThere.has(name) || !optional.has(name)),
	];
	const rest = new Map(expected.map(({ name, text }) => [`${name} ${text}`, name]));
	const wrong = new Set(found.filter(({ name, text }) => !rest.delete(`${name} ${text}`)).map(({ name }) => name));
	const known = new Set(found.map(({ name }) => name));
	const missing = new Set([...rest.values()].filter((name) => !known.has(name)));
	for (const name of rest.values()) if (known.has(name)) wrong.add(name);
	for (const name of wrong) report("schema-changed", t`${name} is not as cfm created it.`);
	if (missing.size > 0) report("schema-changed", t`Missing: ${[...missing].join(", ")}.`);
	for (const name of await otherKinds(ask, kinds))
		report("schema-changed", t`${`kinds: ${name}`} is not as cfm created it.`);
}

/** Who owns what is in the registry's schema. */
const owned = `SELECT relname AS name, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'cfm'::regnamespace
	UNION ALL SELECT proname || '()', pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'cfm'::regnamespace
	UNION ALL SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'cfm'`;

/** Everything is the owner's, whom nobody can log in as; others read tables and call functions, and nothing else. */
async function checkRights(ask: Ask, report: Report): Promise<void> {
	const [[here], owners] = await Promise.all([ask("SELECT current_database() AS database"), ask(owned)]);
	const prefix = rolePrefix(String(here?.database));
	const owner = `${prefix}_owner`;
	const keeper = `${prefix}_keeper`;
	const ofKeeper = new Set(functions.filter(({ byKeeper }) => byKeeper).map(({ name }) => `${name}()`));
	for (const one of owners)
		if (one.owner !== (ofKeeper.has(String(one.name)) ? keeper : owner))
			report("schema-changed", t`${String(one.name)} belongs to ${String(one.owner)}, not to ${owner}.`);
	for (const { name, grantee, may } of await strangeRights(ask, prefix))
		report("schema-changed", t`${grantee} has the right ${may} on ${name}.`);
	const [logins, members] = await Promise.all([
		ask("SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname = ANY ($1)", [[owner, keeper]]),
		ask(
			`SELECT pg_get_userbyid(member)::text AS member FROM pg_auth_members
				WHERE pg_get_userbyid(roleid) = $1 AND pg_get_userbyid(member) <> $2 OR pg_get_userbyid(roleid) = $3`,
			[owner, `${prefix}_admin`, keeper],
		),
	]);
	for (const { rolname } of logins) report("schema-changed", t`Somebody can log in as ${String(rolname)}.`);
	for (const { member } of members)
		report("schema-changed", t`${String(member)} is a member of ${owner} or ${keeper}, and may change everything.`);
}

/** Reads what the server holds, by cursors. */
function contentOf(view: PostgresView, ask: Ask): StoredContent {
	const all = <T>(toRow: (row: Row) => T, sql: string, ...values: unknown[]) =>
		view.stream(sql, values, undefined, toRow);
	return {
		environments: async () =>
			(
				await ask(
					'SELECT environment, name, first_id AS "firstId", last_id AS "lastId" FROM environments ORDER BY environment',
				)
			).map(toRange),
		pieces: (environment) =>
			all(
				toPiece,
				`SELECT lo, hi, 0 AS held FROM gaps WHERE environment = ?
				UNION ALL SELECT id, id, 1 FROM allocations WHERE environment = ? ORDER BY lo`,
				environment,
				environment,
			),
		events: () => all(toStoredEvent, `SELECT ${eventColumns} FROM events ORDER BY seq`),
		rows(kind) {
			const sql = sqlOf(kind);
			const { sql: text, parameters } = sql.list({});
			return view.stream(text, parameters, undefined, (row) => sql.read(stored(row)));
		},
		identity: (kind, row) => sqlOf(kind).identity(row),
		answers: () => all(toAnswer, "SELECT request_key, fingerprint, answer, at, hash FROM answers ORDER BY request_key"),
		countAllocations: async () => counted(await ask("SELECT count(*) AS n FROM allocations")),
	};
}
