import { command } from "../../lib/cli/definition.js";
import { setClientId } from "../../lib/client/set.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Store a user's ID in their installed client`,
	description: t`Where it is stored comes from the client profile, which is unverified. Restart the client for it to use the ID.`,
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`The user; by default, whoever runs cfm` } },
	flags: {
		id: { kind: "integer", value: "N", summary: t`The expected ID; it must be the user's own` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`After the user was moved to another ID`, line: "cfm client set --yes" }],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const machine = await context.host.machine();
		const profile = settings.clientProfile();
		const request = { environment: settings.environment, user: args.user, id: flags.id };
		return context.carryOutOutside(setClientId(machine, profile, registry, request, context.host.now), registry);
	},
	view: ({ user, before, after, changed }) => [
		{
			line: changed
				? t`Client ID of ${user}: ${before ?? "-"} -> ${after}. Restart the client.`
				: t`The client ID of ${user} is already ${after}.`,
		},
	],
});
