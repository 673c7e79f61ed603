import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { opennessOf } from "./guard.js";
import { findOwnPlace, isElevated } from "./own-place.js";
import { workPrefix } from "./work-folder.js";

/**
 * What names the temporary folder to a program that `cfm` starts, over its own variables: nothing, if the session's own will
 * do. An installer unpacks there what it then loads and runs.
 *
 * Remote Desktop deletes a session's folder while the session lasts: it is made again. With administrators' rights a folder
 * into which others could put something is no place for it (`TMPDIR` under `sudo -E`; Windows' own, in which everybody may
 * make files): a new one in a closed place of ours takes its place. The client may be started from there and keep the name, so
 * that folder goes as other work does that was left.
 *
 * @throws CfmError denied `open-to-others`; the system's error when nothing can be written
 */
export async function temporaryVariables(): Promise<NodeJS.ProcessEnv> {
	const usual = tmpdir();
	if (await isElevated()) {
		if (existsSync(usual) && !isOpenToOthers(usual)) return {};
	} else {
		try {
			mkdirSync(usual, { recursive: true });
			return {};
		} catch {
			// Another one, then.
		}
	}
	const path = (await findOwnPlace("work")).make(`${workPrefix}${process.pid}-`);
	return { TEMP: path, TMP: path, TMPDIR: path };
}

function isOpenToOthers(folder: string): boolean {
	if (process.platform === "win32")
		return folder.toLowerCase() === join(process.env.SystemRoot ?? "C:\\Windows", "Temp").toLowerCase();
	return opennessOf(folder, [0], { stickyIsEnough: true }) !== undefined;
}
