import { clockTolerance } from "../../registry/clock.js";
import { chainStart, hashOf, type StoredEvent } from "../../registry/event-chain.js";
import { environmentOf, isEnvironments, isSameValue, type RecordKind, undoAction } from "../../registry/kind.js";
import { foldedAscii } from "../../registry/name.js";
import type { CheckReport, Chunks, RegistryProblem } from "../../registry/registry.js";
import { answerHash, type StoredAnswer } from "../../registry/stored-answer.js";
import { t } from "../../text.js";

/** Problems of one kind that are listed one by one; beyond, only their number is. */
const listed = 20;

export type Report = (code: RegistryProblem["code"], message: string) => void;

/** An environment's range, and the number of its row. */
export interface StoredRange {
	environment: number;
	name: string;
	firstId: number;
	lastId: number;
}

/** A gap, or an ID that is held. */
export interface Piece {
	lo: number;
	hi: number;
	held: number;
}

/** What a store holds, as `checkContent` reads it. */
export interface StoredContent {
	environments(): Promise<StoredRange[]>;
	/** Gaps and IDs of an environment, by their lower end. */
	pieces(environment: number): Chunks<Piece>;
	/** By number. */
	events(): Chunks<StoredEvent>;
	/** The rows of a kind, and whether what they are found by is what it must be. */
	rows(kind: RecordKind): Chunks<{ row: object; isFindable: boolean }>;
	/** What the key of a row is compared by. */
	identity(kind: RecordKind, row: object): string;
	/** By key. */
	answers(): Chunks<StoredAnswer>;
	countAllocations(): Promise<number>;
}

/**
 * Looks for what is wrong with the content of a store, whatever it is kept in: IDs that are both free and taken or neither, an
 * event log that was cut or edited, and rows that no event accounts for.
 */
export async function checkContent(
	content: StoredContent,
	kinds: readonly RecordKind[],
	report: Report,
	remarks: string[],
): Promise<CheckReport["checked"]> {
	const environments = await content.environments();
	for (const environment of environments) await checkTiling(content, environment, report);
	const told = new Told(kinds, content);
	const events = await checkChain(content, told, report, remarks);
	await checkAgainstEvents(content, kinds, told, report);
	await checkAnswers(content, report);
	return { environments: environments.length, allocations: await content.countAllocations(), events };
}

/** Answers have no event to be compared with: each has its own hash. */
async function checkAnswers(content: StoredContent, report: Report): Promise<void> {
	let found = 0;
	for await (const chunk of content.answers()) {
		for (const answer of chunk) {
			if (answerHash(answer) === answer.hash || found++ >= listed) continue;
			report("answer-changed", t`The stored answer of the request ${answer.request_key} was changed.`);
		}
	}
}

/** Gaps and allocations together must cover the range up to the highest allocation once, without gap or overlap. */
async function checkTiling(
	content: StoredContent,
	{ environment, name, firstId, lastId }: StoredRange,
	report: Report,
): Promise<void> {
	let found = 0;
	const wrong = (what: string) => {
		if (found++ < listed) report("ids-do-not-add-up", t`Environment ${name}: ${what}.`);
	};
	let next = firstId;
	let highest = firstId - 1;
	for await (const chunk of content.pieces(environment)) {
		for (const { lo, hi, held } of chunk) {
			if (lo < next) wrong(t`ID ${lo} is both free and taken`);
			else if (lo > next) wrong(t`IDs ${next} to ${lo - 1} are neither free nor taken`);
			next = Math.max(next, hi + 1);
			if (held === 1) highest = lo;
		}
	}
	if (highest < next - 1)
		wrong(t`IDs ${highest + 1} to ${next - 1} are recorded as a gap, but no ID above them is taken`);
	if (next - 1 > lastId) wrong(t`the IDs end at ${next - 1}, not at ${lastId}`);
}

/** The last thing the log says of every row that must be there: its kind, its environment, its key → the row as JSON. */
class Told {
	private readonly rows = new Map<RecordKind, Map<string, Map<string, string>>>();
	private readonly kinds = new Map<string, RecordKind>();

	constructor(
		kinds: readonly RecordKind[],
		private readonly content: Pick<StoredContent, "identity">,
	) {
		for (const kind of kinds) {
			this.rows.set(kind, new Map());
			for (const action of [...kind.actions, undoAction(kind)]) this.kinds.set(action, kind);
		}
	}

	/** Keeps what an event says. */
	remember({ action, before, after }: StoredEvent): void {
		const kind = this.kinds.get(action);
		const row = parsed(after ?? before);
		// No row, or no JSON any more: the chain of hashes has told.
		if (kind === undefined || row === undefined) return;
		const key = this.content.identity(kind, row);
		// A row can get another key: a user another name.
		const was = after === null ? undefined : parsed(before);
		if (was !== undefined) this.within(kind, was).delete(this.content.identity(kind, was));
		if (after !== null) this.within(kind, row).set(key, after);
		else {
			this.within(kind, row).delete(key);
			// What stood in an environment has gone with it.
			if (isEnvironments(kind))
				for (const inside of this.rows.values()) inside.delete(foldedAscii(environmentOf(kind, row)));
		}
	}

	/** What was last said of a row; it is not asked for again. */
	take(kind: RecordKind, row: object): string | undefined {
		const inside = this.within(kind, row);
		const key = this.content.identity(kind, row);
		const told = inside.get(key);
		inside.delete(key);
		return told;
	}

	/** The rows of a kind that were told of and never asked for. */
	*left(kind: RecordKind): Generator<object> {
		for (const inside of this.rows.get(kind)?.values() ?? []) {
			for (const row of inside.values()) yield parsed(row) ?? {};
		}
	}

	private within(kind: RecordKind, row: object): Map<string, string> {
		const environments = this.rows.get(kind) ?? new Map<string, Map<string, string>>();
		const environment = foldedAscii(environmentOf(kind, row));
		const inside = environments.get(environment) ?? new Map<string, string>();
		environments.set(environment, inside);
		return inside;
	}
}

/** Walks the chain of hashes, and keeps the last thing said about every row. */
async function checkChain(content: StoredContent, told: Told, report: Report, remarks: string[]): Promise<number> {
	let hash = chainStart;
	let latest = { seq: 0, at: "" };
	let backwards = 0;
	let seq = 0;
	let broken = 0;
	for await (const chunk of content.events()) {
		for (const event of chunk) {
			seq += 1;
			const cut = event.seq !== seq;
			if ((cut || hashOf(hash, event) !== event.hash) && broken++ < listed) {
				report(
					"event-log-changed",
					cut
						? t`Events ${seq} to ${event.seq - 1} are missing from the log.`
						: t`Event ${event.seq} (${event.action} ${event.subject}, ${event.at}) or the one before it was changed.`,
				);
			}
			// Corrections of a second or two are every clock's life.
			if (Date.parse(latest.at) - Date.parse(event.at) > clockTolerance && backwards++ < listed) {
				remarks.push(
					t`Time runs backwards: event ${event.seq} was recorded at ${event.at}, event ${latest.seq} before it at ${latest.at}. The order of the log is right, a clock was not.`,
				);
			}
			latest = { seq: event.seq, at: event.at };
			seq = event.seq;
			hash = event.hash;
			told.remember(event);
		}
	}
	return seq;
}

/** Every row must be what the last event about it said, and everything that an event left must have its row. */
async function checkAgainstEvents(
	content: StoredContent,
	kinds: readonly RecordKind[],
	told: Told,
	report: Report,
): Promise<void> {
	let found = 0;
	const different = (message: string) => {
		if (found++ < listed) report("changed-behind-the-log", message);
	};
	for (const kind of kinds) {
		for await (const chunk of content.rows(kind)) {
			for (const { row, isFindable } of chunk) {
				if (!agrees(row, kind.logged?.(row) ?? row, told.take(kind, row)) || !isFindable)
					different(t`Differs from the event log: ${kind.called(row)}.`);
			}
		}
		for (const row of told.left(kind)) different(t`Missing, although the event log has it: ${kind.called(row)}.`);
	}
}

/** @param logged the row as the log would tell it */
function agrees(row: object, logged: object, told: string | undefined): boolean {
	const expected = parsed(told ?? null) as Record<string, unknown> | undefined;
	if (expected === undefined) return false;
	const now = logged as Record<string, unknown>;
	return Object.keys(row).every((field) => isSameValue(now[field], expected[field]));
}

/** undefined: no row, or no JSON any more. */
function parsed(text: string | null): object | undefined {
	try {
		const told: unknown = text === null ? undefined : JSON.parse(text);
		return typeof told === "object" && told !== null ? told : undefined;
	} catch {
		return undefined;
	}
}
