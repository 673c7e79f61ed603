import { type Column, type Line, type Table, table } from "../../lib/cli/view.js";
import { line } from "../../lib/command-line.js";
import type { Renamed } from "../../lib/id/allocate.js";
import type { IdBlock } from "../../lib/id/ranges.js";
import type { Chunks } from "../../lib/registry/registry.js";
import { plural, t } from "../../lib/text.js";

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
	returned?: boolean;
	changed?: boolean;
	previousId?: number;
	previousUser?: string;
}

const listColumns: readonly Column<Row>[] = [
	{ head: t`USER`, field: "user", value: ({ user }) => user ?? null, whole: true },
	{ head: t`ID`, field: "id", value: ({ id }) => id, align: "right", whole: true },
	{ head: t`PORT`, field: "port", value: ({ port }) => port, align: "right" },
	{
		head: t`STATE`,
		field: "state",
		value: ({ state }) => state,
		tone: ({ state }) => (state === "quarantined" ? "caution" : undefined),
	},
	{ head: t`ENVIRONMENT`, field: "environment", value: ({ environment }) => environment ?? null },
	{
		head: t`UNTIL`,
		field: "until",
		value: ({ until }) => until ?? null,
		drawn: ({ until }) => until?.slice(0, 10) ?? null,
	},
	{ head: t`NOTE`, field: "note", value: ({ note }) => note ?? null, shrinks: true },
];

/** What only an answer to a change has. */
const columns: readonly Column<Row>[] = [
	...listColumns,
	{ head: t`WAS`, value: ({ previousId }) => previousId ?? null, align: "right" },
	{ head: t`WAS`, value: ({ previousUser }) => previousUser ?? null, shrinks: true },
	{ head: "", value: happened },
];

/** Allocations as every command shows them. */
export function allocationsTable(rows: readonly Row[] | Chunks<Row>): Table {
	const shown = Array.isArray(rows)
		? columns.filter(({ value }) => rows.some((row) => value(row) !== null))
		: listColumns;
	return table(shown, rows, t`No ID matches.`);
}

const rangeColumns: readonly Column<IdBlock>[] = [
	{
		head: t`IDS`,
		value: ({ first, last }) => (first === last ? first : `${first}-${last}`),
		align: "right",
		whole: true,
	},
	{ head: t`COUNT`, field: "count", value: ({ count }) => count, align: "right" },
	{
		head: t`PORTS`,
		value: ({ firstPort, lastPort }) => (firstPort === lastPort ? firstPort : `${firstPort}-${lastPort}`),
		align: "right",
		optional: true,
	},
	{
		head: t`STATE`,
		field: "state",
		value: ({ state }) => state,
		tone: ({ state }) => (state === "free" ? "good" : undefined),
	},
	{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
	{ head: t`ENVIRONMENT`, field: "environment", value: ({ environment }) => environment },
	{ head: t`UNTIL`, field: "until", value: ({ until }) => until, drawn: ({ until }) => until?.slice(0, 10) ?? null },
	{ head: t`NOTE`, field: "note", value: ({ note }) => note, shrinks: true },
];

/** Blocks of IDs in one state. */
export function rangesTable(rows: readonly IdBlock[] | Chunks<IdBlock>): Table {
	return table(rangeColumns, rows, t`No ID matches.`);
}

/** People whom a list names otherwise than they are registered, a line each; of many the first. */
export function renamedLines(renamed: readonly (Renamed & { environment?: string })[] = [], usual: string): Line[] {
	const lines = renamed.slice(0, 5).map(
		({ user, registered, id, environment = usual }): Line => ({
			line: {
				say: t`${user} has the SID of ${registered}, who holds ID ${id}. To change the name:`,
				line: line("ids rename", [registered, user], { environment }),
			},
			tone: "caution",
		}),
	);
	const more = renamed.length - lines.length;
	return more === 0 ? lines : [...lines, { line: t`Renamed: ${more} more (--json lists all).`, tone: "caution" }];
}

/** IDs that were skipped, a line each; of many the first. */
export function skippedLines(skipped: readonly { id: number; message: string }[] = []): Line[] {
	const lines: Line[] = skipped
		.slice(0, 5)
		.map(({ id, message }) => ({ line: t`Skipped: ID ${id}, ${message}.`, tone: "caution" }));
	const more = skipped.length - lines.length;
	return more === 0 ? lines : [...lines, { line: t`Skipped: ${more} more (--json lists all).`, tone: "caution" }];
}

/** Lines of a file that were taken, but not in everything as they stand; of many the first. */
export function differenceLines(differences: readonly { line: number; message: string }[] = []): Line[] {
	const lines: Line[] = differences
		.slice(0, 5)
		.map(({ line, message }) => ({ line: t`Line ${line}: ${message}.`, tone: "caution" }));
	const more = differences.length - lines.length;
	if (more === 0) return lines;
	const rest = plural(more, {
		one: "1 more line differs (--json lists all).",
		other: `${more} more lines differ (--json lists all).`,
	});
	return [...lines, { line: rest, tone: "caution" }];
}

function happened({ created, returned, changed }: Row): string | null {
	if (returned) return t`the same ID again`;
	if (created !== undefined) return created ? t`new` : t`already allocated`;
	return changed === false ? t`unchanged` : null;
}
