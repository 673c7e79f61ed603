import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from "node:fs";
import type { Hint } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";
import { refuseOpenToOthers } from "./guard.js";

/**
 * The bytes of a regular file, read at once: what is checked and what is used are the same, whatever becomes of its name
 * meanwhile. A pipe or a device is refused before it is opened, which alone could wait for ever.
 *
 * @param options.trusted for root: the file must be root's own, and no other user may be able to write it or exchange it
 * @throws CfmError usage `not-a-file`; not-found `file-not-found`; denied `file-not-readable`, `open-to-others`
 */
export function readRegularFile(file: string, options: { trusted?: { hints: readonly Hint[] } } = {}): Buffer {
	try {
		refuseSpecialFile(file, statSync(file));
		if (options.trusted !== undefined) refuseOpenToOthers(file, { stickyIsEnough: true, hints: options.trusted.hints });
		const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
		try {
			const facts = fstatSync(handle);
			refuseSpecialFile(file, facts);
			if (options.trusted !== undefined) refuseOwner(file, facts, options.trusted.hints);
			return readFileSync(handle);
		} finally {
			closeSync(handle);
		}
	} catch (error) {
		throw fileError(error, file, "read");
	}
}

/** @throws CfmError usage `not-a-file` for a folder, a pipe or a device */
export function refuseSpecialFile(file: string, facts: Stats): void {
	if (facts.isFile()) return;
	const message = facts.isDirectory()
		? t`${file} is a folder, not a file.`
		: t`${file} is a pipe or a device, not a file.`;
	throw new CfmError("usage", "not-a-file", message, { data: { path: file } });
}

/** The name may lead to another file than a moment ago: whose the opened one is is asked of itself. */
function refuseOwner(file: string, facts: Stats, hints: readonly Hint[]): void {
	if (process.platform === "win32" || process.geteuid?.() !== 0) return;
	if (facts.uid === 0 && (facts.mode & 0o022) === 0) return;
	throw new CfmError(
		"denied",
		"open-to-others",
		t`${file} is not root's alone: cfm does not trust it when run as root.`,
		{
			hints,
			data: { path: file },
		},
	);
}
