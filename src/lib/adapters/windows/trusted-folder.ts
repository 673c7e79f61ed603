import { mkdirSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Hint, line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { administrators, type Obstacle, obstacleText, strangers, trustedOwners } from "./access-list.js";
import { accountNames } from "./account-names.js";
import {
	alreadyExists,
	isReparsePoint,
	makeFolderWith,
	readDescriptor,
	setDescriptor,
	WindowsError,
} from "./descriptor.js";
import { loadWindows, type Windows } from "./native.js";
import { obstacleAt, obstacleOnTheWay, parentsOf, trustedBy } from "./obstacles.js";
import { WindowsRegistry } from "./registry.js";
import { ownSid } from "./token.js";

/** Where administrators' folders are remembered: only an administrator can write below HKLM. */
const listKey = "SOFTWARE\\cfm\\TrustedFolders";

/** Owner: administrators. Closed to inheritance; full access for the system and administrators, also to what is made in it. */
export const administratorsOnly = "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
/** No entries of its own: it has what its folder hands down. */
const onlyInherited = "O:BAD:";

/**
 * Refuses a folder that somebody else could change, or could have put something into: what is in it decides what `cfm`
 * does. Everybody looks, at every use: at the owner and the access list of the folder, of its own files, and of all
 * folders on the way to it, from the drive down, so that nobody can exchange what was looked at. An elevated `cfm` also
 * wants to have been told, by `cfm init`, that the folder is an administrator's.
 *
 * @throws CfmError denied `open-to-others`
 */
export async function refuseUntrustedFolder(folder: string): Promise<void> {
	const [windows, registry] = await Promise.all([loadWindows(), WindowsRegistry.open()]);
	const full = resolve(folder);
	const obstacle = obstacleIn(windows, full);
	if (obstacle !== undefined) throw await openToOthersError(full, obstacle);
	const { elevated } = registry;
	if (elevated.known && !elevated.value) return;
	const listed = registry.machineText(listKey, nameOf(full));
	if (listed.known && listed.value !== null) return;
	throw refusedError(full, t`${full} was not created by an elevated cfm init, so its content can't be trusted.`, []);
}

async function openToOthersError(folder: string, obstacle: Obstacle): Promise<CfmError> {
	const { text, accounts } = await toldOf(obstacle);
	return refusedError(folder, t`The content of ${folder} can't be trusted: ${text}.`, accounts);
}

/** An obstacle in words, and the accounts it is about by their names. */
async function toldOf(obstacle: Obstacle): Promise<{ text: string; accounts: string[] }> {
	const sids = obstacle.is === "open" ? obstacle.sids : [];
	const names = await accountNames(sids.filter(Boolean)).catch(() => new Map<string, string>());
	return { text: obstacleText(obstacle, names), accounts: sids.map((sid) => names.get(sid) ?? sid) };
}

function refusedError(folder: string, message: string, accounts: readonly string[]): CfmError {
	return new CfmError("denied", "open-to-others", message, {
		hints: [{ say: t`Check its content; if you trust it, run:`, line: line("init", [], { adopt: true }) }],
		data: { path: folder, accounts },
	});
}

/**
 * Refuses a file that is not this account's, an administrator's or the system's own, or that somebody else can write or
 * put another in the place of.
 *
 * @throws CfmError denied `open-to-others`
 */
export async function refuseFileOfOthers(file: string, hints: readonly Hint[]): Promise<void> {
	const windows = await loadWindows();
	const trusted = trustedBy(windows);
	const full = resolve(file);
	const obstacle = obstacleOnTheWay(windows, parentsOf(full), trusted) ?? obstacleAt(windows, full, "file", trusted);
	if (obstacle === undefined) return;
	const { message, data } = await openToOthersError(full, obstacle);
	throw new CfmError("denied", "open-to-others", message, { hints, data });
}

/** Whether this process has administrators' rights; as if it had, when nobody can tell. */
export async function isElevatedWindows(): Promise<boolean> {
	const { elevated } = await WindowsRegistry.open();
	return !elevated.known || elevated.value;
}

/** Refuses a folder that somebody else could put another in the place of. @throws CfmError denied `open-to-others` */
export async function refuseReplaceable(folder: string): Promise<void> {
	const windows = await loadWindows();
	const full = resolve(folder);
	const obstacle = obstacleOnTheWay(windows, [...parentsOf(full), full], trustedBy(windows));
	if (obstacle !== undefined) throw await openToOthersError(full, obstacle);
}

/**
 * Refuses, for administrators, to write into a folder where others could read or change what is written, or put a link in
 * its place. Of one that is still to be made the nearest folder that is there is judged: what is made in it inherits from it.
 *
 * @throws CfmError denied `open-to-others`
 */
export async function refuseOutFolder(folder: string, hints: readonly Hint[]): Promise<void> {
	if (!(await isElevatedWindows())) return;
	const windows = await loadWindows();
	const trusted = trustedBy(windows);
	let there = resolve(folder);
	while (isReparsePoint(windows, there) === undefined && there !== dirname(there)) there = dirname(there);
	const obstacle =
		obstacleOnTheWay(windows, parentsOf(there), trusted) ?? obstacleAt(windows, there, "folder", trusted);
	if (obstacle === undefined) return;
	const { text, accounts } = await toldOf(obstacle);
	throw new CfmError("denied", "open-to-others", t`${text}: cfm does not write there with administrators' rights.`, {
		hints,
		data: { path: folder, accounts },
	});
}

/** Whether others can change what is in a folder. @throws WindowsError */
export async function isOpenToOthers(folder: string): Promise<boolean> {
	const windows = await loadWindows();
	return strangers(readDescriptor(windows, folder), "folder", trustedBy(windows)).length > 0;
}

/**
 * Who besides administrators could change a folder or one of the files below it, or put others in their place, in words;
 * undefined when nobody could.
 *
 * @param files with their full paths
 */
export async function whyReplaceable(folder: string, files: readonly string[]): Promise<string | undefined> {
	const windows = await loadWindows();
	// An administrator's own account is no stranger; that of an ordinary user is.
	const trusted = (await isElevatedWindows()) ? trustedBy(windows) : trustedOwners;
	const full = resolve(folder);
	const folders = new Set([full, ...files.map((file) => dirname(resolve(file)))]);
	const found = [
		...[...folders].map((path) => obstacleAt(windows, path, "folder", trusted)),
		...files.map((path) => obstacleAt(windows, resolve(path), "file", trusted)),
	].find((one) => one !== undefined);
	const obstacle = obstacleOnTheWay(windows, parentsOf(full), trusted) ?? found;
	return obstacle === undefined ? undefined : (await toldOf(obstacle)).text;
}

/** What stands against believing a folder; undefined when nothing does. */
function obstacleIn(windows: Windows, folder: string): Obstacle | undefined {
	const trusted = trustedBy(windows);
	const onTheWay = obstacleOnTheWay(windows, parentsOf(folder), trusted);
	if (onTheWay !== undefined) return onTheWay;
	const found = obstacleAt(windows, folder, "folder", trusted);
	if (found !== undefined) return found;
	for (const name of ownFilesIn(folder)) {
		const inFile = obstacleAt(windows, join(folder, name), "file", trusted);
		if (inFile !== undefined) return inFile;
	}
	return undefined;
}

function ownFilesIn(folder: string): string[] {
	try {
		return readdirSync(folder).filter(isOurs);
	} catch {
		return []; // who may not look into it reads nothing of it
	}
}

/**
 * Makes a folder, and those on the way to it that are missing, closed to others from the first moment: administrators'
 * when `cfm` is elevated, else this account's.
 *
 * @returns whether it was made now
 * @throws WindowsError; what the file system refuses
 */
export async function makeClosedFolder(folder: string): Promise<boolean> {
	const [windows, registry] = await Promise.all([loadWindows(), WindowsRegistry.open()]);
	const descriptor = descriptorFor(windows, registry);
	const missing: string[] = [];
	for (let at = resolve(folder); isReparsePoint(windows, at) === undefined && at !== dirname(at); at = dirname(at)) {
		missing.unshift(at);
	}
	for (const one of missing) {
		try {
			makeFolderWith(windows, one, descriptor);
		} catch (error) {
			if (!(error instanceof WindowsError) || error.errno !== alreadyExists) throw error;
			if (one === missing.at(-1)) return false; // another cfm was faster
		}
	}
	// There it is, or something else has its name: said in the words of the file system.
	if (missing.length === 0) mkdirSync(folder, { recursive: true });
	return missing.length > 0;
}

/** The access list of what this process makes for itself alone. */
export function descriptorFor(windows: Windows, registry: Pick<WindowsRegistry, "elevated">): string {
	const { elevated } = registry;
	const own = ownSid(windows);
	if ((elevated.known && elevated.value) || own === undefined) return administratorsOnly;
	return `D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;${own})`;
}

/**
 * Takes a folder into the administrators' possession: owner and access list, of all that is in it, too; then the entry
 * that says so. Without administrators' rights nothing is done but to look: the folder is the user's own.
 *
 * A folder that was there before is taken, with all that is in it, only when nothing but cfm's own files are.
 *
 * @returns the accounts that could change something in it before, and cannot any more
 * @throws CfmError denied `folder-not-protected`, `open-to-others`; conflict `folder-not-ours`
 */
export async function takeFolder(folder: string, { isNew }: { isNew: boolean }): Promise<string[]> {
	const [windows, registry] = await Promise.all([loadWindows(), WindowsRegistry.open()]);
	const { elevated } = registry;
	const full = resolve(folder);
	if (elevated.known && !elevated.value) {
		await refuseUntrustedFolder(full);
		return [];
	}
	const present = isNew ? [] : readdirSync(full);
	const others = present.filter((name) => !isOurs(name));
	if (others.length > 0) throw notOursError(full, others);
	const removed = new Set<string>();
	try {
		if (isReparsePoint(windows, full) === true) throw await openToOthersError(full, { path: full, is: "link" });
		for (const sid of strangersAt(windows, full, "folder")) removed.add(sid);
		setDescriptor(windows, full, administratorsOnly, { inherits: false });
		for (const path of isNew ? [] : everythingIn(windows, full)) {
			for (const sid of strangersAt(windows, path, "file")) removed.add(sid);
			setDescriptor(windows, path, onlyInherited, { inherits: true });
		}
	} catch (error) {
		throw error instanceof WindowsError ? notProtectedError(full, error) : error;
	}
	const left = obstacleIn(windows, full);
	if (left !== undefined) throw await openToOthersError(full, left);
	registry.setMachineText(listKey, nameOf(full), new Date().toISOString());
	const names = await accountNames([...removed].filter(Boolean)).catch(() => new Map<string, string>());
	return [...removed].map((sid) => names.get(sid) ?? sid).sort();
}

function strangersAt(windows: Windows, path: string, use: "folder" | "file"): string[] {
	try {
		return strangers(readDescriptor(windows, path), use, trustedBy(windows));
	} catch (error) {
		// Who shut administrators out is not told; the owner is taken away all the same.
		if (error instanceof WindowsError) return [];
		throw error;
	}
}

/** Files and folders below one; a link is refused, since what is behind it is not ours to take. */
function* everythingIn(windows: Windows, folder: string): Generator<string> {
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		if (isReparsePoint(windows, path) === true) throw notOursError(folder, [name]);
		yield path;
		let below: string[] = [];
		try {
			below = readdirSync(path);
		} catch {
			continue; // a file
		}
		if (below.length > 0) yield* everythingIn(windows, path);
	}
}

function notOursError(folder: string, names: readonly string[]): CfmError {
	return new CfmError("conflict", "folder-not-ours", t`${folder} also contains: ${names.slice(0, 5).join(", ")}.`, {
		hints: [
			{
				say: t`Use a separate folder for the registry:`,
				line: line("init", [], { registry: { fill: "FOLDER\\registry.db" } }),
			},
		],
		data: { path: folder },
	});
}

function notProtectedError(folder: string, cause: WindowsError): CfmError {
	return new CfmError(
		"denied",
		"folder-not-protected",
		t`The access list of ${folder} could not be set (${cause.message}).`,
		{ hints: [{ say: t`Run in an elevated window:`, line: line("init") }], cause },
	);
}

/** The registry with its companions, copies and backups, the two configuration files, the copies of browsers' stores. */
function isOurs(name: string): boolean {
	return /^(registry.*\.db.*|backups|config\.json|client-profile\.json|doctor-.*\.json|logs|web-backups)$/i.test(name);
}

/** Whether a folder belongs to whoever this process may remove things of. */
export function isOwnFolder(windows: Windows, path: string): boolean {
	if (isReparsePoint(windows, path) !== false) return false;
	try {
		const { owner } = readDescriptor(windows, path);
		return owner !== null && (owner === ownSid(windows) || owner === administrators);
	} catch {
		return false;
	}
}

/** The one name of a folder: Windows compares paths without case, and what is long has a short name besides (`DATEN~1`). */
function nameOf(folder: string): string {
	try {
		return realpathSync.native(folder).toLowerCase();
	} catch {
		return resolve(folder).toLowerCase(); // it is not there yet
	}
}
