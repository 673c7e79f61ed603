// Folders as one file each, the same to the byte whenever they are made of the same files.
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { zipSync } from "fflate";

/** The files below a folder, with `/`, sorted. */
export function filesBelow(folder) {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) =>
			join(entry.parentPath, entry.name)
				.slice(folder.length + 1)
				.replaceAll("\\", "/"),
		)
		.sort();
}

/**
 * Gives every file below a folder one time and the rights that it has for everybody: who unpacks it has no masks to think of.
 *
 * @param {string} folder
 * @param {Date} time
 * @param {(file: string) => boolean} isProgram
 */
export function settle(folder, time, isProgram) {
	for (const file of filesBelow(folder)) {
		chmodSync(join(folder, file), isProgram(file) ? 0o755 : 0o644);
		utimesSync(join(folder, file), time, time);
	}
	const folders = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
	for (const { parentPath, name } of folders) chmodSync(join(parentPath, name), 0o755);
	for (const { parentPath, name } of folders.reverse()) utimesSync(join(parentPath, name), time, time);
	chmodSync(folder, 0o755);
	utimesSync(folder, time, time);
}

/** @param {Date} time of all files; a ZIP file has times without a zone, and these are of UTC */
export function zip(folder, file, time) {
	const local = new Date(time.getTime() + time.getTimezoneOffset() * 60_000);
	const entries = filesBelow(folder).map((name) => [
		`${basename(folder)}/${name}`,
		[readFileSync(join(folder, name)), { mtime: local, os: 0 }],
	]);
	writeFileSync(file, zipSync(Object.fromEntries(entries), { level: 9 }));
}

/** A compressed tar file, owned by root. */
export function tarball(folder, file) {
	const words = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu", "--create"];
	const tar = execFileSync("tar", [...words, "--directory", dirname(folder), basename(folder)], { maxBuffer: 2 ** 30 });
	writeFileSync(file, execFileSync("gzip", ["-9", "-n"], { input: tar, maxBuffer: 2 ** 30 }));
}

/** In bytes. */
export const sizeOf = (file) => statSync(file).size;
