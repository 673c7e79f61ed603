import { attentionLine, toneOf } from "../../lib/cli/finding-view.js";
import type { Block, Column, Facts } from "../../lib/cli/view.js";
import { table } from "../../lib/cli/view.js";
import { clientVerdicts } from "../../lib/client/findings.js";
import type { ListedClient } from "../../lib/client/list.js";
import type { SeenClient } from "../../lib/client/look.js";
import { attentionFirst, type Meaning } from "../../lib/finding/verdict.js";
import { t } from "../../lib/text.js";

const meaningOf = ({ verdict }: ListedClient): Meaning => clientVerdicts[verdict];

const columns: readonly Column<ListedClient>[] = [
	{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
	{ head: t`VERDICT`, field: "verdict", value: ({ verdict }) => verdict, tone: (row) => toneOf(meaningOf(row)) },
	{
		head: t`ID`,
		field: "allocatedId",
		whole: true,
		value: ({ allocatedId, unknown }) => told(allocatedId, unknown.includes("allocatedId")),
		align: "right",
	},
	{
		head: t`CLIENT ID`,
		field: "clientId",
		whole: true,
		value: ({ clientId, unknown }) => told(clientId, unknown.includes("clientId")),
		align: "right",
	},
	{ head: t`PORT`, field: "port", value: ({ port }) => port, align: "right" },
	{ head: t`VERSION`, field: "version", value: ({ version }) => version },
	{ head: t`RUNNING`, field: "running", value: ({ running }) => yesNo(running) },
	{ head: t`LISTENS`, field: "listening", value: ({ listening, port }) => (port === null ? null : yesNo(listening)) },
];

/** Everybody's clients, what needs attention first. */
export function clientsView(clients: readonly ListedClient[]): Block[] {
	const sorted = attentionFirst(clients, meaningOf);
	return [
		table(columns, sorted, t`Nobody on this machine has a client or an ID.`),
		...(clients.length === 0 ? [] : [attentionLine(clients.map(meaningOf))]),
	];
}

/** A client in full. */
export function clientFacts(client: SeenClient): Facts {
	return {
		facts: [
			[t`User`, client.user],
			[t`Folder`, client.folder],
			[t`Installed`, yesNo(client.installed)],
			[t`Version`, client.version],
			[t`Client ID`, told(client.clientId, client.unknown.includes("clientId"))],
			[t`Uninstall entry`, yesNo(client.registered)],
			[t`Running`, yesNo(client.running)],
			[t`Port`, client.port],
			[t`Listens`, client.port === null ? null : yesNo(client.listening)],
		],
	};
}

function yesNo(answer: boolean | null): string {
	if (answer === null) return t`unknown`;
	return answer ? t`yes` : t`no`;
}

function told(value: number | null, isUnknown: boolean): string | number | null {
	return isUnknown ? t`unknown` : value;
}
