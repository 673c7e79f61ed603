import { parseAccount, tryAccount } from "../../lib/account/account.js";
import type { BadLine } from "../../lib/cli/input/lines.js";
import { line } from "../../lib/command-line.js";
import { CfmError } from "../../lib/errors.js";
import type { Applicant } from "../../lib/id/allocate.js";
import { t } from "../../lib/text.js";

/**
 * The users a command is about: words of the command line, and a file when one is named.
 *
 * @returns with `keep-going` the bad lines too, which give no user
 * @throws CfmError usage `no-users`, `bad-user`, `bad-input-lines` (all bad lines at once, unless `keep-going`)
 */
export async function readApplicants(
	words: readonly string[],
	flags: {
		from?: string | undefined;
		column?: string | undefined;
		"keep-going"?: boolean;
		environment?: string | undefined;
	},
): Promise<{ applicants: Applicant[]; refused: BadLine[] }> {
	const applicants: Applicant[] = words.map((word) => ({ account: parseAccount(word) }));
	const refused: BadLine[] = [];
	if (flags.from !== undefined) {
		const [{ readInput, sortUsers }, { refuseBadLines }] = await Promise.all([
			import("../../lib/cli/input/file.js"),
			import("../../lib/cli/input/lines.js"),
		]);
		const input = await readInput(flags.from);
		const { users, bad } = sortUsers(input, flags.column);
		refused.push(...bad);
		for (const { line, text } of users) {
			const account = tryAccount(text);
			if ("problem" in account) refused.push({ line, problem: account.problem });
			else applicants.push({ account, line });
		}
		refused.sort((a, b) => a.line - b.line);
		if (!flags["keep-going"]) refuseBadLines(input.source, refused);
	}
	// A file without one good line is passed over line by line, too: the reasons are the answer.
	if (applicants.length === 0 && refused.length === 0) {
		throw new CfmError("usage", "no-users", t`No user was named.`, {
			hints: [
				line("ids allocate", [{ fill: "CORP\\ana" }], { environment: flags.environment }),
				line("ids allocate", [], { from: { fill: "users.csv" }, environment: flags.environment }),
			],
		});
	}
	return { applicants, refused };
}
