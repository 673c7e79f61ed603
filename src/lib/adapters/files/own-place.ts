import { lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { refuseOpenToOthers } from "./guard.js";
import { refuseFolderOfOthers } from "./own-folder.js";
import { ourFolders } from "./places.js";

/** A folder in which `cfm` keeps or makes something of its own. */
export interface OwnPlace {
	path: string;
	/** Others work in it too (`/tmp`): only what is surely ours is ours. */
	shared: boolean;
	/** Makes a folder in it that no other account can enter or exchange. @returns its full path */
	make(prefix: string): string;
	/** Whether a folder in it is this account's: anybody can make one of a name like ours. */
	isOwn(path: string): boolean;
}

/** What a place is for: work that is removed again, or logs that are kept. */
export type Purpose = "work" | "logs";

const isWindows = process.platform === "win32";

/**
 * A folder of our own that can be written now. With administrators' rights it is below the machine's folder, which is
 * closed to all others: what `TEMP` or `TMPDIR` names may be any user's, and is deleted while its session lasts
 * (Remote Desktop). For anybody else it is in the user's own profile.
 *
 * Work has to be closed, or nothing is done. A log is kept in the next best place, as long as nobody could have put
 * something in its way.
 *
 * @throws CfmError denied `open-to-others`; the system's error when nothing can be written
 */
export async function findOwnPlace(purpose: Purpose): Promise<OwnPlace> {
	let first: unknown;
	for (const place of (await isElevated()) ? elevatedPlaces(purpose) : ordinaryPlaces(purpose)) {
		try {
			return await place();
		} catch (error) {
			first ??= error;
		}
	}
	throw first;
}

type Place = () => Promise<OwnPlace>;

function* elevatedPlaces(purpose: Purpose): Generator<Place> {
	if (isWindows && purpose === "work") {
		yield async () => {
			const { elevatedWorkPlace } = await import("../windows/work-place.js");
			return { ...(await elevatedWorkPlace()), shared: true };
		};
		return;
	}
	for (const folder of ourFolders().closed) {
		yield async () => {
			// On Windows it must have been taken into possession by `cfm init`; on Linux root's folders are as root makes them.
			if (!isWindows) mkdirSync(folder, { recursive: true, mode: 0o700 });
			await refuseFolderOfOthers(folder);
			lstatSync(folder);
			return ownBelow(join(folder, purpose));
		};
	}
	// The account's own profile, by the system's word: HOME may be that of whoever used sudo.
	const home = process.getBuiltinModule("node:os").userInfo().homedir;
	yield async () => ownBelow(ownIn(purpose, home, {}));
	if (isWindows) return yield* temporary();
	for (const folder of ["/var/tmp", "/tmp"]) {
		yield async () => {
			refuseOpenToOthers(folder, { stickyIsEnough: true });
			return shared(folder);
		};
	}
}

function* ordinaryPlaces(purpose: Purpose): Generator<Place> {
	const { variables } = ourFolders();
	const home = variables.HOME || process.getBuiltinModule("node:os").homedir();
	yield async () => ownBelow(ownIn(purpose, home, variables));
	yield* temporary();
	if (!isWindows) yield async () => shared("/var/tmp");
}

function* temporary(): Generator<Place> {
	yield async () => shared(process.getBuiltinModule("node:os").tmpdir());
}

/** Where a user's own things of `cfm` belong, as each system has it (XDG; LOCALAPPDATA does not roam). */
function ownIn(purpose: Purpose, home: string, variables: NodeJS.ProcessEnv): string {
	if (isWindows) return join(variables.LOCALAPPDATA || join(home, "AppData", "Local"), "cfm", purpose);
	if (purpose === "work") return join(variables.XDG_CACHE_HOME || join(home, ".cache"), "cfm", purpose);
	return join(variables.XDG_STATE_HOME || join(home, ".local", "state"), "cfm", purpose);
}

/** A folder of our own; a new one on Windows has the access list of the one it is in, a user's or administrators'. */
function ownBelow(path: string): OwnPlace {
	mkdirSync(path, { recursive: true, mode: 0o700 });
	refuseOpenToOthers(path);
	return { path, shared: false, make: (prefix) => mkdtempSync(join(path, prefix)), isOwn: () => true };
}

/** A folder that is there, and that others use as well. */
function shared(path: string): OwnPlace {
	lstatSync(path);
	return {
		path,
		shared: true,
		make: (prefix) => mkdtempSync(join(path, prefix)),
		// Windows tells no owner here; there each account has a folder of its own for what is temporary.
		isOwn(made) {
			const facts = lstatSync(made);
			return facts.isDirectory() && (process.geteuid === undefined || facts.uid === process.geteuid());
		},
	};
}

/** Whether this process has administrators' rights. */
export async function isElevated(): Promise<boolean> {
	if (!isWindows) return process.geteuid?.() === 0;
	const { isElevatedWindows } = await import("../windows/trusted-folder.js");
	return isElevatedWindows();
}
