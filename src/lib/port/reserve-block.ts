import type { Machine } from "../client/ports.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { became, type Deed, intended, type OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import type { ExcludedRange, NetworkCommand, NetworkPort, PortRange } from "./network.js";

/** One step of setting a block apart, in its place. */
export interface BlockStep {
	command: string;
	why: string;
}

/** How a block of ports is set apart on a Windows machine: plain data, shown or applied. */
export interface BlockPlan extends PortRange {
	environment: string;
	steps: (BlockStep & { run: NetworkCommand; mayFail: boolean })[];
	/** Ports of the block that somebody listens on: Windows refuses to set apart what is in use. */
	inUse: number[];
	remarks: string[];
}

/**
 * Plans how the environment's whole block of ports is set apart, so that neither Hyper-V nor an outgoing connection can
 * take a port of it. What an administrator set apart already is left alone.
 *
 * The order matters: `winnat` holds ranges of its own and gives them up only while it is stopped, and it takes others as
 * soon as it runs again.
 */
export async function planBlock(environment: Environment, network: NetworkPort): Promise<BlockPlan> {
	const ends = [portOf(environment, environment.firstId), portOf(environment, environment.lastId)];
	const block = { first: Math.min(...ends), last: Math.max(...ends) };
	const remarks: string[] = [];
	const excluded = told(await network.excluded(), t`which ports the system excludes`, remarks);
	const listening = told(await network.listening(), t`what listens`, remarks);
	const open = withoutAdministered(block, excluded ?? []);
	const winnatHolds = (excluded ?? []).some(
		({ first, last, administered }) => !administered && open.some((part) => first <= part.last && part.first <= last),
	);
	const adding = open.map(({ first, last }) => ({
		...step(
			"netsh",
			`int ipv4 add excludedportrange protocol=tcp startport=${first} numberofports=${last - first + 1} store=persistent`,
			t`reserves ${first}-${last}, also after a restart`,
		),
		mayFail: false,
	}));
	const stop = { ...step("net", "stop winnat", t`makes Hyper-V networking release its ranges`), mayFail: true };
	const start = { ...step("net", "start winnat", t`lets it take other ranges`), mayFail: true };
	const around = open.length > 0 && (winnatHolds || excluded === undefined);
	const inUse = [...(listening ?? [])].filter((port) => open.some(({ first, last }) => first <= port && port <= last));
	return {
		environment: environment.name,
		...block,
		steps: around ? [stop, ...adding, start] : adding,
		inUse: inUse.sort((a, b) => a - b),
		remarks,
	};
}

/**
 * Runs the steps in their order and looks whether they took: `netsh` may say yes and have done nothing.
 *
 * @throws CfmError conflict `block-in-use`; unavailable `block-not-reserved`
 */
export async function applyBlock(plan: BlockPlan, network: NetworkPort): Promise<void> {
	if (plan.steps.length === 0) return;
	if (plan.inUse.length > 0) {
		const some = plan.inUse.slice(0, 5).join(", ");
		throw new CfmError(
			"conflict",
			"block-in-use",
			t`${plan.inUse.length} ports of ${plan.first}-${plan.last} are in use (${some}). Windows reserves only unused ports.`,
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
	// What was stopped must be started again, whatever happens between.
	for (const { run, mayFail, command } of plan.steps) {
		const { succeeded, told } = await network.configure(run);
		if (!succeeded && !mayFail) failed.push(`${command}: ${told}`);
	}
	const after = await network.excluded();
	const left = after.known ? withoutAdministered(plan, after.value) : undefined;
	if (failed.length === 0 && left?.length === 0) return;
	const why = failed[0] ?? (after.known ? t`Windows does not list it` : after.why);
	throw new CfmError("unavailable", "block-not-reserved", t`The block could not be reserved: ${why}`, {
		hints: [
			"netsh int ipv4 show excludedportrange protocol=tcp",
			t`Ports that Hyper-V or another service holds are free right after a restart. Try then.`,
		],
		data: { failed, left: left ?? null },
	});
}

/** The parts of a block that no administrator has set apart yet. */
export function withoutAdministered(block: PortRange, excluded: readonly ExcludedRange[]): PortRange[] {
	const taken = excluded.filter(({ administered }) => administered).sort((a, b) => a.first - b.first);
	const open: PortRange[] = [];
	let next = block.first;
	for (const { first, last } of taken) {
		if (last < next || first > block.last) continue;
		if (first > next) open.push({ first: next, last: first - 1 });
		next = last + 1;
	}
	if (next <= block.last) open.push({ first: next, last: block.last });
	return open;
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
	network: NetworkPort,
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
