import { type Column, type Table, table } from "../../lib/cli/view.js";
import { line } from "../../lib/command-line.js";
import type { SiteOutcome } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";

interface Row {
	origin: string;
	environment?: string;
	note: string | null;
	since: string | null;
	outcome?: SiteOutcome;
}

const words: Readonly<Record<SiteOutcome, string>> = {
	added: t`added`,
	changed: t`changed`,
	removed: t`removed`,
	"already-so": t`unchanged`,
};

const site: Column<Row> = { head: t`SITE`, field: "origin", value: ({ origin }) => origin, whole: true };
const columns: readonly Column<Row>[] = [
	{ head: t`ENVIRONMENT`, field: "environment", value: ({ environment }) => environment ?? null },
	{ head: t`SINCE`, field: "since", value: ({ since }) => since, drawn: ({ since }) => since?.slice(0, 10) ?? null },
	{ head: t`NOTE`, field: "note", value: ({ note }) => note, shrinks: true },
	{ head: "", value: ({ outcome }) => (outcome === undefined ? null : words[outcome]) },
];

/** Sites as every command shows them. @param environment the only one that was asked for */
export function sitesTable(rows: readonly Row[], environment?: string): Table {
	const shown = [site, ...columns.filter(({ value }) => rows.some((row) => value(row) !== null))];
	const add = line("sites add", [{ fill: "https://HOST" }], { environment });
	return table(shown, rows, { say: t`No site is managed yet. Add one:`, line: add });
}
