import { parseAccount } from "../account/account.js";
import { looksLikeId } from "../account/looks-like-id.js";
import { registered } from "../account/whose.js";
import { type ClientProfile, isClientProgram } from "../client/profile.js";
import { type Hint, line } from "../command-line.js";
import { type Environment, idOfPort, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Holder } from "../id/allocation.js";
import { requireHolding } from "../id/holder.js";
import { parseId } from "../id/ids.js";
import { lowestUsable } from "../id/lowest.js";
import type { FindObstacle } from "../id/obstacle.js";
import { type Known, known } from "../known.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import {
	blocks,
	commonPort,
	describeOwner,
	dynamicPort,
	excludedPort,
	exposedClient,
	foreignListener,
	ipv6Listener,
	otherAddress,
	type PortReasonCode,
	refusedBind,
	type SocketUse,
	useOf,
	whichService,
} from "./findings.js";
import { listMayLack } from "./look.js";
import type { ExcludedRange, Listener, Network, PortRange, TcpSocket } from "./network.js";
import { obstaclesSeen } from "./obstacles.js";
import { parsePort } from "./port.js";
import { isBeyondLoopback, type Judge, judgeOf, reachOf } from "./whose.js";

/** The port that is asked about, and whose it is by the registry. */
export interface PortTarget {
	environment: string;
	port: number;
	id: number | null;
	expectedUser: string | null;
	/** The lowest free ID whose port could be used, for who needs another one. */
	nextId: number | null;
}

/** The same, and who can say whether a listener is the holder's. */
export interface AskedPort extends PortTarget {
	holder: Holder | null;
	whose: Judge;
}

/** What the machine's network says, asked once. */
export interface SeenNetwork {
	listeners: Known<readonly Listener[]>;
	excluded: Known<readonly ExcludedRange[]>;
	dynamic: Known<PortRange>;
}

export async function lookAtNetwork(network: Network): Promise<SeenNetwork> {
	const [listeners, excluded, dynamic] = await Promise.all([
		network.listeners(),
		network.excluded(),
		network.dynamic(),
	]);
	return { listeners, excluded, dynamic };
}

/** One thing about a port. `blocking` ones make it unusable now; the others are worth knowing. */
export interface PortReason {
	code: PortReasonCode;
	message: string;
	blocking: boolean;
	address?: string;
	pid?: number | null;
	process?: string | null;
	user?: string | null;
	first?: number;
	last?: number;
	/** A program holds the port; otherwise the system refuses it. */
	held?: boolean;
	/** The system itself listens, for a service that this does not name. */
	kernel?: boolean;
	/** It is held for a connection, open or ended, to this other end: that passes by itself. */
	use?: SocketUse;
	remote?: string | null;
}

export interface PortCheck extends PortTarget {
	usable: boolean;
	reasons: PortReason[];
	total: number;
}

/**
 * Reads what was asked: a user; a number, which is an ID when the environment has that ID and else a port; or a port
 * for certain, written `:24257`.
 *
 * @param obstacle finds the ID to suggest
 * @throws CfmError usage `bad-port`, `bad-user`; not-found `no-allocation`; conflict `user-ambiguous`
 */
export async function findTarget(
	view: RegistryView,
	environment: Environment,
	word: string,
	{ listeners }: Pick<SeenNetwork, "listeners">,
	obstacle: FindObstacle,
): Promise<AskedPort> {
	const { holder, ...asked } = await findAsked(view, environment, word);
	const account = holder === null ? null : registered(holder);
	const nextId = (await lowestUsable(view, environment, account, obstacle)) ?? null;
	const here = listeners.known ? listeners.value.filter(({ port }) => port === asked.port) : [];
	const whose = await judgeOf(view, environment, holder === null ? [] : [holder], here);
	return { environment: environment.name, ...asked, expectedUser: holder?.user ?? null, nextId, holder, whose };
}

/** What stands against IDs by a look at the network, and a bind: a number that `ids move` would refuse is no help. */
export function obstaclesBy(
	{ listeners, excluded }: SeenNetwork,
	network: Pick<Network, "bind" | "sockets">,
	commonPort: number,
): FindObstacle {
	const listening = listeners.known ? known(new Set(listeners.value.map(({ port }) => port))) : listeners;
	const asked: Parameters<typeof obstaclesSeen>[2] = {
		listeners: async () => (listeners.known ? known([...listeners.value]) : listeners),
		bind: (port) => network.bind(port),
		sockets: (range) => network.sockets(range),
	};
	return obstaclesSeen(commonPort, { listening, excluded }, asked).asking;
}

async function findAsked(
	view: RegistryView,
	environment: Environment,
	word: string,
): Promise<Pick<PortTarget, "port" | "id"> & Pick<AskedPort, "holder">> {
	if (!word.startsWith(":") && !looksLikeId(word)) {
		const holder = await requireHolding(view, environment, parseAccount(word));
		return { port: portOf(environment, holder.id), id: holder.id, holder };
	}
	const asId = word.startsWith(":") ? undefined : parseId(word);
	const isId = asId !== undefined && asId >= environment.firstId && asId <= environment.lastId;
	const port = isId ? portOf(environment, asId) : parsePort(word.replace(/^:/, ""));
	const id = isId ? asId : (idOfPort(environment, port) ?? null);
	const held = id === null ? undefined : await view.allocation(environment.name, id);
	return { port, id, holder: held?.state === "allocated" ? held : null };
}

/** Says whether a port can be used now, and everything that is known to stand against it. */
export async function checkPort(
	{ holder, whose, ...target }: AskedPort,
	seen: SeenNetwork,
	network: Pick<Network, "bind" | "sockets">,
	profile: ClientProfile,
): Promise<{ check: PortCheck; remarks: string[] }> {
	const { port } = target;
	const remarks: string[] = [];
	const tell = <T>(answer: Known<T>, what: string): T | undefined => {
		if (answer.known) return answer.value;
		remarks.push(t`Can't determine ${what}: ${answer.why}`);
		return undefined;
	};
	const reasons: PortReason[] = [];
	if (port === profile.commonPort) reasons.push(reason("common-port", commonPort.text(target)));
	const within = ({ first, last }: PortRange) => first <= port && port <= last;
	const excluded = tell(seen.excluded, t`which ports the system excludes`)?.filter(within) ?? [];
	for (const { first, last, administered } of excluded) {
		const range = { first, last };
		const apart = t`an administrator reserved ${first}-${last}: only programs that ask for one of these ports by number get it`;
		reasons.push(
			administered
				? reason("set-apart", apart, range)
				: reason("excluded", excludedPort.text({ ...target, ...range }), range),
		);
	}
	const listeners = tell(seen.listeners, t`what listens`)?.filter((one) => one.port === port) ?? [];
	if (seen.listeners.known && seen.listeners.except !== undefined) remarks.push(listMayLack(seen.listeners.except));
	const answered = listeners.some(({ address }) => reachOf(address) === "answers");
	// Who does not listen can hold a port too: only a bind proves it.
	const bind = answered ? undefined : await network.bind(port);
	const inUse = bind?.known === true && bind.value === "in-use";
	// Linux tells a listener on both in its IPv6 table alone; what keeps others from 127.0.0.1 then is the same socket.
	const isBoth = inUse && listeners.some(({ address }) => address === "::");
	for (const one of listeners) {
		const told = reasonOf(one, answered || isBoth, target, { holder, judged: whose }, profile);
		reasons.push(told);
		const { address } = one;
		if (told.code === "own-client" && isBeyondLoopback(address)) {
			reasons.push(reason("beyond-loopback", exposedClient.text({ ...target, address }), { address }));
		}
	}
	if (bind !== undefined && !isBoth) {
		const sockets = inUse && !answered ? await network.sockets({ first: port, last: port }) : undefined;
		reasons.push(...bindReasons(bind, sockets, excluded.length > 0, target));
	}
	const dynamic = tell(seen.dynamic, t`the range of outgoing connections`);
	if (dynamic !== undefined && within(dynamic) && excluded.length === 0) {
		const { first, last } = dynamic;
		reasons.push(reason("dynamic-range", dynamicPort.text({ ...target, first, last }), { first, last }));
	}
	const usable = !reasons.some(({ blocking }) => blocking);
	return { check: { ...target, usable, reasons, total: reasons.length }, remarks };
}

/** What a port that cannot be used ends a command with. */
export function notUsable({
	environment,
	port,
	id,
	expectedUser,
	nextId,
	usable,
	reasons,
}: PortCheck): CfmError | undefined {
	if (usable) return undefined;
	const codes = new Set(reasons.map(({ code }) => code));
	const blocking = reasons.filter((reason) => reason.blocking);
	// What passes by itself is no reason to take another ID, or to keep this one from everybody.
	const passes = blocking.every(({ use }) => use !== undefined);
	const hints: Hint[] = passes
		? [{ say: t`Wait some minutes, then check again:`, line: line("ports check", [`:${port}`], { environment }) }]
		: [line("ports list", [], { port: String(port), environment })];
	if (blocking.some(({ kernel }) => kernel)) hints.push(whichService());
	if (codes.has("excluded") || codes.has("dynamic-range")) hints.push(line("ports reserve-block", [], { environment }));
	if (!passes && expectedUser === null && id !== null)
		hints.push(line("ids reserve", [id], { note: t`port cannot be used`, environment }));
	if (!passes && expectedUser !== null && nextId !== null)
		hints.push(line("ids move", [expectedUser], { id: nextId, environment }));
	return new CfmError(
		"conflict",
		"port-not-usable",
		t`Port ${port} cannot be used now: ${blocking.map(({ message }) => message).join("; ")}.`,
		{
			hints,
			data: { port, id, codes: blocking.map(({ code }) => code) },
		},
	);
}

/** @param answered whether somebody listens where a browser gets to that asks for 127.0.0.1 */
function reasonOf(
	listener: Listener,
	answered: boolean,
	target: PortTarget,
	{ holder, judged }: { holder: Holder | null; judged: Judge },
	profile: ClientProfile,
): PortReason {
	const { address, owner, sharedWith } = listener;
	const { pid, process, user } = owner;
	const who = { address, pid, process, user, ...(owner.kernel ? { kernel: true } : {}) };
	const facts = { ...target, ...who, isClient: process !== null && isClientProgram(process, profile) };
	const reach = reachOf(address);
	if (reach === "ipv6" && !answered) return reason("ipv6-only", ipv6Listener.text(facts), who);
	if (reach === "other") return reason("other-address", otherAddress.text(facts), who);
	const { expectedUser } = target;
	const nobodys = user === null && !owner.kernel ? "unknown" : "different";
	const whose = holder === null ? nobodys : judged(listener, holder);
	const described = describeOwner(owner);
	if (whose === "same") {
		const message =
			sharedWith.length === 0
				? t`${described} listens, as it should`
				: t`${described} and others that have the same socket listen, as they should`;
		return reason("own-client", message, who);
	}
	if (whose !== "different") {
		const message =
			expectedUser === null
				? t`${described} listens; can't determine whether it belongs to anybody with an ID`
				: t`${described} listens; can't determine whether it belongs to ${expectedUser}`;
		return reason("owner-unknown", message, who);
	}
	return reason(facts.isClient ? "other-client" : "in-use", foreignListener.text(facts), who);
}

function bindReasons(
	state: Awaited<ReturnType<Network["bind"]>>,
	sockets: Known<readonly TcpSocket[]> | undefined,
	isExcluded: boolean,
	target: PortTarget,
): PortReason[] {
	if (!state.known) return [reason("not-tried", t`can't determine whether it can be bound: ${state.why}`)];
	const held = state.value === "in-use";
	// A range that was told already is why.
	if (state.value === "free" || (isExcluded && !held)) return [];
	const facts = { held, ...(sockets?.known ? useOf(sockets.value) : {}) };
	return [reason("bind-refused", refusedBind.text({ ...target, ...facts }), facts)];
}

function reason(code: PortReasonCode, message: string, facts: Partial<PortReason> = {}): PortReason {
	return { code, message, blocking: blocks(code), ...facts };
}
