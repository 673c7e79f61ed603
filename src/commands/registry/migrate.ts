import { join } from "node:path";
import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { line } from "../../lib/command-line.js";
import type { Context, Settings } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { type MigrateAnswer, migrateRegistry } from "../../lib/registry/migrate.js";
import { type MoveAnswer, moveRegistry } from "../../lib/registry/move.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Update a registry that an older cfm created, or move it to another place`,
	description: t`A copy of the old registry is kept; older versions of cfm refuse it afterwards. With --to, it continues at another place, and the old one can only be read. Safe to run again.`,
	role: "admin",
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		to: {
			kind: "text",
			value: "REGISTRY",
			of: "file",
			summary: t`Move the registry there: to a file, or to postgres://HOST/DATABASE`,
		},
		"print-sql": {
			kind: "boolean",
			summary: t`Print the SQL that lets cfm give roles on PostgreSQL, and change nothing`,
		},
	},
	examples: [
		{ what: t`What would happen`, line: "cfm registry migrate --dry-run" },
		{ what: t`Update it`, line: "cfm registry migrate --yes" },
		{ what: t`Move it to another file`, line: "cfm registry migrate --to moved.db --yes" },
	],
	async run({ flags }, context): Promise<MigrateAnswer | MoveAnswer | { sql: string }> {
		const settings = await context.settings();
		if (flags.to !== undefined) return move(flags.to, settings, context);
		const registries = await context.registries(settings);
		if (flags["print-sql"]) {
			const sql = await registries.rolesSql?.(settings.registryLocation);
			if (sql !== undefined) return { sql };
			throw new CfmError("usage", "no-sql-needed", t`--print-sql is for a registry on PostgreSQL.`, {
				hints: [{ again: { registry: { fill: "postgres://HOST/DATABASE" } } }],
			});
		}
		return context.carryOutOutside(migrateRegistry(registries, settings.registryLocation, context), undefined);
	},
	view: (result) =>
		"sql" in result
			? [{ verbatim: result.sql }]
			: [
					...(isMove(result) ? movedView(result) : [updatedView(result)]),
					...(result.kept === null ? [] : [{ line: t`The previous content is in ${result.kept}` }]),
				],
});

async function move(named: string, settings: Settings, context: Context): Promise<MoveAnswer & { dryRun?: true }> {
	const folder = await context.host.workFolder();
	try {
		const moving = {
			from: await context.place(settings.registryLocation, settings),
			to: await context.place(named, settings),
			kinds: recordKinds,
			attribution: await context.attribution({ to: named }),
			copy: join(folder.path, "copy.db"),
			during: <T>(label: string, work: () => Promise<T>) => context.shell.during(label, work),
		};
		const answer = await context.carryOutOutside(moveRegistry(moving), undefined);
		if (answer.changed && answer.dryRun !== true) {
			const use = line("config set", ["registry", answer.movedTo], { machine: true });
			context.shell.warn({ say: t`On every machine that used the old registry:`, line: use });
		}
		return answer;
	} finally {
		folder.discard();
	}
}

const isMove = (result: MigrateAnswer | MoveAnswer): result is MoveAnswer => "movedTo" in result;

function updatedView({ registry, changed, from, to, replaced }: MigrateAnswer): Block {
	if (changed && replaced !== undefined)
		return { line: t`${registry}: functions replaced: ${replaced.join(", ")}`, tone: "good" };
	return changed
		? { line: t`${registry}: from schema ${from} to ${to}`, tone: "good" }
		: { line: t`${registry} already has schema ${to}.` };
}

function movedView({ registry, changed, movedTo, allocations, events }: MoveAnswer): Block[] {
	if (!changed) return [{ line: t`${registry} was moved to ${movedTo} already.` }];
	return [
		{ line: t`${registry} moved to ${movedTo}`, tone: "good" },
		{ line: t`IDs: ${allocations}. Events: ${events}.` },
	];
}
