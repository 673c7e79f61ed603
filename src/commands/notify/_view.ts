import { localTime } from "../../lib/cli/time.js";
import { type Table, table } from "../../lib/cli/view.js";
import type { ToldNotice } from "../../lib/notice/run.js";
import { t } from "../../lib/text.js";

export const noticeFields = [
	...["item", "what", "stage", "urgency", "name", "due", "recipient", "outcome", "failure", "messageId"],
] as const;

export function outcomeText(outcome: ToldNotice["outcome"] | "waiting"): string {
	const texts: Record<ToldNotice["outcome"] | "waiting", () => string> = {
		sent: () => t`sent`,
		failed: () => t`failed`,
		planned: () => t`would be sent`,
		waiting: () => t`waiting`,
	};
	return texts[outcome]();
}

export function noticesTable(rows: readonly ToldNotice[]): Table {
	return table<ToldNotice>(
		[
			{ head: t`ITEM`, field: "item", value: ({ item }) => item, whole: true },
			{ head: t`NAME`, field: "name", value: ({ name }) => name, shrinks: true },
			{ head: t`STAGE`, field: "stage", value: ({ stage }) => stage },
			{ head: t`DUE`, field: "due", value: ({ due }) => due, drawn: ({ due }) => (due === null ? "" : localTime(due)) },
			{ head: t`RECIPIENT`, field: "recipient", value: ({ recipient }) => recipient, shrinks: true },
			{
				head: t`OUTCOME`,
				field: "outcome",
				value: ({ outcome }) => outcome,
				drawn: ({ outcome }) => outcomeText(outcome),
				tone: ({ outcome }) => (outcome === "failed" ? "bad" : undefined),
			},
		],
		rows,
		t`Nothing is to be told now.`,
	);
}
