import { createHash } from "node:crypto";
import type { SignedData, SignedMessages } from "./signed-data.js";

/** What was signed, in the order in which it was: a PDF leaves a gap. */
export type Pieces = readonly Buffer[];

/** More is not handed to the process that reads messages: it gets hashes of it, in bytes. */
const mostHanded = 4 << 20;

/**
 * Reads a message and verifies what its signers made over its content.
 *
 * @param beside `content`: what was signed, where it is detached; `certificates`: others that may be signers'
 * @returns null: it is no signed message
 * @throws CfmError unavailable `signature-reader-failed`
 */
export async function readSignedData(
	messages: SignedMessages,
	message: Buffer,
	{ content, certificates = [] }: { content?: Pieces | undefined; certificates?: readonly Buffer[] } = {},
): Promise<SignedData | null> {
	if (content === undefined) return messages.read({ message, certificates });
	const length = content.reduce((sum, piece) => sum + piece.length, 0);
	if (length <= mostHanded) return messages.read({ message, certificates, content: Buffer.concat(content) });
	const first = await messages.read({ message, certificates });
	if (first === null || first.contentLength !== null) return first;
	// Without attributes the content itself is signed, and no hash of it is enough.
	if (first.signers.some(({ hasAttributes }) => !hasAttributes))
		return messages.read({ message, certificates, content: Buffer.concat(content) });
	const names = [...new Set(first.signers.map(({ digest }) => digest))].filter(isHash);
	const digests = Object.fromEntries(names.map((name) => [name, hashOf(name, content)]));
	return messages.read({ message, certificates, digests });
}

/** Whether a signer's digest has a name, and is not an object identifier. */
const isHash = (name: string) => !/^\d/.test(name);

/** The hash of something in pieces. @param name as `Signer.digest` has it */
export function hashOf(name: string, pieces: Pieces): Buffer {
	const [base = "", length] = name.split(":");
	const hash = createHash(base, length === undefined ? {} : { outputLength: Number(length) });
	for (const piece of pieces) hash.update(piece);
	return hash.digest();
}
