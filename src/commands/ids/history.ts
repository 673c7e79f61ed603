import { command } from "../../lib/cli/definition.js";
import { asciiJson } from "../../lib/cli/envelope.js";
import { parseMoment } from "../../lib/cli/input/moment.js";
import { pageOf, pagingFlags } from "../../lib/cli/paging.js";
import { inLocalTime, localTime } from "../../lib/cli/time.js";
import { table } from "../../lib/cli/view.js";
import { follow } from "../../lib/cli/watch.js";
import { CfmError } from "../../lib/errors.js";
import { newEvents } from "../../lib/id/follow-history.js";
import { history } from "../../lib/id/history.js";
import { parseTarget } from "../../lib/id/release.js";
import { recordKinds } from "../../lib/record-kinds.js";
import type { RegistryEvent } from "../../lib/registry/registry.js";
import { changesOf, type ToldChange } from "../../lib/registry/what-changed.js";
import { t } from "../../lib/text.js";

const secondsBetweenLooks = 2;

export default command({
	summary: t`Show what happened to IDs, and who did it`,
	role: "auditor",
	list: {
		rows: "events",
		fields: [
			"seq",
			"at",
			"actor",
			"machine",
			"command",
			"action",
			"environment",
			"subject",
			"id",
			"note",
			"before",
			"after",
			"requestKey",
		],
	},
	registry: true,
	args: { who: { summary: t`A user or an ID; by default, everything` } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		since: { kind: "text", value: "TIME", summary: t`Not before this time: 7d, 12h, 2026-01-15, 2026-01-15T09:30` },
		until: { kind: "text", value: "TIME", summary: t`Not after this time or day` },
		action: { kind: "text", value: "ACTION", multiple: true, summary: t`Only this action, such as move; repeatable` },
		actor: { kind: "text", value: "ACCOUNT", summary: t`Only what this account did` },
		last: { kind: "integer", value: "N", least: 1, summary: t`Only the last N changes, newest first` },
		follow: { kind: "boolean", summary: t`The last changes, then each new one, until Ctrl-C` },
		...pagingFlags,
	},
	examples: [
		{ what: t`One user`, line: "cfm ids history CORP\\ana" },
		{ what: t`One ID`, line: "cfm ids history 1" },
		{ what: t`Everything`, line: "cfm ids history" },
		{ what: t`The last ten changes`, line: "cfm ids history --last 10" },
		{ what: t`Who was moved in the last week`, line: "cfm ids history --action move --since 7d" },
	],
	async run({ args, flags }, context) {
		const target = args.who === undefined ? {} : parseTarget(args.who);
		const page = pageOf(flags);
		const isPaged = page.limit !== undefined || page.offset !== undefined;
		if (isPaged && (flags.last !== undefined || flags.follow)) {
			const flag = flags.follow ? "--follow" : "--last";
			throw new CfmError("usage", "two-meanings", t`${flag} can't be combined with --limit, --offset or --page.`);
		}
		if (flags.follow && (["csv", "tsv", "yaml"].includes(flags.output ?? "") || flags.columns !== undefined))
			throw new CfmError(
				"usage",
				"two-meanings",
				t`--follow prints lines, or JSON: it takes no other --output, and no --columns.`,
			);
		const now = context.host.now();
		const { since, until, actor, action: actions } = flags;
		const { shell } = context;
		// Whoever sits there wants the last change; a program reads on from where it was.
		const isWatched =
			shell.streams.outIsTerminal && !shell.flags.json && !["csv", "tsv", "yaml"].includes(flags.output ?? "");
		const registry = await context.registry(await context.settings(), { readonly: true });
		const asked = {
			...target,
			userFields: [...new Set(recordKinds.flatMap(({ about }) => about))],
			environment: flags.environment,
			...(since !== undefined && { since: parseMoment(since, now) }),
			...(until !== undefined && { until: parseMoment(until, now, { end: true }) }),
			...(actions.length > 0 && { actions }),
			...(actor !== undefined && { actor: { name: actor } }),
		};
		if (flags.follow) {
			const events = newEvents(registry, asked, flags.last ?? 10);
			if (shell.flags.json)
				return { events: inOneChunk([]), total: await follow(shell, secondsBetweenLooks, events, asciiJson) };
			const changes = async () => (await Array.fromAsync(changesOf(inOneChunk(await events())))).flat();
			const line = (change: ToldChange) => changeLine(change, isWatched);
			return { events: inOneChunk([]), total: await follow(shell, secondsBetweenLooks, changes, line) };
		}
		return history(await registry.snapshot(), {
			...asked,
			...page,
			changes: flags.last,
			descending: isWatched || flags.last !== undefined,
		});
	},
	view: (result) => [
		{
			...table<ToldChange>(
				[
					{ head: t`WHEN`, field: "at", value: ({ at }) => at, drawn: ({ at }) => localTime(at) },
					{ head: t`WHAT`, field: "action", value: ({ action }) => action },
					{ head: t`WHOM`, field: "subject", value: ({ subject }) => subject, whole: true },
					{ head: t`ID`, field: "id", whole: true, value: ({ id }) => id, align: "right" },
					{ head: t`CHANGE`, value: ({ change }) => change, drawn: ({ change }) => inLocalTime(change), shrinks: true },
					{ head: t`NOTE`, field: "note", value: ({ note }) => note, shrinks: true },
					{ head: t`WHO`, value: ({ actor, machine }) => t`${actor} on ${machine}`, shrinks: true },
					{ head: t`REQUEST`, field: "requestKey", value: ({ requestKey }) => requestKey, optional: true },
				],
				changesOf(result.events),
				t`Nothing was recorded.`,
			),
			// A move is one row and two events: neither number is that of the other.
			total: undefined,
		},
	],
});

/** A change in one line, as it is followed. @param isWatched by somebody, with a clock on the wall */
function changeLine({ at, action, subject, id, change, note, actor, machine }: ToldChange, isWatched: boolean): string {
	const time = isWatched ? localTime(at) : at;
	const who = t`${actor} on ${machine}`;
	const what = isWatched ? inLocalTime(change) : change;
	return [time, action, subject, id === null ? "" : t`ID ${id}`, what, note ?? "", who]
		.filter((part) => part !== "")
		.join("  ");
}

async function* inOneChunk(events: readonly RegistryEvent[]): AsyncIterable<readonly RegistryEvent[]> {
	yield events;
}
