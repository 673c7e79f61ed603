import { t } from "../../text.js";
import { usersColumn } from "./columns.js";
import type { InputRow, InputTable } from "./file.js";
import type { BadLine } from "./lines.js";

/** A user as the input spells them, without surrounding white space, and the row that names them. */
export interface InputUser {
	text: string;
	row: InputRow;
}

/** Far more than any user's name; a guard for the texts that will quote it. */
const MAX_USER_LENGTH = 1000;

/**
 * The users of an input, and all lines that give none, from the column chosen by name (without regard to case), or else
 * from the only plausible one: the one column named like an account (User, SamAccountName, UserPrincipalName, Login,
 * Compte …); if there is none, `Name`; if there is only one column at all, that one.
 *
 * SamAccountName and UserPrincipalName side by side are not decided between: they need not name a user alike, and the
 * registry would keep the spelling.
 *
 * @throws CfmError as `usersColumn`
 */
export function sortUsers(table: InputTable, column?: string): { users: InputUser[]; bad: BadLine[] } {
	const name = usersColumn(table, column);
	const users: InputUser[] = [];
	const bad = [...table.bad];
	for (const row of table.rows) {
		const text = (row.values[name] ?? "").trim();
		const problem = text === "" ? t`no user in the column "${name}"` : problemOfUser(text);
		if (problem === undefined) users.push({ text, row });
		else bad.push({ ...placeOf(row), problem });
	}
	return { users, bad: bad.sort((a, b) => a.line - b.line) };
}

/** What stands against a text as a user's, before it is read as an account; undefined when nothing does. */
export function problemOfUser(text: string): string | undefined {
	if (text.length > MAX_USER_LENGTH) return t`${text.length} characters, too long for a user's name`;
	if (/[\t\r\n]/.test(text)) return t`a tab or a line break inside the user's name`;
	// No account's name ends with a dot in Windows; a table that is too narrow ends so.
	if (/(?:\u2026|\.\.\.)$/.test(text)) return t`the end of the name was cut off by a printed table`;
	return undefined;
}

/** The lines that a row stands on. */
export function placeOf({ line, lastLine }: InputRow): Pick<BadLine, "line" | "lastLine"> {
	return lastLine === undefined ? { line } : { line, lastLine };
}
