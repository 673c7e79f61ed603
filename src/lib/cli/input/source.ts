import { constants, createReadStream, type Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { isatty } from "node:tty";
import { CfmError } from "../../errors.js";
import { codeOf, fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";

/** The largest input that is read: far beyond any list of users, and small enough to be held whole. */
const MAX_MIB = 256;
const MAX_BYTES = MAX_MIB * 1024 * 1024;

/** `-`, the usual word for standard input. */
export const STANDARD_INPUT = "-";

/**
 * The bytes of a regular file, or with `-` those of standard input up to its end.
 *
 * @param stdin the descriptor to read for `-`; one other than 0 is closed at its end
 * @throws CfmError not-found `file-not-found`, denied `file-not-readable`, busy `file-in-use`, usage `not-a-file`,
 *   `input-too-large`, `stdin-is-terminal`, unavailable `file-read-failed`
 */
export async function readBytes(source: string, name: string, stdin: number): Promise<Buffer> {
	try {
		return source === STANDARD_INPUT ? await readStandardInput(name, stdin) : await readFile(source, name);
	} catch (error) {
		throw readFailure(error, name);
	}
}

async function readStandardInput(name: string, descriptor: number): Promise<Buffer> {
	// Without this, a forgotten pipe looks like a program that hangs.
	if (isatty(descriptor)) {
		throw new CfmError(
			"usage",
			"stdin-is-terminal",
			t`Standard input is a terminal: there is nothing to read from it.`,
			{
				hints: [
					t`Pipe the list into the command.`,
					{ say: t`Or specify a file:`, line: { again: { from: { fill: "users.csv" } } } },
				],
			},
		);
	}
	// process.stdin, because it alone reads a non-blocking pipe (EAGAIN to fs) without holding a pool thread until exit.
	return collect(descriptor === 0 ? process.stdin : createReadStream("", { fd: descriptor }), name);
}

async function readFile(path: string, name: string): Promise<Buffer> {
	if (process.platform === "win32" && isWindowsDevice(path)) throw notAFile(name, t`a device or a pipe`);
	// Looked at before it is opened: opening alone can hang (FIFO), wake its writer, or move a tape.
	refuseUnlessFile(await stat(path), name);
	// And asked again of what was opened, in case it was exchanged; then the flags keep the opening harmless.
	const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
	try {
		const stats = await handle.stat();
		refuseUnlessFile(stats, name);
		if (stats.size > MAX_BYTES) throw tooLarge(name);
		return await collect(handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }), name);
	} finally {
		await handle.close();
	}
}

/** A file may grow while it is read, and a stream has no size: so the limit is held here too. */
async function collect(stream: AsyncIterable<Buffer>, name: string): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of stream) {
		size += chunk.length;
		if (size > MAX_BYTES) throw tooLarge(name);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks, size);
}

function refuseUnlessFile(stats: Stats, name: string): void {
	if (stats.isFile()) return;
	if (stats.isDirectory()) throw notAFile(name, t`a folder`);
	if (stats.isFIFO()) throw notAFile(name, t`a pipe`);
	throw notAFile(name, t`a device or a socket`);
}

function notAFile(name: string, what: string): CfmError {
	return new CfmError("usage", "not-a-file", t`${name} is ${what}, not a file.`, {
		hints: [t`Specify a file, or pipe the list in and specify "-".`],
		data: { source: name },
	});
}

function tooLarge(name: string): CfmError {
	return new CfmError(
		"usage",
		"input-too-large",
		t`${name} is larger than ${MAX_MIB} MB, too large for a list of users.`,
		{
			hints: [t`Check that it is the right file, or split it.`],
			data: { source: name, limitBytes: MAX_BYTES },
		},
	);
}

/** Windows names that reach a device or a pipe whatever folder they are written in: `CON`, `nul.txt`, `\\.\COM1`. */
export function isWindowsDevice(path: string): boolean {
	if (/^[\\/]{2}(?:\.[\\/]|[^\\/]+[\\/]pipe[\\/])/i.test(path)) return true;
	const last = path.split(/[\\/:]/).at(-1) ?? "";
	return /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?[ .]*$/i.test(last);
}

/** What the system said about a path, as one of ours; errors of ours pass through. */
export function readFailure(error: unknown, name: string): unknown {
	if (refusalOf(error) === "folder") return notAFile(name, t`a folder`);
	return fileError(error, name, "read", undefined, { source: name, systemCode: codeOf(error) });
}
