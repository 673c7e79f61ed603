import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { plural, t } from "../text.js";
import { type Look, type LookId, windowsFacts } from "./windows-facts.js";

/** What a look saw. */
export interface Sight {
	/** `not-tried`: what it needs is not there, and `seen` says what. */
	state: "as-expected" | "differs" | "not-tried";
	/** In words, without names of people and machines: who runs it can send it to us. */
	seen: string;
}

/** A Windows that is looked at, by looks that change nothing. */
export interface SeenWindows {
	system: WindowsSystem;
	looks: Readonly<Record<LookId, () => Promise<Sight>>>;
}

export interface LookResult extends Look, Sight {
	/** How long it took. */
	seconds: number;
}

/** What an administrator can send us. */
export interface WindowsCheck {
	system: WindowsSystem;
	checks: LookResult[];
	total: number;
}

/** What the looks were made on. */
export interface WindowsSystem {
	/** Windows' version, `10.0.20348`. */
	release: string;
	/** Of the processor, as Node calls it. */
	arch: string;
	node: string;
	/** Whether `cfm` has administrators' rights; null when it can't be determined. */
	elevated: boolean | null;
}

/** No look needs as long; a domain controller that is switched off is given up after ten seconds. */
const patience = 60;

/** Every look of the list, one after the other: how long one takes is part of what it tells. */
export async function checkWindows(
	{ system, looks }: SeenWindows,
	heard: (look: Look) => void,
	wait: (seconds: number) => { over: Promise<unknown>; stop(): void } = pause,
): Promise<WindowsCheck> {
	const checks: LookResult[] = [];
	for (const look of windowsFacts.flatMap(({ look = [] }) => look)) {
		heard(look);
		const start = performance.now();
		const limit = wait(patience);
		const late = limit.over.then((): Sight => ({ state: "differs", seen: t`no answer within ${patience} s` }));
		const sight = await Promise.race([looks[look.id]().catch(failed), late]);
		limit.stop();
		checks.push({ ...look, ...sight, seconds: Math.round(performance.now() - start) / 1000 });
	}
	return { system, checks, total: checks.length };
}

export function notWindowsError(): CfmError {
	return new CfmError(
		"unavailable",
		"not-windows",
		t`This is not Windows, and cfm self check --windows runs only there.`,
		{
			hints: [t`Run it on the server.`],
		},
	);
}

/** A call that fails does not do what `cfm` expects of it. */
function failed(error: unknown): Sight {
	return { state: "differs", seen: error instanceof Error ? error.message : String(error) };
}

function pause(seconds: number) {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise((resolve) => {
		timer = setTimeout(resolve, seconds * 1000);
	});
	return { over, stop: () => clearTimeout(timer) };
}

/** A Windows that is not as `cfm` expects, as its error. */
export function differences({ checks }: WindowsCheck): CfmError | undefined {
	const differing = checks.filter(({ state }) => state === "differs");
	if (differing.length === 0) return undefined;
	return new CfmError(
		"findings",
		"windows-differs",
		plural(differing.length, {
			one: "1 fact differs from what cfm expects of Windows.",
			other: `${differing.length} facts differ from what cfm expects of Windows.`,
		}),
		{
			hints: [{ say: t`Send us the answer of:`, line: line("self check", [], { windows: true, json: true }) }],
			data: { checks: differing.map(({ id }) => id) },
		},
	);
}
