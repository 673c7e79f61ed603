import { command } from "../../lib/cli/definition.js";
import { migrateRegistry } from "../../lib/registry/migrate.js";
import { t } from "../../lib/text.js";

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
	async run(_request, context) {
		const location = (await context.settings()).registryLocation;
		return context.carryOutOutside(migrateRegistry(await context.host.registries(), location, context), undefined);
	},
	view: ({ registry, from, to, changed, kept }) => [
		changed
			? { line: t`${registry}: from schema ${from} to ${to}`, tone: "good" }
			: { line: t`${registry} has schema ${to} already.` },
		...(kept === null ? [] : [{ line: t`What was there: ${kept}` }]),
	],
});
