import type { Fingerprint, LocalUser } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import type { EpfFolder } from "../../surroundings/surroundings.js";
import { t } from "../../text.js";
import { folderAt } from "../user-files/user-folders.js";
import { askAt, fileThere, fingerprintAt, isRunning, realAt, removeAt, writeAt } from "../user-files/user-home.js";

/** The full paths of what is looked at of one client. */
export interface ClientPlaces {
	program: string;
	/** A text with the client ID in it. */
	clientId?: string | undefined;
	/** The uninstall entry, a JSON text. */
	entry?: string | undefined;
}

/** What a client's files say. */
export interface ClientFacts {
	installed: Known<boolean>;
	clientId: Known<number | null>;
	/** Null: there is no uninstall entry. */
	entry: Known<{ version: string | null } | null>;
}

/**
 * What is asked of the files of users' clients. Who answers is the process that runs `cfm`, or others with fewer rights
 * (docs/decisions/0031, docs/decisions/0033).
 */
export interface ClientFiles {
	look(user: LocalUser, places: ClientPlaces): Promise<ClientFacts & { running: Known<boolean> }>;
	/** Whether a file is there. "No permission to look" is not "no". */
	there(user: LocalUser, path: string): Promise<Known<boolean>>;
	/** Where a path really is; null when nothing is there. */
	real(user: LocalUser, path: string): Promise<Known<string | null>>;
	fingerprint(user: LocalUser, path: string): Promise<Known<Fingerprint | null>>;
	folder(user: LocalUser, path: string): Promise<Known<EpfFolder>>;
	/** Writes a small text into a folder that is there. @throws Error */
	write(user: LocalUser, path: string, text: string): Promise<void>;
	/** Removes a file; one that is not there is no failure. @throws Error */
	remove(user: LocalUser, path: string): Promise<void>;
}

/** Looks and writes in this process, with the rights of whoever runs it. */
export const clientFilesHere: ClientFiles = {
	look: async (user, places) => ({
		...factsOf(user.profileFolder, places),
		running: isRunning(user.profileFolder, places.program),
	}),
	there: async (user, path) => fileThere(user.profileFolder, path),
	real: async (user, path) => realAt(user.profileFolder, path),
	fingerprint: (user, path) => fingerprintAt(user.profileFolder, path),
	folder: async (user, path) => folderAt(user.profileFolder, path, user),
	write: async (user, path, text) => writeAt(user.profileFolder, path, text),
	remove: async (user, path) => removeAt(user.profileFolder, path),
};

/** Reads what a client's files say, but for what runs. */
export function factsOf(home: string, { program, clientId, entry }: ClientPlaces): ClientFacts {
	const told = entry === undefined ? known(null) : textAt(home, entry);
	return {
		installed: fileThere(home, program),
		clientId: clientId === undefined ? unknown(t`the client profile names no file`) : idIn(textAt(home, clientId)),
		entry: told.known ? known(told.value === null ? null : { version: versionIn(told.value) }) : told,
	};
}

/** More than any file of the client that `cfm` reads. */
const longest = 65_536;
/** No version is longer; a user may have written anything. */
const longestVersion = 256;

function textAt(home: string, path: string): Known<string | null> {
	return askAt<string | null>(home, path, null, (at) => at.text(path, longest));
}

function idIn(text: Known<string | null>): Known<number | null> {
	if (!text.known || text.value === null) return text as Known<null>;
	const digits = text.value.trim();
	return /^\d{1,10}$/.test(digits) ? known(Number(digits)) : unknown(t`the stored client ID is not a number`);
}

function versionIn(entry: string): string | null {
	try {
		const { version } = JSON.parse(entry) as { version?: unknown };
		return typeof version === "string" ? version.slice(0, longestVersion) : null;
	} catch {
		return null;
	}
}
