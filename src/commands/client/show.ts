import { command } from "../../lib/cli/definition.js";
import { requireLocalUser, showClient } from "../../lib/client/list.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { t } from "../../lib/text.js";
import { clientFacts } from "./_view.js";

export default command({
	summary: t`Show one user's client on this machine`,
	role: "auditor",
	own: ({ args: { user } }, me) => user === undefined || me.is(user),
	registry: true,
	args: { user: { summary: t`The user; by default, whoever runs cfm` } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`Your own`, line: "cfm client show" }],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const machine = await context.host.machine();
		return registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			const user = await requireLocalUser(machine, environment, args.user);
			return showClient(machine, settings.clientProfile(), view, environment, user);
		});
	},
	view: (client) => [
		{
			facts: [...clientFacts(client).facts, [t`Allocated ID`, client.allocatedId], [t`Verdict`, client.verdict]],
		},
	],
});
