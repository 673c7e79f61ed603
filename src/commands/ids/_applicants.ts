import { type Account, badUser } from "../../lib/account/account.js";
import type { InputTable } from "../../lib/cli/input/file.js";
import type { BadLine } from "../../lib/cli/input/lines.js";
import { line } from "../../lib/command-line.js";
import { CfmError } from "../../lib/errors.js";
import type { Host } from "../../lib/host/host.js";
import type { Applicant } from "../../lib/id/applicants.js";
import { problemOfService } from "../../lib/id/refuse-service-accounts.js";
import { t } from "../../lib/text.js";
import { accountReader } from "./_accounts.js";

/** What the command line says of a file of users, and of those it names itself. */
interface ApplicantFlags {
	from?: string | undefined;
	column?: string | undefined;
	"note-column"?: string | undefined;
	domain?: string | undefined;
	encoding?: string | undefined;
	delimiter?: string | undefined;
	environment?: string | undefined;
	/** Machine and service accounts are users, too. */
	"service-account"?: boolean | undefined;
}

export interface Applicants {
	applicants: Applicant[];
	/** Lines that give no user; a caller that does not go on without them refuses them. */
	bad: BadLine[];
	/** What was read; undefined when no file is named. */
	input: InputTable | undefined;
}

/**
 * The users a command is about: words of the command line, and a file when one is named. A SID in a user's place is looked
 * up, where this machine can.
 *
 * @throws CfmError usage `no-users`, `bad-user`, `bad-domain`, `own-export`, and as `readInput` and `usersColumn`
 */
export async function readApplicants(
	words: readonly string[],
	flags: ApplicantFlags,
	host: Pick<Host, "accountNames">,
	command: "ids allocate" | "ids release" = "ids allocate",
): Promise<Applicants> {
	const applicants: Applicant[] = [];
	const readWord = await accountReader(words, flags.domain, host);
	for (const word of words) {
		const account = readWord(word);
		if ("problem" in account) throw badUser(account.problem, word);
		applicants.push({ account });
	}
	if (flags.from === undefined) {
		if (applicants.length === 0) throw noUsers(command, flags.environment);
		return { applicants, bad: [], input: undefined };
	}
	const [{ readInput }, { rowsOfExport }, { columnOf }, { placeOf, sortUsers }, { inputOptions }, { problemOfNote }] =
		await Promise.all([
			import("../../lib/cli/input/file.js"),
			import("../../lib/id/exported.js"),
			import("../../lib/cli/input/columns.js"),
			import("../../lib/cli/input/users.js"),
			import("../../lib/cli/input/flags.js"),
			import("../../lib/cli/input/notes.js"),
		]);
	const mayBeOurs = command === "ids allocate";
	// Read only to be refused with the way on.
	const rowsOfJson = mayBeOurs ? rowsOfExport : undefined;
	const input = await readInput(flags.from, { ...inputOptions(flags), rowsOfJson });
	if (mayBeOurs && ownColumns.every((what) => columnOf(input, what) !== undefined))
		throw ownExport(flags, input.source);
	const sidColumn = columnOf(input, "sid") ?? "";
	// Only one that was asked for: what somebody wrote beside a name need not be meant for the registry.
	const asked = flags["note-column"];
	const noteColumn = asked === undefined ? "" : (columnOf(input, "note", { name: asked, flag: "--note-column" }) ?? "");
	const { users, bad } = sortUsers(input, flags.column);
	const read = await accountReader(
		users.map(({ text }) => text),
		flags.domain,
		host,
	);
	for (const { text, row } of users) {
		const account = read(text, row.values[sidColumn]);
		const note = (row.values[noteColumn] ?? "").trim();
		const problem =
			"problem" in account
				? account.problem
				: (problemOfNote(note) ?? (flags["service-account"] ? undefined : problemOfService(account)));
		if (problem !== undefined) bad.push({ ...placeOf(row), problem });
		else applicants.push({ account: account as Account, line: row.line, ...(note !== "" && { note }) });
	}
	return { applicants, bad: bad.sort((a, b) => a.line - b.line), input };
}

/** What our own export has, and `ids list` in a file, and hardly any other list of users. */
const ownColumns = ["user", "id", "port", "state"] as const;

/** Whoever left and whoever has an ID elsewhere would get a new one. */
function ownExport({ from = "", environment }: ApplicantFlags, source: string): CfmError {
	const message = t`${source} is an export of cfm: it says who has which ID. Import it instead.`;
	return new CfmError("usage", "own-export", message, {
		hints: [line("ids import", [from], { environment })],
		data: { source },
	});
}

function noUsers(command: string, environment: string | undefined): CfmError {
	return new CfmError("usage", "no-users", t`No user was named.`, {
		hints: [
			line(command, [{ fill: "CORP\\ana" }], { environment }),
			line(command, [], { from: { fill: "users.csv" }, environment }),
		],
	});
}
