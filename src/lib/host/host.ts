import type { Machine } from "../client/ports.js";
import type { NetworkPort } from "../port/network.js";
import type { Registry } from "../registry/port.js";
import type { RegistryProvider } from "../registry/provider.js";
import type { ExtensionKey } from "../webid/policy.js";
import type { WebIdStores } from "../webid/ports.js";
import type { ProfileFinder } from "../webid/profiles.js";
import type { NamedFolder } from "../webid/scope.js";

/** Everything that one machine can be asked, each built when it is first used. Tests hand in another one. */
export interface Host {
	readonly platform: NodeJS.Platform;
	/** The name under which installations on this machine are recorded. */
	name(): string;
	/** The account that runs `cfm`, as the event log names it. */
	account(): string;
	now(): Date;
	/** Lets time pass. */
	pause(milliseconds: number): Promise<unknown>;
	machine(): Promise<Machine>;
	/** What the network says of ports. */
	network(): Promise<NetworkPort>;
	/** Which browser profiles the users have. */
	browserProfiles(): Promise<ProfileFinder>;
	/**
	 * Where the folder of a profile that an administrator named really is: a slip must not look like a profile that was
	 * never used.
	 *
	 * @throws CfmError not-found `no-folder`, `not-a-profile`
	 */
	profileFolder(folder: NamedFolder): Promise<NamedFolder>;
	/** The browsers' stores, and the backups of what was written to them, which are kept below `home`. */
	webIdStores(home: string): Promise<WebIdStores>;
	/** Writes what an administrator asked for; each appears whole or not at all. */
	readonly files: FilePort;
	/** @param options.readonly for commands that only look: works for a user who may not write, too */
	openRegistry(location: string, options: { readonly: boolean }): Promise<Registry>;
	/** Makes, updates, copies and replaces registries. */
	registries(): Promise<RegistryProvider>;
}

/** Files that an administrator asks for. */
export interface FilePort {
	/** @returns its full path */
	write(file: string, pieces: AsyncIterable<string>, options: { force: boolean }): Promise<string>;
	/** @returns its full path */
	writeFolder(folder: string, files: readonly OutFile[], options: { force: boolean }): Promise<string>;
	/** The key a browser extension is signed with, or a new one. */
	extensionKey(file: string | undefined): Promise<ExtensionKey & { pem: string | null }>;
}

/** One file of a folder that is written. */
export interface OutFile {
	/** Below the folder, with `/`. */
	file: string;
	content: string;
	encoding: "utf8" | "utf16";
}
