import type { Machine } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { type Known, known } from "../known.js";
import { plural, t } from "../text.js";
import { whichService } from "./findings.js";
import { type Here, isConflict, type ListedPort } from "./list.js";
import type { Listener, Network } from "./network.js";
import { answersAtLoopback } from "./whose.js";

/**
 * What listens now.
 *
 * @param remark hears what the answer lacks
 * @throws CfmError unavailable `listeners-unknown` when it can't be determined: none is no answer then
 */
export async function lookAtListeners(
	network: Pick<Network, "listeners">,
	remark: (text: string) => void,
): Promise<Listener[]> {
	const listeners = await network.listeners();
	if (listeners.known) {
		if (listeners.except !== undefined) remark(listMayLack(listeners.except));
		return listeners.value;
	}
	throw listenersUnknownError(listeners.why);
}

/** @param except what could not be had */
export function listMayLack(except: string): string {
	return t`The list of listeners is not complete: ${except}`;
}

export function listenersUnknownError(why: string): CfmError {
	return new CfmError("unavailable", "listeners-unknown", t`Can't determine what listens here: ${why}`);
}

/**
 * The same machine, whose ports answer by the table of listeners, asked once: to connect to each of hundreds of ports takes
 * seconds, and two for each that nobody listens on before Windows Server 2019.
 */
export async function answeringByTable(
	machine: Machine,
	network: Pick<Network, "answering">,
): Promise<Pick<Machine, "client" | "loopback">> {
	const answering = await network.answering();
	const answers: Machine["loopback"]["answers"] = async (port) =>
		answering.known ? known(answering.value.has(port)) : answering;
	return { client: machine.client, loopback: { ...machine.loopback, answers } };
}

/** The same, by owners that were asked for already. */
export function answeringBySeen(
	machine: Machine,
	listeners: Known<readonly Listener[]>,
): Pick<Machine, "client" | "loopback"> {
	const ports = listeners.known
		? new Set(listeners.value.filter(({ address }) => answersAtLoopback(address)).map(({ port }) => port))
		: undefined;
	const answers: Machine["loopback"]["answers"] = async (port) =>
		listeners.known ? known(ports?.has(port) === true) : listeners;
	return { client: machine.client, loopback: { ...machine.loopback, answers } };
}

/** Who has a profile on a machine, and a way to look whether their client is there; undefined when nobody could tell. */
export async function lookForClients(
	{ profiles, client }: Pick<Machine, "profiles" | "client">,
	profile: ClientProfile,
	remark: (text: string) => void,
): Promise<Here["clients"]> {
	const users = await profiles.users();
	if (users.known) return { users: users.value, isInstalled: (user) => client.isInstalled(user, profile) };
	remark(t`Can't determine who has a profile here, so missing listeners may not be listed: ${users.why}`);
	return undefined;
}

/** Who is logged on; undefined when nobody could tell, which is no reason to list nothing. */
export async function lookAtSessions(network: Network): Promise<Here["sessions"]> {
	const sessions = await network.sessions();
	return sessions.known ? sessions.value : undefined;
}

/** What the rows do not say by themselves. */
export function portRemarks(rows: readonly ListedPort[], elevated: Known<boolean>, environment: string): Hint[] {
	const kernel = rows.filter((row) => row.kernel && isConflict(row)).map(({ port }) => port);
	const exposed = rows.filter((row) => row.beyondLoopback).map(({ port }) => port);
	return [
		...unclearOwners(rows, elevated, environment),
		...(kernel.length === 0
			? []
			: [t`The system itself listens on ${some(kernel)}, for a service that uses http.sys.`, whichService()]),
		...(exposed.length === 0
			? []
			: [t`Other machines may reach what listens beyond the loopback on the ports of IDs: ${some(exposed)}.`]),
		...rows
			.filter(({ otherSessions }) => otherSessions.length > 0)
			.slice(0, 5)
			.map(
				({ user, port, session, otherSessions }) =>
					t`${user ?? ""} is logged on in several sessions. The client in session ${session ?? ""} has port ${port}; the one in session ${otherSessions.join(", ")} can't listen on it.`,
			),
	];
}

function some(ports: readonly number[]): string {
	return ports.length > 5 ? `${ports.slice(0, 5).join(", ")}, …` : ports.join(", ");
}

/** What an administrator can do about owners that can't be determined. */
export function unclearOwners(rows: readonly ListedPort[], elevated: Known<boolean>, environment: string): Hint[] {
	const unclear = rows.filter(({ verdict }) => verdict === "unknown-owner");
	const nameless = unclear.filter(({ user }) => user === null).length;
	const remarks: Hint[] = [];
	if (nameless > 0) {
		// Who has the rights already is not told to get them.
		const text =
			elevated.known && elevated.value
				? plural(nameless, {
						one: "Even an administrator can't see who owns 1 listener on the port of an ID.",
						other: `Even an administrator can't see who owns ${nameless} listeners on ports of IDs.`,
					})
				: plural(nameless, {
						one: "cfm can't determine the owner of 1 listener on the port of an ID: run cfm as an administrator.",
						other: `cfm can't determine the owners of ${nameless} listeners on ports of IDs: run cfm as an administrator.`,
					});
		remarks.push(text);
	}
	if (unclear.length > nameless) {
		remarks.push({
			say: plural(unclear.length - nameless, {
				one: "1 user has a domain here and none in the registry. To set it:",
				other: `${unclear.length - nameless} users have a domain here and none in the registry. To set it:`,
			}),
			line: line("environments set", [environment], { domain: { fill: "DOMAIN" } }),
		});
	}
	return remarks;
}
