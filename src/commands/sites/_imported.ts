import { findColumn, readInput } from "../../lib/cli/input/file.js";
import { type BadLine, refuseBadLines } from "../../lib/cli/input/lines.js";
import { CfmError } from "../../lib/errors.js";
import { tryOrigin } from "../../lib/site/origin.js";
import type { NamedSite } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";

/** The columns that can name the site; the first that is there counts. */
const siteColumns = ["site", "origin", "url", "address", "adresse"];

/**
 * Reads sites: a CSV with a column Site (and Note), or one site a line.
 *
 * @throws CfmError usage `missing-column`, `bad-input-lines` (all bad lines at once)
 */
export async function readImportedSites(source: string): Promise<{ sites: NamedSite[]; source: string }> {
	const input = await readInput(source);
	// A list of one column has no name for it, unless its first line is one.
	const site =
		input.kind === "plain"
			? input.columns[0]
			: siteColumns.map((name) => findColumn(input, name)).find((name) => name !== undefined);
	if (site === undefined) {
		throw new CfmError("usage", "missing-column", t`${input.source} must have the column Site.`, {
			hints: [t`First line: site,note`],
			data: { columns: input.columns },
		});
	}
	const note = findColumn(input, "note");
	const bad: BadLine[] = [...input.bad];
	const sites: NamedSite[] = [];
	for (const [at, { line, values }] of input.rows.entries()) {
		const text = values[site] ?? "";
		if (input.kind === "plain" && at === 0 && siteColumns.includes(text.toLowerCase())) continue;
		const origin = tryOrigin(text);
		const remark = note === undefined ? "" : (values[note] ?? "").trim();
		if (typeof origin !== "string") bad.push({ line, problem: origin.problem });
		else if (/\p{Cc}/u.test(remark)) bad.push({ line, problem: t`The note contains a control character.` });
		else sites.push({ origin, note: remark === "" ? null : remark });
	}
	refuseBadLines(input.source, bad);
	return { sites, source: input.source };
}
