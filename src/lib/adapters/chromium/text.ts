import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";

/** Chromium writes a text as Latin-1 when that holds it (01 before it), otherwise as UTF-16 (00). */
export function encodeText(text: string): Buffer {
	const isLatin1 = !/[^\u0000-\u00ff]/.test(text);
	return Buffer.concat([Buffer.of(isLatin1 ? 1 : 0), Buffer.from(text, isLatin1 ? "latin1" : "utf16le")]);
}

/** @throws DamagedError */
export function decodeText(bytes: Buffer): string {
	const text = bytes.subarray(1);
	if (bytes[0] === 1) return text.toString("latin1");
	if (bytes[0] === 0 && text.length % 2 === 0) return text.toString("utf16le");
	throw new DamagedError(t`a text in an unknown encoding (${bytes[0] ?? 0}) of ${bytes.length} bytes`);
}
