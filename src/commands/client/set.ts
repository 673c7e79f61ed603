import { command } from "../../lib/cli/definition.js";
import { setClientId } from "../../lib/client/set.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Store a user's ID in their installed client`,
	description: t`Where it is stored is from the client profile, which is unverified. Restart the client.`,
	role: "operator",
	own: ({ args: { user } }, me) => user === undefined || me.is(user),
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`The user; by default, whoever runs cfm` } },
	flags: {
		id: { kind: "integer", value: "N", summary: t`The expected ID; it must be the user's own` },
		"stop-client": { kind: "boolean", summary: t`End the user's running client first, if it does not use the ID` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [
		{ what: t`After the user was moved to another ID`, line: "cfm client set --yes" },
		{ what: t`End the running client first`, line: "cfm client set --stop-client --yes" },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const machine = await context.host.machine();
		const profile = settings.clientProfile();
		const request = {
			environment: settings.environment,
			user: args.user,
			id: flags.id,
			stopClient: flags["stop-client"],
		};
		return context.carryOutOutside(setClientId(machine, profile, registry, request, context.host), registry);
	},
	view({ user, before, after, changed, endedPids }) {
		const ends = endedPids.length > 0;
		const then = ends ? t`Its running client is ended first; start it in the user's session.` : t`Restart the client.`;
		const told = changed
			? t`Client ID of ${user}: ${before ?? "-"} -> ${after}.`
			: t`The client ID of ${user} is already ${after}.`;
		return [{ line: changed || ends ? `${told} ${then}` : told }];
	},
});
