import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { isProblem, listWebIds } from "../../lib/webid/list.js";
import { placesIn } from "../../lib/webid/scope.js";
import { webFlags, webRequest } from "./_flags.js";
import { webIdTools, webScope } from "./_scope.js";
import { webIdsView } from "./_view.js";

export default command({
	summary: t`List the web IDs in this machine's browsers`,
	description: t`Shows the stored and the expected web ID for each user, browser, profile and site. Writes nothing.`,
	registry: true,
	flags: {
		...webFlags,
		problems: { kind: "boolean", summary: t`Only what needs attention` },
		discover: { kind: "boolean", summary: t`Every site that has a web ID, not only the managed ones` },
	},
	examples: [
		{ what: t`All users, all managed sites`, line: "cfm web list" },
		{ what: t`Who needs attention`, line: "cfm web list --problems" },
		{ what: t`Find the sites that have a web ID`, line: "cfm web list --discover" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const asked = webRequest(flags, settings.environment);
		const scope = await webScope(context, settings, flags.discover ? { ...asked, sites: "all" } : asked);
		if (scope.onlyOwn !== null)
			context.shell.warn(
				t`Only your own browsers are listed. Can't determine who else has a profile here: ${scope.onlyOwn}`,
			);
		const { stores, finder } = await webIdTools(context, settings);
		const withoutProfile: string[] = [];
		const rows = await context.shell.withProgress(t`Reading browsers`, (progress) => {
			const places = placesIn(scope, finder, progress, ({ user, expected }) => {
				if (expected.id !== null || expected.why === "unknown") withoutProfile.push(user.account);
			});
			return Array.fromAsync(listWebIds(stores, places, scope.sites));
		});
		const webIds = flags.problems ? rows.filter(isProblem) : rows;
		return { webIds, total: webIds.length, withoutProfile, ...(flags.problems ? { problemsOnly: true } : {}) };
	},
	view: ({ webIds, ...about }) => webIdsView(webIds, about),
});
