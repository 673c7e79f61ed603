import { closeSync, existsSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CfmError } from "../../errors.js";
import type { SettingFile } from "../../settings/settings.js";
import { closedToYou, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { removeFile, rename } from "../disk/names.js";
import { refuseOpenToOthers } from "./guard.js";

/**
 * Reads a configuration file; undefined when there is none.
 *
 * While `cfm` runs as root, a file that another user could write is not believed: it names programs that would be run.
 *
 * @throws CfmError usage `bad-config-file`; denied `open-to-others`, `file-not-readable`
 */
export function readSettingFile(path: string): SettingFile | undefined {
	let handle: number;
	try {
		handle = openSync(path, "r");
	} catch (error) {
		if (refusalOf(error) === "gone") return undefined;
		const hints = refusalOf(error) === "denied" ? closedToYou() : [];
		throw new CfmError("denied", "file-not-readable", t`You may not read cfm's configuration, ${path}.`, {
			hints,
			cause: error,
		});
	}
	try {
		if (!fstatSync(handle).isFile()) throw new CfmError("usage", "bad-config-file", t`${path} is not a file.`);
		refuseOpenToOthers(path);
		return { path, values: parse(path, readFileSync(handle, "utf8")) };
	} finally {
		closeSync(handle);
	}
}

/** Stores values; the file is replaced whole, so that a crash leaves the old one or the new one. */
export function writeSettingFile(path: string, values: Record<string, unknown>): void {
	const unfinished = `${path}.unfinished-${process.pid}`;
	try {
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
		const handle = openSync(unfinished, "w", 0o600);
		writeFileSync(handle, `${JSON.stringify(values, null, "\t")}\n`);
		fsyncSync(handle);
		closeSync(handle);
		rename(unfinished, path);
	} catch (error) {
		if (existsSync(unfinished)) removeFile(unfinished);
		throw new CfmError("denied", "file-not-writable", t`The configuration ${path} cannot be written.`, {
			hints: [
				t`Run cfm as an administrator.`,
				{ say: t`Or for yourself only:`, line: { again: { machine: undefined } } },
			],
			cause: error,
		});
	}
}

function parse(path: string, text: string): Record<string, unknown> {
	try {
		const values: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
		if (typeof values === "object" && values !== null && !Array.isArray(values))
			return values as Record<string, unknown>;
	} catch {
		// told below, with the file's name
	}
	throw new CfmError("usage", "bad-config-file", t`The configuration ${path} is not a JSON object.`, {
		hints: [t`Correct or remove the file.`],
	});
}
