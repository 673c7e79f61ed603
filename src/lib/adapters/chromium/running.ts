import { hostname } from "node:os";
import { t } from "../../text.js";
import { isAlive } from "../files/private-folder.js";
import { isHeld } from "../user-files/held.js";
import type { UserFolder } from "../user-files/user-folder.js";

/**
 * What says that a browser of the Chromium family runs with this "User Data" folder; undefined when nothing does.
 *
 * Linux: the link `SingletonLock` names host and process, and stays behind after a crash. Windows: the browser holds
 * `lockfile` open for itself alone.
 */
export function runningChromium(userData: UserFolder): string | undefined {
	if (process.platform === "win32") return isHeld(userData, "lockfile") ? t`the browser runs` : undefined;
	const target = userData.linkTarget("SingletonLock");
	const [, host, pid] = /^(.*)-(\d+)$/.exec(target ?? "") ?? [];
	if (host === undefined) return undefined;
	if (host !== hostname()) return t`the browser runs on ${host}`;
	return isAlive(Number(pid)) ? t`the browser runs (process ${pid ?? ""})` : undefined;
}
