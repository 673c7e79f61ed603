import { allocationsTable } from "../../lib/cli/allocation-table.js";
import { command } from "../../lib/cli/definition.js";
import { parseTarget, planRelease, releaseAnswer } from "../../lib/id/release.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { plural, t } from "../../lib/text.js";
import { openRegistry, originOf, setting, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Take IDs back: they rest, then are free again`,
	description: t`An allocated ID rests for the environment's quarantine days. A reserved one is free at once.`,
	registry: true,
	changes: "moderate",
	args: { who: { summary: t`Users or IDs`, required: true, many: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		"at-once": { kind: "boolean", summary: t`Free now, without the quarantine` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
	},
	examples: [
		{ what: t`Somebody left`, line: "cfm ids release CORP\\ana --yes" },
		{ what: t`What would happen`, line: "cfm ids release 42 --dry-run" },
	],
	async run({ args, flags }, shell) {
		const targets = args.who.map(parseTarget);
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const environment = setting(sources, "environment") ?? "";
		return carryOut(
			registry,
			originOf(shell),
			{
				plan: (view) => planRelease(view, { environment, targets, atOnce: flags["at-once"], note: flags.note }),
				answer: releaseAnswer,
				agree: (plan) =>
					shell.agree(
						plural(plan.changes.length, {
							one: `Release 1 ID of ${plan.environment.name}?`,
							other: `Release ${plan.changes.length} IDs of ${plan.environment.name}?`,
						}),
						plan.answers
							.filter(({ changed }) => changed)
							.map(({ id, user, state }) => `  ${id}  ${user ?? ""}  -> ${state}`),
					),
			},
			{ dryRun: flags["dry-run"] },
		);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
