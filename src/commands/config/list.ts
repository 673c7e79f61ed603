import { command } from "../../lib/cli/definition.js";
import { table } from "../../lib/cli/view.js";
import { listSettings } from "../../lib/settings/settings.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Show every setting and where its value comes from`,
	examples: [{ what: t`All of them`, line: "cfm config list" }],
	async run(_request, context) {
		const settings = listSettings((await context.settings()).sources);
		return { settings, total: settings.length };
	},
	view: ({ settings }) => [
		table(
			[
				{ head: t`SETTING`, value: ({ key }) => key },
				{ head: t`VALUE`, value: ({ value }) => value, shrinks: true },
				{
					head: t`FROM`,
					value: ({ source, origin }) => (origin === null ? source : `${source}: ${origin}`),
					shrinks: true,
				},
			],
			settings,
			"",
		),
	],
});
