import { command } from "../../lib/cli/definition.js";
import { type UpdateAnswer, updateProgram } from "../../lib/self/update.js";
import { updateKey } from "../../lib/self/update-key.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Update cfm from a bundle, without a network`,
	description: t`Believes only a bundle whose list of sums was signed with the key that this cfm was built for, and every file by that list. All files become the new version, or none does, whenever it is interrupted. The same version repairs files; an older one is refused.`,
	role: "none",
	changes: "moderate",
	flags: {
		from: { kind: "text", value: "FILE", required: true, summary: t`The bundle: a ZIP file, on Linux a .tar.gz` },
	},
	examples: [
		{ what: t`Preview an update`, line: "cfm self update --from cfm-1.2.0-win-x64.zip --dry-run" },
		{ what: t`Update without a question`, line: "cfm self update --from cfm-1.2.0-win-x64.zip --yes" },
	],
	async run({ flags }, context): Promise<UpdateAnswer> {
		if (updateKey === undefined) throw new Error("this command is only in builds with a key");
		const { platform, arch } = process;
		const request = { file: flags.from, key: updateKey, platform, arch };
		const operation = updateProgram(await context.host.updates(), request);
		const settings = await context.settings();
		return context.carryOutOutside(operation, await context.registryForEvents(settings));
	},
	view: ({ folder, before, after, written, removed, outcome, restart }) => [
		{
			line: {
				"already-so": t`cfm ${after} in ${folder} is as it should be.`,
				planned: t`cfm ${before} in ${folder} would become ${after}. Files to write: ${written}; to remove: ${removed}`,
				updated: t`cfm ${before} in ${folder} is now ${after}. Files written: ${written}; removed: ${removed}`,
			}[outcome],
		},
		...(restart ? [{ line: t`Files that are still in use are removed when the system starts again.` }] : []),
		...(outcome === "updated" && before !== after
			? [{ line: t`When all machines have this version, run: cfm registry migrate` }]
			: []),
	],
});
