import { bases, products, purposes } from "../../lib/activation/activation.js";
import { type AddAnswer, addActivations } from "../../lib/activation/add.js";
import { whatIsNext } from "../../lib/activation/told.js";
import { command } from "../../lib/cli/definition.js";
import { fileFlags } from "../../lib/cli/input/flags.js";
import { refuseBadLines, skippedLinesError } from "../../lib/cli/input/lines.js";
import type { Block } from "../../lib/cli/view.js";
import { t } from "../../lib/text.js";
import { readEntries } from "./_entries.js";
import { environmentFlag, noteFlag, rulesOf, zoneFlag } from "./_options.js";
import { activationsTable, inventoryLine } from "./_view.js";

export default command({
	summary: t`Record that users were approved, so that their codes are watched`,
	description: t`Codes work for 15 days after approval. cfm counts; it never takes a reference number, a code, a password or an answer.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	discreet: true,
	args: { users: { summary: t`DOMAIN\\name, name@domain or name; no ID is needed`, many: true } },
	flags: {
		approved: {
			kind: "text",
			value: "TIME",
			summary: t`When the application was approved: 2026-01-15 or 2026-01-15T09:30`,
		},
		basis: {
			kind: "text",
			value: "BASIS",
			choices: bases,
			summary: t`What that time is: approval (default), or mail for when the codes came`,
		},
		product: { kind: "text", value: "PRODUCT", choices: products, summary: t`desktop (default) or cloud` },
		purpose: {
			kind: "text",
			value: "PURPOSE",
			choices: purposes,
			summary: t`first (default), or recovery of a signature`,
		},
		subscription: { kind: "text", value: "DATE", summary: t`The last day of the yearly subscription` },
		replace: { kind: "boolean", summary: t`They applied again: in place of the open one` },
		from: { kind: "text", value: "FILE", summary: t`Users and dates from a CSV file; - for stdin` },
		column: { kind: "text", value: "NAME", summary: t`The CSV column that holds the users` },
		domain: { kind: "text", value: "NAME", summary: t`The domain of users without one` },
		...fileFlags,
		"keep-going": { kind: "boolean", summary: t`Skip bad lines in the file` },
		...zoneFlag,
		...noteFlag,
		...environmentFlag,
	},
	examples: [
		{ what: t`One user`, line: "cfm activations add CORP\\ana --approved 2026-01-15" },
		{ what: t`With the time in the mail`, line: "cfm activations add CORP\\ben --approved 2026-01-15T09:30" },
		{ what: t`From a file with the columns user and approved`, line: "cfm activations add --from approvals.csv" },
	],
	async run({ args, flags }, context): Promise<AddAnswer> {
		const settings = await context.settings({ environment: flags.environment, "activations.zone": flags.zone });
		const rules = await rulesOf(settings);
		const { entries, bad, input } = await readEntries(args.users, flags, rules.zone, context.host);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const answer = await context.carryOut(
			addActivations({
				environment: settings.environment,
				...{ entries, rules, bad },
				...{ product: flags.product ?? "desktop", purpose: flags.purpose ?? "first", basis: flags.basis ?? "approval" },
				replace: flags.replace,
				now: context.host.now(),
				keepGoing: flags["keep-going"],
				// What stands there is not repeated: it may be a code.
				refuse: (lines) => refuseBadLines(input?.source ?? "", lines),
			}),
			registry,
		);
		for (const { user, state, said } of answer.activations) {
			if (state === "expired")
				context.shell.warn(t`The codes of ${user}, approved ${said.slice(0, 10)}, have expired already.`);
			if (state === "may-have-expired")
				context.shell.warn(t`The codes of ${user}, approved ${said.slice(0, 10)}, may have expired already.`);
		}
		return answer;
	},
	view: ({ activations }): Block[] => {
		const [only, ...others] = activations;
		return [
			activationsTable(activations, t`Nothing was recorded.`),
			...(only === undefined || others.length > 0 ? [] : [{ line: t`Next step: ${whatIsNext(only)}` }]),
			inventoryLine(),
		];
	},
	verdict: ({ refused = [] }) => skippedLinesError(refused),
});
