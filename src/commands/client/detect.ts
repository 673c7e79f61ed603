import { command } from "../../lib/cli/definition.js";
import { toneOf } from "../../lib/cli/finding-view.js";
import { type Block, table } from "../../lib/cli/view.js";
import { compareWithProfile, profileChanges } from "../../lib/client/detect.js";
import { layoutVerdicts } from "../../lib/client/findings.js";
import { requireLocalUser } from "../../lib/client/list.js";
import { t } from "../../lib/text.js";
import { clientProfile, clientProfileFile, settingSources, thisMachine, writeClientProfile } from "../../lib/wiring.js";

export default command({
	summary: t`Compare what cfm believes about the client with what is here`,
	description: t`Where the client keeps things is not published. With --apply what was seen goes into the client profile.`,
	changes: "moderate",
	args: { user: { summary: t`Whose client; without it, of whoever runs cfm` } },
	flags: { apply: { kind: "boolean", summary: t`Write what was seen into the client profile` } },
	examples: [
		{ what: t`On a machine where the client works`, line: "cfm client detect" },
		{ what: t`And believe it from now on`, line: "cfm client detect --apply --yes" },
	],
	async run({ args, flags }, shell) {
		const sources = await settingSources(shell);
		const profile = clientProfile(sources);
		const machine = await thisMachine();
		const user = await requireLocalUser(machine, undefined, args.user);
		const found = await compareWithProfile(machine, profile, user);
		if (!found.known) shell.warn(t`What is installed could not be told: ${found.why}`);
		const observations = found.known ? found.value : [];
		const file = clientProfileFile(sources.places);
		const changes = profileChanges(observations, user);
		const changed = flags.apply && Object.keys(changes).length > 0;
		if (changed && !flags["dry-run"]) {
			await shell.agree(t`Write ${Object.keys(changes).join(", ")} into ${file}?`);
			const { source: _, ...values } = profile;
			const side = process.platform === "win32" ? "windows" : "linux";
			writeClientProfile(sources.places, { ...values, verified: false, [side]: { ...profile[side], ...changes } });
		}
		const answer = { user: user.account, observations, total: observations.length, profile: profile.source, changed };
		return flags["dry-run"] ? { ...answer, dryRun: true } : answer;
	},
	view: ({ observations, profile, changed }): Block[] => [
		table(
			[
				{ head: t`ABOUT`, value: ({ about }) => about },
				{ head: t`BELIEVED`, value: ({ expected }) => expected, shrinks: true },
				{ head: t`SEEN`, value: ({ seen }) => seen, shrinks: true },
				{
					head: "",
					value: ({ agrees }) => (agrees ? t`agrees` : t`differs`),
					tone: ({ agrees }) => toneOf(layoutVerdicts[agrees ? "agrees" : "differs"]),
				},
			],
			observations,
			t`No trace of a client was found.`,
		),
		{ line: t`Client profile: ${profile ?? t`the one that ships, unverified`}${changed ? t` (changed)` : ""}` },
	],
});
