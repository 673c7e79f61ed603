import type { Account } from "../../lib/account/account.js";
import { columnOf } from "../../lib/cli/input/columns.js";
import { type InputRow, type InputTable, readInput } from "../../lib/cli/input/file.js";
import { inputOptions } from "../../lib/cli/input/flags.js";
import type { BadLine } from "../../lib/cli/input/lines.js";
import { problemOfNote } from "../../lib/cli/input/notes.js";
import { placeOf, problemOfUser } from "../../lib/cli/input/users.js";
import { CfmError } from "../../lib/errors.js";
import type { Host } from "../../lib/host/host.js";
import type { AllocationState } from "../../lib/id/allocation.js";
import { plainCell } from "../../lib/id/export.js";
import { rowsOfExport } from "../../lib/id/exported.js";
import { parseId } from "../../lib/id/ids.js";
import type { ImportedId } from "../../lib/id/import.js";
import { t } from "../../lib/text.js";
import { accountReader } from "./_accounts.js";

/** What the command line says of a file of IDs. */
export interface ImportFlags {
	column?: string | undefined;
	"id-column"?: string | undefined;
	"note-column"?: string | undefined;
	domain?: string | undefined;
	environment?: string | undefined;
	encoding?: string | undefined;
	delimiter?: string | undefined;
}

type ReadAccount = Awaited<ReturnType<typeof accountReader>>;

type Columns = Record<
	"user" | "id" | "note" | "sid" | "environment" | "state" | "since" | "until" | "port",
	string | undefined
>;

/**
 * Reads the IDs that are in use already: a CSV with an ID and a user column, and what `ids export` has beside them, or its
 * JSON. A row
 * without a user, or whose `state` is `reserved`, is a reservation. `--environment` wins over the file's own.
 *
 * @returns with the lines that are none, each with its reason
 * @throws CfmError usage `missing-column`, `unknown-column`, `duplicate-columns`, `bad-domain`, and as `readInput`
 */
export async function readImportedIds(
	source: string,
	flags: ImportFlags,
	host: Pick<Host, "accountNames">,
): Promise<{ rows: ImportedId[]; bad: BadLine[]; input: InputTable }> {
	const input = await readInput(source, { ...inputOptions(flags), holds: "ids", rowsOfJson: rowsOfExport });
	const columns = columnsOf(input, flags);
	// Only our own export has this column, and only it escapes what stands within a cell.
	const isOurs = columns.since !== undefined && columns.sid !== undefined;
	// Nothing is escaped in a JSON.
	const plain = (text: string) => (input.kind === "json" ? text : plainCell(text, isOurs));
	const userOf = ({ values }: InputRow) => plain(values[columns.user ?? ""] ?? "").trim();
	const read = await accountReader(input.rows.map(userOf), flags.domain, host);
	const rows: ImportedId[] = [];
	const bad: BadLine[] = [...input.bad];
	for (const row of input.rows) {
		try {
			rows.push(toImported(row, columns, { isOurs, plain }, read));
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			bad.push({ ...placeOf(row), problem: error.message });
		}
	}
	return { rows, bad: bad.sort((a, b) => a.line - b.line), input };
}

function columnsOf(input: InputTable, flags: ImportFlags): Columns {
	const asked = (name: string | undefined, flag: string) => ({ name, flag });
	const columns: Columns = {
		user: columnOf(input, "user", asked(flags.column, "--column")),
		id: columnOf(input, "id", asked(flags["id-column"], "--id-column")),
		note: columnOf(input, "note", asked(flags["note-column"], "--note-column")),
		environment: flags.environment === undefined ? columnOf(input, "environment") : undefined,
		sid: columnOf(input, "sid"),
		state: columnOf(input, "state"),
		since: columnOf(input, "since"),
		until: columnOf(input, "until"),
		port: columnOf(input, "port"),
	};
	if (columns.id !== undefined && columns.user !== undefined) return columns;
	throw new CfmError("usage", "missing-column", t`${input.source} must have the columns ID and User.`, {
		hints: [t`First line: user,id,note`, t`If they are called otherwise, specify --column NAME and --id-column NAME.`],
		data: { columns: input.columns },
	});
}

/** @throws CfmError for a row that is none */
function toImported(
	row: InputRow,
	columns: Columns,
	{ isOurs, plain }: { isOurs: boolean; plain: (text: string) => string },
	read: ReadAccount,
): ImportedId {
	const cell = (what: keyof Columns): string => {
		const column = columns[what];
		const text = column === undefined ? "" : (row.values[column] ?? "");
		return what === "user" || what === "note" ? plain(text) : text.trim();
	};
	const name = cell("user").trim();
	const state = stateOf(cell("state"), name);
	const note = isOurs ? cell("note") : cell("note").trim();
	const problem = problemOfUser(name) ?? problemOfNote(note);
	if (problem !== undefined) throw bad(problem);
	if (state !== "reserved" && name === "") throw bad(t`no user, but the state is ${state}`);
	return {
		line: row.line,
		id: parseId(cell("id")),
		state,
		account: state === "reserved" ? null : accountOf(name, cell("sid"), read),
		note: note === "" ? null : note,
		environment: cell("environment") || undefined,
		since: timeOf(cell("since")),
		until: state === "quarantined" ? timeOf(cell("until")) : undefined,
		...(isOurs && { wasRegistered: true }),
		port: /^\d+$/.test(cell("port")) ? Number(cell("port")) : undefined,
	};
}

function stateOf(text: string, user: string): AllocationState {
	const state = text.toLowerCase();
	if (state === "allocated" || state === "reserved" || state === "quarantined") return state;
	if (state !== "") throw bad(t`unknown state ${text}: it must be allocated, reserved or quarantined`);
	return user === "" ? "reserved" : "allocated";
}

function accountOf(text: string, sid: string, read: ReadAccount): Account {
	const account = read(text, sid);
	if ("problem" in account) throw bad(account.problem);
	return account;
}

/** A time as we write it; what is no time of this form cannot be told from a local one. */
function timeOf(text: string): string | undefined {
	if (text === "") return undefined;
	const isIso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text);
	const time = isIso ? new Date(text) : undefined;
	if (time === undefined || Number.isNaN(time.getTime()))
		throw bad(t`not a time: ${text} (write 2026-03-01T08:00:00Z)`);
	return time.toISOString();
}

function bad(problem: string): CfmError {
	return new CfmError("usage", "bad-input-lines", problem);
}
