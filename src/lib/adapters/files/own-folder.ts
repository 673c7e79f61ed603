import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { refuseOpenToOthers } from "./guard.js";

/** Makes the folder of a registry, closed to others; one that is there is left as it is. @throws CfmError denied */
export function makeFolder(folder: string): void {
	try {
		const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
		if (first !== undefined) syncFolder(dirname(first));
	} catch (error) {
		throw new CfmError("denied", "folder-not-writable", t`The folder ${folder} cannot be made.`, {
			hints: [t`Run cfm as an administrator, or choose a folder with --registry FILE or CFM_HOME.`],
			cause: error,
		});
	}
}

/** Nobody but administrators may be able to change what an elevated `cfm` believes. */
export async function refuseFolderOfOthers(folder: string): Promise<void> {
	if (process.platform !== "win32") return refuseOpenToOthers(folder);
	const { refuseUntrustedFolder } = await import("../windows/trusted-folder.js");
	await refuseUntrustedFolder(folder);
}

/** Makes sure of the above where it can be made sure of: a new folder, or one that is adopted on purpose. */
export async function protectFolder(folder: string, options: { adopt: boolean }): Promise<void> {
	if (process.platform !== "win32" || !options.adopt) return refuseFolderOfOthers(folder);
	const { takeFolder } = await import("../windows/trusted-folder.js");
	await takeFolder(folder);
}

/** Makes a file's content durable. */
export function syncFile(file: string): void {
	const handle = openSync(file, "r+");
	fsyncSync(handle);
	closeSync(handle);
}

/** Makes new names in a folder durable. Windows has no such call: NTFS journals them. */
export function syncFolder(folder: string): void {
	if (process.platform === "win32") return;
	const handle = openSync(folder, "r");
	fsyncSync(handle);
	closeSync(handle);
}
