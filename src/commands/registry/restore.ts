import { existsSync, statSync } from "node:fs";
import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import { type Block, table } from "../../lib/cli/view.js";
import { defaults } from "../../lib/environment/plan.js";
import { CfmError } from "../../lib/errors.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { backupsIn, newestOf } from "../../lib/registry/backup.js";
import type { RecordDifference } from "../../lib/registry/differences.js";
import type { RegistryProvider } from "../../lib/registry/provider.js";
import type { Registry } from "../../lib/registry/registry.js";
import { type ForgottenId, inWords, restoreRegistry } from "../../lib/registry/restore.js";
import { plural, t } from "../../lib/text.js";

export default command({
	summary: t`Restore the registry from a backup`,
	description: t`Lists what changes. IDs given after the backup are quarantined: clients still use them. The previous content is kept beside the registry.`,
	role: "admin",
	registry: true,
	changes: "severe",
	repeats: false,
	args: { file: { summary: t`The backup file, or a folder: its newest backup of this registry`, required: true } },
	flags: {
		"free-forgotten": {
			kind: "boolean",
			summary: t`IDs given after the backup are free, not quarantined`,
		},
	},
	examples: [
		{ what: t`Preview what would be changed`, line: "cfm registry restore copy.db --dry-run" },
		{ what: t`Restore it`, line: "cfm registry restore copy.db --confirm registry.db" },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings();
		const registries = await context.registries(settings);
		let opened: Registry | undefined;
		const current = async () => {
			opened ??= await context.registry(settings, { readonly: true });
			return opened;
		};
		const { file, among } = await backupMeant(args.file, registries, settings.registryLocation, current);
		const operation = restoreRegistry(registries, {
			location: settings.registryLocation,
			file,
			copy: await context.copy(file),
			kinds: recordKinds,
			freeForgotten: flags["free-forgotten"],
			usualQuarantineDays: defaults.quarantineDays,
			asks: context.shell.flags.confirm === undefined,
			current,
			release: async () => opened?.close(),
			clock: () => context.host.now(),
			attribution: await context.attribution({}),
		});
		return { ...(await context.carryOutOutside(operation, undefined)), among };
	},
	view: ({ registry, backup, among, forgotten, changes, ofThisRegistry, unknown, kept, aside, dryRun }): Block[] => [
		...(unknown.length > 0 ? [caution(t`Can't determine what is forgotten: the registry is damaged or missing.`)] : []),
		...(ofThisRegistry === false ? [caution(t`The backup is of another registry.`)] : []),
		...(forgotten.length === 0 ? [] : [forgottenTable(forgotten)]),
		...otherChanges(changes, forgotten),
		...(among === null
			? []
			: [
					{
						line: plural(among, {
							one: `The backup is the only one of this registry in the folder.`,
							other: `The backup is the newest of ${among} of this registry in the folder.`,
						}),
					},
				]),
		{ line: dryRun ? t`Would restore ${registry} from ${backup}` : t`Restored ${registry} from ${backup}` },
		...(kept === null ? [] : [{ line: t`The previous content is in ${kept}` }]),
		...aside.map((file): Block => caution(t`A log of changes of a registry that is gone was set aside: ${file}`)),
	],
});

const caution = (line: string): Block => ({ line, tone: "caution" });

/** @returns the file that is meant, and of how many it is the newest; null where the file itself was named */
async function backupMeant(
	named: string,
	registries: RegistryProvider,
	location: string,
	current: () => Promise<Registry>,
): Promise<{ file: string; among: number | null }> {
	if (!(existsSync(named) && statSync(named).isDirectory())) return { file: named, among: null };
	const { backups } = await backupsIn(registries, named, location);
	const { newest, among } = newestOf(backups, named, await identityOf(current));
	return { file: newest.file, among };
}

/** null: there is no registry, or it can't be read. */
async function identityOf(current: () => Promise<Registry>): Promise<string | null> {
	try {
		return await (await current()).read((view) => view.identity());
	} catch (error) {
		if (error instanceof CfmError && (error.code === "no-registry" || error.kind === "unavailable")) return null;
		throw error;
	}
}

function forgottenTable(forgotten: readonly ForgottenId[]): Block {
	return table<ForgottenId>(
		[
			{ head: t`FORGOTTEN`, value: ({ user }) => user, shrinks: true },
			{ head: t`ID`, value: ({ id }) => id, align: "right" },
			{ head: t`ENVIRONMENT`, value: ({ environment }) => environment },
			{
				head: t`QUARANTINED UNTIL`,
				value: ({ until }) => until,
				drawn: ({ until }) => (until === null ? null : localTime(until)),
			},
		],
		forgotten,
		"",
	);
}

/** What else becomes another one: the IDs that are forgotten stand in a table of their own. */
function otherChanges(changes: readonly RecordDifference[], forgotten: readonly ForgottenId[]): Block[] {
	const told = new Set(forgotten.map(({ environment, id }) => `${environment} ${id}`));
	const others = changes.filter(
		({ kind, before, environment, id }) =>
			!(kind === "allocation" && before !== null && told.has(`${environment} ${id}`)),
	);
	if (others.length === 0) return [];
	return [
		table<RecordDifference>(
			[
				{ head: t`ALSO CHANGED`, value: ({ kind }) => kind },
				{ head: t`ABOUT`, value: ({ subject }) => subject, shrinks: true },
				{ head: t`ID`, value: ({ id }) => id, align: "right" },
				{ head: t`ENVIRONMENT`, value: ({ environment }) => environment },
				{ head: t`CHANGE`, value: (difference) => inWords(difference), shrinks: true },
			],
			others,
			"",
		),
	];
}
