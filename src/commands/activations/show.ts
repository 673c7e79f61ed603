import { parseAccount } from "../../lib/account/account.js";
import { activations } from "../../lib/activation/activation.js";
import { activationsOf, requireActivation } from "../../lib/activation/find.js";
import { type ToldActivation, tellActivation, whatIsNext } from "../../lib/activation/told.js";
import { command } from "../../lib/cli/definition.js";
import { inLocalTime, localTime } from "../../lib/cli/time.js";
import { type Block, table } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { personCalled } from "../../lib/id/history.js";
import { undoAction } from "../../lib/registry/kind.js";
import type { RegistryEvent } from "../../lib/registry/registry.js";
import { whatChanged } from "../../lib/registry/what-changed.js";
import { t } from "../../lib/text.js";
import { environmentFlag, productFlag } from "./_options.js";
import { activationFacts, activationsTable, inventoryLine } from "./_view.js";

interface Shown {
	activation: ToldActivation;
	/** What the user or somebody else must do next, in words. */
	nextStep: string;
	/** Earlier and other activations of the user. */
	others: ToldActivation[];
	/** What was recorded of all of them, oldest first. */
	events: RegistryEvent[];
	/** Of events. */
	total: number;
	inventoryOnly: true;
}

export default command({
	summary: t`Show a user's activation, its history, and the next step`,
	role: "auditor",
	registry: true,
	args: { user: { of: "activation", summary: t`The user`, required: true } },
	flags: { ...productFlag, ...environmentFlag },
	examples: [{ what: t`Where a user is stuck`, line: "cfm activations show CORP\\ana" }],
	async run({ args, flags }, context): Promise<Shown> {
		const account = parseAccount(args.user);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const now = context.host.now();
		return registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			const whose = { environment: environment.name, account, product: flags.product };
			const activation = tellActivation(await requireActivation(view, environment, whose), now);
			const all = await activationsOf(view, environment, account);
			const query = {
				environment: environment.name,
				person: await personCalled(view, parseAccount(activation.user)),
				userFields: activations.about,
				actions: [...activations.actions, undoAction(activations)],
			};
			const events = (await Array.fromAsync(view.events(query))).flat();
			return {
				activation,
				nextStep: whatIsNext(activation),
				others: all.filter(({ number }) => number !== activation.number).map((one) => tellActivation(one, now)),
				events,
				total: events.length,
				inventoryOnly: true,
			};
		});
	},
	view: ({ activation, nextStep, others, events }): Block[] => [
		activationFacts(activation),
		{ line: t`Next step: ${nextStep}` },
		table<RegistryEvent>(
			[
				{ head: t`WHEN`, value: ({ at }) => at, drawn: ({ at }) => localTime(at) },
				{ head: t`WHAT`, value: ({ action }) => action },
				{ head: t`CHANGE`, value: whatChanged, drawn: (event) => inLocalTime(whatChanged(event)), shrinks: true },
				{ head: t`NOTE`, value: ({ note }) => note, shrinks: true },
				{ head: t`WHO`, value: ({ actor, machine }) => t`${actor} on ${machine}`, shrinks: true },
			],
			events,
			t`Nothing was recorded.`,
		),
		...(others.length === 0 ? [] : [{ line: t`Others of this user:` }, activationsTable(others, "")]),
		inventoryLine(),
	],
});
