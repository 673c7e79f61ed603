import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { backUp } from "../../lib/registry/backup.js";
import { plural, t } from "../../lib/text.js";

export default command({
	summary: t`Back up the registry while others use it`,
	description: t`In a folder, named by machine, registry and time; by default, in backups beside the registry.`,
	role: "auditor",
	registry: true,
	args: { file: { summary: t`The file to write, or a folder for it` } },
	flags: {
		keep: {
			kind: "integer",
			value: "N",
			least: 1,
			summary: t`Keep only this registry's newest N there`,
		},
		"dry-run": { kind: "boolean", summary: t`Show what would be written and removed, and change nothing` },
	},
	examples: [
		{ what: t`Every night, keeping two weeks`, line: "cfm registry backup --keep 14" },
		{ what: t`To another folder`, line: "cfm registry backup ." },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: true });
		const registries = await context.registries(settings);
		const given = args.file === undefined ? undefined : resolve(args.file);
		const isFile = given !== undefined && !(existsSync(given) && statSync(given).isDirectory());
		if (isFile && flags.keep !== undefined) {
			throw new CfmError("usage", "bad-flag-value", t`--keep is for a folder, and ${given} is not one.`, {
				hints: [t`Specify a folder, or no file at all.`],
				data: { flag: "keep" },
			});
		}
		const folder = given ?? (await registries.backupFolder(registry.location, { make: !flags["dry-run"] }));
		const machine = context.host.name();
		return backUp(
			{ target: isFile ? { file: given } : { folder }, keep: flags.keep, machine, now: context.host.now() },
			{
				...{ registries, registry, attribution: await context.attribution({}), dryRun: flags["dry-run"] },
				warn: (message) => context.shell.warn(message),
			},
		);
	},
	view: ({ file, removed, dryRun }) => [
		dryRun ? { line: t`Would back up to ${file}` } : { line: t`Backed up to ${file}`, tone: "good" },
		...(removed.length === 0
			? []
			: [
					{
						line: dryRun
							? plural(removed.length, {
									one: "1 older backup would be removed.",
									other: `${removed.length} older backups would be removed.`,
								})
							: plural(removed.length, {
									one: "1 older backup was removed.",
									other: `${removed.length} older backups were removed.`,
								}),
					},
				]),
	],
});
