import { command } from "../../lib/cli/definition.js";
import { forgetClient } from "../../lib/client/forget.js";
import { t } from "../../lib/text.js";
import { clientFacts } from "./_view.js";

export default command({
	summary: t`Remove what is left of a client whose program is gone`,
	description: t`Removes uninstall entry and client ID, and sets the record right; the user keeps the ID. If the program is there, uninstall it instead.`,
	role: "operator",
	own: ({ args: { user } }, me) => user === undefined || me.is(user),
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`The user; by default, whoever runs cfm` } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`After somebody deleted the client's folder`, line: "cfm client forget --yes" }],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = { environment: settings.environment, user: args.user };
		const around = { narrator: context.shell, now: context.host.now };
		const machine = await context.host.machine();
		return context.carryOutOutside(
			forgetClient(machine, settings.clientProfile(), registry, request, around),
			registry,
		);
	},
	view: ({ user, outcome, client }) => {
		const lines = {
			forgotten: t`The client of ${user} is forgotten. The user keeps the ID.`,
			"already-so": t`${user} has no client here.`,
			planned: t`The client of ${user} would be forgotten.`,
		};
		return [
			{ line: lines[outcome], ...(outcome === "forgotten" ? { tone: "good" as const } : {}) },
			...(outcome === "planned" ? [clientFacts(client)] : []),
		];
	},
});
