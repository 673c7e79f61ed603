import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { applyBlock, planBlock } from "../../lib/port/reserve-block.js";
import { t } from "../../lib/text.js";
import { openRegistry, requireAdministrator, setting, settingSources, thisNetwork } from "../../lib/wiring.js";

export default command({
	summary: t`Keep an environment's ports from everybody else (Windows)`,
	description: t`Prints the commands that set the whole block apart, in their order. With --yes, in an elevated window, they are run.`,
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`The commands`, line: "cfm ports reserve-block" },
		{ what: t`Run them`, line: "cfm ports reserve-block --yes" },
	],
	async run({ flags }, shell) {
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: true });
		const environment = await registry.read((view) => requireEnvironment(view, setting(sources, "environment") ?? ""));
		const network = await thisNetwork();
		const plan = await planBlock(environment, network);
		for (const remark of plan.remarks) shell.warn(remark);
		const applied = flags.yes && !flags["dry-run"] && plan.steps.length > 0;
		if (applied) {
			await requireAdministrator();
			await applyBlock(plan, network);
		} else if (plan.inUse.length > 0) {
			shell.warn(t`${plan.inUse.length} ports of the block are in use: close the clients first.`);
		}
		const { first, last, inUse } = plan;
		const steps = plan.steps.map(({ command, why }) => ({ command, why }));
		const outcome: "reserved" | "already-so" | "planned" = applied
			? "reserved"
			: steps.length === 0
				? "already-so"
				: "planned";
		const answer = { environment: environment.name, first, last, steps, total: steps.length, inUse, outcome };
		return flags["dry-run"] ? { ...answer, dryRun: true } : answer;
	},
	view: ({ first, last, steps, outcome }): Block[] => {
		const lines = {
			reserved: t`Ports ${first}-${last} are set apart.`,
			"already-so": t`Ports ${first}-${last} are set apart already.`,
			planned: t`To set ports ${first}-${last} apart, in an elevated window, in this order:`,
		};
		return [
			{ line: lines[outcome], ...(outcome === "planned" ? {} : { tone: "good" as const }) },
			...steps.map(({ command }) => ({ line: `  ${command}` })),
		];
	},
});
