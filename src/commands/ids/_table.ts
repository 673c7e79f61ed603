import { type Column, type Line, type Table, table } from "../../lib/cli/view.js";
import type { Chunks } from "../../lib/registry/port.js";
import { t } from "../../lib/text.js";

/** What a table of allocations can show; a column that no row fills is left out on a terminal. */
interface Row {
	user?: string | null;
	id: number;
	port: number;
	state: string;
	environment?: string;
	until?: string | null;
	note?: string | null;
	created?: boolean;
	changed?: boolean;
	previousId?: number;
}

const listColumns: readonly Column<Row>[] = [
	{ head: t`USER`, value: ({ user }) => user ?? null, shrinks: true },
	{ head: t`ID`, value: ({ id }) => id, align: "right" },
	{ head: t`PORT`, value: ({ port }) => port, align: "right" },
	{
		head: t`STATE`,
		value: ({ state }) => state,
		tone: ({ state }) => (state === "quarantined" ? "caution" : undefined),
	},
	{ head: t`ENVIRONMENT`, value: ({ environment }) => environment ?? null },
	{ head: t`UNTIL`, value: ({ until }) => until ?? null, drawn: ({ until }) => until?.slice(0, 10) ?? null },
	{ head: t`NOTE`, value: ({ note }) => note ?? null, shrinks: true },
];

/** What only an answer to a change has. */
const columns: readonly Column<Row>[] = [
	...listColumns,
	{ head: t`WAS`, value: ({ previousId }) => previousId ?? null, align: "right" },
	{ head: "", value: happened },
];

/** Allocations as every command shows them. */
export function allocationsTable(rows: readonly Row[] | Chunks<Row>): Table {
	const shown = Array.isArray(rows)
		? columns.filter(({ value }) => rows.some((row) => value(row) !== null))
		: listColumns;
	return table(shown, rows, t`No ID matches.`);
}

/** IDs that were passed over, a line each; of many the first. */
export function skippedLines(skipped: readonly { id: number; message: string }[] = []): Line[] {
	const lines: Line[] = skipped
		.slice(0, 5)
		.map(({ id, message }) => ({ line: t`Skipped: ID ${id}, ${message}.`, tone: "caution" }));
	const more = skipped.length - lines.length;
	return more === 0 ? lines : [...lines, { line: t`Skipped: ${more} more (--json lists all).`, tone: "caution" }];
}

function happened({ created, changed }: Row): string | null {
	if (created !== undefined) return created ? t`new` : t`already allocated`;
	return changed === false ? t`unchanged` : null;
}
