import { command } from "../../lib/cli/definition.js";
import { clientsSeen, listClients } from "../../lib/client/list.js";
import { undecidedUsers } from "../../lib/client/undecided-users.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { answeringByTable } from "../../lib/port/look.js";
import { keepLook } from "../../lib/registry/look.js";
import { t } from "../../lib/text.js";
import { clientsView } from "./_view.js";

export default command({
	summary: t`List the clients on this machine, by user`,
	description: t`Everyone with a profile here and a client or an ID. What can't be determined is null.`,
	role: "auditor",
	list: {
		rows: "clients",
		fields: [
			"user",
			"folder",
			"installed",
			"clientId",
			"version",
			"registered",
			"running",
			"port",
			"listening",
			"unknown",
			"allocatedId",
			"verdict",
		],
	},
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
		const shared = machine.client.shared?.(settings.clientProfile());
		if (shared?.known && shared.value !== null) {
			context.shell.warn(
				t`A client is installed for the whole machine (${shared.value}). It uses the common port, whoever starts it: remove it, and install the client for each user.`,
			);
		}
		const asked = await answeringByTable(machine, await context.host.network());
		const { clients, undecided } = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			const clients = await listClients(asked, settings.clientProfile(), view, environment, local);
			const unclear = new Set(clients.filter(({ unknown }) => unknown.includes("allocatedId")).map(({ user }) => user));
			const users = local.filter(({ account }) => unclear.has(account));
			return { clients, undecided: await undecidedUsers(view, environment, users) };
		});
		for (const hint of undecided) context.shell.warn(hint);
		await keepLook(registry, () => ({
			environment: settings.environment,
			machine: machine.name,
			kind: "clients",
			at: context.host.now().toISOString(),
			users: users.known ? null : local.map(({ account }) => account),
			sightings: clientsSeen(clients),
		}));
		return { clients, total: clients.length, machine: machine.name };
	},
	view: ({ clients }) => clientsView(clients),
});
