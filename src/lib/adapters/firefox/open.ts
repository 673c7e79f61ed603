import { t } from "../../text.js";
import type { BrowserProfile } from "../../webid/ports.js";
import type { OpenedProfile } from "../browsers/live-store.js";
import { isHeld } from "../profile-files/held.js";
import { isAlive } from "../profile-files/private-folder.js";
import { Unfit } from "../profile-files/unfit.js";
import { UserFolder } from "../profile-files/user-folder.js";
import { DataStore } from "./data-store.js";
import { WebappsStore, webappsFile } from "./webapps-store.js";

/** Opens a Firefox profile. @throws Unfit */
export function openFirefox(profile: BrowserProfile): OpenedProfile {
	const folder = UserFolder.open(profile.within, profile.path);
	if (folder === undefined) throw new Unfit("unreachable", t`There is no folder ${profile.path}.`);
	const storage = storageOf(folder);
	const hasStarted = storage !== undefined && folder.look("storage.sqlite") !== undefined;
	const data = hasStarted ? new DataStore(folder, storage) : undefined;
	const older = !hasStarted && folder.look(webappsFile) !== undefined ? new WebappsStore(folder) : undefined;
	const running = () => runningFirefox(folder);
	return {
		stores: [data ?? older].filter((store) => store !== undefined),
		fresh: undefined,
		running,
		startedSince: running,
		close() {
			storage?.close();
			folder.close();
		},
	};
}

function storageOf(profile: UserFolder): UserFolder | undefined {
	try {
		return profile.folder("storage");
	} catch (error) {
		profile.close();
		throw error;
	}
}

/**
 * Linux: the link `lock` names address and process, and `.parentlock` is locked; both may stay behind. Windows:
 * `parent.lock` is held open.
 */
function runningFirefox(folder: UserFolder): string | undefined {
	if (process.platform === "win32") return isHeld(folder, "parent.lock") ? t`Firefox runs` : undefined;
	if (isHeld(folder, ".parentlock")) return t`Firefox runs`;
	const pid = /:\+?(\d+)$/.exec(folder.linkTarget("lock") ?? "")?.[1];
	return pid !== undefined && isAlive(Number(pid)) ? t`Firefox runs (process ${pid})` : undefined;
}
