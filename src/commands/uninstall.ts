import { command } from "../lib/cli/definition.js";
import { uninstallClient } from "../lib/client/uninstall.js";
import { t } from "../lib/text.js";

export default command({
	summary: t`Uninstall a user's client; the user keeps the ID`,
	registry: true,
	changes: "moderate",
	flags: {
		silent: { kind: "boolean", summary: t`Without showing the uninstaller's window` },
		user: { kind: "text", char: "u", value: "USER", summary: t`The user; by default, whoever runs cfm` },
		timeout: { kind: "integer", value: "SECONDS", least: 1, most: 86_400, summary: t`The time limit` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`Your own client`, line: "cfm uninstall --silent --yes" }],
	async run({ flags }, context) {
		const settings = await context.settings({
			environment: flags.environment,
			"install.timeout": flags.timeout?.toString(),
		});
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const machine = await context.host.machine();
		const operation = uninstallClient(
			machine,
			settings.clientProfile(),
			registry,
			{
				environment: settings.environment,
				user: flags.user,
				silent: flags.silent,
				timeout: Number(settings.get("install.timeout")) * 1000,
			},
			{ narrator: context.shell, pause: context.host.pause },
		);
		return context.carryOutOutside(operation, registry);
	},
	view: ({ user, outcome, command }) => {
		const lines = {
			uninstalled: t`The client of ${user} is uninstalled. The user keeps the ID.`,
			"already-so": t`${user} has no client here.`,
			planned: t`The client of ${user} would be uninstalled.`,
		};
		const planned = outcome === "planned" ? [{ line: command.join(" ") }] : [];
		return [{ line: lines[outcome], ...(outcome === "uninstalled" ? { tone: "good" as const } : {}) }, ...planned];
	},
});
