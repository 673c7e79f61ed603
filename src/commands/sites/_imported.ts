import { columnOf, isSiteWord } from "../../lib/cli/input/columns.js";
import { type InputTable, readInput } from "../../lib/cli/input/file.js";
import { inputOptions } from "../../lib/cli/input/flags.js";
import type { BadLine } from "../../lib/cli/input/lines.js";
import { problemOfNote } from "../../lib/cli/input/notes.js";
import { placeOf } from "../../lib/cli/input/users.js";
import { CfmError } from "../../lib/errors.js";
import { tryOrigin } from "../../lib/site/origin.js";
import type { NamedSite } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";

/** What the command line says of a file of sites. */
export interface SiteFlags {
	column?: string | undefined;
	"note-column"?: string | undefined;
	encoding?: string | undefined;
	delimiter?: string | undefined;
}

/**
 * Reads sites: a CSV with a column Site (and Note), or one site a line.
 *
 * @returns with the lines that are none, each with its reason
 * @throws CfmError usage `missing-column`, `unknown-column`, `duplicate-columns`, and as `readInput`
 */
export async function readImportedSites(
	source: string,
	flags: SiteFlags = {},
): Promise<{ sites: NamedSite[]; bad: BadLine[]; input: InputTable }> {
	const input = await readInput(source, { ...inputOptions(flags), holds: "sites" });
	const named = columnOf(input, "site", { name: flags.column, flag: "--column" });
	// A list of one column has no name for it, unless its first line is one.
	const site = input.kind === "plain" ? input.columns[0] : named;
	if (site === undefined) {
		throw new CfmError("usage", "missing-column", t`${input.source} must have the column Site.`, {
			hints: [t`First line: site,note`, t`If it is called otherwise, specify --column NAME.`],
			data: { columns: input.columns },
		});
	}
	const note = columnOf(input, "note", { name: flags["note-column"], flag: "--note-column" });
	const bad: BadLine[] = [...input.bad];
	const sites: NamedSite[] = [];
	for (const [at, row] of input.rows.entries()) {
		const text = row.values[site] ?? "";
		if (input.kind === "plain" && at === 0 && isSiteWord(text)) continue;
		const origin = tryOrigin(text);
		const remark = note === undefined ? "" : (row.values[note] ?? "").trim();
		const problem = typeof origin === "string" ? problemOfNote(remark) : origin.problem;
		if (typeof origin !== "string" || problem !== undefined) bad.push({ ...placeOf(row), problem: problem ?? "" });
		else sites.push({ origin, note: remark === "" ? null : remark });
	}
	return { sites, bad: bad.sort((a, b) => a.line - b.line), input };
}
