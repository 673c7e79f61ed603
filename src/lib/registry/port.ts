import type { Account } from "../account/account.js";
import type { Environment } from "../environment/environment.js";
import type { Allocation, AllocationQuery, AllocationState, Holder } from "../id/allocation.js";
import type { RegistryProblemCode } from "./findings.js";
import type { RecordKind, RecordQuery } from "./kind.js";

/** One thing to change: `before` must still be so when it is applied, `after` is how it will be; null is "not there". */
export type Change =
	| {
			of: "allocation";
			action: "allocate" | "release" | "reserve" | "move" | "free" | "import" | "id.identify";
			environment: string;
			id: number;
			before: Allocation | null;
			after: Allocation | null;
			note?: string | null;
	  }
	| RecordChange
	| Act;

/** A change of one row of a kind; `recordChange` makes it. */
export interface RecordChange {
	/** The kind itself, not its name: so nobody who changes one kind must know them all. */
	of: RecordKind;
	action: string;
	/** The environment the row stands in, or is; empty for a kind of the whole registry. */
	environment: string;
	before: object | null;
	after: object | null;
	note?: string | null;
}

/**
 * Something that was or will be done elsewhere, in files or in a browser, and has no row here: an event and nothing else.
 *
 * It is applied like every change (`transaction.apply`, or as one of a plan's changes), and `ids history` tells it. The
 * intent and the outcome of one deed are two of them, in two transactions, under one `requestKey`.
 *
 * `ids history USER` finds it when `id` is a number and `subject` the user, or, where the user has no ID, when `before` or
 * `after` has a field `user` that names them. `ids history ID` finds it by `id`.
 */
export interface Act {
	of: "act";
	/** `noun.verb`, of what was done: `web.set`, `client.set`, `config.set`. */
	action: `${string}.${string}`;
	/** The environment it was done for; empty when it belongs to none. */
	environment: string;
	/** Whom or what it is about: the user as registered, else what no account is called: `setting registry`. */
	subject: string;
	id: number | null;
	/** How it was, in the deed's own words; stored as JSON, never compared. */
	before: object | null;
	/** How it is to be (intent) or has become (outcome). */
	after: object | null;
	note?: string | null;
}

/** The whole registry was replaced by a copy. */
export interface RestoreEvent {
	of: "registry";
	action: "restore";
	environment: "";
	before: { events: number } | null;
	after: { backup: string; forgotten: number | null };
	note?: string | null;
}

/** The registry's tables were brought to a newer schema. */
export interface MigrateEvent {
	of: "registry";
	action: "migrate";
	environment: "";
	before: { schema: number };
	after: { schema: number; kept: string };
	note?: string | null;
}

/** What every change is recorded under. */
export interface Origin {
	/** The account that ran the command. */
	actor: string;
	machine: string;
	/** The command's id: `ids allocate`. */
	command: string;
	/** Names this request: repeated with the same key, it gets the answer of the first time. */
	requestKey: string;
	/** Whether the key came from outside, so that it may come again and the answer must be kept. */
	repeatable: boolean;
	/** What is asked, in a form two equal requests share: a key must not come back for something else. */
	fingerprint: string;
}

/** One entry of the hash-chained log. */
export interface RegistryEvent {
	seq: number;
	at: string;
	actor: string;
	machine: string;
	command: string;
	action: string;
	environment: string;
	/** Whom or what it is about: the user, `ID 42`, the environment's name, or a site's origin. */
	subject: string;
	id: number | null;
	before: unknown;
	after: unknown;
	note: string | null;
	requestKey: string;
}

export interface EventQuery {
	environment?: string | undefined;
	/** Events about this account, in any of its spellings. */
	account?: Account | undefined;
	/** The fields of rows that say whom an event is about; without it only `user`. */
	userFields?: readonly string[] | undefined;
	id?: number | undefined;
	limit?: number | undefined;
	offset?: number | undefined;
}

/** Rows that may be many: they come in chunks, so that memory stays flat. */
export type Chunks<T> = AsyncIterable<readonly T[]>;

/** How many are free, and where the first one is. */
export interface FreeIds {
	count: number;
	first: number | null;
}

/** A consistent view of the registry. */
export interface RegistryView {
	/** The rows of a kind, in chunks. */
	records<Row extends object, Filters extends string, Orders extends string>(
		kind: RecordKind<Row, string, Filters, Orders>,
		query: RecordQuery<Row, Filters, Orders>,
	): Chunks<Row>;
	countRecords<Row extends object, Filters extends string, Orders extends string>(
		kind: RecordKind<Row, string, Filters, Orders>,
		query: RecordQuery<Row, Filters, Orders>,
	): Promise<number>;
	/** The row with this key; the environment's name is part of it. */
	record<Row extends object>(kind: RecordKind<Row>, key: Partial<Row>): Promise<Row | undefined>;
	/** What all else stands in, and what nearly everybody asks first. */
	environment(name: string): Promise<Environment | undefined>;
	allocation(environment: string, id: number): Promise<Allocation | undefined>;
	/** The IDs in this state of every account with this (folded) name, whatever its domain; of one or all environments. */
	allocationsNamed(name: string, state: AllocationState, environment?: string): Promise<Allocation[]>;
	/** What an account with this SID has an ID by in an environment. */
	allocatedToSid(sid: string, environment: string): Promise<Allocation | undefined>;
	allocations(query: AllocationQuery): Chunks<Allocation>;
	countAllocations(query: AllocationQuery): Promise<number>;
	/** Who has which of the IDs from `first` to `last`, and nothing else of them. */
	holders(environment: string, first: number, last: number): Promise<ReadonlyMap<number, Holder>>;
	/** The lowest free IDs, ascending, at most `count`. */
	lowestFree(environment: string, count: number): Promise<number[]>;
	isFree(environment: string, id: number): Promise<boolean>;
	free(environment: string): Promise<FreeIds>;
	/** Quarantined IDs whose time is over at `now` (ISO 8601). */
	quarantineOver(environment: string, now: string): Promise<Allocation[]>;
	events(query: EventQuery): Chunks<RegistryEvent>;
	countEvents(query: EventQuery): Promise<number>;
}

/** Hears from time to time how many of the changes are made. */
export type ChangeProgress = (done: number, total: number) => void;

/** A view inside a change. */
export interface RegistryTransaction extends RegistryView {
	/**
	 * Makes the changes and writes one event for each.
	 *
	 * @throws CfmError conflict `changed-meanwhile` when a `before` is no longer so; then nothing is changed
	 */
	apply(changes: readonly Change[], origin: Origin, progress?: ChangeProgress): Promise<void>;
}

export interface RegistryInfo {
	location: string;
	kind: "sqlite";
	schema: number;
	sqliteVersion: string;
	sizeBytes: number;
	environments: number;
	allocations: number;
	events: number;
	/** The settings that the promise of durability rests on, read back from the open store. */
	journalMode: string;
	synchronous: string;
}

/** One thing that is wrong with the stored data itself. */
export interface RegistryProblem {
	code: RegistryProblemCode;
	message: string;
}

export interface CheckReport {
	problems: RegistryProblem[];
	/** How much was looked at. */
	checked: { environments: number; allocations: number; events: number };
}

/**
 * The store of IDs, of the records of every kind, and of their event log.
 *
 * `change` is one durable transaction: when it has answered, the change survives whatever dies. All adapters answer
 * `test/contract/registry.ts`.
 */
export interface Registry {
	readonly location: string;
	/** Looks at one consistent state. `work` may be run again when the store was busy, so it must only look. */
	read<T>(work: (view: RegistryView) => Promise<T>): Promise<T>;
	/** One consistent state that stays open until `close`: for lists that are printed while they are read. */
	snapshot(): Promise<RegistryView>;
	/** One transaction, alone in writing: what `work` plans cannot go stale before it is applied. */
	change<T>(origin: Origin, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T>;
	/** The answer given before under this key, when there is one. @throws CfmError conflict `request-id-reused` */
	answerTo(origin: Origin): Promise<{ answer: unknown } | undefined>;
	info(): Promise<RegistryInfo>;
	/** @param kinds all that it keeps */
	check(kinds: readonly RecordKind[]): Promise<CheckReport>;
	/** Writes a whole copy to `file`, which must not exist; consistent while others write. */
	backup(file: string): Promise<void>;
	close(): void;
}
