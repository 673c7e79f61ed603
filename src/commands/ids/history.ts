import { command } from "../../lib/cli/definition.js";
import { table } from "../../lib/cli/view.js";
import { history } from "../../lib/id/history.js";
import { parseTarget } from "../../lib/id/release.js";
import { recordKinds } from "../../lib/record-kinds.js";
import type { RegistryEvent } from "../../lib/registry/port.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Show what happened to IDs, and who did it`,
	registry: true,
	args: { who: { summary: t`A user or an ID; by default, everything` } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		limit: { kind: "integer", value: "N", summary: t`The largest number of rows` },
		offset: { kind: "integer", value: "N", summary: t`The number of rows to leave out at the start` },
	},
	examples: [
		{ what: t`One user`, line: "cfm ids history CORP\\ana" },
		{ what: t`One ID`, line: "cfm ids history 1" },
		{ what: t`Everything`, line: "cfm ids history" },
	],
	async run({ args, flags }, context) {
		const target = args.who === undefined ? {} : parseTarget(args.who);
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { environment, limit, offset } = flags;
		const userFields = [...new Set(recordKinds.flatMap(({ about }) => about))];
		return history(await registry.snapshot(), { ...target, userFields, environment, limit, offset });
	},
	view: (result) => [
		table<RegistryEvent>(
			[
				{ head: t`WHEN (UTC)`, value: ({ at }) => at, drawn: ({ at }) => at.replace("T", " ").slice(0, 16) },
				{ head: t`WHO`, value: ({ actor, machine }) => t`${actor} on ${machine}`, shrinks: true },
				{ head: t`WHAT`, value: ({ action }) => action },
				{ head: t`WHOM`, value: ({ subject }) => subject, shrinks: true },
				{ head: t`ID`, value: ({ id }) => id, align: "right" },
				{ head: t`NOTE`, value: ({ note, after }) => note ?? phaseOf(after), shrinks: true },
			],
			result.events,
			t`Nothing has been recorded yet.`,
		),
	],
});

/** What is done outside the registry is told twice: `intended`, then `done`. */
function phaseOf(after: unknown): string | null {
	return typeof after === "object" && after !== null && "phase" in after ? String(after.phase) : null;
}
