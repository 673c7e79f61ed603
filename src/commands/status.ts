import { command } from "../lib/cli/definition.js";
import { watch } from "../lib/cli/watch.js";
import type { Context, Settings } from "../lib/context.js";
import type { Look } from "../lib/registry/look.js";
import { type Status, statusOf } from "../lib/status/status.js";
import { t } from "../lib/text.js";
import { statusView, watchedRows } from "./_status-view.js";

/** Seconds that one check of a live look may take. */
const limit = 600;

export default command({
	summary: t`Show how IDs, clients, listeners, web IDs and backups stand`,
	description: t`As recorded, and as the last looks saw it, with their age. Changes nothing, and exits with 0 whatever it tells.`,
	role: "auditor",
	registry: true,
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		live: { kind: "boolean", summary: t`Look at this machine again first, as cfm audit does` },
		watch: { kind: "boolean", summary: t`Keep watching; in a pipe, an object per change` },
		interval: { kind: "integer", value: "SECONDS", least: 1, most: 3600, summary: t`The interval for --watch (10)` },
	},
	examples: [
		{ what: t`All that is known`, line: "cfm status" },
		{ what: t`Look at this machine again`, line: "cfm status --live" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const look = async () => {
			const live = flags.live ? await lookAgain(context, settings, !flags.watch) : [];
			const { environment } = flags;
			const request = { environment, now: context.host.now(), registry: registry.location, live };
			return registry.read((view) => statusOf(view, request));
		};
		if (!flags.watch) return look();
		return watch(context.shell, flags.interval ?? 10, {
			look,
			rows: watchedRows,
			key: ({ part, environment, machine }) => `${part} ${environment} ${machine}`,
			noun: "part",
			view: statusView,
		});
	},
	view: (status: Status) => statusView(status),
});

/** Looks at everybody on this machine. What could not be looked at is said, unless it is watched. */
async function lookAgain(context: Context, settings: Settings, says: boolean): Promise<Look[]> {
	const [{ audit }, { auditProbes }, { probeBlind, probeCrashed }, { toolsOf }] = await Promise.all([
		import("../lib/doctor/audit.js"),
		import("../lib/doctor/sources.js"),
		import("../lib/finding/probe.js"),
		import("./doctor/_tools.js"),
	]);
	const { examination, looks } = await context.shell.during(t`Looking at all users`, () =>
		audit(
			toolsOf(context, settings),
			{ only: [], skip: [], probes: auditProbes, seconds: limit, failOn: "error" },
			{ machine: context.host.name(), keeps: true },
		),
	);
	const broken = [probeBlind.id, probeCrashed.id];
	for (const { id, text } of says ? examination.findings : []) if (broken.includes(id)) context.shell.warn(text);
	return looks;
}
