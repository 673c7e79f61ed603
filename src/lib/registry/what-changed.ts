import { t } from "../text.js";
import type { Chunks, RegistryEvent } from "./registry.js";

/** What says when, and whom: other columns have it. */
const elsewhere = new Set(["environment", "since", "at", "phase"]);

/** What follows from other fields: one change is told once. */
const derived = new Set([
	...["grantedAt", "runsFrom", "latestEnd", "subscriptionEnd", "endedAt", "identity", "software"],
	...["suspendedAt", "generation", "revocationSeen"],
]);

/** Fields in a reader's words, where their name is none. */
const words: Readonly<Record<string, () => string>> = {
	used: () => t`signatures`,
	granted: () => t`granted`,
	expiresAt: () => t`expires`,
	allowance: () => t`allowance`,
	said: () => t`counted from`,
	basis: () => t`counted from the`,
	safeUntil: () => t`usable until`,
	attempts: () => t`attempts`,
	renewals: () => t`renewals`,
	subscriptionUntil: () => t`subscription until`,
	replacedBy: () => t`replaced by certificate`,
	clientId: () => t`client ID`,
	firstId: () => t`first ID`,
	lastId: () => t`last ID`,
	portBase: () => t`port base`,
	portStride: () => t`port stride`,
	portRuleLearnedAt: () => t`port rule learned`,
	quarantineDays: () => t`days of quarantine`,
	attemptsAllowed: () => t`attempts allowed`,
	installerSha256: () => t`installer`,
	returnCode: () => t`return code`,
	rebootRequired: () => t`reboot required`,
	revokedAt: () => t`revoked`,
	revocationReason: () => t`reason`,
	notBefore: () => t`valid from`,
	notAfter: () => t`valid until`,
};

/** No value of one field is told at greater length. */
const longest = 60;

/**
 * What an event changed, in few words: `7 → 42`, `domain none → CORP`, `allocated → quarantined`. Empty where the action says
 * all there is.
 */
export function whatChanged({ before, after, id }: Pick<RegistryEvent, "before" | "after" | "id">): string {
	const [was, is] = [fieldsOf(before), fieldsOf(after)];
	const phase = typeof is?.phase === "string" ? is.phase : "";
	if (id !== null && (isAllocation(was) || isAllocation(is))) {
		const states = was?.state === is?.state ? [] : [`${was?.state ?? t`free`} → ${is?.state ?? t`free`}`];
		return [...states, ...(was && is ? differing(was, is) : [])].join(", ");
	}
	if (was === undefined && is !== undefined && phase === "") return begun(is);
	if (was === undefined || is === undefined) return phase;
	// What is done outside the registry is told with more than what it changed.
	if (phase === "") return [...stepOf(was, is), ...differing(was, is)].join(", ");
	const known = Object.fromEntries(Object.entries(was).filter(([field]) => field in is));
	const same = Object.fromEntries(Object.keys(known).map((field) => [field, is[field]]));
	return [phase, ...differing(known, same)].join(", ");
}

/** One change: an event, or the two of a move as the event of the new ID, with the ID that was left. */
export interface ToldChange extends RegistryEvent {
	/** `7 → 42`, `domain none → CORP`. */
	change: string;
}

/** Events as changes, in their order: whoever had one ID and has another is told once. */
export async function* changesOf(events: Chunks<RegistryEvent>): Chunks<ToldChange> {
	let held: RegistryEvent | undefined;
	const alone = (event: RegistryEvent): ToldChange => ({ ...event, change: whatChanged(event) });
	for await (const chunk of events) {
		const told: ToldChange[] = [];
		for (const event of chunk) {
			if (held !== undefined && isMoved(held, event)) {
				const [to, from] = held.before === null ? [held, event] : [event, held];
				told.push({ ...to, change: `${from.id} → ${to.id}` });
				held = undefined;
				continue;
			}
			if (held !== undefined) told.push(alone(held));
			held = event.action === "move" ? event : undefined;
			if (held === undefined) told.push(alone(event));
		}
		if (told.length > 0) yield told;
	}
	if (held !== undefined) yield [alone(held)];
}

/** The same of events that were read already, such as the last ones of a page. */
export function changesAmong(events: readonly RegistryEvent[]): Chunks<ToldChange> {
	const all = async function* () {
		yield events;
	};
	return changesOf(all());
}

/**
 * The events of the first so many changes, in their order: a move is one change, and never cut in two.
 *
 * @param events those of at least one event more than so many changes can have
 */
export async function* eventsOfChanges(events: Chunks<RegistryEvent>, most: number): Chunks<RegistryEvent> {
	let changes = 0;
	let last: RegistryEvent | undefined;
	for await (const chunk of events) {
		const told: RegistryEvent[] = [];
		for (const event of chunk) {
			const isSecond = last !== undefined && isMoved(last, event);
			if (!isSecond) changes += 1;
			if (changes > most) break;
			// A move has two events: a third one of that request is another's.
			last = !isSecond && event.action === "move" ? event : undefined;
			told.push(event);
		}
		if (told.length > 0) yield told;
		if (changes > most) return;
	}
}

/** The two events of a move. */
function isMoved(one: RegistryEvent, other: RegistryEvent): boolean {
	return (
		other.action === "move" &&
		one.requestKey === other.requestKey &&
		one.subject === other.subject &&
		one.id !== other.id &&
		(one.before === null) !== (other.before === null)
	);
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(row: unknown): Fields | undefined {
	return typeof row === "object" && row !== null && !Array.isArray(row) ? (row as Fields) : undefined;
}

function isAllocation(row: Fields | undefined): boolean {
	return row !== undefined && "state" in row && "until" in row && "sid" in row;
}

/** What a row that is new says of itself, where it begins to count. */
function begun({ product, said, safeUntil, granted, expiresAt, fingerprint, notAfter }: Fields): string {
	if (safeUntil !== undefined) return t`${String(product)} from ${told(said)}, usable until ${told(safeUntil)}`;
	if (expiresAt !== undefined) return t`granted ${told(granted)}, expires ${told(expiresAt)}`;
	return fingerprint === undefined ? "" : t`valid until ${told(notAfter)}`;
}

/** How far something has come, as the state of an ID is told. */
function stepOf(was: Fields, is: Fields): string[] {
	const steps = ["step", "status"].filter((field) => is[field] !== undefined && !isSame(was[field], is[field]));
	return steps.map((field) => `${told(was[field])} → ${told(is[field])}`);
}

function differing(was: Fields, is: Fields): string[] {
	return Object.keys({ ...was, ...is })
		.filter((field) => !elsewhere.has(field) && field !== "state" && !isSame(was[field], is[field]))
		.filter((field) => !["until", "step", "status"].includes(field) && !derived.has(field))
		.map((field) => `${words[field]?.() ?? field} ${told(was[field])} → ${told(is[field])}`);
}

function isSame(one: unknown, other: unknown): boolean {
	return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

function told(value: unknown): string {
	if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return t`none`;
	const text = typeof value === "object" ? JSON.stringify(value) : String(value);
	return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
