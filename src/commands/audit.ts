import { command } from "../lib/cli/definition.js";
import { audit, onlyAbout } from "../lib/doctor/audit.js";
import { auditProbes } from "../lib/doctor/sources.js";
import { CfmError } from "../lib/errors.js";
import { t } from "../lib/text.js";
import { examinationVerdict, examinationView, runExamination } from "./doctor/_examination.js";
import { examinationFlags } from "./doctor/_flags.js";
import { toolsOf } from "./doctor/_tools.js";

export default command({
	summary: t`Compare registry, clients, listeners and web IDs of everybody`,
	description: t`Shows what does not agree, and what several users have in common. Only --fix changes anything.`,
	role: "auditor",
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		...examinationFlags,
		"all-users": { kind: "boolean", summary: t`With --fix: everybody with a profile on this machine` },
		timeout: {
			kind: "integer",
			value: "SECONDS",
			least: 1,
			most: 86_400,
			summary: t`The time limit for one check (3600)`,
		},
	},
	examples: [
		{ what: t`Everybody on this machine`, line: "cfm audit" },
		{ what: t`One user, compared with everybody`, line: "cfm audit --user ana" },
		{ what: t`Preview the repairs for everybody`, line: "cfm audit --fix --all-users --dry-run" },
		{ what: t`List what is checked`, line: "cfm audit --list-checks" },
	],
	async run({ flags }, context) {
		if (flags["all-users"] && flags.user.length > 0)
			throw new CfmError("usage", "two-meanings", t`--all-users and --user can't be combined.`);
		if (flags.fix && !flags["all-users"] && flags.user.length === 0)
			throw new CfmError("usage", "say-whom", t`Specify the users: --user NAME, or --all-users.`);
		const isWhole = flags.user.length + flags.only.length + flags.skip.length === 0;
		return runExamination(context, flags, {
			...{ probes: auditProbes, seconds: 3600 },
			async look(settings, request) {
				const probes = onlyAbout(auditProbes, flags.user);
				const where = { machine: context.host.name(), keeps: isWhole };
				return (await audit(toolsOf(context, settings, flags.user), { ...request, probes }, where)).examination;
			},
		});
	},
	view: examinationView,
	verdict: examinationVerdict,
});
