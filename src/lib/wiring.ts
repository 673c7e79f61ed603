import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { OutFile } from "./adapters/files/out-folder.js";
import { findPlaces, type Places } from "./adapters/files/places.js";
import { readSettingFile, writeSettingFile } from "./adapters/files/setting-file.js";
import type { Shell } from "./cli/shell.js";
import type { Machine } from "./client/ports.js";
import { type ClientProfile, makeClientProfile } from "./client/profile.js";
import { CfmError } from "./errors.js";
import type { NetworkPort } from "./port/network.js";
import type { Origin, Registry } from "./registry/port.js";
import { lookUp, type SettingKey, type SettingSources } from "./settings/settings.js";
import { t } from "./text.js";
import type { ExtensionKey } from "./webid/policy.js";
import type { WebIdStores } from "./webid/ports.js";
import type { ProfileFinder } from "./webid/profiles.js";
import type { NamedFolder, Scope, ScopeRequest } from "./webid/scope.js";

/** What settings come from, and where things are. */
export interface Sources extends SettingSources {
	places: Places;
	/** The machine's folder is closed to this user, and was passed by: what it says is not known. */
	closed: boolean;
}

/**
 * Everything a setting can come from, read for this command.
 *
 * @param options.adopt a folder of others is about to be taken over
 * @param options.passBy a machine's folder that this user may not read is no failure
 * @throws CfmError denied `open-to-others` when what an elevated `cfm` would believe could be anybody's
 */
export async function settingSources(
	shell: Shell,
	flags: SettingSources["flags"] = {},
	options: { adopt?: boolean; passBy?: boolean } = {},
): Promise<Sources> {
	const places = findPlaces(shell.streams.environment);
	// On Windows the folder is checked, not each file: these two name programs and places.
	if (
		process.platform === "win32" &&
		!options.adopt &&
		[places.machineConfig, clientProfileFile(places)].some((file) => existsSync(file))
	) {
		const { refuseUntrustedFolder } = await import("./adapters/windows/trusted-folder.js");
		await refuseUntrustedFolder(places.home);
	}
	const closed = options.passBy === true && isClosed(places.home);
	return {
		places,
		closed,
		flags: { registry: shell.flags.registry, lang: shell.flags.lang, ...flags },
		environment: shell.streams.environment,
		user: readSettingFile(places.userConfig),
		machine: closed ? undefined : readSettingFile(places.machineConfig),
		defaultRegistry: places.registry,
	};
}

/** Whether a folder is there and this user may not look into it. */
function isClosed(folder: string): boolean {
	try {
		readdirSync(folder);
		return false;
	} catch (error) {
		return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
	}
}

/** One setting's value, or undefined when nobody says it. */
export function setting(sources: SettingSources, key: SettingKey): string | undefined {
	return lookUp(key, sources).value ?? undefined;
}

/** What is believed about the client: what ships, and the administrator's own file over it. */
export function clientProfile({ places, closed }: Pick<Sources, "places" | "closed">): ClientProfile {
	return makeClientProfile(closed ? undefined : readSettingFile(clientProfileFile(places)));
}

/** The administrator's own client profile. */
export function clientProfileFile(places: Places): string {
	return join(places.home, "client-profile.json");
}

/** Stores an administrator's own client profile. */
export function writeClientProfile(places: Places, values: Record<string, unknown>): void {
	writeSettingFile(clientProfileFile(places), values);
}

/** Sets one setting for the user or the machine; `undefined` forgets it. */
export function storeSetting(
	{ places }: { places: Places },
	options: { machine: boolean; dryRun: boolean },
	change: { key: SettingKey; value: string | number | undefined },
): { file: string; before: string | null } {
	const file = options.machine ? places.machineConfig : places.userConfig;
	const { [change.key]: before, ...others } = { ...readSettingFile(file)?.values };
	const values = change.value === undefined ? others : { ...others, [change.key]: change.value };
	if (before !== change.value && !options.dryRun) writeSettingFile(file, values);
	return { file, before: before === undefined ? null : String(before) };
}

/** Writes a file an administrator asked for; it appears whole or not at all. */
export async function writeFile(
	file: string,
	pieces: AsyncIterable<string>,
	options: { force: boolean },
): Promise<string> {
	const { writeOutFile } = await import("./adapters/files/out-file.js");
	return writeOutFile(file, pieces, options);
}

/** Writes a folder an administrator asked for. @returns its full path */
export async function writeFolder(
	folder: string,
	files: readonly OutFile[],
	options: { force: boolean },
): Promise<string> {
	const { writeOutFolder } = await import("./adapters/files/out-folder.js");
	return writeOutFolder(folder, files, options);
}

/** The key a browser extension is signed with, or a new one. */
export async function extensionKey(file: string | undefined): Promise<ExtensionKey & { pem: string | null }> {
	return (await import("./adapters/files/extension-key.js")).extensionKey(file);
}

/** The machine `cfm` runs on. */
export async function thisMachine(): Promise<Machine> {
	if (process.platform === "win32") return (await import("./adapters/windows/machine.js")).windowsMachine();
	return (await import("./adapters/linux/machine.js")).linuxMachine();
}

/** What the network of the machine `cfm` runs on says of ports. */
export async function thisNetwork(): Promise<NetworkPort> {
	if (process.platform === "win32") return (await import("./adapters/windows/network.js")).windowsNetwork();
	return (await import("./adapters/linux/network.js")).linuxNetwork();
}

/**
 * Refuses where the network of a Windows machine cannot be changed.
 *
 * @throws CfmError unavailable `not-windows`; denied `needs-administrator`
 */
export async function requireAdministrator(): Promise<void> {
	if (process.platform !== "win32") {
		throw new CfmError("unavailable", "not-windows", t`These commands are for Windows, and this is not.`, {
			hints: [t`Run it on the server, or take the commands there.`],
		});
	}
	const { elevated } = await thisMachine();
	// What could not be told is left to Windows, which refuses by itself.
	if (!elevated.known || elevated.value) return;
	throw new CfmError("denied", "needs-administrator", t`Ports are set apart by administrators only.`, {
		hints: [t`Run the same command in an elevated window.`],
	});
}

/** The name under which installations on this machine are recorded. */
export function machineName(): string {
	return operatingSystem().hostname();
}

/** Which browser profiles the users of this machine have. */
export async function browserProfiles(): Promise<ProfileFinder> {
	if (process.platform !== "win32") return (await import("./adapters/linux/browser-profiles.js")).linuxBrowserProfiles;
	const [{ WindowsBrowserProfiles }, { WindowsRegistry }] = await Promise.all([
		import("./adapters/windows/browser-profiles.js"),
		import("./adapters/windows/registry.js"),
	]);
	return new WindowsBrowserProfiles(await WindowsRegistry.open());
}

/** Whom and what a request about web IDs means; the registry is opened only when it has something to say. */
export async function webScope(
	shell: Shell,
	sources: SettingSources,
	request: ScopeRequest,
	options: { onlyCaredFor?: boolean; allUsers?: boolean } = {},
): Promise<Scope> {
	const [{ makeOut, needsRegistry, refuseStrangeSites }, { usersUnknown }] = await Promise.all([
		import("./webid/scope.js"),
		import("./client/list.js"),
	]);
	const asked = request.folder === undefined ? request : { ...request, folder: await realFolder(request.folder) };
	const machine = await thisMachine();
	if (!needsRegistry(asked)) return makeOut(machine, null, asked);
	const registry = await openRegistry(shell, sources, { readonly: true });
	return registry.read(async (view) => {
		const scope = await makeOut(machine, view, asked);
		// "All users" must not quietly become one.
		if (options.allUsers && scope.onlyOwn !== null) throw usersUnknown(machine, scope.onlyOwn);
		if (options.onlyCaredFor && scope.folder === undefined && scope.sites !== "all") {
			await refuseStrangeSites(view, request.environment, scope.sites);
		}
		return scope;
	});
}

/**
 * Where a folder that an administrator named really is: a slip must not look like a profile that was never used.
 *
 * @throws CfmError not-found `no-folder`, `not-a-profile`
 */
async function realFolder(folder: NamedFolder): Promise<NamedFolder> {
	const { path, kind } = folder;
	if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
		throw new CfmError("not-found", "no-folder", t`There is no folder ${path}.`, { data: { path } });
	}
	const real = { path: realpathSync.native(path), kind };
	(await import("./adapters/browsers/named-folder.js")).refuseStrangeFolder(real);
	return real;
}

/** The browsers' stores, and the backups of what was written to them. */
export async function webIdStores({ places }: { places: Places }): Promise<WebIdStores> {
	const { openBrowserStores } = await import("./adapters/browsers/open.js");
	return openBrowserStores(places.home);
}

/** Where the registry is. @throws CfmError usage `registry-not-supported` for anything but a file */
export function registryFile(sources: SettingSources): string {
	const location = setting(sources, "registry") ?? sources.defaultRegistry;
	if (!/^[a-z][a-z\d+.-]+:\/\//i.test(location)) return location;
	throw new CfmError(
		"usage",
		"registry-not-supported",
		t`This version of cfm keeps its registry in a file, not at ${location.split("://")[0] ?? ""}://.`,
		{
			hints: [t`Name a file: --registry FILE`],
		},
	);
}

/** Opens the registry for this command; it is closed when the result has been printed. */
export async function openRegistry(
	shell: Shell,
	sources: SettingSources,
	options: { readonly: boolean },
): Promise<Registry> {
	const { openSqliteRegistry } = await import("./adapters/registry-sqlite/open.js");
	const registry = await openSqliteRegistry(registryFile(sources), options);
	shell.atEnd(() => registry.close());
	return registry;
}

/**
 * The registry, or undefined when this user may not read it, or not even what the machine's folder says of where it is.
 *
 * @throws CfmError as `openRegistry` for everything else
 */
export async function openRegistryIfAllowed(
	shell: Shell,
	sources: Sources,
	options: { readonly: boolean },
): Promise<Registry | undefined> {
	try {
		return await openRegistry(shell, sources, options);
	} catch (error) {
		const closed = ["registry-not-readable", ...(sources.closed ? ["no-registry"] : [])];
		if (error instanceof CfmError && closed.includes(error.code)) return undefined;
		throw error;
	}
}

/** Opens a copy of a registry only to look at it; it is closed with the command. */
export async function openBackup(shell: Shell, file: string): Promise<Registry> {
	const { openCopy } = await import("./adapters/registry-sqlite/copy.js");
	const copy = await openCopy(file);
	shell.atEnd(() => copy.close());
	return copy;
}

/** Replaces the registry's content by a copy's. @returns where the old content is kept */
export async function restoreRegistry(
	sources: SettingSources,
	file: string,
	origin: Origin,
	forgotten: number | null,
): Promise<{ location: string; kept: string | null }> {
	const { restoreSqliteRegistry } = await import("./adapters/registry-sqlite/restore.js");
	const location = resolve(registryFile(sources));
	const event = {
		of: "registry",
		action: "restore",
		environment: "",
		after: { backup: resolve(file), forgotten },
	} as const;
	return { location, kept: await restoreSqliteRegistry(location, file, origin, event) };
}

/** The schema the registry has, and the one that this program works with. */
export async function registrySchema(sources: SettingSources) {
	const { schemaOf } = await import("./adapters/registry-sqlite/migrate.js");
	return schemaOf(registryFile(sources));
}

/** Brings the registry up to date. @returns where a copy of what was there is kept; null when nothing was to be done */
export async function migrateRegistry(sources: SettingSources, origin: Origin): Promise<string | null> {
	const { migrateSqliteRegistry } = await import("./adapters/registry-sqlite/migrate.js");
	return migrateSqliteRegistry(registryFile(sources), origin);
}

/** Makes the registry when there is none. With `dryRun` it only says whether it would. */
export async function createRegistry(
	sources: SettingSources,
	options: { dryRun: boolean; adopt: boolean },
): Promise<{ location: string; created: boolean }> {
	const location = resolve(registryFile(sources));
	if (options.dryRun) return { location, created: !existsSync(location) };
	const { createSqliteRegistry } = await import("./adapters/registry-sqlite/create.js");
	return { location, created: await createSqliteRegistry(location, options) };
}

/**
 * Who asks what, from where: what a change is recorded under.
 *
 * @param input what was read from a file or standard input: it is part of what is asked
 */
export function originOf(shell: Shell, input?: unknown): Origin {
	const key = shell.flags["request-id"];
	const {
		registry: _,
		json: _json,
		pretty: _pretty,
		yes: _yes,
		...flags
	} = shell.request.flags as Record<string, unknown>;
	return {
		actor: currentAccount(shell.streams.environment),
		machine: operatingSystem().hostname(),
		command: shell.command,
		requestKey: key ?? madeKey(),
		repeatable: key !== undefined,
		fingerprint: key === undefined ? "" : JSON.stringify([shell.command, shell.request.args, flags, input]),
	};
}

/** The account that runs `cfm`, as the event log names it. */
function currentAccount(environment: NodeJS.ProcessEnv): string {
	const name = operatingSystem().userInfo().username;
	if (process.platform === "win32") return environment.USERDOMAIN ? `${environment.USERDOMAIN}\\${name}` : name;
	return environment.SUDO_USER && name === "root" ? `root (${environment.SUDO_USER})` : name;
}

/** A key nobody else makes: time first, so that keys sort by age; need not be hard to guess. */
function madeKey(): string {
	const time = Date.now().toString(36);
	return `${time}-${process.pid.toString(36)}-${Math.random().toString(36).slice(2, 12)}`;
}

/** node:os, loaded when a change is made: a command that only looks starts faster without it. */
function operatingSystem() {
	return process.getBuiltinModule("node:os");
}
