import { createPublicKey, verify } from "node:crypto";

/** The list of sums in a bundle, and its signature beside it. */
export const sumsName = "SHA256SUMS";
export const signatureName = "SHA256SUMS.sig";

/** Whether a list of sums bears the signature of a key. @param key SPKI of Ed25519 in Base64 */
export function isSignedBy(key: string, sums: Uint8Array, signature: Uint8Array): boolean {
	const spki = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
	// Any other kind of key would be verified with a hash that somebody chose.
	if (spki.asymmetricKeyType !== "ed25519") throw new Error(`the key of this build is ${spki.asymmetricKeyType}`);
	return verify(null, sums, spki, signature);
}

/** The SHA-256 sums of files, in hexadecimal; what is no line of `sha256sum` is left out. */
export function readSums(text: string): Map<string, string> {
	const lines = text.split("\n").flatMap((line): [string, string][] => {
		const [, sum, file] = /^([\da-f]{64}) {2}(.+)$/.exec(line) ?? [];
		return sum === undefined || file === undefined ? [] : [[file, sum]];
	});
	return new Map(lines);
}
