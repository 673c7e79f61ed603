import { command } from "../../lib/cli/definition.js";
import { changeWebIds, keepDaysFlag } from "../../lib/cli/web-change.js";
import { refuseUnsaid, webChangeFlags, webFlags, webRequest } from "../../lib/cli/web-flags.js";
import { webChangesView } from "../../lib/cli/web-view.js";
import { t } from "../../lib/text.js";
import { refusalOf } from "../../lib/webid/edit.js";
import { browserProfiles, setting, settingSources, webIdStores, webScope } from "../../lib/wiring.js";

export default command({
	summary: t`Write users' own IDs into their browsers, where they are closed`,
	description: t`Also for sites never visited. Each write leaves a backup; where a browser runs, nothing is written.`,
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		...webFlags,
		...webChangeFlags,
		id: { kind: "integer", value: "N", summary: t`With --profile-dir: the ID that belongs there` },
		...keepDaysFlag,
	},
	examples: [
		{ what: t`What would be written for everybody`, line: "cfm web set --all-users --all-sites --dry-run" },
		{ what: t`One site, for everybody`, line: "cfm web set --all-users --site https://sign.example.com --yes" },
	],
	async run({ flags }, shell) {
		const sources = await settingSources(shell, { environment: flags.environment });
		const request = webRequest(flags, setting(sources, "environment") ?? "");
		refuseUnsaid(request, flags);
		const scope = await webScope(shell, sources, request, { onlyCaredFor: true, allUsers: flags["all-users"] });
		const [stores, finder] = await Promise.all([webIdStores(sources), browserProfiles()]);
		const question = (count: number) => t`Write ${count} web ID(s)?`;
		return changeWebIds(shell, { ...stores, finder }, { request, scope, wish: { action: "set" }, question }, flags);
	},
	view: webChangesView,
	verdict: refusalOf,
});
