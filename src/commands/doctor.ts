import { command } from "../lib/cli/definition.js";
import { toneOf } from "../lib/cli/finding-view.js";
import { type Block, table } from "../lib/cli/view.js";
import type { Context, Settings } from "../lib/context.js";
import { checksOf, diagnosis, type Examination, examine, thresholds } from "../lib/doctor/doctor.js";
import type { Tools } from "../lib/doctor/sources.js";
import { CfmError } from "../lib/errors.js";
import type { Check } from "../lib/finding/run.js";
import type { Meaning } from "../lib/finding/verdict.js";
import { findingKinds } from "../lib/findings.js";
import { t } from "../lib/text.js";

export default command({
	summary: t`Show what is wrong, whom it affects, and how to fix it`,
	description: t`Checks the machine, registry, IDs, clients, ports and browsers. Changes nothing.`,
	registry: true,
	flags: {
		user: {
			kind: "text",
			char: "u",
			value: "USER",
			multiple: true,
			summary: t`Only users that match; * and ? are wildcards`,
		},
		only: { kind: "text", value: "ID", multiple: true, summary: t`Run only this check, by ID; repeatable` },
		skip: { kind: "text", value: "ID", multiple: true, summary: t`Skip this check, by ID; repeatable` },
		"list-checks": { kind: "boolean", summary: t`List the checks, and run none` },
		"fail-on": {
			kind: "text",
			value: "SEVERITY",
			choices: thresholds,
			summary: t`The least severity for exit code 8 (error)`,
		},
		timeout: { kind: "integer", value: "SECONDS", least: 1, most: 3600, summary: t`The time limit for one check (60)` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [
		{ what: t`Everything`, line: "cfm doctor" },
		{ what: t`For a user who cannot sign`, line: "cfm doctor --user CORP\\ana" },
		{
			what: t`For monitoring: fail also on what can't be determined`,
			line: "cfm doctor --fail-on unknown --json",
		},
		{ what: t`List what is checked`, line: "cfm doctor --list-checks" },
	],
	async run({ flags }, context) {
		const chosen = { only: flags.only, skip: flags.skip };
		if (flags["list-checks"]) {
			const checks = checksOf(chosen);
			return { checks, total: checks.length };
		}
		const settings = await context.settings({ environment: flags.environment }, { passBy: true });
		const { streams } = context.shell;
		const isWatched = streams.errIsTerminal && !context.shell.flags.json;
		return examine(toolsOf(context, settings, flags.user), {
			...chosen,
			seconds: flags.timeout ?? 60,
			failOn: flags["fail-on"] ?? "error",
			heard: (group, checks) => {
				if (isWatched) streams.err(`${group.padEnd(10)}${countsOf(checks)}\n`);
			},
		});
	},
	view: (result): Block[] =>
		"findings" in result
			? findingBlocks(result)
			: [
					table(
						[
							{ head: "ID", value: ({ id }) => id },
							{ head: t`SEVERITY`, value: ({ severity }) => severity },
							{ head: t`GROUP`, value: ({ group }) => group },
							{ head: t`PROBE`, value: ({ probe }) => probe },
							{ head: t`FINDING`, value: ({ title }) => title, shrinks: true },
						],
						result.checks,
						t`There are no checks.`,
					),
				],
	verdict: (result) => ("findings" in result ? diagnosis(result) : undefined),
});

function toolsOf(context: Context, settings: Settings, users: readonly string[]): Tools {
	return {
		environment: settings.environment,
		users,
		location: () => settings.registryLocation,
		async open() {
			const registry = await context.registryIfAllowed(settings, { readonly: true });
			if (registry !== undefined) return registry;
			throw new CfmError("denied", "registry-not-readable", t`You may not read the registry.`);
		},
		machine: () => context.host.machine(),
		network: () => context.host.network(),
		profile: () => settings.clientProfile(),
		async browsers() {
			const [{ stores }, finder] = await Promise.all([
				context.host.webIdStores(settings.places.home),
				context.host.browserProfiles(),
			]);
			return { stores, finder };
		},
	};
}

const meanings = new Map<string, Meaning>(findingKinds.map((kind) => [kind.id, kind]));

/** Each finding with its remedies, consequences indented below their cause; last, how it stands with the checks. */
function findingBlocks({ findings, checks, counts }: Examination): Block[] {
	const depths = new Map<string | null, number>([[null, 0]]);
	const blocks = findings.flatMap(({ id, cause, state, severity, title, text, affected, remedies }): Block[] => {
		const depth = depths.get(cause) ?? 0;
		depths.set(id, depth + 1);
		const indent = "  ".repeat(depth);
		const whom = [...affected.users, ...affected.hosts, ...affected.sites, ...affected.ports].join(", ");
		const kind = meanings.get(id) ?? "fine";
		return [
			{
				line: `${indent}${(state === "found" ? severity : state).padEnd(8)} ${id}  ${title}: ${text}${whom === "" ? "" : ` (${whom})`}`,
				tone: state === "unknown" ? "caution" : toneOf(kind),
			},
			...remedies.map((remedy) => ({ line: { say: `${indent}        `, line: remedy } })),
		];
	});
	const tone = counts.fine === checks.length - counts.skipped ? ("good" as const) : ("caution" as const);
	return [...blocks, { line: countsOf(checks), tone }];
}

function countsOf(checks: readonly Check[]): string {
	const number = (wanted: Check["state"]) => checks.filter(({ state }) => state === wanted).length;
	return t`Checks: fine: ${number("fine")}, found: ${number("found")}, unknown: ${number("unknown")}, crashed: ${number("crashed")}, skipped: ${number("skipped")}.`;
}
