import type { Account } from "../account/account.js";
import type { Person } from "../account/person.js";
import type { Environment } from "../environment/environment.js";
import type { CfmError } from "../errors.js";
import type { Allocation, AllocationQuery, AllocationState, Holder, NearName } from "../id/allocation.js";
import type { RegistryProblemCode } from "./findings.js";
import type { RecordKind, RecordQuery } from "./kind.js";
import type { KeptLook, KeptSighting, Look, SightingQuery } from "./look.js";
import type { Outbox, OutboxView } from "./outbox.js";
import type { Role } from "./role.js";

/** One thing to change: `before` must still be so when it is applied, `after` is how it will be; null is "not there". */
export type Change =
	| {
			of: "allocation";
			action:
				| "allocate"
				| "release"
				| "reserve"
				| "move"
				| "free"
				| "import"
				| "id.identify"
				| "id.set"
				| "id.rename"
				| "id.quarantine"
				| "allocation.undo";
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
	/** Of what was replaced: the events in its log, and `eventsEverWritten`; null where it could not be read. */
	before: { events: number; written?: number } | null;
	after: { backup: string; forgotten: number | null; quarantined?: number };
	note?: string | null;
}

/** The registry's tables were brought to a newer schema. */
export interface MigrateEvent {
	of: "registry";
	action: "migrate";
	environment: "";
	before: { schema: number };
	/** `replaced`: functions of a server, where the schema stayed the same. */
	after: { schema: number; kept: string; replaced?: string[] };
	note?: string | null;
}

/** The registry goes on in another place: the last event of the old one, and the one after it in the new one. */
export interface MoveEvent {
	of: "registry";
	action: "registry.leave" | "registry.arrive";
	environment: "";
	/** Where it was. */
	before: { registry: string };
	/** Where it goes on. */
	after: { registry: string };
	note?: string | null;
}

/** What every change is recorded under. */
export interface Attribution {
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
	/** The same, under each name it ever had and by SID; instead of `account`. */
	person?: Person | undefined;
	/** The fields of rows that say whom an event is about; without it only `user`. */
	userFields?: readonly string[] | undefined;
	id?: number | undefined;
	/** Of one request. */
	requestKey?: string | undefined;
	/** What was made by this account; on a machine, where its name says nothing elsewhere. */
	actor?: { name: string; machine?: string | undefined } | undefined;
	actions?: readonly string[] | undefined;
	/**
	 * Only what is more than that IDs were given (`allocate`, `import`): whoever lost or changed something is among it, and it
	 * is found without reading the log from end to end.
	 */
	beyondGiving?: boolean | undefined;
	/** Only those behind this one, by number; and before that one. */
	after?: number | undefined;
	before?: number | undefined;
	/** Not before this time, and before that one; ISO 8601 UTC. */
	since?: string | undefined;
	until?: string | undefined;
	/** The last ones first. */
	descending?: boolean | undefined;
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
	/** The names, folded, of whoever has an ID and may be called nearly so: at least all of those. */
	namesNear(near: NearName): Promise<string[]>;
	/** What an account with this SID has an ID by in an environment. */
	allocatedToSid(sid: string, environment: string): Promise<Allocation | undefined>;
	/** The IDs in this state of an account with this SID in an environment, under whatever name. */
	allocationsOfSid(sid: string, state: AllocationState, environment: string): Promise<Allocation[]>;
	allocations(query: AllocationQuery): Chunks<Allocation>;
	countAllocations(query: AllocationQuery): Promise<number>;
	/** Who has which of the IDs from `first` to `last`, and nothing else of them. */
	holders(environment: string, first: number, last: number): Promise<ReadonlyMap<number, Holder>>;
	/** The lowest free IDs, ascending, at most `count`. */
	lowestFree(environment: string, count: number): Promise<number[]>;
	isFree(environment: string, id: number): Promise<boolean>;
	free(environment: string): Promise<FreeIds>;
	/** Quarantined IDs whose time is over at `now` (ISO 8601), but for those that a last look saw (`idHolds`). */
	quarantineOver(environment: string, now: string): Promise<Allocation[]>;
	events(query: EventQuery): Chunks<RegistryEvent>;
	countEvents(query: EventQuery): Promise<number>;
	/** What tells this registry from every other, and what its backups carry: the hash of its first event; null before it. */
	identity(): Promise<string | null>;
	/** The newest event, or the newest with this action. */
	lastEvent(action?: string): Promise<RegistryEvent | undefined>;
	/** The number of the newest event about each of these IDs: which came later is asked here, never of a clock. */
	lastChanges(environment: string, ids: readonly number[]): Promise<ReadonlyMap<number, number>>;
	/** What was looked at last, by machine and kind. */
	looks(query: Pick<SightingQuery, "environment" | "machine" | "kinds">): Promise<KeptLook[]>;
	/** What the last looks showed. */
	sightings(query: SightingQuery): Chunks<KeptSighting>;
	/** What somebody was told, or is to be. */
	readonly outbox: OutboxView;
	/** Which of these may log in to the server that the registry is on, or be a member there; without a server nobody does. */
	logins?(names: readonly string[]): Promise<ReadonlySet<string>>;
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
	apply(changes: readonly Change[], attribution: Attribution, progress?: ChangeProgress): Promise<void>;
}

/** The server that a registry is on. */
export interface ServerInfo {
	host: string;
	version: string;
	database: string;
	/** Who asks, as the server knows them. */
	account: string;
	/** Whether it only follows another server: it can be read, not changed. */
	standby: boolean;
	/** Seconds that a standby is behind at most; null for a primary, and where it is not known. */
	lagSeconds: number | null;
}

export interface RegistryInfo {
	location: string;
	kind: "sqlite" | "postgres";
	schema: number;
	/** Of a file. */
	sqliteVersion?: string;
	/** Of a registry on a server. */
	server?: ServerInfo;
	sizeBytes: number;
	environments: number;
	allocations: number;
	events: number;
	/** `RegistryView.identity`. */
	identity: string | null;
	/** The settings that the promise of durability rests on, read back from the open store. */
	journalMode: string;
	synchronous: string;
}

/** What a server knows of whoever asks: the rights that it gives them, whatever is recorded. */
export interface ServerStanding {
	/** Whether operators are named. */
	isNamed: boolean;
	/** The registry's role that they are a member of, the one that may most. */
	role: Role | null;
	/** What they logged in as. */
	login: string;
	/** They may everything there, and no role says so. */
	isSuperuser: boolean;
}

/** One thing that is wrong with the stored data itself. */
export interface RegistryProblem {
	code: RegistryProblemCode;
	message: string;
}

export interface CheckReport {
	problems: RegistryProblem[];
	/** What is worth knowing and takes nothing from the stored data, in words. */
	remarks: string[];
	/** How much was looked at. */
	checked: { environments: number; allocations: number; events: number };
}

/** Somebody who is to get an ID. */
export interface Newcomer {
	/** The environment's name. */
	environment: string;
	account: Account;
	note: string | null;
	/** ISO 8601 UTC. */
	since: string;
}

export interface Given {
	environment: Environment;
	allocation: Allocation;
}

/**
 * The store of IDs, of the records of every kind, and of their event log.
 *
 * `change` is one durable transaction: when it has answered, the change survives whatever dies. All adapters answer
 * `test/contract/registry.ts`.
 */
export interface Registry {
	readonly location: string;
	/** Why what it tells may not be all, and nothing can be changed; undefined as a rule. */
	readonly doubt?: CfmError | undefined;
	/** What the server gives whoever asks; of a file nobody but the file system knows. */
	readonly standing?: ServerStanding | undefined;
	/** Looks at one consistent state. `work` may be run again when the store was busy, so it must only look. */
	read<T>(work: (view: RegistryView) => Promise<T>): Promise<T>;
	/** One consistent state that stays open until `close`: for lists that are printed while they are read. */
	snapshot(): Promise<RegistryView>;
	/** One transaction, alone in writing: what `work` plans cannot go stale before it is applied. */
	change<T>(attribution: Attribution, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T>;
	/**
	 * Puts a look in the place of the one before (`keepLook`): of everybody, or of the users that it is about. No event tells
	 * of it, and it waits for nobody.
	 *
	 * @throws whatever keeps it from being kept
	 */
	keepLook(look: Look): Promise<void>;
	/** Notices and their mails: no event tells of them. */
	readonly outbox: Outbox;
	/**
	 * Gives somebody the lowest free ID in one go, where nothing has to be decided: nobody of that name or SID has or had an ID
	 * there, and no quarantine is over. Durable like a change.
	 *
	 * @returns undefined where a planner must decide, and nothing was done; stores for which it gains nothing have it not
	 */
	give?(newcomer: Newcomer, attribution: Attribution): Promise<Given | undefined>;
	/** The answer given before under this key, when there is one. @throws CfmError conflict `request-id-reused` */
	answerTo(attribution: Attribution): Promise<{ answer: unknown } | undefined>;
	info(): Promise<RegistryInfo>;
	/** @param kinds all that it keeps */
	check(kinds: readonly RecordKind[]): Promise<CheckReport>;
	/** Writes a whole copy to `file`, which must not exist; consistent while others write. */
	backup(file: string): Promise<void>;
	/** Never fails: what is not committed is given up. */
	close(): Promise<void>;
}
