import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { isProblem, listWebIds } from "../../lib/webid/list.js";
import { placesIn } from "../../lib/webid/scope.js";
import { webFlags, webRequest } from "./_flags.js";
import { webIdsView } from "./_view.js";

export default command({
	summary: t`List the web IDs in the browsers of this machine's users`,
	description: t`For each user, browser, profile and site: the web ID that is there, and the ID it must be. Nothing is written.`,
	registry: true,
	flags: {
		...webFlags,
		problems: { kind: "boolean", summary: t`Only what is not as it should be` },
		discover: { kind: "boolean", summary: t`Every site that has a web ID, not only those that are cared for` },
	},
	examples: [
		{ what: t`All users, all sites that are cared for`, line: "cfm web list" },
		{ what: t`Who needs help`, line: "cfm web list --problems" },
		{ what: t`Which sites keep a web ID at all`, line: "cfm web list --discover" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const asked = webRequest(flags, settings.environment);
		const scope = await context.webScope(settings, flags.discover ? { ...asked, sites: "all" } : asked);
		if (scope.onlyOwn !== null)
			context.shell.warn(
				t`Only your own browsers are listed; who else has a profile here could not be told: ${scope.onlyOwn}`,
			);
		const { stores, finder } = await context.webIdTools(settings);
		const withoutProfile: string[] = [];
		const rows = await context.shell.withProgress(t`Looking into browsers`, (progress) => {
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
