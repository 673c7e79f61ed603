import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { watch } from "../../lib/cli/watch.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { listPorts, portsSeen } from "../../lib/port/list.js";
import { lookAtListeners, lookAtSessions, lookForClients, portRemarks } from "../../lib/port/look.js";
import { parsePortRange } from "../../lib/port/port.js";
import { keepLook } from "../../lib/registry/look.js";
import { t } from "../../lib/text.js";
import { portsView } from "./_view.js";

export default command({
	summary: t`List listeners, who owns them, and who should`,
	description: t`Every TCP listener on this machine; for the port of an ID, the user who holds that ID.`,
	role: "auditor",
	list: {
		rows: "listeners",
		fields: [
			"address",
			"port",
			"pid",
			"process",
			"user",
			"session",
			"since",
			"id",
			"expectedUser",
			"verdict",
			"unknown",
			"sharedWith",
			"kernel",
			"beyondLoopback",
			"otherSessions",
		],
	},
	registry: true,
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		"ids-only": { kind: "boolean", summary: t`Only the ports of IDs` },
		user: { kind: "text", char: "u", value: "USER", summary: t`Only listeners that this user owns, or should own` },
		port: { kind: "text", value: "PORTS", summary: t`Only this port or range: 24250-24400` },
		conflicts: { kind: "boolean", summary: t`Only ports of IDs that another user's process holds` },
		watch: { kind: "boolean", summary: t`Keep watching; in a pipe, an object per change` },
		interval: { kind: "integer", value: "SECONDS", least: 1, most: 3600, summary: t`The interval for --watch (2)` },
	},
	examples: [
		{ what: t`Who listens on whose port`, line: "cfm ports list --ids-only" },
		{ what: t`What needs attention`, line: "cfm ports list --conflicts" },
		{ what: t`A range of ports, for a script`, line: "cfm ports list --port 24250-24400 --json" },
	],
	async run({ flags }, context) {
		const user = flags.user === undefined ? undefined : parseAccount(flags.user);
		const ports = flags.port === undefined ? undefined : parsePortRange(flags.port);
		const filter = { idsOnly: flags["ids-only"], conflicts: flags.conflicts, user, ports };
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const network = await context.host.network();
		const machine = context.host.name();
		const remark = (text: string) => {
			if (!flags.watch) context.shell.warn(text);
		};
		const look = async () => {
			const seen = await lookAtListeners(network, remark);
			const clients = flags.conflicts
				? undefined
				: await lookForClients(await context.host.machine(), settings.clientProfile(), remark);
			const sessions = await lookAtSessions(network);
			const listeners = await registry.read(async (view) => {
				const environment = await requireEnvironment(view, settings.environment);
				return listPorts(view, environment, { machine, clients, sessions }, seen, filter, remark);
			});
			return { listeners, total: listeners.length, machine };
		};
		if (flags.watch) {
			return watch(context.shell, flags.interval ?? 2, {
				look,
				rows: ({ listeners }) => listeners,
				key: ({ address, port, pid }) => `${address} ${port} ${pid}`,
				noun: "listener",
				view: ({ listeners }, most) => portsView(listeners, most),
				inUtc: true,
			});
		}
		const answer = await look();
		const isWhole = user === undefined && ports === undefined && !flags.conflicts;
		await keepLook(isWhole ? registry : undefined, () => ({
			environment: settings.environment,
			machine,
			kind: "ports",
			at: context.host.now().toISOString(),
			users: null,
			sightings: portsSeen(answer.listeners),
		}));
		const { elevated } = await context.host.machine();
		for (const remark of portRemarks(answer.listeners, elevated, settings.environment)) context.shell.warn(remark);
		return answer;
	},
	view: ({ listeners }) => portsView(listeners),
});
