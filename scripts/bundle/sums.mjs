// SHA-256 sums as `sha256sum -c` and `cfm self check` read them.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow } from "./archives.mjs";

const sumsName = "SHA256SUMS";

export const sumOf = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** Writes the sums of all files of a folder into it. */
export function writeSums(folder, files = filesBelow(folder)) {
	const lines = files.filter((name) => name !== sumsName).map((name) => `${sumOf(join(folder, name))}  ${name}\n`);
	writeFileSync(join(folder, sumsName), lines.join(""));
}
