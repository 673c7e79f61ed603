import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { parseTarget } from "../../lib/id/release.js";
import { setId } from "../../lib/id/set.js";
import { t } from "../../lib/text.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Change the note of an ID`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { who: { summary: t`A user or an ID`, required: true } },
	flags: {
		note: { kind: "text", value: "TEXT", summary: t`The new note` },
		"no-note": { kind: "boolean", summary: t`Remove the note` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`A new note`, line: 'cfm ids set CORP\\ana --note "accounting"' }],
	async run({ args, flags }, context) {
		const target = parseTarget(args.who);
		if ((flags.note === undefined) !== flags["no-note"]) {
			throw new CfmError("usage", "nothing-to-set", t`Specify either --note or --no-note.`, {
				hints: [{ again: { note: { fill: t`TEXT` }, "no-note": undefined } }],
			});
		}
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(setId({ environment: settings.environment, target, note: flags.note ?? null }), registry);
	},
	view: ({ allocations }) => [
		allocationsTable(allocations),
		...allocations.flatMap(({ previousNote, changed }) =>
			changed && previousNote !== null ? [{ line: t`The note was: ${previousNote}` }] : [],
		),
	],
});
