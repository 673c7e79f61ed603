import { command } from "../../lib/cli/definition.js";
import { planSetClient, setClient } from "../../lib/client/set.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { t } from "../../lib/text.js";
import { clientProfile, openRegistry, originOf, setting, settingSources, thisMachine } from "../../lib/wiring.js";

export default command({
	summary: t`Store a user's own ID in their installed client`,
	description: t`The place is the client profile's, unverified. The client must be started again to use the ID.`,
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`Whose; without it, of whoever runs cfm` } },
	flags: {
		id: { kind: "integer", value: "N", summary: t`The ID it must be; it must be theirs` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`After the user was moved to another ID`, line: "cfm client set --yes" }],
	async run({ args, flags }, shell) {
		const sources = settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const machine = await thisMachine();
		const profile = clientProfile(sources);
		const plan = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, setting(sources, "environment") ?? "");
			return planSetClient(machine, profile, view, { environment, user: args.user, id: flags.id });
		});
		const { user, before, after, changed } = plan;
		const answer = { user: user.account, before, after, changed };
		if (flags["dry-run"]) return { ...answer, dryRun: true };
		if (!changed) return answer;
		await shell.agree(t`Change the client ID of ${user.account} from ${before ?? t`none`} to ${after}?`);
		await setClient(machine, profile, registry, originOf(shell), plan);
		return answer;
	},
	view: ({ user, before, after, changed }) => [
		{
			line: changed
				? t`Client ID of ${user}: ${before ?? "-"} -> ${after}. The client must be started again.`
				: t`The client ID of ${user} is ${after} already.`,
		},
	],
});
