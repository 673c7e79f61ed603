import { execFileSync } from "node:child_process";

/** The words that a real `sh` gives to `cfm` for each of these lines; one start for all. Nothing else is run. */
export function readBySh(lines: readonly string[]): string[][] {
	const script = `cfm() { printf '%s\\0' "$#" "$@"; }\n${lines.join("\n")}\n`;
	const told = execFileSync("sh", ["-s"], { input: script, encoding: "utf8" }).split("\0");
	const read: string[][] = [];
	for (let at = 0; at < told.length - 1; ) {
		const count = Number(told[at]);
		if (!Number.isInteger(count)) throw new Error(`sh read something else: ${told[at]}`);
		read.push(told.slice(at + 1, at + 1 + count));
		at += 1 + count;
	}
	return read;
}
