import type { ReadRequest, StoreKind, StoreReading } from "../../webid/ports.js";
import type { NotWritten } from "./unfit.js";

/** A change of one site's localStorage, in the terms all stores share. Everything is removed first when `clear`. */
export interface AreaEdit {
	origin: string;
	clear: boolean;
	remove: readonly string[];
	set: readonly (readonly [string, string])[];
}

export interface WriteOptions {
	now: Date;
	/** A folder of our own, still empty: what the store consists of is copied there before anything is changed. */
	keep: string;
	/** Throws when the browser has been started meanwhile. Asked right before the first change of a user's file. */
	guard(): void;
}

/** One place where a profile keeps localStorage. What is wrong with it is thrown as `Unfit`, a failed write as `NotWritten`. */
export interface LiveStore {
	kind: StoreKind;
	read(request: ReadRequest): Promise<StoreReading>;
	/** All keys and values of a site, as the page would see them. */
	entries(origin: string): Promise<(readonly [string, string])[]>;
	/** Why it would not take an edit, as far as a look can tell before anything is kept or written; a dry run says it, too. */
	obstacle?(edit: AreaEdit): Promise<NotWritten | undefined>;
	/** Durable when it returns; on an error the store is as it was. One edit for each site. */
	write(edits: readonly AreaEdit[], options: WriteOptions): Promise<void>;
	/** Copies what it consists of, of these sites, to a folder of our own. */
	copyTo(keep: string, origins: readonly string[]): Promise<void>;
	/** Puts the store back as it was kept; of a browser that keeps sites apart, these. */
	putBack(keep: string, options: Pick<WriteOptions, "guard">, origins: readonly string[]): Promise<void>;
}

/** A profile, held open. */
export interface OpenedProfile {
	/** The stores that are there. */
	stores: LiveStore[];
	/** Where values go when there is no store yet; undefined when the browser has to be started once. */
	fresh: LiveStore | undefined;
	/** What says that the browser runs, or has a store open; asked anew each time. */
	running(): string | undefined;
	/** What says that it runs, while we hold the store ourselves. A browser locks its profile long before its stores. */
	startedSince(): string | undefined;
	close(): void;
}
