import { statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { CfmError } from "../../errors.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";
import { readRegularFile } from "./trusted-file.js";

/** More than a bundle will ever have, in the file and unpacked. */
const largest = 400 * 2 ** 20;
const largestUnpacked = 2 ** 30;

/**
 * All files of a bundle, by their names below its one folder. The file is read once; what is returned is what was in it then.
 *
 * @throws CfmError usage `not-a-bundle`, `not-a-file`; not-found `file-not-found`; denied `file-not-readable`
 */
export async function readBundle(file: string): Promise<Map<string, Uint8Array>> {
	let size: number;
	try {
		({ size } = statSync(file));
	} catch (error) {
		throw fileError(error, file, "read");
	}
	if (size > largest) throw notABundleError(file, t`it is too large`);
	const bytes = readRegularFile(file);
	const start = bytes.subarray(0, 4).toString("latin1");
	if (start === "PK\u0003\u0004") return belowOneFolder(file, await unzipped(file, bytes));
	if (start.startsWith("\u001f\u008b")) return belowOneFolder(file, untarred(file, bytes));
	throw notABundleError(file, start.startsWith("MZ") ? t`it is a program: run it` : t`it is no archive`);
}

async function unzipped(file: string, bytes: Buffer): Promise<[name: string, content: Uint8Array][]> {
	const { unzipSync } = await import("fflate");
	let total = 0;
	try {
		// What an entry says of its size is where unpacking it ends.
		const found = unzipSync(bytes, {
			filter({ name, originalSize }) {
				total += originalSize;
				if (total > largestUnpacked) throw new Error("too large");
				return !name.endsWith("/");
			},
		});
		return Object.entries(found);
	} catch (error) {
		throw notABundleError(file, (error as Error).message);
	}
}

const block = 512;

/** Plain files and folders of a tar file; links, devices and long names, which no bundle has, end it. */
function untarred(file: string, bytes: Buffer): [name: string, content: Uint8Array][] {
	let tar: Buffer;
	try {
		tar = gunzipSync(bytes, { maxOutputLength: largestUnpacked });
	} catch (error) {
		throw notABundleError(file, (error as Error).message);
	}
	const found: [string, Uint8Array][] = [];
	for (let at = 0; at + block <= tar.length; ) {
		const header = tar.subarray(at, at + block);
		if (header.every((byte) => byte === 0)) break;
		const text = (from: number, to: number) => header.toString("latin1", from, to).split("\0")[0]?.trim() ?? "";
		const [name, digits, kind] = [text(0, 100), text(124, 136), text(156, 157)];
		const size = Number.parseInt(digits, 8);
		const content = tar.subarray(at + block, at + block + size);
		if (!/^[0-7]+$/.test(digits) || content.length !== size) throw notABundleError(file, t`it is damaged`);
		if (kind === "0" || kind === "") found.push([name, content]);
		else if (kind !== "5") throw notABundleError(file, t`it holds more than files and folders`);
		at += block + Math.ceil(size / block) * block;
	}
	return found;
}

function belowOneFolder(file: string, entries: readonly [string, Uint8Array][]): Map<string, Uint8Array> {
	const folders = new Set(entries.map(([name]) => name.split("/")[0]));
	if (folders.size !== 1) throw notABundleError(file, t`it does not hold one folder`);
	return new Map(entries.map(([name, content]) => [name.slice(name.indexOf("/") + 1), content]));
}

function notABundleError(file: string, why: string): CfmError {
	return new CfmError("usage", "not-a-bundle", t`${file} is no bundle of cfm: ${why}.`, {
		hints: [t`Specify cfm-VERSION-win-x64.zip, or cfm-VERSION-linux-x64.tar.gz on Linux.`],
		data: { path: file },
	});
}
