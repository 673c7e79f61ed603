import { hostname } from "node:os";
import { t } from "../../text.js";
import { isBrowser } from "../files/browser-process.js";
import { whyHeld } from "../user-files/held.js";
import type { UserFolder } from "../user-files/user-folder.js";

/**
 * What says that a browser of the Chromium family runs with this "User Data" folder; undefined when nothing does.
 *
 * Linux: the link `SingletonLock` names host and process, and stays behind after a crash; the number may be another program's by then. Windows: the browser holds
 * `lockfile` open for itself alone.
 */
export function runningChromium(userData: UserFolder): string | undefined {
	if (process.platform === "win32") return whyHeld(userData, "lockfile", t`the browser runs`);
	const target = userData.linkTarget("SingletonLock");
	const [, host, pid] = /^(.*)-(\d+)$/.exec(target ?? "") ?? [];
	if (host === undefined) return undefined;
	if (host !== hostname()) return t`the browser runs on ${host}`;
	return isBrowser(Number(pid), userData.path) ? t`the browser runs (process ${pid ?? ""})` : undefined;
}
