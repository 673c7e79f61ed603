import { networkInterfaces } from "node:os";
import { t } from "../../text.js";
import type { BrowserProfile } from "../../webid/ports.js";
import { isAlive } from "../files/private-folder.js";
import { isHeld } from "../user-files/held.js";
import type { LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import { DataStore, holdsData } from "./data-store.js";
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
		const store = liveStore(folder, storage);
		const running = () => runningFirefox(folder);
		return { stores: store === undefined ? [] : [store], fresh: undefined, running, startedSince: running, close };
	} catch (error) {
		close();
		throw error;
	}
}

/**
 * The store that this Firefox uses. One that keeps each site apart (from 68) makes `ls-archive.sqlite` of the older
 * store, or an empty one, when it starts, before it stores anything; `storage` and `storage.sqlite` are older (57).
 *
 * @throws Unfit when both stores hold something and nothing says which one is live
 */
function liveStore(folder: UserFolder, storage: UserFolder | undefined): LiveStore | undefined {
	const sites = storage?.folder("default");
	try {
		const hasArchive = storage?.look(archiveFile) !== undefined;
		const hasOlder = folder.look(webappsFile) !== undefined;
		if (storage === undefined || (hasOlder && !hasArchive)) {
			if (sites?.names().some((name) => holdsData(sites, name))) {
				throw new Unfit(
					"unsupported",
					t`Values are in ${webappsFile} and in the sites' own folders. Without storage/${archiveFile}, can't determine which of them this Firefox uses.`,
				);
			}
			return hasOlder ? new WebappsStore(folder) : undefined;
		}
		return hasArchive || sites !== undefined ? new DataStore(folder, storage) : undefined;
	} finally {
		sites?.close();
	}
}

/**
 * Linux: the link `lock` names address and process, and `.parentlock` is locked; both may stay behind. Windows:
 * `parent.lock` is held open.
 */
function runningFirefox(folder: UserFolder): string | undefined {
	if (process.platform === "win32") return isHeld(folder, "parent.lock") ? t`Firefox runs` : undefined;
	if (isHeld(folder, ".parentlock")) return t`Firefox runs`;
	const [, address, pid] = /^(.+):\+?(\d+)$/.exec(folder.linkTarget("lock") ?? "") ?? [];
	if (address === undefined) return undefined;
	if (!isOwnAddress(address)) return t`Firefox runs on ${address}`;
	return isAlive(Number(pid)) ? t`Firefox runs (process ${pid ?? ""})` : undefined;
}

/** Firefox writes the address that the machine's name has: where it has none but in `/etc/hosts`, one of the loopback. */
function isOwnAddress(address: string): boolean {
	if (address.startsWith("127.")) return true;
	return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}
