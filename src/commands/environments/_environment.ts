import { domainsText, parseDomains } from "../../lib/account/domains.js";
import type { FlagValues } from "../../lib/cli/definition.js";
import { type Block, type Column, table } from "../../lib/cli/view.js";
import { line } from "../../lib/command-line.js";
import type { Environment } from "../../lib/environment/environment.js";
import type { EnvironmentAnswer, EnvironmentSettings } from "../../lib/environment/plan.js";
import { parseIdRange } from "../../lib/id/ids.js";
import { t } from "../../lib/text.js";

/** The flags that say what an environment is; `environments add`, `environments set` and `init` share them. */
export const environmentFlags = {
	range: { kind: "text", value: "FIRST-LAST", summary: t`The range of IDs, both ends included` },
	"port-base": { kind: "integer", value: "N", most: 65_535, summary: t`Port of ID 0: port = base + stride × ID` },
	"port-stride": { kind: "integer", value: "N", most: 65_535, summary: t`Ports from one ID to the next` },
	"quarantine-days": {
		kind: "integer",
		value: "N",
		most: 36_500,
		summary: t`Days in quarantine after a release`,
	},
	domain: {
		kind: "text",
		value: "DOMAIN",
		multiple: true,
		summary: t`A domain and its other names; users without a domain belong to the first`,
	},
	note: { kind: "text", value: "TEXT", summary: t`A note` },
} as const;

/** What was said of an environment; nothing is added. @throws CfmError usage `bad-id`, `bad-id-range`, `bad-domain` */
export function environmentSettings(flags: FlagValues<typeof environmentFlags>): EnvironmentSettings {
	const range = flags.range === undefined ? undefined : parseIdRange(flags.range);
	const settings = {
		firstId: range?.first,
		lastId: range?.last,
		portBase: flags["port-base"],
		portStride: flags["port-stride"],
		quarantineDays: flags["quarantine-days"],
		domains: flags.domain.length === 0 ? undefined : parseDomains(flags.domain),
		note: flags.note,
	};
	return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as EnvironmentSettings;
}

const columns: readonly Column<Environment & { free?: number }>[] = [
	{ head: t`ENVIRONMENT`, field: "name", value: ({ name }) => name, whole: true },
	{ head: t`IDS`, value: ({ firstId, lastId }) => `${firstId}-${lastId}` },
	{ head: t`FREE`, field: "free", value: ({ free }) => free ?? null, align: "right" },
	{ head: t`PORT`, value: ({ portBase, portStride }) => t`${portBase} + ${portStride} × ID` },
	{
		head: t`QUARANTINE`,
		field: "quarantineDays",
		value: ({ quarantineDays }) => t`${quarantineDays} d`,
		align: "right",
	},
	{ head: t`DOMAIN`, field: "domain", value: ({ domains }) => domainsText(domains) || null, shrinks: true },
	{ head: t`NOTE`, field: "note", value: ({ note }) => note, shrinks: true },
];

export function environmentsTable(rows: readonly (Environment & { free?: number })[]): Block {
	return table(columns, rows, {
		say: t`There is no environment yet. Add one:`,
		line: line("environments add", ["default"]),
	});
}

/** What `add`, `set` and `remove` say to people. */
export function environmentView({ environments, outcome, dryRun }: EnvironmentAnswer & { dryRun?: true }): Block[] {
	if (dryRun) return [environmentsTable(environments)];
	const words = { added: t`Added.`, changed: t`Changed.`, removed: t`Removed.`, "already-so": t`Unchanged.` };
	return [environmentsTable(environments), { line: words[outcome] }];
}
