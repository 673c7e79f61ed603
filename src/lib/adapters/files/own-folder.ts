import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { refuseOpenToOthers } from "./guard.js";

/**
 * Makes the folder of a registry, closed to others; one that is there is left as it is.
 *
 * @returns whether it was made now
 * @throws CfmError denied `folder-not-writable`
 */
export function makeFolder(folder: string): boolean {
	try {
		const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
		if (first !== undefined) syncFolder(dirname(first));
		return first !== undefined;
	} catch (error) {
		throw new CfmError("denied", "folder-not-writable", t`The folder ${folder} can't be created.`, {
			hints: [
				t`Run cfm as an administrator, or set CFM_HOME.`,
				{ say: t`Or specify another registry:`, line: { again: { registry: { fill: "FILE" } } } },
			],
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

/**
 * Takes into possession a folder that `cfm` made just now, or one that is adopted on purpose; of any other it must be
 * known already that it is ours.
 */
export async function protectFolder(folder: string, options: { isNew: boolean; adopt: boolean }): Promise<void> {
	if (process.platform !== "win32" || !(options.isNew || options.adopt)) return refuseFolderOfOthers(folder);
	const { takeFolder } = await import("../windows/trusted-folder.js");
	await takeFolder(folder, options);
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
