import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import type { Certificates } from "../certificate/certificates.js";
import { unlockFile } from "../certificate/inputs.js";
import type { MessageHash, MessageScheme } from "../cms/signed-data.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { SignatureScheme } from "../token/token.js";
import { howToSign, type KeySource } from "./key.js";

/** A PKCS#12 file. */
export interface Pkcs12 {
	/** Its name, for messages. */
	name: string;
	/** @throws CfmError */
	read(): Promise<Buffer>;
	/** Asked for only if the file is locked. @throws CfmError */
	password(): Promise<string>;
}

/**
 * Takes a key from a PKCS#12 file.
 *
 * @param wanted by which scheme it is to sign; undefined: the usual
 * @throws CfmError denied `wrong-password`; usage `no-key-in-file`; as `howToSign`
 */
export function keyInFile(
	certificates: Certificates,
	{ name, read, password }: Pkcs12,
	wanted: SignatureScheme | undefined,
): KeySource {
	return async (step) => {
		const file = await step("open", read);
		let asked = false;
		const ask = () => {
			asked = true;
			return password();
		};
		const opened = await step("login", () => unlockFile(certificates, file, name, ask));
		return step("key", async () => {
			const [certificate, ...others] = opened.certificates;
			if (opened.key === null || certificate === undefined) throw noKeyError(name);
			const key = keyOf(opened.key, name);
			const way = howToSign(certificate, undefined, wanted);
			return {
				...{ by: "pkcs12" as const, source: name, slot: null, id: null, certificate, others, ...way },
				login: asked ? ("password" as const) : ("not-needed" as const),
				sign: async (message: Buffer) => signature(key, way, message),
				close: async () => undefined,
			};
		});
	};
}

/** What OpenSSL holds from here on; the bytes are wiped. */
function keyOf(pkcs8: Buffer, name: string): KeyObject {
	try {
		return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
	} catch {
		throw noKeyError(name);
	} finally {
		pkcs8.fill(0);
	}
}

function signature(
	key: KeyObject,
	{ scheme, hash }: { scheme: MessageScheme; hash: MessageHash },
	message: Buffer,
): Buffer {
	try {
		switch (scheme) {
			// RSA_PKCS1_PADDING and RSA_PKCS1_PSS_PADDING of OpenSSL; the salt is as long as the hash.
			case "rsa-pkcs1":
				return sign(hash, message, { key, padding: 1 });
			case "rsa-pss":
				return sign(hash, message, { key, padding: 6, saltLength: -1 });
			case "ecdsa":
				return sign(hash, message, { key, dsaEncoding: "ieee-p1363" });
			default:
				return sign(null, message, key);
		}
	} catch (cause) {
		throw new CfmError("unavailable", "signing-failed", t`OpenSSL can't sign with this key by ${scheme}.`, { cause });
	}
}

function noKeyError(source: string): CfmError {
	return new CfmError("usage", "no-key-in-file", t`There is no private key in ${source} that can be read.`, {
		hints: [t`It must be a PKCS#12 file (.p12, .pfx) with a key and its certificate.`],
		data: { source },
	});
}
