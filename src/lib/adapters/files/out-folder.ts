import { closeSync, constants, lstatSync, mkdirSync, openSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import type { OutFile } from "../../host/host.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";
import { refuseOutFolderOfOthers } from "./guard.js";

/**
 * Writes files into a new or empty folder, closed to others: one of them may be a key. No link in it is followed.
 *
 * @param options.force write over what is there
 * @returns the folder
 * @throws CfmError conflict `folder-not-empty`; denied `file-not-writable`, `open-to-others`
 */
export async function writeOutFolder(
	folder: string,
	files: readonly OutFile[],
	options: { force: boolean },
): Promise<string> {
	const target = resolve(folder);
	// Before it is made, for what is on the way; and after, when nobody else can put another one in its place.
	await refuseOutFolderOfOthers(target);
	try {
		mkdirSync(target, { recursive: true, mode: 0o700 });
		await refuseOutFolderOfOthers(target);
		if (!options.force && readdirSync(target).length > 0) {
			throw new CfmError("conflict", "folder-not-empty", t`${target} is not empty.`, {
				hints: [t`Specify a new folder.`, { say: t`To overwrite it:`, line: { again: { force: true } } }],
			});
		}
		for (const { file, content, encoding } of files) {
			const path = join(target, ...file.split("/"));
			mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
			for (let on = dirname(path); on !== target; on = dirname(on)) refuseLink(on);
			refuseLink(path);
			const handle = openSync(path, rewriting, 0o600);
			try {
				writeFileSync(handle, encoding === "utf8" ? content : Buffer.from(`\ufeff${content}`, "utf16le"));
			} finally {
				closeSync(handle);
			}
		}
		return target;
	} catch (error) {
		// A file where a folder should be, on the way or at its end, is no better than a folder that may not be written.
		throw fileError(error, target, "write", (refusal, code) =>
			refusal === "full" ? undefined : ["denied", "file-not-writable", t`${target} cannot be written (${code}).`],
		);
	}
}

// Windows has no such flag: there the look before is what there is.
const rewriting = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);

/** @throws CfmError denied `open-to-others` */
function refuseLink(path: string): void {
	if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
	throw new CfmError("denied", "open-to-others", t`${path} is a link; cfm does not write through it.`, {
		hints: [t`Specify a new folder.`],
		data: { path },
	});
}
