import type { ActivationCounts } from "../lib/activation/due.js";
import { ageOf, inLocalTime, localTime } from "../lib/cli/time.js";
import { type Block, type Line, table } from "../lib/cli/view.js";
import type { CertificateCounts } from "../lib/registered/list.js";
import type { LookKind } from "../lib/registry/look.js";
import { changesAmong, type ToldChange } from "../lib/registry/what-changed.js";
import type { ServiceCounts } from "../lib/service/list.js";
import {
	type EnvironmentStatus,
	isBackupOld,
	type LookStatus,
	mostEvents,
	type SeenProblem,
	type Status,
} from "../lib/status/status.js";
import { plural, t } from "../lib/text.js";

/** Steps of the bar, which any code page can draw. */
const steps = 16;

/** From this share of its IDs on an environment is nearly full. */
const nearlyFull = 0.9;

const nameOf: Readonly<Record<LookKind, () => string>> = {
	clients: () => t`clients`,
	ports: () => t`listeners`,
	"web-ids": () => t`web IDs`,
	findings: () => t`audit`,
};

const shareOf = ({ size, free }: EnvironmentStatus) => (size - free) / size;

function bar(status: EnvironmentStatus): string {
	const share = shareOf(status);
	// Only what is full looks full, and only what is empty empty.
	const filled = share === 1 ? steps : Math.min(steps - 1, Math.ceil(share * steps));
	return `[${"#".repeat(filled)}${".".repeat(steps - filled)}] ${percent(status)}`;
}

function percent(status: EnvironmentStatus): string {
	const share = shareOf(status);
	return `${share === 1 ? 100 : Math.min(99, Math.ceil(share * 100))}%`;
}

/** @param most so many rows of the last table have room */
export function statusView(status: Status, most = Number.POSITIVE_INFINITY): Block[] {
	const { at, environments, looks, problems, changes } = status;
	const room = most - environments.length - looks.length - problems.length - around;
	const events = changes.events.slice(0, Math.max(0, room));
	return [
		verdictLine(status),
		table<EnvironmentStatus>(
			[
				{ head: t`ENVIRONMENT`, value: ({ environment }) => environment, whole: true },
				{
					head: t`USED`,
					value: percent,
					drawn: bar,
					tone: (one) => (one.free === 0 ? "bad" : shareOf(one) >= nearlyFull ? "caution" : "good"),
				},
				{ head: t`IDS`, value: ({ allocated }) => allocated, align: "right" },
				{ head: t`RESERVED`, value: ({ reserved }) => reserved, align: "right" },
				{ head: t`QUARANTINED`, value: ({ quarantined }) => quarantined, align: "right" },
				{ head: t`FREE`, value: ({ free }) => free, align: "right" },
			],
			environments,
			t`There is no environment.`,
		),
		...(looks.length === 0
			? []
			: [
					table<LookStatus>(
						[
							{ head: t`SEEN`, value: ({ kind }) => nameOf[kind]() },
							{ head: t`MACHINE`, value: ({ machine }) => machine, shrinks: true },
							{ head: t`ENVIRONMENT`, value: ({ environment }) => environment, optional: true },
							{
								head: t`WHEN`,
								value: (look) => look.at,
								drawn: (look) => (look.at === null ? t`some users only` : ageOf(look.at, at)),
							},
							{ head: t`COUNT`, value: ({ total }) => total, align: "right" },
							{
								head: t`ATTENTION`,
								value: ({ attention }) => attention,
								align: "right",
								tone: ({ attention }) => (attention === 0 ? "good" : "caution"),
							},
							{
								head: t`CONFLICTS`,
								value: ({ conflicts }) => conflicts,
								align: "right",
								tone: ({ conflicts }) => (conflicts ? "bad" : undefined),
							},
						],
						looks,
						"",
					),
				]),
		...(problems.length === 0
			? []
			: [
					table<SeenProblem>(
						[
							{ head: t`USER`, value: ({ user }) => user, whole: true },
							{ head: t`ID`, value: ({ id }) => id, align: "right", whole: true },
							{ head: t`SEEN`, value: ({ kind }) => nameOf[kind]() },
							{ head: t`VERDICT`, value: ({ verdict }) => verdict },
							{ head: t`MACHINE`, value: ({ machine }) => machine, shrinks: true },
						],
						problems,
						"",
					),
				]),
		...status.activations.map(activationLine),
		...(status.certificates === null ? [] : [certificateLine(status.certificates)]),
		...(status.services === null ? [] : [serviceLine(status.services)]),
		...neverLines(status),
		backupLine(status),
		{
			line:
				changes.total === 0
					? t`Nothing was changed in the last 24 hours.`
					: changes.total === mostEvents
						? t`${mostEvents} events or more in the last 24 hours, the last ones:`
						: plural(changes.total, {
								one: "1 event in the last 24 hours:",
								other: `${changes.total} events in the last 24 hours, the last ones:`,
							}),
		},
		...(events.length === 0
			? []
			: [
					table<ToldChange>(
						[
							{ head: t`WHEN`, value: (event) => event.at, drawn: (event) => localTime(event.at) },
							{ head: t`WHAT`, value: ({ action }) => action },
							{ head: t`WHOM`, value: ({ subject }) => subject, whole: true },
							{ head: t`ID`, value: ({ id }) => id, align: "right" },
							{
								head: t`CHANGE`,
								value: ({ change }) => change,
								drawn: ({ change }) => inLocalTime(change),
								shrinks: true,
							},
							{ head: t`WHO`, value: ({ actor, machine }) => t`${actor} on ${machine}`, shrinks: true },
						],
						changesAmong(events),
						"",
					),
				]),
		...status.next.map((line) => ({ line: { say: t`Next:`, line } })),
	];
}

/** Lines that are no rows of tables. */
const around = 16;

function verdictLine({ looks, environments }: Status): Line {
	const full = environments.filter(({ free }) => free === 0).map(({ environment }) => environment);
	if (full.length > 0) return { line: t`No ID is free in ${full.join(", ")}.`, tone: "bad" };
	const conflicts = looks.reduce((sum, look) => sum + (look.conflicts ?? 0), 0);
	if (conflicts > 0) {
		const line = plural(conflicts, {
			one: "1 listener is on the port of another user's ID.",
			other: `${conflicts} listeners are on ports of other users' IDs.`,
		});
		return { line, tone: "bad" };
	}
	// Findings are about what the other looks saw.
	const counted = looks.some(({ kind }) => kind !== "findings")
		? looks.filter(({ kind }) => kind !== "findings")
		: looks;
	const total = counted.reduce((sum, look) => sum + look.total, 0);
	const attention = looks.reduce((sum, look) => sum + look.attention, 0);
	if (looks.length === 0)
		return { line: t`Clients, listeners and web IDs have not been looked at yet.`, tone: "caution" };
	if (attention === 0) return { line: t`Nothing that was seen needs attention.`, tone: "good" };
	const seen = counted.reduce((sum, look) => sum + look.attention, 0);
	if (seen === 0) return { line: t`The last audit has findings.`, tone: "caution" };
	const line = plural(seen, {
		one: `1 of ${total} things that were seen needs attention.`,
		other: `${seen} of ${total} things that were seen need attention.`,
	});
	return { line, tone: "caution" };
}

function neverLines({ never, environments, looks }: Status): Line[] {
	if (looks.length === 0) return [];
	return environments.flatMap(({ environment }) => {
		const kinds = never.filter((one) => one.environment === environment).map(({ kind }) => nameOf[kind]());
		if (kinds.length === 0) return [];
		return [{ line: t`Never looked at in ${environment}: ${kinds.join(", ")}.` }];
	});
}

function activationLine({ environment, open, due, expired }: ActivationCounts): Line {
	const line = plural(open, {
		one: `1 open activation in ${environment}; due: ${due}, expired: ${expired}.`,
		other: `${open} open activations in ${environment}; due: ${due}, expired: ${expired}.`,
	});
	return { line, tone: expired > 0 ? "bad" : due > 0 ? "caution" : "good" };
}

function certificateLine({ total, due, over }: CertificateCounts): Line {
	const line = plural(total, {
		one: `1 registered certificate; deadlines due: ${due}, over: ${over}.`,
		other: `${total} registered certificates; deadlines due: ${due}, over: ${over}.`,
	});
	return { line, tone: over > 0 ? "bad" : due > 0 ? "caution" : "good" };
}

function serviceLine({ total, active, byExpiry }: ServiceCounts): Line {
	const line = plural(total, {
		one: `1 client service; active: ${active}, suspended because something ran out: ${byExpiry}.`,
		other: `${total} client services; active: ${active}, suspended because something ran out: ${byExpiry}.`,
	});
	return { line, tone: byExpiry > 0 ? "bad" : "good" };
}

function backupLine({ backup, at }: Status): Line {
	const tone = isBackupOld(backup) ? ("caution" as const) : ("good" as const);
	if (backup === null) return { line: t`No backup is recorded.`, tone };
	const since = plural(backup.eventsSince, {
		one: "1 event since",
		other: `${backup.eventsSince} events since`,
	});
	return { line: t`Last backup: ${ageOf(backup.at, at)}, ${since}.`, tone };
}

/** What is watched: a row for each environment, look and backup, without the times that each look changes. */
export function watchedRows({ environments, looks, backup, changes, activations, certificates, services }: Status) {
	return [
		...environments.map((one) => ({ part: "environment", machine: "", ...one })),
		...looks.map(({ kind, at: _, ...look }) => ({ part: kind, ...look })),
		{ part: "backup", environment: "", machine: "", at: backup?.at ?? null },
		...activations.map((one) => ({ part: "activations", machine: "", ...one })),
		...(certificates === null ? [] : [{ part: "certificates", environment: "", machine: "", ...certificates }]),
		...(services === null ? [] : [{ part: "services", environment: "", machine: "", ...services }]),
		{ part: "changes", environment: "", machine: "", last: changes.events[0]?.seq ?? null },
	];
}
