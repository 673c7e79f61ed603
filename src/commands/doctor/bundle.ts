import packageJson from "../../../package.json" with { type: "json" };
import { command } from "../../lib/cli/definition.js";
import { type Block, table } from "../../lib/cli/view.js";
import {
	bundleEvidence,
	type Evidence,
	eventEvidence,
	learnRegistered,
	learnSettings,
	lookEvidence,
	registryEvidence,
} from "../../lib/doctor/bundle.js";
import { examine } from "../../lib/doctor/doctor.js";
import { once } from "../../lib/finding/run.js";
import { listSettings } from "../../lib/settings/settings.js";
import { t } from "../../lib/text.js";
import { examinationFlags } from "./_flags.js";
import { toolsOf } from "./_tools.js";

const { user, environment } = examinationFlags;

export default command({
	summary: t`Write a ZIP file with evidence for a support case, names masked`,
	description: t`Shows what is in it and asks before it is written. What masked names stand for is kept in cfm's own folder.`,
	role: "auditor",
	registry: true,
	changes: "moderate",
	repeats: false,
	flags: {
		"out-file": { kind: "text", char: "o", value: "FILE", required: true, summary: t`The ZIP file` },
		force: { kind: "boolean", summary: t`Replace the file when it exists` },
		user,
		environment,
	},
	examples: [
		{ what: t`List what would be in it`, line: "cfm doctor bundle --out-file case.zip --dry-run" },
		{ what: t`About one user`, line: "cfm doctor bundle --user CORP\\ana --out-file case.zip --yes" },
	],
	async run({ flags }, context) {
		const { host } = context;
		const settings = await context.settings({ environment: flags.environment });
		const tools = toolsOf(context, settings, flags.user);
		const open = once(() => tools.open());
		const evidence = (users: readonly string[]): Evidence[] => [
			{
				...{ file: "about.json", what: t`versions and system` },
				look: async () => ({
					...{ at: host.now().toISOString(), cfm: packageJson.version, node: process.version },
					...{ platform: process.platform, arch: process.arch, release: process.getBuiltinModule("node:os").release() },
					...{ environment: settings.environment, machine: host.name(), elevated: (await host.machine()).elevated },
				}),
			},
			{
				...{ file: "settings.json", what: t`each setting, and where its value comes from` },
				look: async () => listSettings(settings.sources).map(({ summary: _, ...setting }) => setting),
			},
			{ file: "client-profile.json", what: t`what cfm believes of the client`, look: async () => tools.profile() },
			{
				...{ file: "registry.json", what: t`the registry: version, size, what a check counts` },
				look: async () => registryEvidence(await open()),
			},
			{
				...{ file: "events.json", what: t`the last events, and those of affected users` },
				look: async () => (await open()).read((view) => eventEvidence(view, settings.environment, users)),
			},
			{
				...{ file: "looks.json", what: t`the last looks, and what they saw of affected users` },
				look: async () => (await open()).read((view) => lookEvidence(view, settings.environment, users)),
			},
			...(logs.known
				? logs.value.map(({ name, text }) => ({ file: `logs/${name}`, what: t`a log of cfm`, look: async () => text }))
				: [{ file: "logs.json", what: t`cfm's logs`, look: async () => ({ unavailable: { message: logs.why } }) }]),
		];
		const logs = await host.keptLogs();
		const request = { only: [], skip: [], failOn: "error", seconds: 60 } as const;
		const operation = bundleEvidence({
			file: flags["out-file"],
			masks: settings.masks(),
			evidence,
			examine: () => context.shell.during(t`Examining`, () => examine({ ...tools, open: async () => open() }, request)),
			async names(masks) {
				masks.learn("host", host.name());
				masks.learn("user", await host.account(context.shell.streams.variables));
				const machine = await host.machine();
				const users = await machine.profiles.users();
				for (const one of users.known ? users.value : [await machine.profiles.currentUser()]) {
					masks.learnFrom({ user: one.account, sid: one.sid });
					masks.learn("user", one.profileFolder.replace(/^.*[\\/]/s, ""));
				}
				learnSettings(listSettings(settings.sources), masks);
				const registry = await open().catch(() => undefined);
				await registry?.read((view) => learnRegistered(view, settings.environment, masks));
			},
			write: (files) => host.files.writeZip(flags["out-file"], files, { force: flags.force, at: host.now() }),
		});
		return context.carryOutOutside(operation, undefined);
	},
	view: ({ file, files, masks }): Block[] => [
		table<(typeof files)[number]>(
			[
				{ head: t`FILE`, value: ({ file: name }) => name, whole: true },
				{ head: t`CONTENT`, value: ({ what }) => what, shrinks: true },
			],
			files,
			"",
		),
		{ line: t`Bundle: ${file}` },
		{ line: t`What masked names stand for: ${masks}. This file stays here.` },
	],
});
