import { networkInterfaces } from "node:os";
import { t } from "../../text.js";
import type { BrowserProfile } from "../../webid/stores.js";
import { isBrowser } from "../files/browser-process.js";
import { whyHeld } from "../user-files/held.js";
import type { LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import { DataStore } from "./data-store.js";
import { lastVersion, type PrefValue, readPrefs } from "./read-prefs.js";
import { holdsData } from "./site-folders.js";
import { archiveFile, WebappsStore, webappsFile } from "./webapps-store.js";

/** Opens a Firefox profile. @throws Unfit */
export function openFirefox(profile: BrowserProfile): OpenedProfile {
	const folder = UserFolder.openBelow(profile.within, profile.path);
	if (folder === undefined) throw new Unfit("unreachable", t`There is no folder ${profile.path}.`);
	let storage: UserFolder | undefined;
	const close = () => {
		storage?.close();
		folder.close();
	};
	try {
		storage = folder.folder("storage");
		// Waterfox counts its own versions.
		const version = profile.browser === "waterfox" ? undefined : lastVersion(folder);
		const store = liveStore(folder, storage, version);
		const running = () => runningFirefox(folder);
		return { stores: store === undefined ? [] : [store], fresh: undefined, running, startedSince: running, close };
	} catch (error) {
		close();
		throw error;
	}
}

/** From this version on each site has a store of its own, unless a preference says otherwise. */
const ownStores = 68;

/**
 * The store that this Firefox uses: by its version and its preferences where the profile says them, else by what is
 * there. One that keeps each site apart makes `ls-archive.sqlite` of the older store, or an empty one, when it starts,
 * before it stores anything; `storage` and `storage.sqlite` are older (57).
 *
 * @throws Unfit when both stores hold something and nothing says which one is live
 */
function liveStore(
	folder: UserFolder,
	storage: UserFolder | undefined,
	version: number | undefined,
): LiveStore | undefined {
	const sites = storage?.folder("default");
	try {
		const hasArchive = storage?.look(archiveFile) !== undefined;
		const hasOlder = folder.look(webappsFile) !== undefined;
		const prefs = readPrefs(folder);
		const isOlder = usesOlder(version, prefs);
		const older = hasOlder ? new WebappsStore(folder) : undefined;
		if (isOlder === true) return older;
		const hasOwn = hasArchive || sites !== undefined;
		if (isOlder === false) {
			// What it takes over at its next start it reads from the older store: what is written there now, too.
			if (storage === undefined || !hasOwn) return takesOver(prefs) ? older : undefined;
			const archive = hasArchive
				? { folder: storage, name: archiveFile }
				: hasOlder && takesOver(prefs)
					? { folder, name: webappsFile }
					: undefined;
			return new DataStore(folder, storage, archive, true);
		}
		if (storage === undefined || (hasOlder && !hasArchive)) {
			if (sites?.names().some((name) => holdsData(sites, name))) {
				throw new Unfit(
					"unsupported",
					t`Values are in ${webappsFile} and in the sites' own folders. Without storage/${archiveFile}, can't determine which of them this Firefox uses.`,
				);
			}
			return older;
		}
		const archive = hasArchive ? { folder: storage, name: archiveFile } : undefined;
		return hasOwn ? new DataStore(folder, storage, archive, hasArchive) : undefined;
	} finally {
		sites?.close();
	}
}

/** Whether a Firefox works with the older store; undefined when nothing says it. (modules/libpref/init/StaticPrefList.yaml) */
function usesOlder(version: number | undefined, prefs: ReadonlyMap<string, PrefValue>): boolean | undefined {
	if (version === undefined) return undefined;
	if (version < ownStores) return true;
	// The preference was called otherwise until 95.
	if (version <= 95 && prefs.get("dom.storage.next_gen") === false) return true;
	return prefs.get("dom.storage.enable_unsupported_legacy_implementation") === true;
}

/** Whether a Firefox with a store for each site takes over what the older one holds. */
function takesOver(prefs: ReadonlyMap<string, PrefValue>): boolean {
	return prefs.get("dom.storage.enable_migration_from_unsupported_legacy_implementation") !== false;
}

/**
 * Linux: the link `lock` names address and process, and `.parentlock` is locked; both may stay behind. Windows:
 * `parent.lock` is held open.
 */
function runningFirefox(folder: UserFolder): string | undefined {
	if (process.platform === "win32") return whyHeld(folder, "parent.lock", t`Firefox runs`);
	const why = whyHeld(folder, ".parentlock", t`Firefox runs`);
	if (why !== undefined) return why;
	const [, address, pid] = /^(.+):\+?(\d+)$/.exec(folder.linkTarget("lock") ?? "") ?? [];
	if (address === undefined) return undefined;
	if (!isOwnAddress(address)) return t`Firefox runs on ${address}`;
	return isBrowser(Number(pid), folder.path) ? t`Firefox runs (process ${pid ?? ""})` : undefined;
}

/** Firefox writes the address that the machine's name has: where it has none but in `/etc/hosts`, one of the loopback. */
function isOwnAddress(address: string): boolean {
	if (address.startsWith("127.")) return true;
	return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}
