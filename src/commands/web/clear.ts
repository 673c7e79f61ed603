import { command } from "../../lib/cli/definition.js";
import { plural, t } from "../../lib/text.js";
import { refusalOf, writeWebIds } from "../../lib/webid/edit.js";
import { countPlanned, planAnswer } from "../../lib/webid/plan.js";
import { framesFlag, refuseUnsaid, webChangeFlags, webFlags, webRequest } from "./_flags.js";
import { keepDaysFlag, writeOptions } from "./_options.js";
import { changeBrowsers, webIdTools, webScope } from "./_scope.js";
import { plannedLines, webChangesView } from "./_view.js";

export default command({
	summary: t`Remove web IDs from users' closed browsers`,
	description: t`Only the key CFM_ID of each site; --everything clears the site's whole localStorage.`,
	role: "operator",
	own: ({ flags: { user } }, me) => me.areOnly(user),
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		...webFlags,
		...webChangeFlags,
		...framesFlag,
		everything: { kind: "boolean", summary: t`The site's whole localStorage, not only the web ID` },
		...keepDaysFlag,
	},
	examples: [
		{ what: t`What would be removed`, line: "cfm web clear --all-users --site https://sign.example.com --dry-run" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const request = webRequest(flags, settings.environment);
		refuseUnsaid(request, flags);
		const scope = await webScope(context, settings, request, { allUsers: flags["all-users"] });
		const tools = await webIdTools(context, settings);
		const options = writeOptions(flags, context.host.now());
		const wish = { action: flags.everything ? "clear" : "remove" } as const;
		const operation = writeWebIds(tools, { request, scope, wish, frames: flags.frames }, options, (plan) => {
			const count = countPlanned(plan);
			return {
				question: flags.everything
					? plural(count, {
							one: `Remove everything that 1 site keeps in a profile?`,
							other: `Remove everything that ${count} sites keep in a profile?`,
						})
					: plural(count, { one: `Remove 1 web ID?`, other: `Remove ${count} web IDs?` }),
				details: plannedLines(planAnswer(plan).changes),
			};
		});
		return changeBrowsers(context, settings, tools.backups, operation);
	},
	view: webChangesView,
	verdict: refusalOf,
});
