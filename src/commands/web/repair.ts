import { command } from "../../lib/cli/definition.js";
import { plural, t } from "../../lib/text.js";
import { refusalOf } from "../../lib/webid/edit.js";
import { countRepairs, repairAnswer, repairStores } from "../../lib/webid/repair.js";
import { refuseUnsaidUsers, webChangeFlags, webFlags, webRequest } from "./_flags.js";
import { keepDaysFlag, writeOptions } from "./_options.js";
import { changeBrowsers, webIdTools, webScope } from "./_scope.js";
import { plannedLines, webChangesView } from "./_view.js";

const { site: _site, ...whose } = webFlags;

export default command({
	summary: t`Repair damaged browser storage`,
	description: t`What can be read makes a new store; what is lost is told first. Damaged files are kept. Browsers must be closed.`,
	role: "operator",
	own: ({ flags: { user } }, me) => me.areOnly(user),
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: { ...whose, "all-users": webChangeFlags["all-users"], ...keepDaysFlag },
	examples: [
		{ what: t`What is damaged, and what would be lost`, line: "cfm web repair --all-users --dry-run" },
		{ what: t`Repair what can be`, line: "cfm web repair --all-users --yes" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		// Damage is of no one site.
		const request = { ...webRequest({ ...flags, site: [] }, settings.environment), sites: "all" as const };
		refuseUnsaidUsers(request, flags);
		const scope = await webScope(context, settings, request, { allUsers: flags["all-users"] });
		const { narrator, finder, repair, backups } = await webIdTools(context, settings);
		const options = writeOptions(flags, context.host.now());
		const operation = repairStores({ narrator, finder, repair }, { request, scope }, options, (plan) => ({
			question: plural(countRepairs(plan), { one: `Repair 1 store?`, other: `Repair ${countRepairs(plan)} stores?` }),
			details: plannedLines(repairAnswer(plan).changes),
		}));
		return changeBrowsers(context, settings, backups, operation);
	},
	view: webChangesView,
	verdict: refusalOf,
});
