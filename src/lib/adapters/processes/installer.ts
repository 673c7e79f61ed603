import { closeSync, constants, copyFileSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { TakenInstaller } from "../../client/machine.js";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";
import { type Platform, programKind } from "./program-kind.js";
import { whileHeld } from "./start.js";

/**
 * Copies an installer into a folder of our own, hashes the copy and looks what it is. What is checked there is what is run:
 * between a check of the original and its start somebody could put another file in its place.
 *
 * @param copyFile tests hand in one that is refused
 * @throws CfmError not-found `installer-not-found`; usage `installer-not-a-file`; denied `installer-not-readable`;
 *   busy `installer-in-use`; unavailable `disk-full`, `installer-not-started`
 */
export async function takeInstaller(
	file: string,
	folder: string,
	platform: Platform,
	copyFile = copyFileSync,
): Promise<TakenInstaller> {
	const copy = join(folder, basename(file));
	try {
		const facts = statSync(file);
		if (!facts.isFile()) {
			throw new CfmError("usage", "installer-not-a-file", t`${file} is not a file.`, {
				hints: [t`Specify the installer file itself.`],
			});
		}
		await whileHeld(() => copyFile(file, copy, constants.COPYFILE_FICLONE));
	} catch (error) {
		throw explain(error, file, folder);
	}
	try {
		// Just made by us: only a virus scanner holds it, or takes it away.
		return await whileHeld(() => ({ file: copy, sha256: hashOf(copy), kind: programKind(copy, platform) }));
	} catch (error) {
		throw fileError(error, copy, "read", (refusal, code) =>
			refusal === "held"
				? held(file)
				: [
						"unavailable",
						"installer-not-started",
						t`The copy of the installer in ${folder} was removed, or can't be read (${code}).`,
						[t`Check the history of the virus scanner.`],
					],
		);
	}
}

function hashOf(file: string): string {
	const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
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

function held(file: string) {
	return [
		"busy",
		"installer-in-use",
		t`The installer ${file} is in use by another program.`,
		[t`A virus scanner or a backup may be reading it. Try again in a minute.`],
	] as const;
}

function explain(error: unknown, file: string, folder: string): unknown {
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
		if (refusal === "held") return held(file);
		if (refusal === "full") {
			return ["unavailable", "disk-full", t`The installer could not be copied to ${folder}: the disk is full.`];
		}
		return ["denied", "installer-not-readable", t`The installer ${file} cannot be read (${code}).`];
	});
}
