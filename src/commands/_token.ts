import { transcode } from "node:buffer";
import { readBytes, STANDARD_INPUT } from "../lib/cli/input/source.js";
import type { Context, Settings } from "../lib/context.js";
import { CfmError } from "../lib/errors.js";
import { t } from "../lib/text.js";
import type { PinSource } from "../lib/token/pin.js";
import type { Tokens } from "../lib/token/token.js";

// What all commands share that reach a token: how it is named, and where its PIN comes from.

/** The largest number that CK_SLOT_ID has on Windows; SoftHSM numbers its slots at random up to 2³¹. */
const highestSlot = 0xffff_ffff;

/** The flags that name a token. */
export const tokenFlags = {
	module: { kind: "text", value: "PATH", required: true, of: "file", summary: t`The PKCS#11 module` },
	slot: { kind: "integer", value: "N", required: true, least: 0, most: highestSlot, summary: t`The slot of the token` },
} as const;

/** The flag that names one key of it. */
export const keyFlag = {
	id: { kind: "text", value: "HEX", summary: t`Only the key with this ID (CKA_ID)` },
} as const;

/** The flags of a PIN. */
export const pinFlags = {
	"pin-file": {
		kind: "text",
		value: "FILE",
		of: "file",
		summary: t`The file with the PIN in its first line; - for stdin`,
	},
	"allow-last-try": { kind: "boolean", summary: t`Try the PIN although only one try is left` },
} as const;

/** The tokens of this machine, within the limits that the settings say. */
export function tokensOf(context: Context, settings: Settings): Promise<Tokens> {
	return context.host.tokens({ seconds: Number(settings.get("token.timeout")) }, context.shell.streams.variables);
}

/** Where the PIN comes from, as the command line says; never from the command line itself. */
export function pinSource(
	context: Context,
	flags: { "pin-file"?: string | undefined; "allow-last-try"?: boolean },
): PinSource {
	const { shell, host } = context;
	const file = flags["pin-file"];
	const bytes = (from: string) =>
		from === STANDARD_INPUT ? readBytes(from, t`standard input`, 0) : host.readSecret(from);
	return {
		read: file === undefined ? undefined : async () => firstLine(await bytes(file), file),
		ask: file === undefined && shell.canAsk ? (question) => shell.askSecret(question) : undefined,
		tell: (text) => shell.streams.err(`${text}\n`),
		allowLastTry: flags["allow-last-try"] === true,
	};
}

/** The first line, in memory of its own; what it was cut from is wiped. @throws CfmError usage `no-pin` */
function firstLine(bytes: Buffer, source: string): Buffer {
	const text = withoutMark(bytes);
	const end = text.findIndex((byte) => byte === 0x0a || byte === 0x0d);
	const line = Buffer.from(text.subarray(0, end < 0 ? text.length : end));
	bytes.fill(0);
	text.fill(0);
	if (line.length > 0) return line;
	const name = source === STANDARD_INPUT ? t`standard input` : source;
	throw new CfmError("usage", "no-pin", t`There is no PIN in the first line of ${name}.`, { data: { source } });
}

/**
 * The text in UTF-8, without the mark of an encoding: Windows PowerShell writes one, and with it every PIN is wrong, which costs
 * a try. No text of it stands in memory that nobody can wipe.
 */
export function withoutMark(bytes: Buffer): Buffer {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return transcode(bytes.subarray(2), "utf16le", "utf8");
	return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
