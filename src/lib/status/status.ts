import { type ActivationCounts, countActivations } from "../activation/due.js";
import { type CommandLine, line } from "../command-line.js";
import { type Environment, listEnvironments, requireEnvironment } from "../environment/environment.js";
import { isConflict, type ListedPort } from "../port/list.js";
import { type CertificateCounts, countCertificates } from "../registered/list.js";
import { type LastBackup, lastBackup } from "../registry/backup.js";
import { keptOf, type Look, type LookKind, lookKinds, type Sighting } from "../registry/look.js";
import { mostBackupDays } from "../registry/probes.js";
import type { RegistryEvent, RegistryView } from "../registry/registry.js";
import { countServices, type ServiceCounts } from "../service/list.js";

/** How the IDs of an environment are used. */
export interface EnvironmentStatus {
	environment: string;
	firstId: number;
	lastId: number;
	/** How many IDs it has. */
	size: number;
	allocated: number;
	reserved: number;
	quarantined: number;
	free: number;
}

/** A last look, by how much was seen. */
export interface LookStatus {
	environment: string;
	machine: string;
	kind: LookKind;
	/** ISO 8601 UTC; null when only some users ever were looked at. */
	at: string | null;
	total: number;
	attention: number;
	/** Of listeners: those on the port of an ID that is another user's. */
	conflicts: number | null;
}

/** One thing that a last look saw and somebody must look at. */
export interface SeenProblem {
	environment: string;
	machine: string;
	kind: LookKind;
	at: string;
	user: string | null;
	id: number | null;
	/** The word of the list that saw it. */
	verdict: string;
}

export interface Status {
	/** When this was asked, ISO 8601 UTC: ages are counted from it. */
	at: string;
	registry: string;
	environments: EnvironmentStatus[];
	/** Of environments. */
	total: number;
	/** By environment, machine and kind. */
	looks: LookStatus[];
	/** What was never looked at, in which environment. */
	never: { environment: string; kind: LookKind }[];
	/** The first few. */
	problems: SeenProblem[];
	/** The last backup that the log tells of, and the events since; null when there is none. */
	backup: (LastBackup & { eventsSince: number }) | null;
	/** Of the last day: how many events, `mostEvents` at most, and the last few, newest first. */
	changes: { since: string; total: number; events: RegistryEvent[] };
	/** Of each environment that has any. */
	activations: ActivationCounts[];
	/** Of registered certificates; null when there are none. */
	certificates: CertificateCounts | null;
	/** Of client services; null when there are none. */
	services: ServiceCounts | null;
	/** What to run next. */
	next: CommandLine[];
}

export interface StatusRequest {
	/** None means all. */
	environment: string | undefined;
	now: Date;
	registry: string;
	/** Looks that were made just now: they count, kept or not. */
	live?: readonly Look[];
}

/** So many things, and so many events, are told one by one; the lists have the others. */
const [fewProblems, fewEvents] = [10, 5];

/** So many events of a day are counted: beyond that the number says nothing more, and would be long in coming. */
export const mostEvents = 1000;

/** What a finding is about stands in the other looks. */
const listed: readonly LookKind[] = ["ports", "clients", "web-ids"];

/**
 * How it stands with IDs, clients, listeners and web IDs, by what is recorded and what was seen last. Looks at nothing itself.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function statusOf(view: RegistryView, request: StatusRequest): Promise<Status> {
	const { environment, now, registry, live = [] } = request;
	const known =
		environment === undefined ? await listEnvironments(view) : [await requireEnvironment(view, environment)];
	const environments: EnvironmentStatus[] = [];
	for (const one of known) environments.push(await usageOf(view, one));

	const isLive = (one: Place) => live.find((look) => placeOf(look) === placeOf(one));
	const looks: LookStatus[] = live.map((look) => {
		const { environment, machine, kind, at } = look;
		const { length: total } = look.sightings;
		const attention = look.sightings.filter((one) => one.attention).length;
		return { environment, machine, kind, at, total, attention, conflicts: null };
	});
	for (const { name } of known) {
		for (const look of await view.looks({ environment: name })) {
			if (isLive(look) !== undefined) continue;
			const { environment, machine, kind, at, total, attention, left } = look;
			looks.push({ environment, machine, kind, at, total: total + left, attention, conflicts: null });
		}
	}
	const rank = ({ environment, machine, kind }: Place) => [environment, machine, lookKinds.indexOf(kind)].join(" ");
	looks.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));

	const problems: SeenProblem[] = [];
	for (const kind of listed) {
		for (const look of looks.filter((one) => one.kind === kind)) {
			if (kind === "ports") look.conflicts = 0;
			if (look.attention === 0) continue;
			for await (const seen of problemsOf(view, look, isLive(look))) {
				const verdict = verdictOf(seen);
				if (kind === "ports" && isConflict({ verdict: verdict as ListedPort["verdict"] }))
					look.conflicts = (look.conflicts ?? 0) + 1;
				if (problems.length < fewProblems) {
					const { environment, machine } = look;
					problems.push({ environment, machine, kind, at: seen.at, user: seen.user, id: seen.id, verdict });
				} else if (kind !== "ports") break;
			}
		}
	}

	const backup = await lastBackup(view, now);
	const last = await view.lastEvent();
	const activations: ActivationCounts[] = [];
	for (const { name } of known) activations.push(await countActivations(view, name, now));
	const status = {
		at: now.toISOString(),
		registry,
		environments,
		total: environments.length,
		looks,
		never: environments.flatMap(({ environment }) =>
			lookKinds
				.filter((kind) => !looks.some((look) => look.environment === environment && look.kind === kind))
				.map((kind) => ({ environment, kind })),
		),
		problems,
		backup: backup === null ? null : { ...backup, eventsSince: (last?.seq ?? 0) - backup.seq },
		activations: activations.filter(({ open, due }) => open > 0 || due > 0),
		certificates: some(await countCertificates(view, now)),
		services: some(await countServices(view, now)),
		changes: await lastDay(view, environment, now),
	};
	return { ...status, next: nextOf(status, live) };
}

/** What there is none of is not told. */
const some = <T extends { total: number }>(counted: T): T | null => (counted.total === 0 ? null : counted);

type Place = Pick<Look, "environment" | "machine" | "kind">;

const placeOf = ({ environment, machine, kind }: Place) => JSON.stringify([environment, machine, kind]);

async function usageOf(view: RegistryView, { name, firstId, lastId }: Environment): Promise<EnvironmentStatus> {
	const count = (state: "allocated" | "reserved" | "quarantined") =>
		view.countAllocations({ environment: name, state });
	return {
		...{ environment: name, firstId, lastId, size: lastId - firstId + 1 },
		...{ allocated: await count("allocated"), reserved: await count("reserved") },
		...{ quarantined: await count("quarantined"), free: (await view.free(name)).count },
	};
}

/** Read backwards until a day is over: a log of years is not read through. */
async function lastDay(view: RegistryView, environment: string | undefined, now: Date): Promise<Status["changes"]> {
	const since = new Date(now.getTime() - 86_400_000).toISOString();
	const events: RegistryEvent[] = [];
	let total = 0;
	reading: for await (const chunk of view.events({ environment, descending: true, limit: mostEvents })) {
		for (const event of chunk) {
			if (event.at < since) break reading;
			total += 1;
			if (total <= fewEvents) events.push(event);
		}
	}
	return { since, total, events };
}

async function* problemsOf(
	view: RegistryView,
	{ environment, machine, kind }: LookStatus,
	live: Look | undefined,
): AsyncIterable<Sighting & { at: string }> {
	if (live !== undefined) {
		for (const one of keptOf(live).kept) if (one.attention) yield { ...one, at: live.at };
		return;
	}
	for await (const chunk of view.sightings({ environment, machine, kinds: [kind], attention: true })) yield* chunk;
}

function verdictOf({ facts }: Pick<Sighting, "facts">): string {
	const { verdict } = facts as { verdict?: unknown };
	return typeof verdict === "string" ? verdict : "";
}

/** What tells more of what needs attention, and what was not done. */
function nextOf(
	{ environments, looks, never, backup, activations, certificates, services }: Omit<Status, "next">,
	live: readonly Look[],
): CommandLine[] {
	const next: CommandLine[] = [];
	for (const { environment, free } of environments) {
		const here = { environment };
		const hasProblem = (...kinds: LookKind[]) =>
			looks.some((one) => one.environment === environment && kinds.includes(one.kind) && one.attention > 0);
		if (free === 0) next.push(line("ids list", [], { ranges: true, ...here }));
		if (hasProblem("ports")) next.push(line("ports list", [], { "ids-only": true, ...here }));
		if (hasProblem("web-ids")) next.push(line("web list", [], { problems: true, ...here }));
		if (hasProblem("clients", "findings")) next.push(line("users list", [], { problems: true, ...here }));
	}
	for (const { environment, due } of activations) if (due > 0) next.push(line("activations due", [], { environment }));
	if (certificates !== null && certificates.due > 0) next.push(line("certs due"));
	if (services !== null && services.byExpiry > 0) next.push(line("services list", [], { "suspended-by-expiry": true }));
	// What a look of just now did not see, another look does not see either.
	const first = never.find(({ environment }) => !live.some((look) => look.environment === environment));
	if (first !== undefined) next.push(line("status", [], { live: true, environment: first.environment }));
	if (isBackupOld(backup)) next.push(line("registry backup"));
	return next;
}

/** Whether it is time for a backup. */
export function isBackupOld(backup: Status["backup"]): boolean {
	return backup === null || backup.ageDays > mostBackupDays;
}
