import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { makeFolder } from "../../folders.js";

export const project = join(import.meta.dirname, "../../..");

/** Keys of their own for a test. */
export function newKeys(): { key: string; privateKey: KeyObject } {
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	return { key: publicKey.export({ type: "spki", format: "der" }).toString("base64"), privateKey };
}

/**
 * The files of a small program whose every file tells its version: `bin/run.cjs` is the real one, and what it starts prints
 * what it finds.
 */
export function filesOf(version: string, more: Readonly<Record<string, string>> = {}): Map<string, Uint8Array> {
	const texts = {
		"package.json": JSON.stringify({ version }),
		"bin/run.cjs": readFileSync(join(project, "bin", "run.cjs"), "utf8"),
		"dist/cfm.cjs": `exports.main = async () => {
			const fs = require("node:fs"), path = require("node:path");
			const read = (name) => { try { return fs.readFileSync(path.join(__dirname, name), "utf8"); } catch { return null; } };
			const own = ${JSON.stringify(version)};
			console.log(JSON.stringify([own, JSON.parse(read("../package.json")).version, read("a.txt"), read("b.txt"), read("more/c.txt")]));
			return 0;
		};`,
		"dist/a.txt": version,
		"dist/b.txt": version,
		"node/node": `#!/bin/sh\nexec '${process.execPath}' "$@"\n`,
		...more,
	};
	return new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]));
}

/** Adds the list of sums, and its signature. */
export function signed(files: ReadonlyMap<string, Uint8Array>, privateKey?: KeyObject): Map<string, Uint8Array> {
	const lines = [...files].map(([name, bytes]) => `${createHash("sha256").update(bytes).digest("hex")}  ${name}\n`);
	const list = Buffer.from(lines.join(""));
	const all = new Map(files).set("SHA256SUMS", list);
	return privateKey === undefined ? all : all.set("SHA256SUMS.sig", sign(null, list, privateKey));
}

/** Puts files into a new folder, as a bundle unpacks. */
export function layOut(files: ReadonlyMap<string, Uint8Array>, folder = makeFolder("program")): string {
	for (const [name, bytes] of files) {
		mkdirSync(dirname(join(folder, name)), { recursive: true, mode: 0o755 });
		writeFileSync(join(folder, name), bytes, { mode: name === "node/node" ? 0o755 : 0o644 });
	}
	return folder;
}

/** The bundle as a file, by its name: a ZIP file, or a compressed tar file. */
export function packed(files: ReadonlyMap<string, Uint8Array>, name: string): string {
	const file = join(makeFolder("packed"), name);
	const entries = [...files].map(([one, bytes]): [string, Uint8Array] => [`cfm-x/${one}`, bytes]);
	if (name.endsWith(".zip")) writeFileSync(file, zipSync(Object.fromEntries(entries)));
	else {
		const folder = makeFolder("to-pack");
		layOut(files, join(folder, "cfm-x"));
		execFileSync("tar", ["--format=gnu", "-czf", file, "-C", folder, "cfm-x"]);
	}
	return file;
}
