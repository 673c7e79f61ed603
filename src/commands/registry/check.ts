import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { CfmError } from "../../lib/errors.js";
import { counted, t } from "../../lib/text.js";
import { openRegistry, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Check the registry for damage and for changes behind cfm's back`,
	description: t`Reads every row: pages, ID ranges, and the hash chain of the event log. Problems are exit code 8.`,
	registry: true,
	examples: [{ what: t`Every night`, line: "cfm registry check" }],
	async run(_request, shell) {
		const registry = await openRegistry(shell, await settingSources(shell), { readonly: true });
		const progress = shell.progress(t`Checking`);
		const { problems, checked } = await registry.check().finally(() => progress.end());
		return { registry: registry.location, problems, total: problems.length, checked };
	},
	view: (result): Block[] => [
		...result.problems.map(({ message }): Block => ({ line: message, tone: "bad" })),
		{
			line: t`${howMany(result.checked)} checked: ${
				result.total === 0 ? t`no problem` : counted(result.total, t`1 problem`, t`${result.total} problems`)
			}`,
			...(result.total === 0 ? { tone: "good" as const } : {}),
		},
	],
	verdict: (result) =>
		result.total === 0
			? undefined
			: new CfmError(
					"findings",
					"registry-problems",
					t`The registry ${result.registry} has ${counted(result.total, t`1 problem`, t`${result.total} problems`)}.`,
					{
						hints: ["cfm registry backup FILE", "cfm registry restore BACKUP"],
					},
				),
});

function howMany({
	environments,
	allocations,
	events,
}: Record<"environments" | "allocations" | "events", number>): string {
	return t`${counted(environments, t`1 environment`, t`${environments} environments`)}, ${counted(allocations, t`1 ID`, t`${allocations} IDs`)} and ${counted(events, t`1 event`, t`${events} events`)}`;
}
