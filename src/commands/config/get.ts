import { command } from "../../lib/cli/definition.js";
import { lookUp, parseSettingKey } from "../../lib/settings/settings.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Print one setting's value`,
	role: "none",
	args: { key: { of: "setting", summary: t`The setting`, required: true } },
	examples: [{ what: t`Where the registry is`, line: "cfm config get registry" }],
	async run({ args }, context) {
		return lookUp(parseSettingKey(args.key), (await context.settings()).sources);
	},
	view: ({ value }) => [{ line: value ?? "" }],
});
