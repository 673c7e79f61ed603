import { command } from "../../lib/cli/definition.js";
import { migrateRegistry } from "../../lib/registry/migrate.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Update a registry that an older cfm created`,
	description: t`Keeps a copy of the old registry beside it. Older versions of cfm refuse the registry afterwards. Safe to run again.`,
	registry: true,
	changes: "moderate",
	repeats: false,
	examples: [
		{ what: t`What would happen`, line: "cfm registry migrate --dry-run" },
		{ what: t`Update it`, line: "cfm registry migrate --yes" },
	],
	async run(_request, context) {
		const location = (await context.settings()).registryLocation;
		return context.carryOutOutside(migrateRegistry(await context.host.registries(), location, context), undefined);
	},
	view: ({ registry, from, to, changed, kept }) => [
		changed
			? { line: t`${registry}: from schema ${from} to ${to}`, tone: "good" }
			: { line: t`${registry} already has schema ${to}.` },
		...(kept === null ? [] : [{ line: t`The previous content is in ${kept}` }]),
	],
});
