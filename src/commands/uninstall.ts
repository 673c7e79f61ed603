import { command } from "../lib/cli/definition.js";
import { uninstallClient } from "../lib/client/uninstall.js";
import { t } from "../lib/text.js";
import { keepLog, passThrough } from "./client/_program.js";

export default command({
	summary: t`Uninstall a user's client; the user keeps the ID`,
	role: "none",
	registry: true,
	changes: "moderate",
	flags: {
		silent: { kind: "boolean", summary: t`Without showing the uninstaller's window` },
		user: { kind: "text", char: "u", value: "USER", summary: t`The user; by default, whoever runs cfm` },
		timeout: { kind: "integer", value: "SECONDS", least: 1, most: 86_400, summary: t`The time limit` },
		retries: {
			kind: "integer",
			value: "N",
			most: 100,
			summary: t`Retries while another installation runs`,
		},
		"stop-client": { kind: "boolean", summary: t`End the user's running client first` },
		log: { kind: "text", value: "FILE", summary: t`Also write the log to a file` },
		"pass-through-codes": {
			kind: "boolean",
			summary: t`Exit with 3010, 1641 or 1618 as the uninstaller does, for deployment tools`,
		},
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`Your own client`, line: "cfm uninstall --silent --yes" }],
	async run({ flags }, context) {
		const settings = await context.settings({
			environment: flags.environment,
			"install.timeout": flags.timeout?.toString(),
			"install.retries": flags.retries?.toString(),
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
				retries: Number(settings.get("install.retries")),
				stopClient: flags["stop-client"],
			},
			{
				...{
					narrator: context.shell,
					pause: context.host.pause,
					now: context.host.now,
					dryRun: flags["dry-run"] === true,
				},
				keepLog: (text) => keepLog(context, text, flags.log),
			},
		);
		return context.carryOutOutside(operation, registry);
	},
	exitCode: passThrough,
	view: ({ user, outcome, command, rebootRequired, log }) => {
		const lines = {
			uninstalled: t`The client of ${user} is uninstalled. The user keeps the ID.`,
			"already-so": t`${user} has no client here.`,
			planned: t`The client of ${user} would be uninstalled.`,
		};
		const planned = outcome === "planned" ? [{ line: command.join(" ") }] : [];
		return [
			{ line: lines[outcome], ...(outcome === "uninstalled" ? { tone: "good" as const } : {}) },
			...(rebootRequired ? [{ line: t`Restart the machine to complete it.`, tone: "caution" as const }] : []),
			...planned,
			...(log === null ? [] : [{ line: t`Log: ${log}` }]),
		];
	},
});
