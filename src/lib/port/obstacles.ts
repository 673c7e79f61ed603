import type { PortState } from "../client/machine.js";
import { portOf } from "../environment/environment.js";
import type { FindObstacle } from "../id/obstacle.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import { describeOwner, refusedBind, useOf } from "./findings.js";
import type { ExcludedRange, Listener, Network, TcpSocket } from "./network.js";
import { judge } from "./whose.js";

/** The regular edition's port is never handed out, whatever else is to be ignored. */
export function commonPortOnly(commonPort: number): FindObstacle {
	return async (environment, id) => {
		if (portOf(environment, id) !== commonPort) return undefined;
		return { code: "common-port", message: t`port ${commonPort} belongs to the regular edition` };
	};
}

/** What stands against IDs on this machine. */
export interface PortLook {
	/** Asks the machine, each thing once: before a transaction, for it keeps others waiting. */
	readonly asking: FindObstacle;
	/** Goes by what was asked, and never asks. @throws NotLookedAt for a port that nobody asked about */
	readonly knowing: FindObstacle;
}

/** An ID was to be given whose port nobody has tried: somebody else took the one that was tried. */
class NotLookedAt extends Error {}

/**
 * Looks at this machine: ports that Windows excludes, ports that another user's process, or one whose user can't be determined,
 * listens on, and ports that cannot be bound, for whatever reason. Only a bind shows what no table does.
 *
 * @param network undefined where no machine is to be looked at: then only the regular edition's port is an obstacle
 * @param remark hears what can't be determined
 */
export async function lookAtPorts(
	commonPort: number,
	network: Network | undefined,
	remark: (text: string) => void,
): Promise<PortLook> {
	if (network === undefined) {
		const common = commonPortOnly(commonPort);
		return { asking: common, knowing: common };
	}
	const [listening, excluded] = await Promise.all([network.listening(), network.excluded()]);
	if (!listening.known) remark(t`Can't determine what listens here, so no port was skipped: ${listening.why}`);
	if (!excluded.known) remark(t`Can't determine which ports the system excludes: ${excluded.why}`);
	return obstaclesSeen(commonPort, { listening, excluded }, network, remark);
}

/** Of a socket that was seen, and was gone when its owner was looked for. */
const nobodyKnown = { process: null, pid: null, user: null };

/** What a look at a machine has shown. */
interface Seen {
	listening: Known<ReadonlySet<number>>;
	excluded: Known<readonly ExcludedRange[]>;
}

/** What is asked of ports one by one. */
interface Questions {
	listeners(): Promise<Known<readonly Listener[]>>;
	bind(port: number): Promise<Known<PortState>>;
	sockets(port: number): Promise<Known<readonly TcpSocket[]>>;
}

/** The same by a look that was made already. */
export function obstaclesSeen(
	commonPort: number,
	seen: Seen,
	network: Pick<Network, "listeners" | "bind" | "sockets">,
	remark: (text: string) => void = () => {},
): PortLook {
	const common = commonPortOnly(commonPort);
	const answers = new Map<string, Known<unknown>>();
	const ask = async <T>(what: string, question: () => Promise<Known<T>>): Promise<Known<T>> => {
		const answer = answers.get(what) ?? (await question());
		answers.set(what, answer);
		return answer as Known<T>;
	};
	const recall = async <T>(what: string): Promise<Known<T>> => {
		const answer = answers.get(what);
		if (answer === undefined) throw new NotLookedAt(what);
		return answer as Known<T>;
	};
	let isRemarked = false;
	const asking: Questions = {
		listeners: () => ask("listeners", () => network.listeners()),
		async bind(port) {
			const answer = await ask(`bind ${port}`, () => network.bind(port));
			if (!answer.known && !isRemarked) remark(t`Can't determine which ports can be bound here: ${answer.why}`);
			isRemarked ||= !answer.known;
			return answer;
		},
		sockets: (port) => ask(`sockets ${port}`, () => network.sockets({ first: port, last: port })),
	};
	const knowing: Questions = {
		listeners: () => recall("listeners"),
		bind: (port) => recall(`bind ${port}`),
		sockets: (port) => recall(`sockets ${port}`),
	};
	const by =
		(questions: Questions): FindObstacle =>
		async (environment, id, account) =>
			(await common(environment, id, account)) ?? obstacleOf(environment, id, account, seen, questions);
	return { asking: by(asking), knowing: by(knowing) };
}

async function obstacleOf(
	...[environment, id, account, { listening, excluded }, questions]: [...Parameters<FindObstacle>, Seen, Questions]
): ReturnType<FindObstacle> {
	const port = portOf(environment, id);
	const kept = excluded.known
		? excluded.value.find(({ first, last, administered }) => !administered && first <= port && port <= last)
		: undefined;
	if (kept !== undefined) {
		const message = t`port ${port} is in the range ${kept.first}-${kept.last}, which the system reserves`;
		return { code: "port-excluded", message };
	}
	if (listening.known && listening.value.has(port)) {
		const owners = await questions.listeners();
		const applicant = { id: -1, user: account?.spelling ?? null, sid: account?.sid ?? null };
		const whose = judge(environment.domains, []);
		const held = owners.known ? owners.value.filter((one) => one.port === port) : [];
		const foreign = held.find((one) => account === null || whose(one, applicant) !== "same");
		// The account's own is no reason to pass over it.
		if (held.length > 0 && foreign === undefined) return undefined;
		return { code: "port-in-use", message: t`port ${port} is held by ${describeOwner(foreign?.owner ?? nobodyKnown)}` };
	}
	const bound = await questions.bind(port);
	// What can't be determined of all ports alike must not make a full range of an empty one.
	if (!bound.known || bound.value === "free") return undefined;
	if (bound.value === "excluded") {
		return {
			code: "port-excluded",
			message: t`port ${port} cannot be bound: the system keeps it, or another user's program holds it on all addresses`,
		};
	}
	const sockets = await questions.sockets(port);
	const facts = { environment: environment.name, port, id, expectedUser: null, held: true };
	const why = refusedBind.text({ ...facts, ...(sockets.known ? useOf(sockets.value) : {}) });
	return { code: "port-in-use", message: t`port ${port} cannot be bound: ${why}` };
}

/**
 * Gives IDs by ports that were tried before. Where others give IDs at the same time, the one that was tried may be taken
 * meanwhile: then more of them are tried.
 *
 * @param look plans by what it asks; how many more IDs than it needs it is to ask about grows
 * @param give plans, and applies, by what is known
 */
export async function givenByLook<T>(
	{ asking, knowing }: PortLook,
	look: (obstacle: FindObstacle, more: number) => Promise<unknown>,
	give: (obstacle: FindObstacle) => Promise<T>,
): Promise<T> {
	// No machine is looked at: planning twice would tell nothing more.
	if (asking === knowing) return give(knowing);
	for (let more = 0; ; more = 2 * more + 8) {
		await look(asking, more);
		try {
			return await give(knowing);
		} catch (error) {
			if (!(error instanceof NotLookedAt)) throw error;
		}
	}
}
