import { command } from "../../lib/cli/definition.js";
import { table } from "../../lib/cli/view.js";
import { listSettings, type Setting } from "../../lib/settings/settings.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Show every setting and where its value comes from`,
	role: "none",
	list: {
		rows: "settings",
		fields: ["key", "value", "source", "origin", "summary"],
	},
	examples: [{ what: t`All of them`, line: "cfm config list" }],
	async run(_request, context) {
		const settings = listSettings((await context.settings()).sources);
		return { settings, total: settings.length };
	},
	view: ({ settings }) => [
		{
			...table<Setting>(
				[
					{ head: t`SETTING`, field: "key", value: ({ key }) => key, whole: true },
					{ head: t`VALUE`, field: "value", value: ({ value }) => value, shrinks: true },
					{ head: t`FROM`, field: "source", value: from, shrinks: true },
				],
				settings,
				"",
			),
			facts: (setting: Setting) => [setting.key, `${setting.value ?? "-"}  (${from(setting)})`],
		},
	],
});

const from = ({ source, origin }: Setting): string => (origin === null ? source : `${source}: ${origin}`);
