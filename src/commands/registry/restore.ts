import { command } from "../../lib/cli/definition.js";
import { type Block, table } from "../../lib/cli/view.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { type ForgottenId, restoreRegistry } from "../../lib/registry/restore.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Restore the registry from a backup`,
	description: t`IDs given after the backup are forgotten and could be given again; they are listed first. The previous content is kept in a file beside the registry.`,
	registry: true,
	changes: "severe",
	repeats: false,
	args: { file: { summary: t`The backup file`, required: true } },
	examples: [
		{ what: t`Preview what would be forgotten`, line: "cfm registry restore copy.db --dry-run" },
		{ what: t`Restore it`, line: "cfm registry restore copy.db --confirm registry.db" },
	],
	async run({ args }, context) {
		const settings = await context.settings();
		const copy = await context.copy(args.file);
		const operation = restoreRegistry(await context.host.registries(), {
			location: settings.registryLocation,
			file: args.file,
			copy,
			kinds: recordKinds,
			current: () => context.registry(settings, { readonly: true }),
			release: () => context.shell.end(),
			origin: context.origin({}),
		});
		return context.carryOutOutside(operation, undefined);
	},
	view: ({ registry, backup, forgotten, unknown, kept }): Block[] => [
		...(unknown.length > 0
			? [
					{
						line: t`Can't determine what is forgotten: the registry is damaged or missing.`,
						tone: "caution" as const,
					},
				]
			: []),
		...(forgotten.length === 0
			? []
			: [
					table<ForgottenId>(
						[
							{ head: t`FORGOTTEN`, value: ({ user }) => user, shrinks: true },
							{ head: t`ID`, value: ({ id }) => id, align: "right" },
							{ head: t`ENVIRONMENT`, value: ({ environment }) => environment },
						],
						forgotten,
						"",
					),
				]),
		{ line: t`Restored ${registry} from ${backup}` },
		...(kept === null ? [] : [{ line: t`The previous content is in ${kept}` }]),
	],
});
