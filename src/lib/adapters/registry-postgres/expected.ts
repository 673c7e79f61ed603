import type { RecordKind } from "../../registry/kind.js";
import { keeperPath, searchPath } from "./functions.js";
import { functions } from "./roles.js";
import { migration } from "./schema.js";
import type { ServerFunction } from "./server-function.js";
import { splitAtCommas } from "./translate.js";

/** Something that a registry's schema on a server consists of, in one form whoever says it. */
export interface SchemaPart {
	/** What it belongs to: a table, an index, a function. */
	name: string;
	text: string;
}

/**
 * The server tells definitions in its own words: with casts and brackets that nobody wrote. Without them two texts can be
 * compared.
 */
export function plainSql(text: string): string {
	return text
		.toLowerCase()
		.replace(/::(text|bigint|double precision)\b/g, "")
		.replace(/ using btree| collate "c"|\bcfm\./g, "")
		.replace(/[\s()"]/g, "");
}

/** What the migrations make: columns, rules and indexes of tables. */
export function expectedParts(kinds: readonly RecordKind[]): SchemaPart[] {
	const sql = migration(kinds, 0);
	const tables = [...sql.matchAll(/^CREATE TABLE (\w+) \(\n([\s\S]*?)\n\);/gm)];
	const indexes = [...sql.matchAll(/^CREATE (?:UNIQUE )?INDEX (\w+) ON [^;]*/gm)];
	return [
		...tables.flatMap(([, name = "", body = ""]) => splitAtCommas(body).flatMap((part) => partsOf(name, part))),
		...indexes.map(([text, name = ""]) => ({ name, text: plainSql(text) })),
	];
}

function partsOf(table: string, part: string): SchemaPart[] {
	const rule = (text: string) => ({ name: table, text: plainSql(text) });
	if (/^(PRIMARY KEY|CHECK)\b/.test(part)) return [rule(part)];
	const [, column = "", rest = ""] = /^"?(\w+)"?\s+([\s\S]*)$/.exec(part) ?? [];
	const [, type = ""] =
		/^(bigint|double precision|timestamp with time zone|boolean|jsonb|text\[\]|text)/.exec(rest) ?? [];
	const isKey = /\bPRIMARY KEY\b/.test(rest);
	const standard = /(?<!BY )\bDEFAULT ([\w()]+)/.exec(rest)?.[1] ?? "";
	const check = /\bCHECK \(.*\)/.exec(rest)?.[0];
	const refers = /\bREFERENCES (\w+)/.exec(rest)?.[1];
	return [
		{
			name: table,
			text: columnText(column, type, {
				isBytewise: /COLLATE "C"/.test(rest),
				isNeeded: isKey || /\bNOT NULL\b/.test(rest) || /\bIDENTITY\b/.test(rest),
				isNumbered: /\bIDENTITY\b/.test(rest),
				standard,
			}),
		},
		...(isKey ? [rule(`PRIMARY KEY (${column})`)] : []),
		...(check === undefined ? [] : [rule(check)]),
		...(refers === undefined ? [] : [rule(`FOREIGN KEY (${column}) REFERENCES ${refers}(environment)`)]),
	];
}

/** One column, as both sides say it. */
export function columnText(
	name: string,
	type: string,
	{
		isBytewise,
		isNeeded,
		isNumbered,
		standard,
	}: { isBytewise: boolean; isNeeded: boolean; isNumbered: boolean; standard: string },
): string {
	return [
		`column ${name} ${type}`,
		...(isBytewise ? ["bytewise"] : []),
		...(isNeeded ? ["needed"] : []),
		...(isNumbered ? ["numbered"] : []),
		...(standard === "" ? [] : [`else ${plainSql(standard)}`]),
	].join(" ");
}

/** What the server keeps of a function: its text, and how it is run. */
function functionText({ name, parameters, returns, body, language, byKeeper }: ServerFunction): string {
	const types = parameters.split(", ").map((one) => one.split(" ").at(-1));
	const isSql = language === "sql";
	return JSON.stringify([
		name,
		types.join(", "),
		returns,
		isSql ? "sql" : "plpgsql",
		!isSql,
		isSql ? "" : `search_path=${byKeeper ? keeperPath : searchPath}`,
		body,
	]);
}

export const expectedFunctions: readonly SchemaPart[] = functions.map((one) => ({
	name: `${one.name}()`,
	text: functionText(one),
}));
