// SHA-256 sums as `sha256sum -c` and `cfm self check` read them.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "./archives.mjs";

const sumsName = "SHA256SUMS";
const signatureName = "SHA256SUMS.sig";

export const sumOf = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

/**
 * Writes the sums of all files of a folder into it, and their signature beside them.
 *
 * @param {string} folder
 * @param {((bytes: Uint8Array) => Buffer) | undefined} signer
 */
export function writeSums(folder, signer) {
	const files = filesBelow(folder).filter((name) => name !== sumsName && name !== signatureName);
	const text = files.map((name) => `${sumOf(join(folder, name))}  ${name}\n`).join("");
	writeFileSync(join(folder, sumsName), text);
	if (signer !== undefined) writeFileSync(join(folder, signatureName), signer(Buffer.from(text)));
}
