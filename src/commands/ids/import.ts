import { command } from "../../lib/cli/definition.js";
import { badLineFlags, fileFlags } from "../../lib/cli/input/flags.js";
import { skippedLinesError } from "../../lib/cli/input/lines.js";
import type { Block } from "../../lib/cli/view.js";
import { type Hint, line } from "../../lib/command-line.js";
import { type ImportAnswer, importIds } from "../../lib/id/import.js";
import { commonPortOnly } from "../../lib/port/obstacles.js";
import { plural, t } from "../../lib/text.js";
import { finish, makeRejects, refuse } from "../_bad-lines.js";
import { readImportedIds } from "./_imported.js";
import { allocationsTable, differenceLines, renamedLines } from "./_table.js";

export default command({
	summary: t`Import IDs that are already in use, from a file`,
	description: t`CSV with the columns ID and User (without a user, the ID is reserved), or what "cfm ids export" wrote, also as JSON. All or nothing.`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The file; - is standard input`, required: true } },
	flags: {
		column: { kind: "text", value: "NAME", summary: t`The column that holds the users` },
		"id-column": { kind: "text", value: "NAME", summary: t`The column that holds the IDs` },
		"note-column": { kind: "text", value: "NAME", summary: t`The column that holds the notes` },
		domain: { kind: "text", value: "NAME", summary: t`The domain of users without one` },
		...fileFlags,
		renumber: {
			kind: "boolean",
			summary: t`Another ID where one is taken; list who must be reinstalled`,
		},
		"service-account": { kind: "boolean", summary: t`Also import IDs of machine and service accounts` },
		...badLineFlags,
		environment: {
			kind: "text",
			char: "e",
			value: "NAME",
			summary: t`The environment for all IDs, whatever the file says`,
		},
	},
	examples: [
		{ what: t`Preview what would be imported`, line: "cfm ids import known.csv --dry-run" },
		{ what: t`Import it`, line: "cfm ids import known.csv" },
		{ what: t`Preview the merge of another server's IDs`, line: "cfm ids import known.csv --renumber --dry-run" },
	],
	async run({ args, flags }, context) {
		const { rows, bad, input } = await readImportedIds(args.file, flags, context.host);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		// Only that: who has an ID already may well listen on its port.
		const obstacle = commonPortOnly(settings.clientProfile().commonPort);
		const keepGoing = flags["keep-going"] || flags.rejects !== undefined;
		const request = {
			environment: settings.environment,
			rows,
			obstacle,
			keepGoing,
			renumber: flags.renumber,
			serviceAccounts: flags["service-account"],
			bad,
		};
		const writeRejects = await makeRejects(flags.rejects, input, context);
		const answer = await context.shell.withProgress(t`Importing`, (progress) =>
			context.carryOut(
				importIds(request, (lines, clashes) => refuse(input, lines, clashes === 0 ? [] : [otherIds()])),
				registry,
				progress,
			),
		);
		return finish(answer, input, writeRejects);
	},
	view: (result: ImportAnswer): Block[] => [
		allocationsTable(shown(result)),
		...differenceLines(result.differences),
		...renamedLines(result.renamed, result.environment),
		...noteLines(result),
		...reinstallLines(result.reinstall),
	],
	verdict: ({ refused = [] }) => skippedLinesError(refused),
});

/** A merge is the usual reason for IDs that are taken. */
function otherIds(): Hint {
	return {
		say: t`To give other IDs to users whose ID is not available, preview it:`,
		line: { again: { renumber: true, "dry-run": true } },
	};
}

/** The rows with what they need not all say. */
function shown({ environment, allocations }: ImportAnswer) {
	return allocations.map(({ environment: own, ...row }) => (own === environment ? row : { ...row, environment: own }));
}

/** How the notes that the lines above tell can be stored all the same. */
function noteLines({ environment, noteNotStored = [] }: ImportAnswer): Block[] {
	if (noteNotStored.length === 0) return [];
	const set = line("ids set", [{ fill: "USER" }], { note: { fill: "TEXT" }, environment });
	return [{ line: { say: t`To store a note of the file:`, line: set }, tone: "caution" }];
}

function reinstallLines(moved: ImportAnswer["reinstall"] = []): Block[] {
	if (moved.length === 0) return [];
	const text = plural(moved.length, {
		one: "1 user has another ID than in the file: reinstall the client, or set its ID, and set the web IDs.",
		other: `${moved.length} users have another ID than in the file: reinstall their clients, or set their IDs, and set the web IDs.`,
	});
	return [{ line: text, tone: "caution" }];
}
