import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import type { OutFile } from "../../host/host.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";

/**
 * Writes files into a new or empty folder, closed to others: one of them may be a key.
 *
 * @param options.force write over what is there
 * @returns the folder
 * @throws CfmError conflict `folder-not-empty`; denied `file-not-writable`
 */
export function writeOutFolder(folder: string, files: readonly OutFile[], options: { force: boolean }): string {
	const target = resolve(folder);
	try {
		mkdirSync(target, { recursive: true, mode: 0o700 });
		if (!options.force && readdirSync(target).length > 0) {
			throw new CfmError("conflict", "folder-not-empty", t`${target} is not empty.`, {
				hints: [t`Specify a new folder.`, { say: t`To overwrite it:`, line: { again: { force: true } } }],
			});
		}
		for (const { file, content, encoding } of files) {
			const path = join(target, ...file.split("/"));
			mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
			const bytes = encoding === "utf8" ? content : Buffer.from(`\ufeff${content}`, "utf16le");
			writeFileSync(path, bytes, { mode: 0o600 });
		}
		return target;
	} catch (error) {
		// A file where a folder should be, on the way or at its end, is no better than a folder that may not be written.
		throw fileError(error, target, "write", (refusal, code) =>
			refusal === "full" ? undefined : ["denied", "file-not-writable", t`${target} cannot be written (${code}).`],
		);
	}
}
