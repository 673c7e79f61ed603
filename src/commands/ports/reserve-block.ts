import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { requireAdministrator, reserveBlock } from "../../lib/port/reserve-block.js";
import { plural, t, visible } from "../../lib/text.js";

export default command({
	summary: t`Reserve an environment's block of ports (Windows)`,
	description: t`Prints the commands, in order. With --yes, in an elevated window, it runs them.`,
	role: "operator",
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`Print the commands`, line: "cfm ports reserve-block" },
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
			context.shell.warn(
				plural(answer.inUse.length, {
					one: "1 port of the block is in use: close the clients first.",
					other: `${answer.inUse.length} ports of the block are in use: close the clients first.`,
				}),
			);
		}
		const { remarks: _, ...told } = answer;
		return told;
	},
	view: ({ first, last, steps, outcome }): Block[] => {
		const lines = {
			reserved: t`Ports ${first}-${last} are reserved.`,
			"already-so": t`Ports ${first}-${last} are already reserved.`,
			planned: t`To reserve ports ${first}-${last}, run these commands in an elevated window, in this order:`,
		};
		return [
			{ line: lines[outcome], ...(outcome === "planned" ? {} : { tone: "good" as const }) },
			// To be copied: no line of it is folded.
			{ verbatim: steps.map(({ command }) => `  ${visible(command)}\n`).join("") },
		];
	},
});
