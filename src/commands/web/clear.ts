import { command } from "../../lib/cli/definition.js";
import { changeWebIds, keepDaysFlag } from "../../lib/cli/web-change.js";
import { refuseUnsaid, webChangeFlags, webFlags, webRequest } from "../../lib/cli/web-flags.js";
import { webChangesView } from "../../lib/cli/web-view.js";
import { t } from "../../lib/text.js";
import { refusalOf } from "../../lib/webid/edit.js";
import { browserProfiles, setting, settingSources, webIdStores, webScope } from "../../lib/wiring.js";

export default command({
	summary: t`Remove web IDs from users' browsers, where they are closed`,
	description: t`Only the key CFM_ID of each site; with --everything all that the site keeps in localStorage.`,
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		...webFlags,
		...webChangeFlags,
		everything: { kind: "boolean", summary: t`The site's whole localStorage, not only the web ID` },
		...keepDaysFlag,
	},
	examples: [
		{ what: t`What would be removed`, line: "cfm web clear --all-users --site https://sign.example.com --dry-run" },
	],
	async run({ flags }, shell) {
		const sources = await settingSources(shell, { environment: flags.environment });
		const request = webRequest(flags, setting(sources, "environment") ?? "");
		refuseUnsaid(request, flags);
		const scope = await webScope(shell, sources, request, { allUsers: flags["all-users"] });
		const [stores, finder] = await Promise.all([webIdStores(sources), browserProfiles()]);
		const wish = { action: flags.everything ? "clear" : "remove" } as const;
		const question = (count: number) =>
			flags.everything ? t`Remove everything that ${count} site(s) keep in a profile?` : t`Remove ${count} web ID(s)?`;
		return changeWebIds(shell, { ...stores, finder }, { request, scope, wish, question }, flags);
	},
	view: webChangesView,
	verdict: refusalOf,
});
