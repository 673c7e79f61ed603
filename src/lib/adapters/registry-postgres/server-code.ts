import type { RecordKind } from "../../registry/kind.js";
import type { Row } from "./connection.js";
import { expectedFunctions, type SchemaPart } from "./expected.js";
import { kindFacts } from "./kinds.js";
import { orNull, reading, text } from "./read-rows.js";
import { functions, identifier, rolePrefix, writers } from "./roles.js";

/** Asks one thing of the server; `$1` … stand for the values. */
export type Ask = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** A function that is in the registry's schema. */
interface FoundFunction extends SchemaPart {
	/** As `DROP FUNCTION` takes it. */
	signature: string;
	owner: string;
	/** Who may call it, beside the owner. */
	callers: string[];
}

/** The functions that are there, as `expectedFunctions` tells those that should be. */
export async function functionsThere(ask: Ask): Promise<FoundFunction[]> {
	const rows =
		await ask(`SELECT p.oid::regprocedure::text AS signature, pg_get_userbyid(proowner) AS owner, proname AS name,
		pg_get_function_identity_arguments(p.oid) AS parameters, pg_get_function_result(p.oid) AS returns, lanname AS language,
		prosecdef AS definer, coalesce(array_to_string(proconfig, ';'), '') AS config, prosrc AS body,
		(SELECT coalesce(jsonb_agg(CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END), '[]')
			FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee <> proowner) AS callers
		FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE pronamespace = 'cfm'::regnamespace`);
	return rows.map((row) => ({
		name: `${row.name}()`,
		text: JSON.stringify([
			...[row.name, String(row.parameters).replace(/\w+ (\w+)/g, "$1"), row.returns],
			...[row.language, row.definer, row.config, row.body],
		]),
		...{ signature: String(row.signature), owner: String(row.owner), callers: row.callers as string[] },
	}));
}

/** The kinds of which the server's functions are told something else than this program would tell them. */
export async function otherKinds(ask: Ask, kinds: readonly RecordKind[]): Promise<string[]> {
	const kept = await ask(
		"SELECT name, to_json(actions) AS actions, to_json(changed_by) AS changed_by, in_environment, tables FROM cfm.kinds",
	);
	const facts = new Map(kindFacts(kinds).map((one) => [one.name, sorted(one)]));
	const told = new Map(kept.map((row) => [String(row.name), sorted(row)]));
	return [...new Set([...facts.keys(), ...told.keys()])].filter((name) => facts.get(name) !== told.get(name));
}

/** What others than the owner may do, also with one column alone. */
const granted = `SELECT name, place, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END AS grantee,
		privilege_type AS may
	FROM (
		SELECT relname AS name, relname AS place, g.*, relowner AS owner FROM pg_class, aclexplode(relacl) g
			WHERE relnamespace = 'cfm'::regnamespace
		UNION ALL SELECT relname || '.' || attname, relname, g.*, relowner FROM pg_class
			JOIN pg_attribute ON attrelid = pg_class.oid, aclexplode(attacl) g WHERE relnamespace = 'cfm'::regnamespace
		UNION ALL SELECT proname || '()', NULL, g.*, proowner
			FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) g WHERE pronamespace = 'cfm'::regnamespace
		UNION ALL SELECT nspname, '', g.*, nspowner FROM pg_namespace, aclexplode(nspacl) g WHERE nspname = 'cfm'
	) AS rights WHERE grantee <> owner`;

const toRight = reading<{ name: string; place: string | null; grantee: string; may: string }>({
	name: text,
	/** The table; "" for the schema, null for a function. */
	place: orNull(text),
	grantee: text,
	may: text,
});

/** The rights that nobody but the owner should have: to write, and to call for whoever is not of the registry. */
export async function strangeRights(ask: Ask, prefix: string): Promise<ReturnType<typeof toRight>[]> {
	const callers = new Set([...writers, "owner"].map((one) => `${prefix}_${one}`));
	const rights = (await ask(granted)).map(toRight);
	return rights.filter(
		({ grantee, may }) => may !== "SELECT" && may !== "USAGE" && !(may === "EXECUTE" && callers.has(grantee)),
	);
}

/** The SQL that takes rights on tables and the schema away; those on functions go with the functions. */
function withoutRights(rights: Awaited<ReturnType<typeof strangeRights>>): string[] {
	const statements = rights.flatMap(({ place, grantee, may }) => {
		if (place === null) return [];
		const who = grantee === "PUBLIC" ? grantee : identifier(grantee);
		return place === ""
			? [`REVOKE ${may} ON SCHEMA cfm FROM ${who} CASCADE;`]
			: [`REVOKE ${may} ON cfm.${identifier(place)} FROM ${who} CASCADE;`];
	});
	return [...new Set(statements)];
}

/**
 * What the server runs that this program did not put there, though the schema may have the same number: functions with another
 * text, other rights or another owner, missing ones and strange ones, facts of kinds, and rights to write that others have.
 *
 * @returns how people are told of them, and the SQL that takes away what must go before this program's are made
 */
export async function otherCode(ask: Ask, kinds: readonly RecordKind[]): Promise<{ names: string[]; gone: string[] }> {
	const [[here], there, facts] = await Promise.all([
		ask("SELECT current_database() AS database"),
		functionsThere(ask),
		otherKinds(ask, kinds),
	]);
	const prefix = rolePrefix(String(here?.database));
	const rights = (await strangeRights(ask, prefix)).filter(({ place }) => place !== null);
	const callers = writers.map((role) => `${prefix}_${role}`);
	const told = (text: string, owner: string, who: readonly string[]) => JSON.stringify([text, owner, [...who].sort()]);
	const callersOf = { writers: callers, owner: [`${prefix}_owner`], nobody: [] };
	const expected = new Map(
		functions.map((one, at) => [
			told(
				expectedFunctions[at]?.text ?? "",
				`${prefix}_${one.byKeeper ? "keeper" : "owner"}`,
				one.byKeeper ? [...callersOf[one.for]] : callersOf[one.for],
			),
			`${one.name}()`,
		]),
	);
	// Only a database administrator can make it; without it cfm gives no roles, and says so.
	const keepers = functions.filter(({ byKeeper }) => byKeeper).map(({ name }) => `${name}()`);
	if (!there.some(({ name }) => keepers.includes(name)))
		for (const [key, name] of expected) if (keepers.includes(name)) expected.delete(key);
	const others = there.filter((one) => !expected.delete(told(one.text, one.owner, one.callers)));
	const names = [
		...[...others.map(({ name }) => name), ...expected.values(), ...facts.map((name) => `kinds: ${name}`)],
		...rights.map(({ name, grantee, may }) => `${name}: ${may} (${grantee})`),
	];
	const gone = [...others.map(({ signature }) => `DROP FUNCTION ${signature};`), ...withoutRights(rights)];
	return { names: [...new Set(names)].sort(), gone };
}

/** JSON with its fields in one order. */
function sorted(value: unknown): string {
	return JSON.stringify(value, (_, one: unknown) =>
		typeof one === "object" && one !== null && !Array.isArray(one)
			? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
			: one,
	);
}
