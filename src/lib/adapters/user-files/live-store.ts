import type { ReadRequest, StoreKind, StoreReading } from "../../webid/stores.js";
import type { KeepFolder } from "./keep-folder.js";
import type { NotWritten } from "./unfit.js";

/** A change of one site's localStorage, in the terms all stores share. Everything is removed first when `clear`. */
export interface AreaEdit {
	origin: string;
	clear: boolean;
	remove: readonly string[];
	set: readonly (readonly [string, string])[];
}

/** What becomes of a database in memory. It is data: another process carries it out, which has no file. */
export type ImageEdit =
	/** It is only checked. */
	| { of: "any" }
	| { of: "sqlite"; edits: readonly AreaEdit[]; now: string; isNew?: boolean }
	| { of: "webappsstore"; edits: readonly AreaEdit[]; by: "sites" | "scopes"; isNew?: boolean }
	| { of: "data.sqlite"; edit: AreaEdit; isNew: boolean };

/** @returns the new bytes, and for Firefox how much the site has stored. @throws Unfit damaged */
export type EditImage = (name: string, image: Buffer, edit: ImageEdit) => Promise<{ image: Buffer; usage: number }>;

export interface WriteOptions {
	now: Date;
	/** Still empty: what the store consists of is copied there before anything is changed. */
	keep: KeepFolder;
	editImage: EditImage;
	/** Throws when the browser has been started meanwhile. Asked right before the first change of a user's file. */
	guard(): Promise<void>;
}

/** What putting a store back needs. */
export type PutBackOptions = Pick<WriteOptions, "guard" | "editImage">;

/** A repair that could be made. */
export interface Repair {
	/** What is damaged, each with its file. */
	lost: readonly string[];
	/** What could be read: values, and the sites that they are of. */
	values: number;
	sites: number;
	/** Puts a store of what could be read in place of the damaged one. */
	carryOut(options: Pick<WriteOptions, "now" | "keep" | "guard" | "editImage">): Promise<void>;
}

/** One place where a profile keeps localStorage. What is wrong with it is thrown as `Unfit`, a failed write as `NotWritten`. */
export interface LiveStore {
	kind: StoreKind;
	read(request: ReadRequest): Promise<StoreReading>;
	/** All keys and values of a site, as the page would see them. */
	entries(origin: string): Promise<(readonly [string, string])[]>;
	/** Why it would not take an edit, as far as a look can tell before anything is kept or written; a dry run says it, too. */
	obstacle?(edit: AreaEdit): Promise<NotWritten | undefined>;
	/** What a repair would make of it; undefined when nothing is damaged. Only stores that can be repaired have it. */
	repair?(editImage: EditImage): Promise<Repair | undefined>;
	/** Durable when it returns; on an error the store is as it was. One edit for each site. */
	write(edits: readonly AreaEdit[], options: WriteOptions): Promise<void>;
	/** Copies what it consists of, of these sites, to a folder of our own. */
	copyTo(keep: KeepFolder, origins: readonly string[]): Promise<void>;
	/**
	 * Puts the store back as it was kept; of a browser that keeps sites apart, these.
	 *
	 * @param kept the folder where it was kept
	 */
	putBack(kept: string, options: PutBackOptions, origins: readonly string[]): Promise<void>;
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
