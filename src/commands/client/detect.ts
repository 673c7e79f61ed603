import { command } from "../../lib/cli/definition.js";
import { toneOf } from "../../lib/cli/finding-view.js";
import { type Block, table } from "../../lib/cli/view.js";
import { detectClient } from "../../lib/client/detect.js";
import { layoutVerdicts } from "../../lib/client/findings.js";
import { requireLocalUser } from "../../lib/client/list.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Compare the client profile with the client installed here`,
	description: t`The vendor does not publish where the client keeps its data. --apply writes what was found to the client profile.`,
	role: "operator",
	own: ({ args: { user }, flags: { apply } }, me) => !apply && (user === undefined || me.is(user)),
	changes: "moderate",
	args: { user: { summary: t`The user whose client it is; by default, whoever runs cfm` } },
	flags: { apply: { kind: "boolean", summary: t`Write what was found to the client profile` } },
	examples: [
		{ what: t`On a machine where the client works`, line: "cfm client detect" },
		{ what: t`Use it from now on`, line: "cfm client detect --apply --yes" },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings();
		const profile = settings.clientProfile();
		const machine = await context.host.machine();
		const user = await requireLocalUser(machine, undefined, args.user);
		const operation = detectClient(
			{
				machine,
				user,
				profile,
				side: context.host.platform === "win32" ? "windows" : "linux",
				file: settings.clientProfileFile,
				write: (values) => settings.writeClientProfile(values),
				narrator: context.shell,
			},
			flags.apply,
		);
		return context.carryOutOutside(operation, flags.apply ? await context.registryForEvents(settings) : undefined);
	},
	view: ({ observations, profile, changed }): Block[] => [
		table(
			[
				{ head: t`ABOUT`, value: ({ about }) => about },
				{ head: t`EXPECTED`, value: ({ expected }) => expected, shrinks: true },
				{ head: t`FOUND`, value: ({ seen }) => seen, shrinks: true },
				{
					head: "",
					value: ({ agrees }) => (agrees ? t`agrees` : t`differs`),
					tone: ({ agrees }) => toneOf(layoutVerdicts[agrees ? "agrees" : "differs"]),
				},
			],
			observations,
			t`No trace of a client was found.`,
		),
		{
			line:
				profile === null
					? t`Client profile: built-in, unverified`
					: changed
						? t`Client profile: ${profile} (changed)`
						: t`Client profile: ${profile}`,
		},
	],
});
