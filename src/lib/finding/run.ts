import { setTimeout } from "node:timers/promises";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Finding } from "./finding.js";
import { type Probe, probeBlind, probeCrashed } from "./probe.js";

/** How it stands with one kind of finding. */
export interface Check {
	id: string;
	probe: string;
	state: "fine" | "found" | "unknown" | "crashed" | "skipped";
	/** How long its probe looked. */
	seconds: number;
	/** Why it is unknown, crashed or skipped. */
	why: string | null;
}

export interface ProbeOptions<C> {
	/** How to get what probes need; each is asked for once, however many need it, and not before one does. */
	sources: { readonly [K in keyof C]: () => Promise<C[K]> };
	/** Whether a kind, by its ID, is to be looked for. */
	wanted?: (id: string) => boolean;
	/** How long a probe may look that says nothing else. */
	seconds: number;
	/** How long each may look, whatever it says. */
	atMost?: number;
	/** How many findings of one probe are believed. */
	most?: number;
	/** Hears of each probe that has ended. */
	heard?: (probe: Probe<C>, checks: readonly Check[]) => void;
	/** Waits; tests need not. */
	wait?: (seconds: number, signal: AbortSignal) => Promise<void>;
}

/** More than this no probe finds that works: a thousand users with three browsers and three sites are nine thousand. */
const mostFindings = 20_000;

/**
 * Runs probes side by side. One that throws, does not end, or finds without end is itself a finding and stops no other;
 * one that cannot look makes its kinds `unknown`. Only a kind whose probe came to its end and told nothing of it is `fine`.
 *
 * A probe that never lets go of this thread stops all: what a stranger's file could make slow belongs in a worker.
 */
export async function runProbes<C>(
	probes: readonly Probe<C>[],
	options: ProbeOptions<C>,
): Promise<{ findings: Finding[]; checks: Check[] }> {
	const sources = { ...options.sources } as { [K in keyof C]: () => Promise<C[K]> };
	for (const name of Object.keys(sources) as (keyof C)[]) sources[name] = once(sources[name]);
	const ended = await Promise.all(
		probes.map(async (probe) => {
			const result = await runOne(probe, { ...options, sources });
			options.heard?.(probe, result.checks);
			return result;
		}),
	);
	return { findings: ended.flatMap(({ findings }) => findings), checks: ended.flatMap(({ checks }) => checks) };
}

/** Asks once, and gives everybody the same answer. */
export function once<T>(get: () => Promise<T>): () => Promise<T> {
	let answer: Promise<T> | undefined;
	return () => (answer ??= get());
}

/** Thrown inside a run when a probe finds without end. */
class Flood extends Error {}

type Broken = { how: "crashed" | "timed-out" | "flooded" | "could-not-look" | "nothing"; why: string };

async function runOne<C>(
	probe: Probe<C>,
	{ sources, wanted = () => true, seconds, atMost = Infinity, most = mostFindings, wait = pause }: ProbeOptions<C>,
): Promise<{ findings: Finding[]; checks: Check[] }> {
	const ids = probe.kinds.map(({ id }) => id).filter(wanted);
	const findings: Finding[] = [];
	let broken: Broken | undefined;
	const start = process.uptime();
	if (ids.length > 0) {
		const stop = new AbortController();
		const limit = Math.min(probe.limit ?? seconds, atMost);
		const look = async () => {
			const given = {} as C;
			await Promise.all(
				probe.needs.map(async (name) => Object.assign(given as object, { [name]: await sources[name]() })),
			);
			let told = 0;
			for await (const finding of probe.look(given, stop.signal)) {
				if (stop.signal.aborted) return;
				told += 1;
				if (told > most) throw new Flood(t`more than ${most} findings`);
				if (ids.includes(finding.kind.id)) findings.push(finding);
			}
		};
		const late = async (): Promise<Broken> => {
			await wait(limit, stop.signal);
			return { how: "timed-out", why: t`not finished within ${limit} s` };
		};
		broken = await Promise.race([
			look().then(
				() => undefined,
				(error) => brokenBy(error, probe.nothing),
			),
			late(),
		]);
		stop.abort();
	}
	const rounded = Math.round((process.uptime() - start) * 1000) / 1000;
	const checks = probe.kinds.map(({ id }): Check => {
		const told = findings.filter(({ kind }) => kind.id === id);
		const check = { id, probe: probe.name, seconds: rounded, why: null };
		if (!ids.includes(id)) return { ...check, state: "skipped", seconds: 0 };
		if (told.some(({ state }) => state === "found")) return { ...check, state: "found" };
		if (broken !== undefined) {
			return { ...check, state: checkStates[broken.how], why: broken.why };
		}
		const unclear = told.find(({ state }) => state === "unknown");
		if (unclear !== undefined) return { ...check, state: "unknown", why: unclear.why };
		const [skipped] = told;
		return skipped === undefined ? { ...check, state: "fine" } : { ...check, state: "skipped", why: skipped.why };
	});
	if (broken !== undefined) findings.push(...brokenFindings(probe.name, ids, broken));
	return { findings: findings.filter(({ state }) => state !== "skipped"), checks };
}

const checkStates = {
	...{
		crashed: "crashed",
		"timed-out": "crashed",
		flooded: "crashed",
		"could-not-look": "unknown",
		nothing: "skipped",
	},
} as const satisfies Record<Broken["how"], Check["state"]>;

function brokenBy(error: unknown, nothing: readonly string[] = []): Broken {
	const why = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
	if (error instanceof CfmError && nothing.includes(error.code)) return { how: "nothing", why };
	if (error instanceof CfmError && error.kind !== "fault") return { how: "could-not-look", why };
	return { how: error instanceof Flood ? "flooded" : "crashed", why };
}

function brokenFindings(probe: string, ids: readonly string[], { how, why }: Broken): Finding[] {
	if (how === "nothing") return [];
	const data = { probe, how, why, ids };
	return how === "could-not-look"
		? [{ kind: probeBlind, state: "unknown", data, why: null }]
		: [{ kind: probeCrashed, state: "crashed", data, why: null }];
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
	await setTimeout(seconds * 1000, undefined, { signal });
}
