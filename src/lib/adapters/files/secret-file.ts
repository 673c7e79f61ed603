import { closeSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { CfmError } from "../../errors.js";
import { fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { refuseSpecialFile } from "./trusted-file.js";

/**
 * What is in a file that nobody else may read.
 *
 * @returns undefined when it may be gone and is
 * @throws CfmError denied `open-to-others`
 */
export function readSecret(file: string, options: { mayBeGone?: boolean } = {}): Buffer | undefined {
	try {
		refuseSpecialFile(file, statSync(file));
		const handle = openSync(file, "r");
		try {
			const facts = fstatSync(handle);
			refuseSpecialFile(file, facts);
			// Windows has no such mode: there the user's folder is closed to others.
			if (process.platform !== "win32" && (facts.mode & 0o077) !== 0) throw openToOthersError(file);
			return readFileSync(handle);
		} finally {
			closeSync(handle);
		}
	} catch (error) {
		if (options.mayBeGone && refusalOf(error) === "gone") return undefined;
		throw fileError(error, file, "read");
	}
}

function openToOthersError(file: string): CfmError {
	return new CfmError("denied", "open-to-others", t`${file} can be read by others, so what is in it is no secret.`, {
		hints: [t`Close it to them: chmod 600 ${file}`],
		data: { path: file },
	});
}
