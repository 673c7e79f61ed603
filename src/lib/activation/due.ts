import { dayLength, daysUntil, hoursUntil } from "../calendar/day.js";
import { listEnvironments, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/registry.js";
import { plural, t } from "../text.js";
import { type Activation, activations, isOpen } from "./activation.js";
import { stateOf, type ToldActivation, tellActivation } from "./told.js";

/** A deadline that is near or over: that of the codes, or of the subscription of a signature that is in use. */
export interface DueDeadline {
	environment: string;
	number: number;
	user: string;
	what: "codes" | "subscription";
	product: Activation["product"];
	/** The instant that is compared; ISO 8601 UTC. */
	due: string;
	/** Whole days and hours until then, rounded down: below 0 it is over. */
	daysLeft: number;
	hoursLeft: number;
	/** Of codes that may have expired it is not certain. */
	state: "valid" | "may-have-expired" | "expired";
	next: ToldActivation["next"];
	zone: string;
}

export interface DueList {
	due: DueDeadline[];
	total: number;
	/** Everything up to this instant is due. */
	until: string;
	inventoryOnly: true;
}

/** Days before a deadline from which on it is due. */
export const dueDays = 3;

/**
 * What runs out within a time, and what has run out: compared by instants as they are stored, and what is due at the very
 * end of the time is due.
 *
 * @param environment none means all
 * @param within milliseconds
 * @throws CfmError not-found `no-environment`
 */
export async function dueActivations(
	view: RegistryView,
	{ environment: name, within, now }: { environment: string | undefined; within: number; now: Date },
): Promise<DueList> {
	const environments = name === undefined ? await listEnvironments(view) : [await requireEnvironment(view, name)];
	const until = new Date(now.getTime() + within).toISOString();
	const due: DueDeadline[] = [];
	for (const { name: environment } of environments) {
		const codes = { environment, where: { rank: 0, safeTo: until }, order: "due" } as const;
		for await (const chunk of view.records(activations, codes)) due.push(...chunk.map((row) => codesDue(row, now)));
		const subscribed = { environment, where: { subscription: until }, order: "subscription" } as const;
		for await (const chunk of view.records(activations, subscribed)) {
			due.push(...chunk.flatMap((row) => subscriptionDue(row, now)));
		}
	}
	due.sort((a, b) => (a.due === b.due ? a.number - b.number : a.due < b.due ? -1 : 1));
	return { due, total: due.length, until, inventoryOnly: true };
}

function codesDue(row: Activation, now: Date): DueDeadline {
	const { state, next } = tellActivation(row, now);
	return { ...deadline(row, "codes", row.safeUntil, now), state: state as DueDeadline["state"], next };
}

function subscriptionDue(row: Activation, now: Date): DueDeadline[] {
	const { subscriptionEnd: end } = row;
	if (end === null || !mayBeInUse(row)) return [];
	const state = Date.parse(end) > now.getTime() ? "valid" : "expired";
	return [{ ...deadline(row, "subscription", end, now), state, next: "nothing" }];
}

function deadline(row: Activation, what: DueDeadline["what"], due: string, now: Date) {
	const { environment, number, user, product, zone } = row;
	const left = { daysLeft: daysUntil(due, now), hoursLeft: hoursUntil(due, now) };
	return { environment, number, user, what, product, due, ...left, zone };
}

/** How activations stand, by state; `due` within the usual time. For the screen that tells how all stands. */
export interface ActivationCounts {
	environment: string;
	open: number;
	due: number;
	expired: number;
}

export async function countActivations(view: RegistryView, environment: string, now: Date): Promise<ActivationCounts> {
	const { due } = await dueActivations(view, { environment, within: dueDays * dayLength, now });
	const open = await view.countRecords(activations, { environment, where: { rank: 0 } });
	return { environment, open, due: due.length, expired: due.filter(({ state }) => state === "expired").length };
}

/** Activations that somebody should still hear of: open ones, and those with a subscription. */
export async function watchedActivations(view: RegistryView, environment: string): Promise<Activation[]> {
	const found: Activation[] = [];
	for await (const chunk of view.records(activations, { environment, where: { rank: 0 } })) found.push(...chunk);
	for await (const chunk of view.records(activations, { environment, where: { step: "activated" } }))
		found.push(...chunk.filter(({ subscriptionEnd }) => subscriptionEnd !== null));
	return found;
}

/** Nobody waits for the subscription of what was cancelled or replaced. */
function mayBeInUse({ step }: Activation): boolean {
	return step !== "cancelled" && step !== "replaced";
}

/** Something is due, as the command's failure; undefined when nothing is. */
export function dueError({ due, total }: DueList): CfmError | undefined {
	if (total === 0) return undefined;
	const expired = due.filter(({ state }) => state === "expired").length;
	const message = plural(total, { one: "1 deadline is due.", other: `${total} deadlines are due.` });
	return new CfmError("findings", "activations-due", message, { data: { total, expired } });
}

/** Reads a span of time: `3d`, `12h`, `2w`. @returns milliseconds @throws CfmError usage `bad-span` */
export function parseSpan(text: string): number {
	const units = { h: dayLength / 24, d: dayLength, w: 7 * dayLength } as const;
	const [, number, unit] = /^(\d{1,4})([hdw])$/.exec(text) ?? [];
	if (unit !== undefined) return Number(number) * units[unit as keyof typeof units];
	throw new CfmError("usage", "bad-span", t`Not a span of time: ${text.slice(0, 40)}.`, {
		hints: [t`Write it as 3d, 12h or 2w.`],
	});
}

/** Whether the codes of an open activation run out within the usual time, or did. */
export function isDue(row: Activation, now: Date): boolean {
	if (!isOpen(row)) return false;
	return stateOf(row, now) !== "valid" || Date.parse(row.safeUntil) <= now.getTime() + dueDays * dayLength;
}
