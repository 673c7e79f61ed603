import { resolve } from "node:path";
import { parseZone } from "../../lib/calendar/zone.js";
import { command } from "../../lib/cli/definition.js";
import { line } from "../../lib/command-line.js";
import { CfmError } from "../../lib/errors.js";
import { isOnServer } from "../../lib/registry/location.js";
import { setSetting } from "../../lib/settings/set.js";
import { checkSetting, parseSettingKey, settingDefinitions } from "../../lib/settings/settings.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Set a setting, for you or for the machine`,
	role: "admin",
	own: ({ flags: { machine } }) => !machine,
	changes: "mild",
	args: {
		key: { of: "setting", summary: t`The setting`, required: true },
		value: { summary: t`Its value` },
	},
	flags: {
		machine: { kind: "boolean", summary: t`For everybody on this machine` },
		unset: { kind: "boolean", summary: t`Remove the value` },
	},
	examples: [
		{
			what: t`The installer everybody uses`,
			line: "cfm config set install.installer certifio-manager-se.exe --machine",
		},
		{ what: t`Back to the default`, line: "cfm config set install.timeout --unset" },
	],
	async run({ args, flags }, context) {
		const key = parseSettingKey(args.key);
		if ((args.value === undefined) !== flags.unset) {
			throw new CfmError("usage", "value-or-unset", t`Specify a value, or --unset.`, {
				hints: [
					line("config set", [key, { fill: "VALUE" }], { machine: flags.machine }),
					line("config set", [key], { unset: true, machine: flags.machine }),
				],
			});
		}
		const checked = args.value === undefined ? null : checkSetting(key, args.value, t`the command line`);
		const { kind } = settingDefinitions[key];
		// A relative path would mean another file in every folder that cfm is run from.
		const isPath = kind === "path" || (kind === "registry" && !isOnServer(checked ?? ""));
		const after =
			checked === null ? null : isPath ? resolve(checked) : kind === "zone" ? await parseZone(checked) : checked;
		const value = after === null ? undefined : kind === "integer" ? Number(after) : after;
		const settings = await context.settings();
		const operation = setSetting(settings, { key, value, machine: flags.machine });
		return context.carryOutOutside(operation, flags.machine ? await context.registryForEvents(settings) : undefined);
	},
	view: ({ key, before, after, file, changed }) => [
		{
			line: changed
				? `${key}: ${before ?? "-"} -> ${after ?? "-"} (${file})`
				: t`${key} is already ${after ?? "-"} (${file})`,
		},
	],
});
