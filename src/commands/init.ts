import { resolve } from "node:path";
import { parseDomains } from "../lib/account/domains.js";
import { command } from "../lib/cli/definition.js";
import type { Shell } from "../lib/cli/shell.js";
import type { Block } from "../lib/cli/view.js";
import { line } from "../lib/command-line.js";
import {
	addEnvironment,
	defaultName,
	defaults,
	type EnvironmentAnswer,
	type EnvironmentPlan,
	type EnvironmentSettings,
	settled,
} from "../lib/environment/plan.js";
import { CfmError } from "../lib/errors.js";
import { parseIdRange } from "../lib/id/ids.js";
import { isOnServer } from "../lib/registry/location.js";
import { t } from "../lib/text.js";
import { environmentFlags, environmentSettings, environmentsTable } from "./environments/_environment.js";

interface InitAnswer extends EnvironmentAnswer {
	registry: string;
	/** Whether the registry was made now. */
	created: boolean;
	/** Where the log of changes is that lay there of a registry that is gone. */
	aside?: string[];
	dryRun?: boolean;
}

export default command({
	summary: t`Create the registry and its first environment`,
	description: t`Asks on a terminal; otherwise flags, or --yes for the defaults. Safe to run again.`,
	role: "admin",
	registry: true,
	changes: "moderate",
	flags: {
		...environmentFlags,
		"print-sql": {
			kind: "boolean",
			summary: t`Print the SQL that makes the registry on PostgreSQL, and change nothing`,
		},
		adopt: { kind: "boolean", summary: t`Trust an existing folder that no elevated cfm created (Windows)` },
	},
	examples: [
		{ what: t`With the defaults`, line: "cfm init --yes" },
		{ what: t`With another range, for users of the domain CORP`, line: "cfm init --yes --range 1-500 --domain CORP" },
	],
	async run({ flags }, context): Promise<InitAnswer | { sql: string }> {
		const settings = await context.settings({}, { adopt: flags.adopt });
		if (flags["print-sql"]) {
			const script = await (await context.registries(settings)).setupSql?.(settings.registryLocation);
			if (script !== undefined) return { sql: script };
			throw new CfmError("usage", "no-sql-needed", t`--print-sql is for a registry on PostgreSQL.`, {
				hints: [{ again: { registry: { fill: "postgres://HOST/DATABASE" } } }],
			});
		}
		const registries = await context.registries(settings);
		const given = environmentSettings(flags);
		const asks = Object.keys(given).length === 0 && !flags.yes && !flags["dry-run"];
		const chosen = asks ? await askSettings(context.shell) : given;
		const request = { name: defaultName, settings: chosen, commonPort: settings.clientProfile().commonPort };
		const named = settings.registryLocation;
		const location = isOnServer(named) ? named : resolve(named);
		if (flags["dry-run"] && !(await registries.isThere(location))) {
			const after = settled({ name: defaultName, ...defaults }, chosen);
			return { registry: location, created: true, environments: [after], total: 1, outcome: "added", dryRun: true };
		}
		const removed = (accounts: readonly string[]) =>
			context.shell.warn(t`${accounts.join(", ")} could change the registry's folder; cfm has removed that access.`);
		const { created, aside } = flags["dry-run"]
			? { created: false, aside: [] }
			: await registries.create(location, { adopt: flags.adopt, removed });
		for (const file of aside) context.shell.warn(t`A log of changes of a registry that is gone was set aside: ${file}`);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const adding = addEnvironment(request);
		// Part of the answer, so that a request that comes again gets the same one.
		const answer = (plan: EnvironmentPlan): InitAnswer => ({
			...{ registry: location, created, ...adding.answer(plan) },
			...(aside.length === 0 ? {} : { aside }),
		});
		return context.carryOut({ ...adding, answer }, registry);
	},
	view(result): Block[] {
		if ("sql" in result) return [{ verbatim: result.sql }];
		const environments = environmentsTable(result.environments);
		if (result.dryRun) return [environments, { line: t`The registry would be ${result.registry}` }];
		return [
			environments,
			result.created
				? { line: t`The registry is ${result.registry}`, tone: "good" }
				: { line: t`The registry ${result.registry} already exists.` },
			{ line: { say: t`Next:`, line: line("ids allocate", [{ fill: "USER" }]) } },
		];
	},
});

/** Asks for what makes an environment; the port rule is not asked for, nobody knows it by heart. */
async function askSettings(shell: Shell): Promise<EnvironmentSettings> {
	if (!shell.canAsk) {
		throw new CfmError(
			"usage",
			"agreement-needed",
			t`cfm init asks questions, and there is no terminal to ask them on.`,
			{
				hints: [{ again: { yes: true } }, { again: { range: { fill: "1-500" }, "quarantine-days": { fill: "30" } } }],
			},
		);
	}
	const { askText } = await import("../lib/cli/prompt.js");
	const problem = (parse: () => unknown): string | undefined => {
		try {
			parse();
			return undefined;
		} catch (error) {
			if (error instanceof CfmError) return error.message;
			throw error;
		}
	};
	const range = await askText(t`Which range of IDs may be given?`, `${defaults.firstId}-${defaults.lastId}`, (text) =>
		problem(() => parseIdRange(text)),
	);
	const days = await askText(
		t`For how many days is a released ID quarantined?`,
		String(defaults.quarantineDays),
		(text) => (/^\d{1,5}$/.test(text) ? undefined : t`Enter a whole number of days.`),
	);
	const domain = await askText(t`Which domain do users without one belong to? (empty: none)`, "", (text) =>
		text === "" ? undefined : problem(() => parseDomains([text])),
	);
	const { first, last } = parseIdRange(range);
	return {
		firstId: first,
		lastId: last,
		quarantineDays: Number(days),
		...(domain === "" ? {} : { domains: parseDomains([domain]) }),
	};
}
