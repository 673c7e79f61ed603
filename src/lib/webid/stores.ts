import type { Known } from "../known.js";
import type { SiteArea } from "./area.js";
import type { Forgetting, ForgottenSite } from "./forgetting.js";

/** The key whose value is the web ID. */
export const webIdKey = "CFM_ID";

/** How a browser keeps localStorage; `domstore` is Internet Explorer's and old Edge's, which is left alone. */
export type BrowserKind = "chromium" | "firefox" | "domstore";

/** One place on disk that holds localStorage: Chromium has the first two, Firefox the next two. */
export const storeKinds = ["leveldb", "sqlite", "data.sqlite", "webappsstore", "domstore"] as const;
export type StoreKind = (typeof storeKinds)[number];

/** One profile of one browser of one user: where to look, and what to call it. */
export interface BrowserProfile {
	/** null for a folder that was named on the command line (`--profile-dir`). */
	user: string | null;
	sid: string | null;
	/** `chrome`, `edge`, `brave`, `vivaldi`, `opera`, `chromium`, `firefox`, `ie` … */
	browser: string;
	kind: BrowserKind;
	/** The profile folder's name (`Default`, `Profile 1`, `x1y2z3.default-esr`). */
	name: string;
	/** The profile's folder, absolute. For `domstore` the folder `DOMStore`. */
	path: string;
	/** The folder that no link may lead out of: the user's home, or the one above a folder that was named. `path` lies below it. */
	within: string;
	/** Chromium: the "User Data" folder, where the lock of a running browser is. Otherwise null. */
	userData: string | null;
}

export interface ReadRequest {
	/** Normalised origins (`https://host[:port]`), or every origin that has a value at all. */
	origins: readonly string[] | "all";
}

/**
 * What can be said of a profile or a store.
 *
 * `readable`: everything was read. `running`: read too, but the browser runs: what is on disk may be a minute old.
 * `unreachable`: a folder that should be there is not, or did not answer; not the same as empty.
 * `unsupported`: an unknown version, left alone. `damaged`: a checksum or a structure is wrong; values that are
 * `known` come from parts that are sound. `denied`: no right to read, or a link where none may be. `unknown`: the
 * storage is there, and `cfm` does not read this browser's. `failed`: reading it took more time or memory than it may, or
 * ended in a crash; it may be a trap.
 */
export const readStateNames = [
	"readable",
	"running",
	"unreachable",
	"unsupported",
	"damaged",
	"denied",
	"unknown",
	"failed",
] as const;
export type ReadState = (typeof readStateNames)[number];

export interface WebValue {
	origin: string;
	/** null: there is none. Not known: the part of the store where it would be could not be read. */
	value: Known<string | null>;
}

export interface StoreReading {
	store: StoreKind;
	state: ReadState;
	/** In words, when the state is not `readable`. */
	why: string | null;
	/** When the store's files were last changed: which of two stores is the live one is guessed from it. */
	modified: string | null;
	/**
	 * With named origins: exactly one entry each, in their order. With `all`: the origins that have a value; when the
	 * state is neither `readable` nor `running`, some may be missing.
	 */
	values: WebValue[];
	/** The areas of those origins that hold anything; with `all`, those that have a value. */
	areas?: readonly AreaValue[];
}

/** The web ID of an area. */
export interface AreaValue extends SiteArea {
	value: Known<string | null>;
}

export interface ProfileReading {
	state: ReadState;
	why: string | null;
	/** The stores that are there. None at all in a `readable` profile: nothing was ever stored. */
	stores: StoreReading[];
	/** The sites asked for whose web IDs the browser will not keep. */
	forgets?: readonly ForgottenSite[];
}

/**
 * One change wanted in one profile. The key is always `CFM_ID`; `clear` takes the site's whole localStorage. An origin may be the
 * name of one of its areas.
 */
export type Edit =
	| { origin: string; action: "set"; value: string }
	| { origin: string; action: "remove" }
	| { origin: string; action: "clear" };

/**
 * How an edit ended.
 *
 * `planned`: dry run, it would be done. `done`: written, and read back from a fresh copy. `already-so`: a set that
 * changes nothing. `not-present`: nothing to remove. `ambiguous`: written to both of Chromium's stores, because nobody
 * can tell which one is live; with `why`. `in-use`: the browser runs. `unreachable`: no folder, no answer.
 * `refused`: unknown version, damage, a link, no right, a browser whose storage `cfm` leaves alone. `busy`: another `cfm` works on the
 * profile. `failed`: something went wrong on the way (a full disk); the store is as it was before, or `after` is not known
 * and `backups` has what was there.
 */
export const editOutcomes = [
	"planned",
	"done",
	"already-so",
	"not-present",
	"ambiguous",
	"in-use",
	"unreachable",
	"refused",
	"busy",
	"failed",
] as const;
export type EditOutcome = (typeof editOutcomes)[number];

export interface EditResult {
	origin: string;
	/** The stores the edit is about. */
	stores: StoreKind[];
	before: Known<string | null>;
	/** What is there now (with `planned`: what would be). */
	after: Known<string | null>;
	outcome: EditOutcome;
	/** In words, when it is not simply done. */
	why: string | null;
	/** The backups that undo it. */
	backups: string[];
	/** Where there are several stores, what each of them had and has; `before` and `after` are of one that was changed. */
	each?: readonly StoreValues[];
	/** Of a dry run: the site's areas, which this edit leaves alone. */
	areas?: readonly SiteArea[];
	/** Of a dry run: why the browser will not keep what is set. */
	forgets?: Forgetting;
}

export interface StoreValues {
	store: StoreKind;
	before: Known<string | null>;
	after: Known<string | null>;
}

export interface EditOptions {
	dryRun: boolean;
	now: Date;
	/** How long the backups are kept, in days. */
	keepDays: number;
	/** What all backups of one command have in common, so that they can be undone together; without it each is alone. */
	batch?: string | undefined;
}

/** Reads and writes the web IDs of one profile at a time. */
export interface BrowserStores {
	/** How many profiles are well read at the same time; left out: one. */
	readonly atOnce?: number;
	/** Never throws for what is wrong with a profile: that is in the answer. */
	read(profile: BrowserProfile, request: ReadRequest): Promise<ProfileReading>;
	/** All edits of a profile in one go, one result for each, in their order. Never throws for what is wrong with it. */
	edit(profile: BrowserProfile, edits: readonly Edit[], options: EditOptions): Promise<EditResult[]>;
}

/** What was kept of one store before it was written. */
export interface Backup {
	id: string;
	/** The same for all backups of one command. */
	batch: string;
	/** It was kept before this backup was restored; null when something else was written. */
	restores: string | null;
	at: string;
	expires: string;
	profile: BrowserProfile;
	store: StoreKind;
	changes: { origin: string; before: string | null; after: string | null; cleared: boolean }[];
	/** Bytes on disk. */
	size: number;
}

/** The backups, in `cfm`'s own folder. */
export interface Backups {
	/** Newest first. */
	list(): Promise<Backup[]>;
	/**
	 * Undoes the changes of one backup: its sites' keys are as they were before; all else in the store stays as it is
	 * now. With `whole` the complete store is put back, and with it everything the user stored since is lost; that is
	 * `planned` also where the web IDs are already as they were. A restore leaves a backup of its own.
	 *
	 * @throws CfmError not-found `no-backup`; unavailable `backup-damaged`
	 */
	restore(id: string, options: EditOptions & { whole: boolean }): Promise<EditResult[]>;
	/** Removes what has expired, as far as this user may; the rest is left for another time. @returns what was removed */
	removeExpired(now: Date): Promise<string[]>;
}

/** All of it, as `openBrowserStores(folder)` of `src/lib/adapters/browsers/open.ts` gives them. */
export interface WebIdStores {
	stores: BrowserStores;
	backups: Backups;
	/**
	 * Puts a store of what can be read in place of one that is damaged. The result is of no site; `why` says what is lost. Where
	 * nothing is damaged, or nothing of what cfm can repair, it is `already-so`. Never throws for what is wrong with it.
	 */
	repair(profile: BrowserProfile, options: EditOptions): Promise<EditResult>;
}
