import { toneOf } from "../../lib/cli/finding-view.js";
import { type Block, type Column, table } from "../../lib/cli/view.js";
import { attentionFirst, type Meaning } from "../../lib/finding/verdict.js";
import { portVerdicts } from "../../lib/port/findings.js";
import type { ListedPort } from "../../lib/port/list.js";
import { t, visible } from "../../lib/text.js";

/** A port that no ID has is nobody's business here. */
const meaningOf = ({ verdict }: ListedPort): Meaning => (verdict === null ? "fine" : portVerdicts[verdict]);

/** What could not be told: an empty cell says that there is none. */
const unclear = "?";

/** A process may call itself what it likes: line breaks and what writes on a terminal are made visible. */
const told = (value: string | null, isUnknown: boolean) =>
	value === null ? (isUnknown ? unclear : null) : visible(value);

const columns: readonly Column<ListedPort>[] = [
	{ head: t`PORT`, value: ({ port }) => port, align: "right" },
	{
		head: t`VERDICT`,
		value: ({ verdict }) => verdict,
		tone: (row) => (row.verdict === null ? undefined : toneOf(meaningOf(row))),
	},
	{ head: t`ID`, value: ({ id }) => id, align: "right" },
	{ head: t`EXPECTED`, value: ({ expectedUser }) => told(expectedUser, false), shrinks: true },
	{ head: t`USER`, value: ({ user, unknown }) => told(user, unknown.includes("user")), shrinks: true },
	{ head: t`PROCESS`, value: ({ process, unknown }) => told(process, unknown.includes("process")), shrinks: true },
	{
		head: t`PID`,
		value: ({ pid, unknown, sharedWith }) =>
			// Whoever shares a socket is a process; one without a number is one that could not be told.
			[pid ?? (unknown.includes("pid") ? unclear : null), ...sharedWith.map((other) => other.pid ?? unclear)].join(","),
		align: "right",
	},
	{
		head: t`SESSION`,
		value: ({ session, unknown }) => session ?? (unknown.includes("session") ? unclear : null),
		align: "right",
	},
	{ head: t`ADDRESS`, value: ({ address }) => address },
	{
		head: t`SINCE (UTC)`,
		optional: true,
		value: ({ since, unknown }) => told(since, unknown.includes("since")),
		drawn: ({ since, unknown }) => told(since?.slice(0, 16).replace("T", " ") ?? null, unknown.includes("since")),
	},
];

/** What listens, what needs attention first. */
export function portsView(rows: readonly ListedPort[], most = Number.POSITIVE_INFINITY): Block[] {
	const sorted = attentionFirst(rows, meaningOf);
	const blocks: Block[] = [table(columns, sorted.slice(0, most), t`No matching listeners.`)];
	if (sorted.length > most) blocks.push({ line: t`… and ${sorted.length - most} more.` });
	return blocks;
}
