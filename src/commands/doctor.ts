import { command } from "../lib/cli/definition.js";
import { examine, groups } from "../lib/doctor/doctor.js";
import { t } from "../lib/text.js";
import { examinationVerdict, examinationView, runExamination } from "./doctor/_examination.js";
import { examinationFlags } from "./doctor/_flags.js";
import { toolsOf } from "./doctor/_tools.js";

export default command({
	summary: t`Show what is wrong, whom it affects, and how to fix it`,
	description: t`Checks the machine, registry, IDs, clients, ports, browsers and network. Only --fix changes anything.`,
	role: "auditor",
	own: ({ flags: { user } }, me) => me.areOnly(user),
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		...examinationFlags,
		group: {
			kind: "text",
			value: "GROUP",
			multiple: true,
			choices: groups,
			summary: t`Run only this group of checks; repeatable`,
		},
		timeout: { kind: "integer", value: "SECONDS", least: 1, most: 3600, summary: t`The time limit for one check (60)` },
	},
	examples: [
		{ what: t`Everything`, line: "cfm doctor" },
		{ what: t`For a user who cannot sign`, line: "cfm doctor --user CORP\\ana" },
		{ what: t`Preview the repairs`, line: "cfm doctor --fix --dry-run" },
		{
			what: t`For monitoring: fail also on what can't be determined`,
			line: "cfm doctor --fail-on unknown --json",
		},
		{ what: t`List what is checked`, line: "cfm doctor --list-checks" },
	],
	run: ({ flags }, context) =>
		runExamination(context, flags, {
			...{ groups: flags.group, seconds: 60 },
			look: (settings, request) => examine(toolsOf(context, settings, flags.user), request),
		}),
	view: examinationView,
	verdict: examinationVerdict,
});
