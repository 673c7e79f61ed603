import { command } from "../../lib/cli/definition.js";
import { plural, t } from "../../lib/text.js";
import { refusalOf, writeWebIds } from "../../lib/webid/edit.js";
import { countPlanned, planAnswer } from "../../lib/webid/plan.js";
import { framesFlag, refuseUnsaid, webChangeFlags, webFlags, webRequest } from "./_flags.js";
import { keepDaysFlag, writeOptions } from "./_options.js";
import { changeBrowsers, webIdTools, webScope } from "./_scope.js";
import { plannedLines, webChangesView } from "./_view.js";

export default command({
	summary: t`Write users' IDs to their closed browsers`,
	description: t`Also for sites never visited. Each write leaves a backup. Nothing is written where a browser runs.`,
	role: "operator",
	own: ({ flags: { user } }, me) => me.areOnly(user),
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		...webFlags,
		...webChangeFlags,
		...framesFlag,
		id: { kind: "integer", value: "N", summary: t`With --profile-dir: the ID to write there` },
		...keepDaysFlag,
	},
	examples: [
		{ what: t`Preview what would be written for everybody`, line: "cfm web set --all-users --all-sites --dry-run" },
		{ what: t`One site, for everybody`, line: "cfm web set --all-users --site https://sign.example.com --yes" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const request = webRequest(flags, settings.environment);
		refuseUnsaid(request, flags);
		const scope = await webScope(context, settings, request, { onlyManaged: true, allUsers: flags["all-users"] });
		const tools = await webIdTools(context, settings);
		const options = writeOptions(flags, context.host.now());
		const operation = writeWebIds(
			tools,
			{ request, scope, wish: { action: "set" }, frames: flags.frames },
			options,
			(plan) => {
				const count = countPlanned(plan);
				return {
					question: plural(count, { one: `Write 1 web ID?`, other: `Write ${count} web IDs?` }),
					details: plannedLines(planAnswer(plan).changes),
				};
			},
		);
		return changeBrowsers(context, settings, tools.backups, operation);
	},
	view: webChangesView,
	verdict: refusalOf,
});
