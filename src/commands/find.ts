import { command } from "../lib/cli/definition.js";
import { type Column, table } from "../lib/cli/view.js";
import { line } from "../lib/command-line.js";
import { CfmError } from "../lib/errors.js";
import { find, type Match } from "../lib/find/find.js";
import { recordKinds } from "../lib/record-kinds.js";
import { t } from "../lib/text.js";

const columns: readonly Column<Match>[] = [
	{ head: t`KIND`, field: "kind", value: ({ kind }) => kind },
	{ head: t`FOUND`, field: "found", value: ({ found }) => found, whole: true },
	{
		head: t`USER`,
		field: "user",
		value: ({ user }) => user,
		drawn: ({ user, found }) => (user === found ? null : user),
		whole: true,
	},
	{ head: t`ID`, field: "id", value: ({ id }) => id, align: "right", whole: true },
	{ head: t`PORT`, field: "port", value: ({ port }) => port, align: "right", optional: true },
	{ head: t`STATE`, field: "state", value: ({ state }) => state },
	{ head: t`ENVIRONMENT`, field: "environment", value: ({ environment }) => environment, optional: true },
];

/** Of so many it is said what tells more. */
const few = 3;

export default command({
	summary: t`Find users, notes, IDs, ports, SIDs, sites, certificates, services, activations`,
	description: t`In all that the registry knows, also who had an ID once; a user in any spelling.`,
	role: "auditor",
	list: { rows: "matches", fields: ["kind", "found", "user", "id", "port", "state", "environment", "next"] },
	registry: true,
	args: { text: { summary: t`What to look for`, required: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		limit: { kind: "integer", value: "N", least: 1, summary: t`The largest number of users and notes (50)` },
	},
	examples: [
		{ what: t`A number: an ID, or a port`, line: "cfm find 24251" },
		{ what: t`A user, in any spelling`, line: "cfm find ana" },
		{ what: t`A word in a note`, line: "cfm find Finance" },
	],
	async run({ args, flags }, context) {
		// Everything has it: a variable of a script that was not set.
		if (args.text.trim() === "")
			throw new CfmError("usage", "bad-argument", t`The text to look for is empty.`, {
				hints: [line("find", [], { help: true })],
			});
		const registry = await context.registry(await context.settings(), { readonly: true });
		const userFields = [...new Set(recordKinds.flatMap(({ about }) => about))];
		const request = { text: args.text, environment: flags.environment, limit: flags.limit ?? 50, userFields };
		return registry.read((view) => find(view, request));
	},
	view: ({ matches, near }) => [
		table(columns, matches, t`Nothing was found.`),
		...matches.slice(0, few).map(({ next }) => ({ line: { say: t`Next:`, line: next } })),
		...near.map((user) => ({ line: { say: t`Did you mean ${user}?`, line: line("find", [user]) } })),
	],
});
