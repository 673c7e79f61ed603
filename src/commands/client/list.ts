import { command } from "../../lib/cli/definition.js";
import { listClients } from "../../lib/client/list.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { t } from "../../lib/text.js";
import { clientsView } from "./_view.js";

export default command({
	summary: t`List the clients on this machine, by user`,
	description: t`Lists everyone who has a profile here and a client or an ID. A value that can't be determined is null.`,
	registry: true,
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`All users of this machine`, line: "cfm client list" }],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const machine = await context.host.machine();
		const users = await machine.profiles.users();
		if (!users.known)
			context.shell.warn(t`Only your own client is listed. Can't determine who else has a profile here: ${users.why}`);
		const local = users.known ? users.value : [await machine.profiles.currentUser()];
		const clients = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			return listClients(machine, settings.clientProfile(), view, environment, local);
		});
		return { clients, total: clients.length, machine: machine.name };
	},
	view: ({ clients }) => clientsView(clients),
});
