import { localTime } from "../../lib/cli/time.js";
import { type Block, type Facts, type Table, type Tone, table } from "../../lib/cli/view.js";
import type { ServiceAnswer } from "../../lib/service/change.js";
import { causeText, type ToldService } from "../../lib/service/told.js";
import { t } from "../../lib/text.js";
import { recordedText, type Tried } from "../_recorded.js";
import { inventoryLine } from "../certs/_register.js";

export const serviceFields = [
	...["number", "name", "status", "cause", "certificate", "onRetired", "clientId", "company", "contact", "language"],
	...["reason", "suspendedAt", "generation", "since"],
] as const;

/** What is recorded of a service, in the flags of the commands that record it. */
export const serviceFlags = {
	"client-id": { kind: "text", value: "ID", summary: t`How it calls itself to the vendor; no secret` },
	company: { kind: "text", value: "NAME", summary: t`The company that it signs for` },
	contact: { kind: "text", value: "WHO", summary: t`Who is asked about it` },
	language: { kind: "text", value: "LANGUAGE", summary: t`Its people's language, such as en or fr-CA` },
} as const;

const toneOf = ({ status, onRetired }: ToldService): Tone =>
	status === "suspended" ? "bad" : onRetired ? "caution" : "good";

export function servicesTable(rows: readonly ToldService[], empty: string): Table {
	return table<ToldService>(
		[
			{ head: t`NAME`, field: "name", value: ({ name }) => name, whole: true },
			{ head: t`STATUS`, field: "status", value: ({ status }) => status, tone: toneOf },
			{ head: t`CERTIFICATE`, field: "certificate", value: ({ certificate }) => certificate, whole: true },
			{
				head: t`WHY`,
				field: "cause",
				value: ({ cause }) => cause,
				drawn: ({ cause, reason }) => (cause === null ? null : (reason ?? causeText(cause))),
				shrinks: true,
			},
			{ head: t`COMPANY`, field: "company", value: ({ company }) => company, shrinks: true, optional: true },
			{ head: t`CLIENT ID`, field: "clientId", value: ({ clientId }) => clientId, shrinks: true, optional: true },
		],
		rows,
		empty,
	);
}

export function serviceFacts(one: ToldService): Facts {
	const { cause, reason, suspendedAt } = one;
	const rows: (readonly [string, string | null])[] = [
		[t`Service`, one.name],
		[t`Status`, one.status],
		[t`Suspended`, cause === null ? null : causeText(cause)],
		[t`Suspended since`, suspendedAt === null ? null : localTime(suspendedAt)],
		[t`Reason`, reason],
		[t`Certificate`, one.onRetired ? t`${one.certificate ?? ""} (retired)` : (one.certificate ?? t`none`)],
		[t`Client ID`, one.clientId],
		[t`Company`, one.company],
		[t`Contact`, one.contact],
		[t`Language`, one.language],
		[t`Recorded`, localTime(one.since)],
	];
	return { facts: rows.filter(([, value]) => value !== null) };
}

export function serviceBlocks({ service, changed, dryRun }: ServiceAnswer & Tried): Block[] {
	return [{ line: recordedText(service.name, { changed, dryRun }) }, serviceFacts(service), inventoryLine()];
}
