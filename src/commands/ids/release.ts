import { isPattern } from "../../lib/account/pattern.js";
import { command } from "../../lib/cli/definition.js";
import { badLineFlags, fileFlags } from "../../lib/cli/input/flags.js";
import { type BadLine, skippedLinesError } from "../../lib/cli/input/lines.js";
import { type FollowUp, followUps } from "../../lib/id/follow-up.js";
import { parseTarget, type ReleaseAnswer, releaseIds } from "../../lib/id/release.js";
import { placesInWords } from "../../lib/id/still-seen.js";
import { t } from "../../lib/text.js";
import { finish, makeRejects, refuse } from "../_bad-lines.js";
import { readApplicants } from "./_applicants.js";
import { followLines, noteNotStored } from "./_remarks.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Release IDs: they are quarantined, then free again`,
	description: t`An allocated ID is quarantined, a reserved one free at once. A user who gets an ID again, before somebody else does, gets the same one.`,
	role: "operator",
	registry: true,
	changes: "moderate",
	args: { who: { summary: t`Users or IDs; * and ? are wildcards`, many: true } },
	flags: {
		from: {
			kind: "text",
			value: "FILE",
			summary: t`Users from a CSV file or a plain list; - for stdin`,
		},
		column: { kind: "text", value: "NAME", summary: t`The CSV column that holds the users` },
		domain: { kind: "text", value: "NAME", summary: t`The domain of users without one` },
		...fileFlags,
		...badLineFlags,
		"keep-going": { kind: "boolean", summary: t`Skip bad lines in the file, and users without an ID` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		"at-once": { kind: "boolean", summary: t`Free the ID now, without quarantine` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
		confirm: {
			common: true,
			kind: "text",
			value: "N",
			summary: t`With --from or a wildcard: how many IDs, instead of typing it`,
		},
	},
	examples: [
		{ what: t`Somebody left`, line: "cfm ids release CORP\\ana --yes" },
		{ what: t`What would happen`, line: "cfm ids release 42 --dry-run" },
		{ what: t`Everybody whose name begins with a, in the domain CORP`, line: 'cfm ids release "CORP\\a*" --confirm 1' },
	],
	async run({ args, flags }, context) {
		const targets = args.who.filter((word) => !isPattern(word)).map(parseTarget);
		const patterns = args.who.filter(isPattern);
		const { from, environment } = flags;
		const isList = from !== undefined || args.who.length === 0;
		const { applicants, bad, input } = isList
			? await readApplicants([], { ...flags, "service-account": true }, context.host, "ids release")
			: { applicants: [], bad: [], input: undefined };
		const settings = await context.settings({ environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = {
			environment: settings.environment,
			targets: [...targets, ...applicants.map(({ account, line = 0 }) => ({ account, line }))],
			...(patterns.length > 0 && { patterns }),
			atOnce: flags["at-once"],
			note: flags.note,
		};
		const keepGoing = flags["keep-going"] || flags.rejects !== undefined;
		const refused: BadLine[] = [];
		const operation = releaseIds(request, (unused) => {
			refused.splice(0, refused.length, ...bad, ...unused);
			if (!keepGoing) refuse(input, refused);
		});
		const writeRejects = await makeRejects(flags.rejects, input, context);
		const answer: ReleaseAnswer & { refused?: BadLine[]; follow?: FollowUp[] } = await context.carryOut(
			operation,
			registry,
		);
		noteNotStored(context.shell, answer, flags.note);
		for (const { id, seen = [] } of answer.allocations)
			if (seen.length > 0)
				context.shell.warn(t`ID ${id} is free, but was seen ${placesInWords(seen)}: clear it there.`);
		const follow = await followUps(registry, "release", answer.environment, answer.allocations);
		const done = follow.length === 0 ? answer : { ...answer, follow };
		const all = refused.length > 0 ? refused : bad;
		return finish(all.length === 0 ? done : { ...done, refused: all }, input, writeRejects);
	},
	view: (result) => [allocationsTable(result.allocations), ...followLines(result.follow)],
	verdict: ({ refused = [] }) => skippedLinesError(refused),
});
