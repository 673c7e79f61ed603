import type { Account } from "../account/account.js";
import { relate } from "../account/whose.js";
import { dayLength, endOfDayAfter, parseDay, type Said, startOf } from "../calendar/day.js";
import { line } from "../command-line.js";
import { type Environment, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { type Activation, activations, isOpen } from "./activation.js";
import { activationsOf, asRegistered } from "./find.js";
import { isLocked, type ToldActivation, tellActivation } from "./told.js";

/** What is counted, as the settings say. */
export interface Rules {
	/** An IANA name. */
	zone: string;
	days: number;
	attempts: number;
}

/** Somebody whose codes are to be watched. */
export interface Entry {
	account: Account;
	said: Said;
	note: string | null;
	subscription: string | null;
	/** Where it stands in a file. */
	line?: number;
}

/** A line that can't be recorded, and why. */
interface BadEntry {
	line: number;
	problem: string;
}

export interface AddRequest {
	environment: string;
	entries: readonly Entry[];
	product: Activation["product"];
	purpose: Activation["purpose"];
	basis: Activation["basis"];
	rules: Rules;
	/** In place of one that is open. */
	replace: boolean;
	now: Date;
	/** Lines of the file that give no entry. */
	bad: readonly BadEntry[];
	keepGoing: boolean;
	/** Refuses lines of the file. */
	refuse(bad: readonly BadEntry[]): void;
}

export interface AddAnswer {
	environment: string;
	activations: (ToldActivation & { changed: boolean })[];
	total: number;
	/** cfm's own inventory: nothing was done anywhere else. */
	inventoryOnly: true;
	refused?: BadEntry[];
}

type AddPlan = Plan & { answer: AddAnswer };

/** So far may another machine's clock be ahead of this one's. */
const clockTolerance = 3 * 60_000;

/** The two instants that days are counted to. @param said the day or time that they are counted from */
export function deadlines({ from }: Said, { zone, days }: Pick<Rules, "zone" | "days">) {
	return {
		safeUntil: new Date(Date.parse(from) + days * dayLength).toISOString(),
		latestEnd: endOfDayAfter(from, zone, days),
	};
}

/** @throws CfmError usage `approval-in-future` */
export function refuseFuture({ said, from }: Said, now: Date): void {
	if (Date.parse(from) <= now.getTime() + clockTolerance) return;
	throw new CfmError("usage", "approval-in-future", t`${said} is in the future.`, {
		hints: [t`Specify when the application was approved, or when the mail arrived.`],
		data: { date: said },
	});
}

/** When a subscription is over: with the end of its last local day. @throws CfmError usage `bad-date` */
export function subscriptionOf(day: string | null, zone: string) {
	if (day === null) return { subscriptionUntil: null, subscriptionEnd: null };
	const subscriptionUntil = parseDay(day);
	return { subscriptionUntil, subscriptionEnd: startOf(subscriptionUntil, zone, 1) };
}

/**
 * `cfm activations add`: records approvals. All or nothing, unless lines may be skipped.
 *
 * @throws CfmError conflict `activation-open`, `user-ambiguous`, `user-recreated`, usage `duplicate-user`, and as `refuse`
 */
export function addActivations(request: AddRequest): RegistryOperation<AddPlan, AddAnswer> {
	const { environment, entries, product, purpose, basis, rules, replace } = request;
	return {
		asked: { environment, entries, product, purpose, basis, rules, replace },
		plan: (view) => planAdd(view, request),
		answer: ({ answer }) => answer,
	};
}

async function planAdd(view: RegistryView, request: AddRequest): Promise<AddPlan> {
	const environment = await requireEnvironment(view, request.environment);
	const name = environment.name;
	const newest = view.records(activations, { environment: name, descending: true, limit: 1 });
	// Asked for all at once: one after the other would be a trip to the server for each.
	const asked = request.entries.map((entry) => knownOf(view, environment, request, entry));
	const [[last], known] = await Promise.all([Array.fromAsync(newest), Promise.allSettled(asked)]);
	const bad: BadEntry[] = [...request.bad];
	const told: AddAnswer["activations"] = [];
	const changes: Plan["changes"] = [];
	const earlier: Entry[] = [];
	let number = last?.[0]?.number ?? 0;
	for (const [at, entry] of request.entries.entries()) {
		try {
			refuseTwice(entry, earlier, environment);
			earlier.push(entry);
			const of = known[at];
			if (of?.status !== "fulfilled") throw of?.reason;
			const { open, called } = of.value;
			if (open !== undefined && isSaid(open, request, entry)) {
				told.push({ ...tellActivation(open, request.now), changed: false });
				continue;
			}
			if (open !== undefined && !request.replace && !isLocked(open)) throw alreadyOpen(open);
			number += 1;
			const after = newRow(name, number, request, entry, { open, called });
			if (open !== undefined) changes.push(replacedBy(open, after, request.now));
			changes.push(recordChange(activations, "activation.add", null, after, entry.note));
			told.push({ ...tellActivation(after, request.now), changed: true });
		} catch (error) {
			if (entry.line === undefined || !(error instanceof CfmError)) throw error;
			bad.push({ line: entry.line, problem: error.message });
		}
	}
	bad.sort((a, b) => a.line - b.line);
	if (!request.keepGoing) request.refuse(bad);
	const refused = request.keepGoing && bad.length > 0 ? { refused: bad } : {};
	return {
		answer: { environment: name, activations: told, total: told.length, inventoryOnly: true, ...refused },
		changes,
	};
}

/** What is known of somebody before they are recorded: their open activation, and how they are called. */
interface KnownUser {
	open: Activation | undefined;
	called: Pick<Activation, "user" | "sid">;
}

async function knownOf(
	view: RegistryView,
	environment: Environment,
	{ product, rules, now }: AddRequest,
	{ account, said, subscription }: Entry,
): Promise<KnownUser> {
	refuseFuture(said, now);
	subscriptionOf(subscription, rules.zone);
	const [all, called] = await Promise.all([
		activationsOf(view, environment, account, { begins: true }),
		asRegistered(view, environment, account),
	]);
	return { open: all.find((one) => isOpen(one) && one.product === product), called };
}

/** Whether an open activation says already what is asked. */
function isSaid(open: Activation, { basis }: AddRequest, { said }: Entry): boolean {
	return open.basis === basis && open.said === said.said && !isLocked(open);
}

function newRow(
	environment: string,
	number: number,
	{ product, purpose, basis, rules, now }: AddRequest,
	{ said, note, subscription }: Entry,
	{ open, called }: KnownUser,
): Activation {
	return {
		...{ environment, number, ...called, product, purpose, step: "approved", basis },
		...{ said: said.said, runsFrom: said.from, zone: rules.zone, days: rules.days, ...deadlines(said, rules) },
		...{ attempts: 0, attemptsAllowed: rules.attempts, identity: null, software: null, renewals: 0 },
		...{ replaces: open?.number ?? null, ...subscriptionOf(subscription, rules.zone) },
		...{ note, since: now.toISOString(), endedAt: null },
	};
}

function replacedBy(before: Activation, { number }: Activation, now: Date) {
	const after: Activation = { ...before, step: "replaced", endedAt: now.toISOString() };
	return recordChange(activations, "activation.cancel", before, after, t`replaced by activation ${number}`);
}

function refuseTwice({ account }: Entry, earlier: readonly Entry[], { domains }: Environment): void {
	const other = earlier.find((one) => relate(account, one.account, domains) !== "different");
	if (other === undefined) return;
	const where = other.line === undefined ? other.account.spelling : t`line ${other.line}`;
	throw new CfmError("usage", "duplicate-user", t`${account.spelling} is named twice: also ${where}.`, {
		data: { user: account.spelling },
	});
}

function alreadyOpen(open: Activation): CfmError {
	const { user, number, product, said, environment } = open;
	return new CfmError(
		"conflict",
		"activation-open",
		t`${user} has an open activation for ${product}: number ${number}, from ${said}.`,
		{
			hints: [
				{
					say: t`If new codes came by mail, record that:`,
					line: line("activations renew", [user], { mailed: { fill: "2026-01-15" }, environment }),
				},
				{ say: t`If they applied again:`, line: { again: { replace: true } } },
			],
			data: { user, number, product },
		},
	);
}
