import type { Machine } from "../client/machine.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { became, type Deed, intended, type OutsideOperation } from "../operation/operation.js";
import { plural, t } from "../text.js";
import { describeOwner } from "./findings.js";
import type { ExcludedRange, Network, NetworkCommand, PortRange } from "./network.js";

/** One step of setting a block apart, in its place. */
export interface BlockStep {
	command: string;
	why: string;
}

/** How a block of ports is reserved on a Windows machine: plain data, shown or applied. */
export interface BlockPlan extends PortRange {
	environment: string;
	/** `part`: what an `add` is to reserve. */
	steps: (BlockStep & { run: NetworkCommand; mayFail: boolean; part?: PortRange })[];
	/** Ports of the block that some socket has, listening or not: Windows refuses to reserve what is in use. */
	inUse: number[];
	/** Those, each with whom it was told of. */
	users: string[];
	remarks: string[];
}

/**
 * Plans how the environment's whole block of ports is reserved, so that neither Hyper-V nor an outgoing connection can
 * take a port of it. What an administrator reserved already is left alone.
 *
 * The order matters: `winnat` holds ranges of its own and gives them up only while it is stopped, and it takes others as
 * soon as it runs again.
 */
export async function planBlock(environment: Environment, network: Network): Promise<BlockPlan> {
	const ends = [portOf(environment, environment.firstId), portOf(environment, environment.lastId)];
	const block = { first: Math.min(...ends), last: Math.max(...ends) };
	const remarks: string[] = [];
	const excluded = told(await network.excluded(), t`which ports the system excludes`, remarks);
	const sockets = told(await network.sockets(block), t`what is in use`, remarks);
	const open = withoutReserved(block, excluded ?? []);
	const touches = ({ first, last }: PortRange) => open.some((part) => first <= part.last && part.first <= last);
	const winnatHolds = (excluded ?? []).some((range) => !isTaken(range) && touches(range));
	const kept = (excluded ?? [])
		.filter(({ first, administered }) => !administered && isIn(block, first))
		.filter(isSingle);
	if (kept.length > 0) {
		const ports = kept.map(({ first }) => first).join(", ");
		remarks.push(
			t`Windows keeps single ports of the block for a service, so they stay out of it: ${ports}. Their IDs can't be used; reserve the IDs.`,
		);
	}
	const adding = open.map((part) => ({ ...adds(part), mayFail: false, part }));
	const stop = { ...step("net", "stop winnat", t`makes Hyper-V networking release its ranges`), mayFail: true };
	const start = { ...step("net", "start winnat", t`lets it take other ranges`), mayFail: true };
	const around = open.length > 0 && (winnatHolds || excluded === undefined);
	const used = new Map<number, string>();
	for (const { port, owner, state } of sockets ?? []) {
		if (!open.some((part) => isIn(part, port)) || used.has(port)) continue;
		const isNobodys = state === "closing" && owner.pid === null;
		used.set(port, isNobodys ? t`${port}: a connection that has ended` : `${port}: ${describeOwner(owner)}`);
	}
	const inUse = [...used.keys()].sort((a, b) => a - b);
	return {
		environment: environment.name,
		...block,
		steps: around ? [stop, ...adding, start] : adding,
		inUse,
		users: inUse.map((port) => used.get(port) ?? ""),
		remarks,
	};
}

/**
 * Runs the steps in their order and looks whether they took: `netsh` may say yes and have done nothing.
 *
 * @throws CfmError conflict `block-in-use`; unavailable `block-not-reserved`
 */
export async function applyBlock(plan: BlockPlan, network: Network): Promise<void> {
	if (plan.steps.length === 0) return;
	if (plan.inUse.length > 0) {
		const some = [...plan.users.slice(0, 5), ...(plan.users.length > 5 ? ["…"] : [])].join("; ");
		throw new CfmError(
			"conflict",
			"block-in-use",
			plural(plan.inUse.length, {
				one: `1 port of ${plan.first}-${plan.last} is in use (${some}). Windows reserves only unused ports.`,
				other: `${plan.inUse.length} ports of ${plan.first}-${plan.last} are in use (${some}). Windows reserves only unused ports.`,
			}),
			{
				hints: [
					line("ports list", [], { port: `${plan.first}-${plan.last}`, environment: plan.environment }),
					t`Close the clients, or run it before users log on.`,
				],
				data: { ports: plan.inUse.slice(0, 100), total: plan.inUse.length },
			},
		);
	}
	const failed: string[] = [];
	const refused: Refused[] = [];
	// What was stopped must be started again, whatever happens between.
	for (const { run, mayFail, command, part } of plan.steps) {
		const { succeeded, told } = await network.configure(run);
		if (succeeded || mayFail) continue;
		const ports = part === undefined ? [] : await refusedIn(part, network);
		if (part === undefined || ports.length === 0) failed.push(`${command}: ${told}`);
		else {
			refused.push(...ports);
			failed.push(...(await addBetween(part, ports, network)));
		}
	}
	const after = await network.excluded();
	const left = after.known ? withoutReserved(plan, after.value) : undefined;
	if (failed.length === 0 && left?.length === 0) return;
	const named = refused.slice(0, 5).map(({ first, last, why }) => `${rangeText({ first, last })}: ${why}`);
	const why = failed[0] ?? (named.join("; ") || (after.known ? t`Windows does not list it` : after.why));
	throw new CfmError("unavailable", "block-not-reserved", t`The block could not be reserved in full: ${why}`, {
		hints: [
			...(left === undefined || left.length === 0 ? [] : [t`Not reserved: ${left.map(rangeText).join(", ")}`]),
			"netsh int ipv4 show excludedportrange protocol=tcp",
			t`Ports that Hyper-V or another service holds are free right after a restart. Try then.`,
		],
		data: { failed, left: left ?? null, refused },
	});
}

/** Ports that Windows does not let anybody reserve now, and why as far as anybody can say. */
interface Refused extends PortRange {
	why: string;
}

/**
 * The ports of a part that can't be bound: where one of them refuses, Windows refuses the whole part. No list shows what WSL and
 * others keep; a bind does.
 */
async function refusedIn(part: PortRange, network: Network): Promise<Refused[]> {
	const found: Refused[] = [];
	for (let port = part.first; port <= part.last; port++) {
		const state = await network.bind(port);
		if (!state.known || state.value === "free") continue;
		const why =
			state.value === "excluded"
				? t`the system keeps it without listing it, or a program holds it on all addresses`
				: await holderOf(port, network);
		const before = found.at(-1);
		if (before?.last === port - 1 && before.why === why) before.last = port;
		else found.push({ first: port, last: port, why });
	}
	return found;
}

async function holderOf(port: number, network: Network): Promise<string> {
	const sockets = await network.sockets({ first: port, last: port });
	const [socket] = sockets.known ? sockets.value : [];
	return socket === undefined ? t`a program holds it without listening` : describeOwner(socket.owner);
}

/** Reserves what lies between ports that refuse. @returns what failed still */
async function addBetween(part: PortRange, refused: readonly Refused[], network: Network): Promise<string[]> {
	const failed: string[] = [];
	for (const between of without(part, refused)) {
		const { run, command } = adds(between);
		const { succeeded, told } = await network.configure(run);
		if (!succeeded) failed.push(`${command}: ${told}`);
	}
	return failed;
}

const isSingle = ({ first, last }: PortRange) => first === last;
const isIn = ({ first, last }: PortRange, port: number) => first <= port && port <= last;
const rangeText = ({ first, last }: PortRange) => (first === last ? String(first) : `${first}-${last}`);

/**
 * Whether a range is none that `winnat` gives up: an administrator's, or a single port, which is http.sys's or a service's
 * own. Those of `winnat` have a hundred ports, or fifty.
 */
function isTaken({ administered, ...range }: ExcludedRange): boolean {
	return administered || isSingle(range);
}

/** The parts of a block that can be reserved: what is reserved already, by an administrator or a service, is left out. */
export function withoutReserved(block: PortRange, excluded: readonly ExcludedRange[]): PortRange[] {
	return without(block, excluded.filter(isTaken));
}

/** The parts of a block outside some ranges. */
function without(block: PortRange, ranges: readonly PortRange[]): PortRange[] {
	const open: PortRange[] = [];
	let next = block.first;
	for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
		if (last < next || first > block.last) continue;
		if (first > next) open.push({ first: next, last: first - 1 });
		next = last + 1;
	}
	if (next <= block.last) open.push({ first: next, last: block.last });
	return open;
}

/** The command that reserves a part. */
function adds({ first, last }: PortRange) {
	return step(
		"netsh",
		`int ipv4 add excludedportrange protocol=tcp startport=${first} numberofports=${last - first + 1} store=persistent`,
		t`reserves ${first}-${last}, also after a restart`,
	);
}

function step(program: NetworkCommand["program"], words: string, why: string) {
	return { command: `${program} ${words}`, why, run: { program, words: words.split(" ") } };
}

function told<T>(answer: Known<T>, what: string, remarks: string[]): T | undefined {
	if (answer.known) return answer.value;
	remarks.push(t`Can't determine ${what}: ${answer.why}`);
	return undefined;
}

export interface BlockAnswer extends PortRange {
	environment: string;
	steps: BlockStep[];
	total: number;
	inUse: number[];
	/** What could not be determined while it was planned. */
	remarks: string[];
	outcome: "reserved" | "already-so" | "planned";
}

/**
 * `cfm ports reserve-block`.
 *
 * @param mayApply throws where it cannot be done: elsewhere than on Windows, or without administrators' rights
 */
export function reserveBlock(
	environment: Environment,
	network: Network,
	mayApply: () => Promise<void>,
): OutsideOperation<BlockPlan & { possible: boolean }, true, BlockAnswer> {
	const act: Deed = {
		action: "port.reserve-block",
		environment: environment.name,
		subject: `ports of ${environment.name}`,
	};
	return {
		asked: { environment: environment.name },
		async plan() {
			const possible = await mayApply().then(
				() => true,
				() => false,
			);
			return { ...(await planBlock(environment, network)), possible };
		},
		danger: ({ first, last, steps, possible }) => ({
			question: t`Reserve ports ${first}-${last}?`,
			details: steps.map(({ command }) => `  ${command}`),
			planAlone: possible ? "unanswered" : "unasked",
		}),
		needed: ({ steps }) => steps.length > 0,
		intent: ({ first, last, steps }) => [
			intended(act, null, { first, last, commands: steps.map(({ command }) => command) }),
		],
		async apply(plan) {
			await mayApply();
			await applyBlock(plan, network);
			return true;
		},
		outcome: async ({ first, last }) => [became(act, { first, last })],
		answer: ({ first, last, steps, inUse, remarks }, done) => ({
			environment: environment.name,
			first,
			last,
			steps: steps.map(({ command, why }) => ({ command, why })),
			total: steps.length,
			inUse,
			remarks,
			outcome: done ? "reserved" : steps.length === 0 ? "already-so" : "planned",
		}),
	};
}

/**
 * Refuses where the network of a Windows machine cannot be changed.
 *
 * @throws CfmError unavailable `not-windows`; denied `needs-administrator`
 */
export function requireAdministrator(platform: NodeJS.Platform, { elevated }: Pick<Machine, "elevated">): void {
	if (platform !== "win32") {
		throw new CfmError("unavailable", "not-windows", t`These commands run only on Windows.`, {
			hints: [t`Run it on the server, or copy the commands there.`],
		});
	}
	// What can't be determined is left to Windows, which refuses by itself.
	if (!elevated.known || elevated.value) return;
	throw new CfmError("denied", "needs-administrator", t`Only administrators can reserve ports.`, {
		hints: [t`Run the same command in an elevated window.`],
	});
}
