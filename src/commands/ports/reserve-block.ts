import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { requireAdministrator, reserveBlock } from "../../lib/port/reserve-block.js";
import { t } from "../../lib/text.js";

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
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const environment = await registry.read((view) => requireEnvironment(view, settings.environment));
		const network = await context.host.network();
		const machine = await context.host.machine();
		const operation = reserveBlock(environment, network, async () =>
			requireAdministrator(context.host.platform, machine),
		);
		const answer = await context.carryOutOutside(operation, await context.registryForEvents(settings));
		for (const remark of answer.remarks) context.shell.warn(remark);
		if (answer.outcome === "planned" && answer.inUse.length > 0) {
			context.shell.warn(t`${answer.inUse.length} ports of the block are in use: close the clients first.`);
		}
		const { remarks: _, ...told } = answer;
		return told;
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
