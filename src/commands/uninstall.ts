import { setTimeout } from "node:timers/promises";
import { command } from "../lib/cli/definition.js";
import { findInstallation } from "../lib/client/installation.js";
import { requireThisUser } from "../lib/client/this-user.js";
import { applyUninstall, planUninstall, type UninstallAnswer, uninstallationChange } from "../lib/client/uninstall.js";
import { requireEnvironment } from "../lib/environment/environment.js";
import { t } from "../lib/text.js";
import { clientProfile, openRegistry, originOf, setting, settingSources, thisMachine } from "../lib/wiring.js";

export default command({
	summary: t`Remove a user's client; the ID stays theirs`,
	registry: true,
	changes: "moderate",
	flags: {
		silent: { kind: "boolean", summary: t`Without the uninstaller's window` },
		user: { kind: "text", char: "u", value: "USER", summary: t`Whose; without it, of whoever runs cfm` },
		timeout: { kind: "integer", value: "SECONDS", least: 1, most: 86_400, summary: t`How long it may take` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`Of whoever runs it`, line: "cfm uninstall --silent --yes" }],
	async run({ flags }, shell): Promise<UninstallAnswer & { dryRun?: true }> {
		const sources = await settingSources(shell, {
			environment: flags.environment,
			"install.timeout": flags.timeout?.toString(),
		});
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const origin = originOf(shell);
		const earlier = await registry.answerTo(origin);
		if (earlier !== undefined) return earlier.answer as UninstallAnswer;
		const name = setting(sources, "environment") ?? "";
		const environment = await registry.read((view) => requireEnvironment(view, name));
		const machine = await thisMachine();
		const { user, account } = await requireThisUser(
			machine,
			flags.user,
			environment.domain?.toLowerCase() ?? "",
			environment.name,
		);
		const profile = clientProfile(sources);
		const timeout = Number(setting(sources, "install.timeout")) * 1000;
		const plan = await planUninstall(machine, profile, { user, environment, silent: flags.silent, timeout });
		const command = [plan.uninstaller, ...plan.words];
		const answer = {
			user: user.account,
			environment: environment.name,
			returnCode: null,
			command,
			client: plan.before,
		};
		if (plan.alreadySo) return { ...answer, outcome: "already-so" };
		if (flags["dry-run"]) return { ...answer, outcome: "planned", dryRun: true };
		await shell.agree(t`Remove the client of ${user.account}?`, [`  ${command.join(" ")}`]);
		const progress = shell.progress(t`Uninstalling`);
		const { outcome, client } = await applyUninstall(machine, profile, plan, (milliseconds) =>
			setTimeout(milliseconds),
		).finally(() => progress.end());
		const returnCode = outcome.ended === "exited" ? outcome.returnCode : null;
		return registry.change(origin, async (transaction) => {
			const recorded = await findInstallation(transaction, environment.name, machine.name, account);
			const change = uninstallationChange(recorded, returnCode);
			if (change !== undefined) await transaction.apply([change], origin);
			return { ...answer, outcome: "uninstalled", returnCode, client };
		});
	},
	view: ({ user, outcome, command }) => {
		const lines = {
			uninstalled: t`The client of ${user} is removed. The ID stays theirs.`,
			"already-so": t`${user} has no client here.`,
			planned: t`The client of ${user} would be removed.`,
		};
		const planned = outcome === "planned" ? [{ line: command.join(" ") }] : [];
		return [{ line: lines[outcome], ...(outcome === "uninstalled" ? { tone: "good" as const } : {}) }, ...planned];
	},
});
