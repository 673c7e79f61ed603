import { resolve } from "node:path";
import { readSettingFile, writeSettingFile } from "../../lib/adapters/files/setting-file.js";
import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { checkSetting, parseSettingKey, settingDefinitions } from "../../lib/settings/settings.js";
import { t } from "../../lib/text.js";
import { settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Set a setting, for you or for the machine`,
	changes: "mild",
	args: {
		key: { summary: t`The setting`, required: true },
		value: { summary: t`Its value` },
	},
	flags: {
		machine: { kind: "boolean", summary: t`For everybody on this machine` },
		unset: { kind: "boolean", summary: t`Forget the value` },
	},
	examples: [
		{
			what: t`The installer everybody uses`,
			line: "cfm config set install.installer certifio-manager-se.exe --machine",
		},
		{ what: t`Back to the default`, line: "cfm config set install.timeout --unset" },
	],
	async run({ args, flags }, shell) {
		const key = parseSettingKey(args.key);
		if ((args.value === undefined) !== flags.unset) {
			throw new CfmError("usage", "value-or-unset", t`Give a value, or --unset.`, {
				hints: [`cfm config set ${key} VALUE`],
			});
		}
		const { places } = settingSources(shell);
		const file = flags.machine ? places.machineConfig : places.userConfig;
		const values = { ...readSettingFile(file)?.values };
		const before = values[key] === undefined ? null : String(values[key]);
		const checked = args.value === undefined ? null : checkSetting(key, args.value, t`the command line`);
		// A relative path would mean another file in every folder that cfm is run from.
		const isFile = settingDefinitions[key].kind === "path" && checked !== null && !checked.includes("://");
		const after = isFile ? resolve(checked) : checked;
		if (after === null) delete values[key];
		else values[key] = settingDefinitions[key].kind === "integer" ? Number(after) : after;
		if (before !== after && !flags["dry-run"]) writeSettingFile(file, values);
		return { key, before, after, file, changed: before !== after, ...(flags["dry-run"] ? { dryRun: true } : {}) };
	},
	view: ({ key, before, after, file, changed }) => [
		{
			line: changed
				? `${key}: ${before ?? "-"} -> ${after ?? "-"} (${file})`
				: t`${key} is ${after ?? "-"} already (${file})`,
		},
	],
});
