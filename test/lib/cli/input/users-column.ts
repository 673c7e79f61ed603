import type { InputTable } from "../../../../src/lib/cli/input/file.js";
import { refuseBadLines } from "../../../../src/lib/cli/input/lines.js";
import { sortUsers } from "../../../../src/lib/cli/input/users.js";

/** The users of an input in which no line is bad, as a command reads them that does not go on without the bad ones. */
export function usersColumn(table: InputTable, column?: string): { line: number; text: string }[] {
	const { users, bad } = sortUsers(table, column);
	refuseBadLines(table.source, bad);
	return users.map(({ text, row: { line } }) => ({ line, text }));
}
