import { command } from "../../lib/cli/definition.js";
import { toneOf } from "../../lib/cli/finding-view.js";
import type { Block } from "../../lib/cli/view.js";
import { CfmError } from "../../lib/errors.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { goingBack, puttingInPlace, registryProblems } from "../../lib/registry/findings.js";
import { plural, t } from "../../lib/text.js";

export default command({
	summary: t`Check the registry for damage and for changes made without cfm`,
	description: t`Every page and row, the ID ranges, the event log's chain. Exits with 8 if there are problems.`,
	role: "auditor",
	registry: true,
	examples: [{ what: t`Every night`, line: "cfm registry check" }],
	async run(_request, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const progress = context.shell.progress(t`Checking`);
		const { problems, remarks, checked } = await registry.check(recordKinds).finally(() => progress.end());
		return { registry: registry.location, problems, total: problems.length, remarks, checked };
	},
	view: (result): Block[] => [
		...result.problems.map(({ code, message }): Block => ({ line: message, tone: toneOf(registryProblems[code]) })),
		...result.remarks.map((line): Block => ({ line, tone: "caution" })),
		{
			line: t`Checked: environments: ${result.checked.environments}, IDs: ${result.checked.allocations}, events: ${result.checked.events}.`,
		},
		result.total === 0
			? { line: t`No problems found.`, tone: "good" }
			: { line: plural(result.total, { one: "1 problem found.", other: `${result.total} problems found.` }) },
	],
	verdict: (result) =>
		result.total === 0
			? undefined
			: new CfmError(
					"findings",
					"registry-problems",
					plural(result.total, {
						one: `The registry ${result.registry} has 1 problem.`,
						other: `The registry ${result.registry} has ${result.total} problems.`,
					}),
					{
						hints: [
							...(result.problems.some(({ code }) => code === "schema-changed") ? puttingInPlace(result.registry) : []),
							...goingBack,
						],
					},
				),
});
