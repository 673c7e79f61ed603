import { toneOf } from "../../lib/cli/finding-view.js";
import { type Block, type Column, table } from "../../lib/cli/view.js";
import { attentionFirst, type Meaning } from "../../lib/finding/verdict.js";
import { portVerdicts } from "../../lib/port/findings.js";
import type { ListedPort } from "../../lib/port/list.js";
import { t } from "../../lib/text.js";

/** A port that no ID has is nobody's business here. */
const meaningOf = ({ verdict }: ListedPort): Meaning => (verdict === null ? "fine" : portVerdicts[verdict]);

/** What can't be determined: an empty cell says that there is none. */
const unclear = "?";

const told = (value: string | null, isUnknown: boolean) => (value === null && isUnknown ? unclear : value);

const columns: readonly Column<ListedPort>[] = [
	{ head: t`PORT`, field: "port", whole: true, value: ({ port }) => port, align: "right" },
	{
		head: t`VERDICT`,
		field: "verdict",
		value: ({ verdict }) => verdict,
		tone: (row) => (row.verdict === null ? undefined : toneOf(meaningOf(row))),
	},
	{ head: t`ID`, field: "id", value: ({ id }) => id, align: "right", whole: true },
	{ head: t`EXPECTED`, field: "expectedUser", value: ({ expectedUser }) => expectedUser, shrinks: true },
	{ head: t`USER`, field: "user", value: ({ user, unknown }) => told(user, unknown.includes("user")), whole: true },
	{
		head: t`PROCESS`,
		field: "process",
		value: ({ process, unknown }) => told(process, unknown.includes("process")),
		shrinks: true,
	},
	{
		head: t`PID`,
		field: "pid",
		value: ({ pid, unknown, sharedWith }) =>
			// Whoever shares a socket is a process; one without a number is one that can't be determined.
			[pid ?? (unknown.includes("pid") ? unclear : null), ...sharedWith.map((other) => other.pid ?? unclear)].join(","),
		align: "right",
	},
	{
		head: t`SESSION`,
		field: "session",
		value: ({ session, unknown }) => session ?? (unknown.includes("session") ? unclear : null),
		align: "right",
	},
	{ head: t`ADDRESS`, field: "address", value: ({ address }) => address },
	{
		head: t`SINCE (UTC)`,
		field: "since",
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
