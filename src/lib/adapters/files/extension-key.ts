import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import type { ExtensionKey } from "../../webid/policy.js";
import { readRegularFile } from "./trusted-file.js";

/**
 * The key an extension is signed with, or a new one. Its public half is the extension's name: the first 16 bytes of
 * its SHA-256, with the letters a to p for the digits 0 to f (Chromium's `crx_file::id_util`).
 *
 * @returns with `pem` the private half, when it was made now
 * @throws CfmError usage `bad-extension-key`, `not-a-file`; not-found `file-not-found`
 */
export function extensionKey(file: string | undefined): ExtensionKey & { pem: string | null } {
	const privateKey =
		file === undefined ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey : readKey(file);
	const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
	const digits = createHash("sha256").update(publicKey).digest("hex").slice(0, 32);
	const id = digits.replace(/./g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
	const pem = file === undefined ? String(privateKey.export({ type: "pkcs8", format: "pem" })) : null;
	return { id, publicKey: publicKey.toString("base64"), pem };
}

function readKey(file: string): KeyObject {
	try {
		const key = createPrivateKey(readRegularFile(file));
		if (key.asymmetricKeyType === "rsa") return key;
	} catch (error) {
		if (error instanceof CfmError && (error.kind === "not-found" || error.code === "not-a-file")) throw error;
		// What OpenSSL says of a key is kept to itself: the file may be any secret.
	}
	throw new CfmError("usage", "bad-extension-key", t`${file} holds no RSA key in PEM.`, {
		hints: [{ say: t`With a new key:`, line: { again: { key: undefined } } }],
	});
}
