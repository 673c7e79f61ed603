import type { Account } from "../../lib/account/account.js";
import { badUser } from "../../lib/account/account.js";
import type { Entry } from "../../lib/activation/add.js";
import { looksSecret, namesSecret, refuseSecretNote, secretRefused } from "../../lib/activation/refuse-secret.js";
import { parseSaid, type Said } from "../../lib/calendar/day.js";
import type { InputRow, InputTable } from "../../lib/cli/input/file.js";
import type { BadLine } from "../../lib/cli/input/lines.js";
import { line } from "../../lib/command-line.js";
import { CfmError } from "../../lib/errors.js";
import type { Host } from "../../lib/host/host.js";
import { t } from "../../lib/text.js";
import { accountReader } from "../ids/_accounts.js";

interface EntryFlags {
	approved?: string | undefined;
	subscription?: string | undefined;
	note?: string | undefined;
	from?: string | undefined;
	column?: string | undefined;
	domain?: string | undefined;
	encoding?: string | undefined;
	delimiter?: string | undefined;
	environment?: string | undefined;
}

export interface Entries {
	entries: Entry[];
	bad: BadLine[];
	/** What was read; undefined when no file is named. */
	input: InputTable | undefined;
}

/**
 * Who is to be recorded, and when they were approved: words of the command line, and a file with a column for each, or a plain
 * list of users with one date for all.
 *
 * @throws CfmError usage `no-users`, `bad-user`, `bad-date`, `no-approval`, `secret-refused`, and as `readInput`
 */
export async function readEntries(
	words: readonly string[],
	flags: EntryFlags,
	zone: string,
	host: Pick<Host, "accountNames">,
): Promise<Entries> {
	refuseSecretNote(flags.note);
	const forAll = flags.approved === undefined ? undefined : parseSaid(flags.approved, zone);
	const entryOf = (account: Account, said: Said | undefined): Entry => {
		if (said === undefined) throw noApproval(account, flags);
		return { account, said, note: flags.note ?? null, subscription: flags.subscription ?? null };
	};
	const readWord = await accountReader(words, flags.domain, host);
	const entries = words.map((word) => {
		const account = readWord(word);
		if ("problem" in account) throw badUser(account.problem, word);
		return entryOf(account, forAll);
	});
	if (flags.from === undefined) {
		if (entries.length === 0) throw noUsers(flags);
		return { entries, bad: [], input: undefined };
	}
	const read = await readFile(flags.from, flags, host);
	const bad: BadLine[] = [...read.bad];
	for (const { account, row, cells } of read.users) {
		try {
			const said = cells.approved === "" ? forAll : parseSaid(cells.approved, zone);
			const entry = entryOf(account, said);
			const note = cells.note === "" ? entry.note : cells.note;
			const subscription = cells.subscription === "" ? entry.subscription : cells.subscription;
			entries.push({ ...entry, note, subscription, line: row.line });
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			bad.push({ line: row.line, problem: error.message });
		}
	}
	return { entries, bad: bad.sort((a, b) => a.line - b.line), input: read.input };
}

type Cells = Record<"approved" | "subscription" | "note", string>;

/** The users of a file with what else it says of each. A file with a column of secrets is refused whole. */
async function readFile(source: string, flags: EntryFlags, host: Pick<Host, "accountNames">) {
	const [{ readInput }, { columnOf }, { placeOf, sortUsers }, { inputOptions }, { problemOfNote }] = await Promise.all([
		import("../../lib/cli/input/file.js"),
		import("../../lib/cli/input/columns.js"),
		import("../../lib/cli/input/users.js"),
		import("../../lib/cli/input/flags.js"),
		import("../../lib/cli/input/notes.js"),
	]);
	const input = await readInput(source, inputOptions(flags));
	const secret = input.columns.find(namesSecret);
	if (secret !== undefined) throw secretRefused(t`${input.source} has a column "${secret}".`);
	const named = (what: keyof Cells) => columnOf(input, what) ?? "";
	const columns = { approved: named("approved"), subscription: named("subscription"), note: named("note") };
	const { users, bad } = sortUsers(input, flags.column);
	const read = await accountReader(
		users.map(({ text }) => text),
		flags.domain,
		host,
	);
	const found: { account: Account; row: InputRow; cells: Cells }[] = [];
	for (const { text, row } of users) {
		const account = read(text);
		const cell = (name: string) => (row.values[name] ?? "").trim();
		const note = cell(columns.note);
		const cells = { approved: cell(columns.approved), subscription: cell(columns.subscription), note };
		const secretNote = looksSecret(note) ? t`The note looks like a code, which cfm never keeps.` : undefined;
		const problem = "problem" in account ? account.problem : (problemOfNote(note) ?? secretNote);
		if (problem !== undefined) bad.push({ ...placeOf(row), problem });
		else found.push({ account: account as Account, row, cells });
	}
	return { users: found, bad, input };
}

function noUsers({ environment }: EntryFlags): CfmError {
	return new CfmError("usage", "no-users", t`No user was named.`, {
		hints: [line("activations add", [{ fill: "CORP\\ana" }], { approved: { fill: "2026-01-15" }, environment })],
	});
}

function noApproval({ spelling }: Account, { environment }: EntryFlags): CfmError {
	return new CfmError("usage", "no-approval", t`When was the application of ${spelling} approved?`, {
		hints: [
			{
				say: t`The day is in the approval mail:`,
				line: line("activations add", [spelling], { approved: { fill: "2026-01-15" }, environment }),
			},
		],
		data: { user: spelling },
	});
}
