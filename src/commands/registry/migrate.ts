import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { migrateRegistry, originOf, registrySchema, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Bring a registry that an older cfm made up to date`,
	description: t`A copy of what was there is kept in a file beside the registry. An older cfm refuses the registry afterwards. Safe to run again.`,
	registry: true,
	changes: "moderate",
	repeats: false,
	examples: [
		{ what: t`What would happen`, line: "cfm registry migrate --dry-run" },
		{ what: t`Do it`, line: "cfm registry migrate --yes" },
	],
	async run({ flags }, shell) {
		const sources = await settingSources(shell);
		const { location, from, to } = await registrySchema(sources);
		const answer = { registry: location, from, to, changed: from !== to, kept: null as string | null };
		if (flags["dry-run"]) return { ...answer, dryRun: true };
		if (from === to) return answer;
		await shell.agree(t`Bring ${location} from schema ${from} to ${to}?`, [
			t`  An older cfm cannot use it afterwards; a copy of it is kept beside it.`,
		]);
		return { ...answer, kept: await migrateRegistry(sources, originOf(shell)) };
	},
	view: ({ registry, from, to, changed, kept }) => [
		changed
			? { line: t`${registry}: from schema ${from} to ${to}`, tone: "good" }
			: { line: t`${registry} has schema ${to} already.` },
		...(kept === null ? [] : [{ line: t`What was there: ${kept}` }]),
	],
});
