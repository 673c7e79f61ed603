import { strToU8, zipSync } from "fflate";
import type { OutFile } from "../../host/host.js";
import { writeOutFile } from "./out-file.js";

/**
 * Writes files into one ZIP file, which appears whole or not at all.
 *
 * @throws CfmError as `writeOutFile`
 */
export function writeZip(
	target: string,
	files: readonly OutFile[],
	{ force, at }: { force: boolean; at: Date },
): Promise<string> {
	const content = files.map(({ file, content: text, encoding }): [string, Uint8Array] => [
		file,
		encoding === "utf8" ? strToU8(text) : Buffer.from(`\ufeff${text}`, "utf16le"),
	]);
	const pieces = (async function* () {
		yield zipSync(Object.fromEntries(content), { mtime: at });
	})();
	return writeOutFile(target, pieces, { force });
}
