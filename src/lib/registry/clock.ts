import type { RegistryView } from "./registry.js";

/** Milliseconds by which a clock may be behind the log without a word: it was set by a second, or another process was faster. */
export const clockTolerance = 60_000;

/** Milliseconds without any event after which it is more likely that a clock was set forward than that nobody did anything. */
const longSilence = 366 * 86_400_000;

/** How the clock of this machine stands to the log. */
export interface ClockDoubt {
	is: "behind" | "ahead";
	/** When the newest event was recorded, ISO 8601 UTC. */
	last: string;
}

/** Whether the clock can't be right; undefined when nothing speaks against it. */
export async function clockDoubt(view: Pick<RegistryView, "lastEvent">, now: Date): Promise<ClockDoubt | undefined> {
	const last = (await view.lastEvent())?.at;
	const passed = last === undefined ? Number.NaN : now.getTime() - Date.parse(last);
	if (last === undefined || !(passed < -clockTolerance || passed > longSilence)) return undefined;
	return { is: passed < 0 ? "behind" : "ahead", last };
}

/**
 * The time from which a quarantine is counted: now, or the newest event's where the clock is behind it. A clock that was set
 * back must not let a quarantine end early once it is right again.
 */
export async function countedFrom(view: Pick<RegistryView, "lastEvent">, now: Date): Promise<Date> {
	const last = Date.parse((await view.lastEvent())?.at ?? "");
	return last > now.getTime() ? new Date(last) : now;
}

/** Whether quarantines whose time is over by the clock may end: not when the clock was set forward, as far as can be seen. */
export async function mayEnd(view: Pick<RegistryView, "lastEvent">, now: Date): Promise<boolean> {
	return (await clockDoubt(view, now))?.is !== "ahead";
}
