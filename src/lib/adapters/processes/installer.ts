import { createHash } from "node:crypto";
import {
	closeSync,
	constants,
	copyFileSync,
	fstatSync,
	mkdtempSync,
	openSync,
	readSync,
	rmSync,
	statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { TakenInstaller } from "../../client/ports.js";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";

/**
 * Copies an installer into a folder of our own and hashes the copy. What is checked there is what is run: between a
 * check of the original and its start somebody could put another file in its place.
 *
 * @throws CfmError not-found `installer-not-found`; usage `installer-not-a-file`; denied `installer-not-readable`;
 *   unavailable `disk-full`
 */
export function takeInstaller(file: string): TakenInstaller {
	const folder = mkdtempSync(join(tmpdir(), "cfm-installer-"));
	const discard = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	const copy = join(folder, basename(file));
	try {
		const facts = statSync(file);
		if (!facts.isFile()) {
			throw new CfmError("usage", "installer-not-a-file", t`${file} is not a file.`, {
				hints: [t`Specify the installer file itself.`],
			});
		}
		copyFileSync(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
		return { file: copy, sha256: hashOf(copy), discard };
	} catch (error) {
		discard();
		throw explain(error, file);
	}
}

function hashOf(file: string): string {
	const hash = createHash("sha256");
	const handle = openSync(file, "r");
	try {
		const buffer = Buffer.alloc(1 << 20);
		for (let left = fstatSync(handle).size; left > 0; ) {
			const read = readSync(handle, buffer, 0, buffer.length, null);
			if (read === 0) break;
			hash.update(buffer.subarray(0, read));
			left -= read;
		}
		return hash.digest("hex");
	} finally {
		closeSync(handle);
	}
}

function explain(error: unknown, file: string): unknown {
	return fileError(error, file, "read", (refusal, code) => {
		if (refusal === "gone") {
			return [
				"not-found",
				"installer-not-found",
				t`There is no installer ${file}.`,
				[
					{ again: { installer: { fill: "PATH" } } },
					{
						say: t`Or set it once for all users:`,
						line: line("config set", ["install.installer", { fill: "PATH" }], { machine: true }),
					},
				],
			];
		}
		if (refusal === "full") {
			return ["unavailable", "disk-full", t`The installer could not be copied to ${tmpdir()}: the disk is full.`];
		}
		return ["denied", "installer-not-readable", t`The installer ${file} cannot be read (${code}).`];
	});
}
