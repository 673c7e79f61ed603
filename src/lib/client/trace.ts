import type { Known } from "../known.js";
import type { SeenClient } from "./look.js";
import type { Fingerprint, LocalUser, Machine, RunningProcess } from "./machine.js";
import type { ClientProfile } from "./profile.js";
import { clientProcesses, keyOf } from "./running.js";

/** What tells a client that was replaced from one that is as it was. */
export interface ClientTrace {
	client: Pick<SeenClient, "version" | "clientId" | "registered" | "installed" | "unknown">;
	program: Known<Fingerprint | null>;
	processes: Known<RunningProcess[]>;
	/** The processes that listen on its port. */
	listeners: Known<number[]>;
}

/** The features that are compared, as a script sees them. */
export type ClientFeature = "version" | "clientId" | "registered" | "program" | "process" | "listener";

/** Looks closely at a client: its program's content, what runs of it, and who listens. @param port null: not known */
export async function traceClient(
	machine: Machine,
	profile: ClientProfile,
	user: LocalUser,
	client: SeenClient,
	port: number | null,
): Promise<ClientTrace> {
	const nobody: Known<number[]> = { known: true, value: [] };
	return {
		client,
		program: await machine.client.fingerprint(user, profile),
		processes: await clientProcesses(machine, profile, user, port),
		listeners: port === null ? nobody : await machine.processes.listening(port),
	};
}

/** What became another between two looks, and what can't be determined of it. */
export function changesBetween(
	before: ClientTrace,
	after: ClientTrace,
): { changed: ClientFeature[]; unclear: ClientFeature[] } {
	const changed: ClientFeature[] = [];
	const unclear: ClientFeature[] = [];
	for (const feature of ["version", "clientId", "registered"] as const) {
		if (before.client.unknown.includes(feature) || after.client.unknown.includes(feature)) unclear.push(feature);
		else if (before.client[feature] !== after.client[feature]) changed.push(feature);
	}
	const compare = <T>(feature: ClientFeature, one: Known<T>, other: Known<T>, told: (value: T) => string) => {
		if (!one.known || !other.known) unclear.push(feature);
		else if (told(one.value) !== told(other.value)) changed.push(feature);
	};
	compare("program", before.program, after.program, (file) => `${file?.sha256} ${file?.changedAt}`);
	compare("process", before.processes, after.processes, (all) => all.map(keyOf).sort().join());
	compare("listener", before.listeners, after.listeners, (all) => [...all].sort().join());
	return { changed, unclear };
}

/**
 * Whether an installer that reported success left the client as it was. A version in the uninstall entry is only a word:
 * with the same program, and the same process where one runs, it is still the client of before.
 */
export function isUntouched(before: ClientTrace, after: ClientTrace): boolean {
	const { changed, unclear } = changesBetween(before, after);
	if (before.client.installed !== true || after.client.installed !== true) return false;
	return !unclear.includes("program") && changed.every((feature) => feature === "version");
}

/** Those of before that still run although their program was replaced. */
export function stillOld(before: ClientTrace, after: ClientTrace): RunningProcess[] {
	if (!before.processes.known || !after.processes.known) return [];
	const keys = new Set(before.processes.value.map(keyOf));
	return after.processes.value.filter((one) => keys.has(keyOf(one)));
}
