import { basename } from "node:path";
import { command } from "../../lib/cli/definition.js";
import { type Block, table } from "../../lib/cli/view.js";
import { CfmError } from "../../lib/errors.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { type ForgottenId, forgottenBy } from "../../lib/registry/restore.js";
import { t } from "../../lib/text.js";
import { openBackup, openRegistry, originOf, registryFile, restoreRegistry, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Go back to a copy of the registry`,
	description: t`IDs that were given after the copy was made are forgotten, and could be given again: they are listed first. What was there is kept in a file beside the registry.`,
	registry: true,
	changes: "severe",
	repeats: false,
	args: { file: { summary: t`The copy`, required: true } },
	examples: [
		{ what: t`What would be forgotten`, line: "cfm registry restore copy.db --dry-run" },
		{ what: t`Go back`, line: "cfm registry restore copy.db --confirm registry.db" },
	],
	async run({ args, flags }, shell) {
		const sources = await settingSources(shell);
		const copy = await openBackup(shell, args.file);
		const { problems } = await copy.check(recordKinds);
		if (problems[0] !== undefined) {
			throw new CfmError("unavailable", "backup-damaged", t`${args.file} is not whole: ${problems[0].message}`, {
				hints: [t`Use another copy.`],
				data: { problems },
			});
		}
		const forgotten = await whatIsForgotten(
			() => openRegistry(shell, sources, { readonly: true }),
			(now) => forgottenBy(copy, now),
		);
		const answer = {
			registry: registryFile(sources),
			backup: args.file,
			forgotten: forgotten ?? [],
			total: forgotten?.length ?? 0,
			unknown: forgotten === null ? ["forgotten"] : [],
			kept: null as string | null,
		};
		if (flags["dry-run"]) return { ...answer, dryRun: true };
		await shell.confirm(
			basename(answer.registry),
			flags.confirm,
			t`Replace ${answer.registry}?`,
			(forgotten ?? []).map(({ id, user, environment }) => t`  ID ${id} of ${user} (${environment}) is forgotten`),
		);
		shell.end();
		const { location, kept } = await restoreRegistry(sources, args.file, originOf(shell), forgotten?.length ?? null);
		return { ...answer, registry: location, kept };
	},
	view: ({ registry, backup, forgotten, unknown, kept }): Block[] => [
		...(unknown.length > 0
			? [
					{
						line: t`What is forgotten could not be told: the registry is damaged or missing.`,
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
		{ line: t`${registry} from ${backup}` },
		...(kept === null ? [] : [{ line: t`What was there: ${kept}` }]),
	],
});

/** null: the registry of today cannot be read, so nobody knows. */
async function whatIsForgotten<T>(
	open: () => Promise<T>,
	compare: (now: T) => Promise<ForgottenId[]>,
): Promise<ForgottenId[] | null> {
	try {
		return await compare(await open());
	} catch (error) {
		if (error instanceof CfmError && (error.code === "no-registry" || error.kind === "unavailable")) return null;
		throw error;
	}
}
