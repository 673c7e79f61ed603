import { actKinds } from "../lib/acts.js";
import { command } from "../lib/cli/definition.js";
import { localTime } from "../lib/cli/time.js";
import { type Block, table } from "../lib/cli/view.js";
import { recordKinds } from "../lib/record-kinds.js";
import { t } from "../lib/text.js";
import { type UndoneChange, undoRequest } from "../lib/undo/undo.js";

export default command({
	summary: t`Undo one change of the registry`,
	description: t`All that one command changed becomes what it was, unless something newer depends on it. An undo can be undone.`,
	role: "as-done",
	registry: true,
	changes: "moderate",
	args: { request: { summary: t`latest (default), your own last change; or a request key` } },
	examples: [
		{ what: t`Preview undoing your last change`, line: "cfm undo latest --dry-run" },
		{ what: t`Undo it`, line: "cfm undo latest --yes" },
	],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const { actor, machine } = await context.attribution({});
		const request = { request: args.request ?? "latest", caller: { actor, machine } };
		return context.carryOut(undoRequest(request, { kinds: recordKinds, acts: actKinds }), registry);
	},
	view({ command, actor, at, changes, outcome }): Block[] {
		if (outcome === "already-so") return [{ line: t`Already undone: cfm ${command} by ${actor}, ${localTime(at)}.` }];
		return [
			{ line: t`cfm ${command} by ${actor}, ${localTime(at)}:` },
			table<UndoneChange>(
				[
					{ head: t`RECORD`, value: ({ record }) => record },
					{ head: t`WHAT`, value: ({ action }) => action },
					{ head: t`WHOM`, value: ({ subject }) => subject, shrinks: true },
					{ head: t`ID`, value: ({ id }) => id, align: "right" },
					{ head: t`ENVIRONMENT`, value: ({ environment }) => environment, shrinks: true },
					{ head: t`NOW`, value: nowOf },
				],
				changes,
				t`Nothing was changed.`,
			),
		];
	},
});

function nowOf({ after }: UndoneChange): string {
	if (after === null) return t`removed`;
	return "state" in after ? String(after.state) : t`as before`;
}
