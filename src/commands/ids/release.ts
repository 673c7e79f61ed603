import { command } from "../../lib/cli/definition.js";
import { parseTarget, releaseIds } from "../../lib/id/release.js";
import { t } from "../../lib/text.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Release IDs: they are quarantined, then free again`,
	description: t`An allocated ID is quarantined for the environment's quarantine time. A reserved one is free at once.`,
	registry: true,
	changes: "moderate",
	args: { who: { summary: t`Users or IDs`, required: true, many: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		"at-once": { kind: "boolean", summary: t`Free the ID now, without quarantine` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
	},
	examples: [
		{ what: t`Somebody left`, line: "cfm ids release CORP\\ana --yes" },
		{ what: t`What would happen`, line: "cfm ids release 42 --dry-run" },
	],
	async run({ args, flags }, context) {
		const targets = args.who.map(parseTarget);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const { environment } = settings;
		const request = { environment, targets, atOnce: flags["at-once"], note: flags.note };
		return context.carryOut(releaseIds(request), registry);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
