import { command } from "../../../lib/cli/definition.js";
import { saveBaseline } from "../../../lib/doctor/baseline.js";
import { examine } from "../../../lib/doctor/doctor.js";
import { plural, t } from "../../../lib/text.js";
import { baselineFlags } from "../_flags.js";
import { toolsOf } from "../_tools.js";

export default command({
	summary: t`Keep what cfm doctor finds now, to see later what is new`,
	description: t`Of this machine and one environment, in cfm's own folder.`,
	role: "auditor",
	registry: true,
	changes: "mild",
	repeats: false,
	flags: baselineFlags,
	examples: [{ what: t`After all that can be fixed was fixed`, line: "cfm doctor baseline save" }],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const { only, skip } = flags;
		const examination = await examine(toolsOf(context, settings), { only, skip, failOn: "error", seconds: 60 });
		return context.carryOutOutside(saveBaseline(settings.baseline(), examination, context.host.now()), undefined);
	},
	view: ({ file, total }) => [
		{ line: plural(total, { one: `1 finding is kept in ${file}.`, other: `${total} findings are kept in ${file}.` }) },
	],
});
