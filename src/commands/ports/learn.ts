import { command } from "../../lib/cli/definition.js";
import { type Block, table } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { gatherEvidence, learnRule, notLearned, storeLearnedRule, whyNotStorable } from "../../lib/port/learn.js";
import { lookAtListeners } from "../../lib/port/look.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Learn the port rule from running clients`,
	description: t`From running clients with a known client ID: the rule that explains them all. --apply makes it the environment's.`,
	role: "admin",
	registry: true,
	changes: "moderate",
	// What it finds is of the moment: a repeated request is another look.
	repeats: false,
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		apply: { kind: "boolean", summary: t`Store the rule, marked as learned today` },
	},
	examples: [
		{ what: t`On a server where clients run`, line: "cfm ports learn" },
		{ what: t`Use it from now on`, line: "cfm ports learn --apply --yes" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const profile = settings.clientProfile();
		const registry = await context.registry(settings, { readonly: !flags.apply || flags["dry-run"] });
		const environment = await registry.read((view) => requireEnvironment(view, settings.environment));
		const remark = (text: string) => context.shell.warn(text);
		const listeners = await lookAtListeners(await context.host.network(), remark);
		const evidence = await gatherEvidence(await context.host.machine(), profile, environment, listeners, remark);
		const learned = learnRule(environment, evidence);
		const rule = learned.outcome === "fits" ? learned.rule : null;
		if (rule === null) return flags["dry-run"] ? { ...learned, dryRun: true } : learned;
		const request = { environment: environment.name, rule, commonPort: profile.commonPort };
		if (!flags.apply) {
			const why = await registry.read((view) => whyNotStorable(view, request));
			if (why !== undefined) context.shell.warn(why);
			return flags["dry-run"] ? { ...learned, dryRun: true } : learned;
		}
		return context.carryOut(storeLearnedRule(request, learned, flags["dry-run"]), registry);
	},
	view: ({ rule, outcome, candidates, evidence, stored, current }): Block[] => [
		table(
			[
				{ head: t`USER`, value: ({ user }) => user, shrinks: true },
				{ head: t`ID`, value: ({ id }) => id, align: "right" },
				{ head: t`LISTENS ON`, value: ({ ports }) => ports.join(", ") },
				{
					head: "",
					value: ({ fits }) => (fits === null ? null : fits ? t`fits` : t`does not fit`),
					tone: ({ fits }) => (fits === null ? undefined : fits ? "good" : "bad"),
				},
			],
			evidence,
			t`No running client has an ID and a port that can be read.`,
		),
		{ line: t`Current rule: port = ${current.base} + ${current.stride} × ID (${originOfRule(current.learnedAt)})` },
		...candidates.map(({ base, stride }) => ({ line: t`Possible: port = ${base} + ${stride} × ID` })),
		...(rule === null
			? []
			: [
					{
						line:
							outcome === "fits"
								? stored
									? t`Found and stored as learned: port = ${rule.base} + ${rule.stride} × ID`
									: t`Found: port = ${rule.base} + ${rule.stride} × ID`
								: t`Most clients: port = ${rule.base} + ${rule.stride} × ID (not accepted)`,
						tone: outcome === "fits" ? ("good" as const) : ("bad" as const),
					},
				]),
	],
	verdict: notLearned,
});

function originOfRule(learnedAt: string | null): string {
	return learnedAt === null ? t`configured` : t`learned ${learnedAt.slice(0, 10)}`;
}
