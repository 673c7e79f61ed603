import { command } from "../../lib/cli/definition.js";
import { inLocalTime, localTime } from "../../lib/cli/time.js";
import { type Block, table } from "../../lib/cli/view.js";
import { parseTarget } from "../../lib/id/release.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { changesAmong, type ToldChange } from "../../lib/registry/what-changed.js";
import { t } from "../../lib/text.js";
import { pageFacts, type UserPage, userPage } from "../../lib/user/page.js";
import { toolsOf } from "../doctor/_tools.js";
import { findingLines, verdictLine } from "./_view.js";

export default command({
	summary: t`Show all about one user: what is wrong, ID, port, client, web IDs`,
	description: t`From the registry, and this machine if the user has a profile here. Changes nothing, and exits with 0 whatever it finds.`,
	role: "auditor",
	registry: true,
	args: { user: { summary: t`The user, or an ID`, required: true, of: "holder" } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`A user who cannot sign`, line: "cfm users show CORP\\ana" },
		{ what: t`Whoever has an ID`, line: "cfm users show 1" },
	],
	async run({ args, flags }, context) {
		const target = parseTarget(args.user);
		const settings = await context.settings({ environment: flags.environment });
		const userFields = [...new Set(recordKinds.flatMap(({ about }) => about))];
		const look = () => userPage(toolsOf(context, settings), { target, userFields });
		return context.shell.during(t`Looking`, look);
	},
	view: (page: UserPage): Block[] => [
		verdictLine(page),
		...findingLines(page.findings),
		{ facts: pageFacts(page) },
		...(page.events.length === 0
			? []
			: [
					table<ToldChange>(
						[
							{ head: t`WHEN`, value: ({ at }) => at, drawn: ({ at }) => localTime(at) },
							{ head: t`WHAT`, value: ({ action }) => action },
							{ head: t`ID`, value: ({ id }) => id, align: "right" },
							{
								head: t`CHANGE`,
								value: ({ change }) => change,
								drawn: ({ change }) => inLocalTime(change),
								shrinks: true,
							},
							{ head: t`WHO`, value: ({ actor, machine }) => t`${actor} on ${machine}`, shrinks: true },
						],
						changesAmong(page.events),
						"",
					),
				]),
		...page.next.map((line) => ({ line: { say: t`Next:`, line } })),
	],
});
