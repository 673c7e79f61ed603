import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
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
export async function makeFolder(folder: string): Promise<boolean> {
	try {
		if (process.platform === "win32")
			return await (await import("../windows/trusted-folder.js")).makeClosedFolder(folder);
		const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
		if (first !== undefined) syncFolder(dirname(first));
		return first !== undefined;
	} catch (error) {
		if (error instanceof CfmError) throw error;
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
 *
 * @returns the accounts that could change what is in it before, and cannot any more
 */
export async function protectFolder(folder: string, options: { isNew: boolean; adopt: boolean }): Promise<string[]> {
	if (process.platform !== "win32" || !(options.isNew || options.adopt)) {
		await refuseFolderOfOthers(folder);
		return [];
	}
	const { takeFolder } = await import("../windows/trusted-folder.js");
	return takeFolder(folder, options);
}

/** Makes a file's content durable. */
export function syncFile(file: string): void {
	const handle = openSync(file, "r+");
	fsyncSync(handle);
	closeSync(handle);
}

/** So many are flushed at a time: Node has four threads for it, and a process a thousand handles. */
const atOnce = 8;

/**
 * Makes files and folders durable, several at a time: what a disk is told to flush together it writes in one go, and one
 * after another takes five times as long.
 */
export async function syncTogether(files: readonly string[], folders: readonly string[]): Promise<void> {
	const isWindows = process.platform === "win32";
	const left = [...files.map((path) => [path, "r+"]), ...(isWindows ? [] : folders.map((path) => [path, "r"]))];
	const flush = async () => {
		for (let next = left.pop(); next !== undefined; next = left.pop()) {
			const [path = "", access] = next;
			const handle = await open(path, access);
			try {
				await handle.sync();
			} finally {
				await handle.close();
			}
		}
	};
	await Promise.all(Array.from({ length: atOnce }, flush));
}

/** Makes new names in a folder durable. Windows has no such call: NTFS journals them. */
export function syncFolder(folder: string): void {
	if (process.platform === "win32") return;
	const handle = openSync(folder, "r");
	fsyncSync(handle);
	closeSync(handle);
}
