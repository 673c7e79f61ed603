import { allocations } from "../../id/allocation.js";
import { sha256Of } from "../../registry/event-chain.js";
import { roles as operatorRoles } from "../../registry/role.js";
import { functionSql, serverFunctions } from "./functions.js";
import { giveRole } from "./functions-of-operators.js";

/** The roles of a registry, from the one that may least. Nobody logs in as one of them: accounts are made members. */
const roles = [...operatorRoles, "owner", "keeper"] as const;

/** Those who may change what is in the registry. */
export const writers = ["operator", "issuer", "admin"] as const;

/** Bytes that a role's name may have; the server cuts a longer one, and two roles would be one. */
const longestName = 63;

/** What comes behind a prefix, at most. */
const longestEnding = "_operator".length;

/**
 * What the roles' names begin with: they are those of the whole server, so each registry has its own. Of a database whose name
 * leaves no room the beginning is taken, and a hash of all of it.
 */
export function rolePrefix(database: string): string {
	const name = `cfm_${database}`;
	const room = longestName - longestEnding;
	if (Buffer.byteLength(name) <= room) return name;
	const hash = sha256Of(database).slice(0, 12);
	let begin = name;
	while (Buffer.byteLength(begin) > room - hash.length - 1) begin = Array.from(begin).slice(0, -1).join("");
	return `${begin}_${hash}`;
}

export const functions = serverFunctions([...allocations.actions, "allocation.undo"]);

export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** Makes the roles that are not there. */
export function rolesSql(prefix: string): string {
	const role = (name: string) => identifier(`${prefix}_${name}`);
	const make = roles.map(
		(
			name,
		) => `IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${prefix.replaceAll("'", "''")}_${name}') THEN
		CREATE ROLE ${role(name)} NOLOGIN${name === "admin" || name === "keeper" ? " NOINHERIT" : ""};
	END IF;`,
	);
	return `DO $cfm$ BEGIN
	${make.join("\n\t")}
END $cfm$;
GRANT ${role("owner")} TO ${role("admin")};
GRANT ${operatorRoles.map(role).join(", ")} TO ${role("keeper")} WITH ADMIN OPTION;`;
}

const signature = ({ name, parameters }: (typeof functions)[number]) =>
	`cfm.${name}(${parameters.replace(/\w+ (\w+)/g, "$1")})`;

/**
 * Makes the function that gives roles, as the one role that may. Run by whoever made the roles or may do everything, not as the
 * owner: nobody in the registry may become the keeper.
 */
export function keeperSql(prefix: string): string {
	const [owner, keeper] = [identifier(`${prefix}_owner`), identifier(`${prefix}_keeper`)];
	return [
		`GRANT ${owner}, ${keeper} TO CURRENT_USER;`,
		`SET LOCAL ROLE ${owner};`,
		`GRANT USAGE, CREATE ON SCHEMA cfm TO ${keeper};`,
		`SET LOCAL ROLE ${keeper};`,
		functionSql(giveRole),
		`REVOKE ALL ON FUNCTION ${signature(giveRole)} FROM PUBLIC;`,
		`GRANT EXECUTE ON FUNCTION ${signature(giveRole)} TO ${owner};`,
		`SET LOCAL ROLE ${owner};`,
		`REVOKE USAGE, CREATE ON SCHEMA cfm FROM ${keeper};`,
		"RESET ROLE;",
		`REVOKE ${keeper} FROM CURRENT_USER;`,
	].join("\n");
}

/** Who may do what with the tables and functions. Run as their owner. */
export function grantsSql(prefix: string, tables: readonly string[]): string {
	const role = (name: string) => identifier(`${prefix}_${name}`);
	const all = (names: readonly string[]) => names.map(role).join(", ");
	const readers = all(operatorRoles);
	return [
		"REVOKE ALL ON SCHEMA cfm FROM PUBLIC;",
		`GRANT USAGE ON SCHEMA cfm TO ${readers};`,
		`REVOKE ALL ON ALL TABLES IN SCHEMA cfm FROM PUBLIC, ${readers};`,
		`GRANT SELECT ON ${tables.map((one) => `cfm.${one}`).join(", ")} TO ${readers};`,
		...functions
			.filter(({ byKeeper }) => !byKeeper)
			.flatMap((one) => [
				`REVOKE ALL ON FUNCTION ${signature(one)} FROM PUBLIC;`,
				...(one.for === "writers" ? [`GRANT EXECUTE ON FUNCTION ${signature(one)} TO ${all(writers)};`] : []),
			]),
	].join("\n");
}

/** The functions' SQL. */
export function functionsSql(): string {
	return functions
		.filter(({ byKeeper }) => !byKeeper)
		.map(functionSql)
		.join("\n");
}
