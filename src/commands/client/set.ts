import { command } from "../../lib/cli/definition.js";
import { planSetClient, type SetClientAnswer, setClient, setClientAnswer } from "../../lib/client/set.js";
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
	async run({ args, flags }, shell): Promise<SetClientAnswer & { dryRun?: true }> {
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const machine = await thisMachine();
		const profile = clientProfile(sources);
		const origin = originOf(shell);
		const earlier = await registry.answerTo(origin);
		if (earlier !== undefined) return earlier.answer as SetClientAnswer;
		const plan = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, setting(sources, "environment") ?? "");
			return planSetClient(machine, profile, view, { environment, user: args.user, id: flags.id });
		});
		if (flags["dry-run"]) return { ...setClientAnswer(plan), dryRun: true };
		if (!plan.changed) return setClientAnswer(plan);
		await shell.agree(t`Change the client ID of ${plan.user.account} from ${plan.before ?? t`none`} to ${plan.after}?`);
		return setClient(machine, profile, registry, origin, plan);
	},
	view: ({ user, before, after, changed }) => [
		{
			line: changed
				? t`Client ID of ${user}: ${before ?? "-"} -> ${after}. The client must be started again.`
				: t`The client ID of ${user} is ${after} already.`,
		},
	],
});
