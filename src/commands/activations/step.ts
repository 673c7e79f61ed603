import { parseAccount } from "../../lib/account/account.js";
import { requireActivation } from "../../lib/activation/find.js";
import { refuseSecretNote } from "../../lib/activation/refuse-secret.js";
import { checkSoftware } from "../../lib/activation/software.js";
import { stepActivation, type TellableStep, tellableSteps } from "../../lib/activation/step.js";
import { command } from "../../lib/cli/definition.js";
import type { Context, Settings } from "../../lib/context.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { CfmError } from "../../lib/errors.js";
import type { Registry } from "../../lib/registry/registry.js";
import { t } from "../../lib/text.js";
import { environmentFlag, noteFlag, productFlag } from "./_options.js";
import { changedBlocks } from "./_view.js";

export default command({
	summary: t`Record how far a user has come with their activation`,
	description: t`In this order: identity-confirmed (identity-failed counts an attempt), software-checked (on this machine), number-entered; then cfm activations complete.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	discreet: true,
	args: {
		user: { of: "activation", summary: t`The user`, required: true },
		step: {
			summary: t`identity-confirmed, identity-failed, software-checked or number-entered`,
			required: true,
		},
	},
	flags: {
		by: {
			kind: "text",
			value: "HOW",
			choices: ["questions", "account"],
			summary: t`How the identity was confirmed: by questions (default), or by account and code`,
		},
		seen: { kind: "boolean", summary: t`With software-checked: somebody saw it there, where cfm can't determine it` },
		...productFlag,
		...noteFlag,
		...environmentFlag,
	},
	examples: [
		{ what: t`The questions were answered`, line: "cfm activations step CORP\\ana identity-confirmed" },
		{ what: t`They were answered wrongly`, line: "cfm activations step CORP\\ana identity-failed" },
		{
			what: t`The software: looked at here, or else seen by somebody there`,
			line: "cfm activations step CORP\\ana software-checked --seen",
		},
	],
	async run({ args, flags }, context) {
		refuseSecretNote(flags.note);
		const step = parseStep(args.step);
		const account = parseAccount(args.user);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const whose = { environment: settings.environment, account, product: flags.product };
		const software =
			step === "software-checked" ? await look(context, settings, registry, { ...whose, said: flags.seen }) : null;
		return context.carryOut(
			stepActivation({ ...whose, step, by: flags.by, software, note: flags.note, now: context.host.now() }),
			registry,
		);
	},
	view: changedBlocks,
});

/** What is not one of the words may be a code: it is not repeated. */
function parseStep(word: string): TellableStep {
	const step = tellableSteps.find((one) => one === word);
	if (step !== undefined) return step;
	throw new CfmError("usage", "bad-step", t`Not a step. Steps are: ${tellableSteps.join(", ")}.`, {
		data: { steps: [...tellableSteps] },
	});
}

/** Asked before the change: what a machine says must hold up nobody else's. What is behind already is not looked at. */
async function look(
	context: Context,
	settings: Settings,
	registry: Registry,
	{ said, ...whose }: Parameters<typeof requireActivation>[2] & { said: boolean },
): Promise<"seen" | "said" | null> {
	const { environment, activation } = await registry.read(async (view) => {
		const environment = await requireEnvironment(view, whose.environment);
		return { environment, activation: await requireActivation(view, environment, whose) };
	});
	if (activation.step !== "identity-confirmed") return null;
	const sources = {
		machine: await context.host.machine(),
		profile: settings.clientProfile(),
		surroundings: await context.host.surroundings(context.shell.streams.variables),
	};
	return checkSoftware(sources, environment, { account: whose.account, product: activation.product, said });
}
