import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { type Known, known } from "../known.js";
import { t } from "../text.js";
import type { LocalUser, Machine, RunningProcess } from "./machine.js";
import { type ClientProfile, isClientProgram } from "./profile.js";

/**
 * The processes of a user's own client: those that run from its folder, and the one that listens on its port under the
 * program's name (what is started at log-on may be a copy elsewhere). Of other accounts there is none.
 *
 * @param port the port of its ID; null when nobody knows it
 */
export async function clientProcesses(
	machine: Machine,
	profile: ClientProfile,
	user: LocalUser,
	port: number | null,
): Promise<Known<RunningProcess[]>> {
	const own = await machine.client.processes(user, profile);
	if (!own.known || port === null || user.sid === null) return own;
	const [listening, all] = [await machine.processes.listening(port), await machine.processes.list()];
	if (!listening.known || !all.known) return own;
	const copies = all.value.filter(
		({ pid, image, sid }) =>
			listening.value.includes(pid) &&
			sid === user.sid &&
			image !== null &&
			isClientProgram(image.replace(/^.*[\\/]/, ""), profile) &&
			!own.value.some((one) => one.pid === pid),
	);
	return known([...own.value, ...copies]);
}

/** A process in few words, for a message. */
export function pidsOf(processes: readonly RunningProcess[]): string {
	return processes.map(({ pid }) => `PID ${pid}`).join(", ");
}

/** How long an ended process may take to be gone, in milliseconds. */
const patience = 10_000;

/**
 * Ends the user's own client, and waits until it is gone.
 *
 * @returns those that were ended
 * @throws CfmError busy `client-not-stopped`
 */
export async function stopClient(
	machine: Machine,
	profile: ClientProfile,
	user: LocalUser,
	{ port, environment }: { port: number | null; environment: string },
	pause: (milliseconds: number) => Promise<unknown>,
): Promise<RunningProcess[]> {
	const running = await clientProcesses(machine, profile, user, port);
	const ended = running.known ? running.value : [];
	for (const { pid } of ended) machine.processes.end(pid);
	const keys = new Set(ended.map(keyOf));
	for (let waited = 0; ; waited += 200) {
		const now = await clientProcesses(machine, profile, user, port);
		const left = now.known ? now.value.filter((one) => keys.has(keyOf(one))) : [];
		if (running.known && left.length === 0) return ended;
		if (!running.known || waited >= patience) {
			const why = running.known ? pidsOf(left) : running.why;
			throw new CfmError("busy", "client-not-stopped", t`The client of ${user.account} could not be ended: ${why}.`, {
				hints: [t`Close the client in the user's session.`, line("client show", [], { environment })],
				data: { user: user.account, pids: left.map(({ pid }) => pid) },
			});
		}
		await pause(200);
	}
}

/** One process, and no later one that got its number. */
export function keyOf({ pid, since }: RunningProcess): string {
	return `${pid} ${since}`;
}
