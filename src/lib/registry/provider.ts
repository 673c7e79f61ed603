import type { Look } from "./look.js";
import type { Attribution, Change, MoveEvent, Registry, RegistryView, RestoreEvent } from "./registry.js";

/** How a registry is opened. */
export interface OpenOptions {
	/** For commands that only look: works for a user who may not write, too. */
	readonly: boolean;
	/** What a registry on a server needs; a file needs none. */
	secrets?: Secrets | undefined;
}

/** What proves to a server who asks. It is asked for when the server wants it, and kept nowhere. */
export interface Secrets {
	/** The process environment: `PGHOST`, `PGPASSFILE` and the others that libpq knows. */
	variables: Readonly<Record<string, string | undefined>>;
	/** A file whose first line is the password. */
	passwordFile?: string | undefined;
	/** Asks for the password; undefined where nobody can be asked. */
	ask?: ((question: string) => Promise<string>) | undefined;
}

/** What a kind of store knows of its locations: how a registry there is made, brought up to date, backed up and replaced. */
export interface RegistryProvider {
	/**
	 * Opens a backup to look at it, and to restore it: read once and held, so that what was checked is what is used. The file
	 * itself is neither locked nor changed.
	 */
	openCopy(file: string): Promise<Registry>;
	/**
	 * Makes a new, empty registry; one that is there already is left as it is.
	 *
	 * @param options.removed told the accounts that could change its folder before, and cannot any more
	 */
	create(location: string, options: { adopt: boolean; removed?(accounts: readonly string[]): void }): Promise<Created>;
	/**
	 * The SQL that makes a registry there, for whoever may run it; undefined for a registry in a file.
	 *
	 * @throws CfmError usage `bad-registry-address`
	 */
	setupSql?(location: string): Promise<string>;
	/** The SQL that lets cfm give roles there, for whoever administers the server; undefined for a registry in a file. */
	rolesSql?(location: string): Promise<string>;
	/** Whether there is a registry, or a file that looks like one. */
	isThere(location: string): Promise<boolean>;
	/**
	 * The schema the registry has, and the one that this program works with.
	 *
	 * `replaced`: what a server runs that another version put there, whatever the schema's number.
	 */
	schema(location: string): Promise<{ location: string; from: number; to: number; replaced?: string[] }>;
	/**
	 * Brings the registry up to date.
	 *
	 * @returns where a copy of what was there is kept, where one is; null when nothing was to be done
	 */
	migrate(location: string, attribution: Attribution): Promise<{ kept: string | null } | null>;
	/** The folder that backups go to when nobody says another; made when it is not there and `make` says so. */
	backupFolder(location: string, options: { make: boolean }): Promise<string>;
	/** The files in a folder that may be backups, but not the registry itself: whose they are is for what is in them to say. */
	backupFiles(folder: string, options: { besides: string }): Promise<string[]>;
	/** Removes a backup. */
	removeBackup(file: string): Promise<void>;
	/**
	 * Replaces the content by that of a copy, which `openCopy` opened. From before `decide` looks until all is done nobody
	 * else changes anything: what it decides cannot go stale.
	 */
	replace(location: string, copy: Registry, attribution: Attribution, decide: Decide): Promise<Replaced>;
	/**
	 * Looks whether this account may replace what is there: what begins elsewhere is not to stop half-way. Left out where only
	 * trying it tells.
	 *
	 * @throws CfmError denied
	 */
	refuseOthers?(location: string): Promise<void>;
	/** The registry goes on at `to`: tells it in the log, after which nobody changes anything here any more. Safe to repeat. */
	leave(location: string, to: string, attribution: Attribution): Promise<void>;
}

export interface Created {
	/** Whether it was made now. */
	created: boolean;
	/** What lay there of a registry that is gone (its log of changes) and was given another name. */
	aside: string[];
}

/** @param current what is there now; undefined when there is nothing, or it cannot be read */
export type Decide = (current: RegistryView | undefined) => Promise<{
	event: Omit<RestoreEvent, "before"> | MoveEvent;
	/** Of the restored content. */
	changes: readonly Change[];
	/** What was seen since, in the place of what the content says of the same machines. */
	looks?: readonly Look[];
}>;

export interface Replaced {
	/** Where the old content is; null when there was none. */
	kept: string | null;
	/** Changes that it made beside those that were decided: logins of operators. */
	more?: number;
	/** As `Created.aside`. */
	aside: string[];
}
