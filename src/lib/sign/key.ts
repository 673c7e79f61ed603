import { type KeyObject, X509Certificate } from "node:crypto";
import type { MessageHash, MessageScheme } from "../cms/signed-data.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Login } from "../token/pin.js";
import type { SignatureScheme } from "../token/token.js";

/** What signing takes, in order. A failure names the one that it happened in. */
const signSteps = ["open", "login", "key", "sign", "timestamp", "verify"] as const;
export type SignStep = (typeof signSteps)[number];

/** Carries out one step: what is thrown in it says so. */
export type Steps = <T>(step: SignStep, work: () => Promise<T>) => Promise<T>;

/** A key that can sign, wherever it is, with the certificate that belongs to it. */
export interface KeyInHand {
	/** How it was reached. */
	by: "token" | "pkcs12" | "store";
	/** The module, the file, or the store. */
	source: string;
	slot: number | null;
	/** CKA_ID, hexadecimal. */
	id: string | null;
	/** `windows`: what it took, Windows asked for itself. */
	login: Login | "password" | "not-needed" | "windows";
	certificate: Buffer;
	/** Certificates that came with it. */
	others: readonly Buffer[];
	/** How it signs. */
	scheme: MessageScheme;
	hash: MessageHash;
	/** Signs a message. Of ECDSA r and s, one behind the other. @throws CfmError */
	sign(message: Buffer): Promise<Buffer>;
	/** Lets go of it. @returns how a module ended badly, in words */
	close(): Promise<string | undefined>;
}

/** Where a key is taken from. @throws CfmError */
export type KeySource = (step: Steps) => Promise<KeyInHand>;

/** Which schemes a key of each type signs by, as Node calls it; the usual one first. */
const schemesOfType: Readonly<Record<string, readonly MessageScheme[]>> = {
	rsa: ["rsa-pkcs1", "rsa-pss"],
	"rsa-pss": ["rsa-pss"],
	ec: ["ecdsa"],
	ed25519: ["ed25519"],
	ed448: ["ed448"],
};
/** Names of schemes as commands and tokens have them. */
const nameOf = (scheme: MessageScheme): SignatureScheme =>
	scheme === "ed25519" || scheme === "ed448" ? "eddsa" : scheme;

/**
 * How a key signs, by the certificate that belongs to it.
 *
 * @param offered what it can do where it is; undefined: all that its type can
 * @param wanted undefined: the usual
 * @throws CfmError not-found `no-certificate`; unavailable `mechanism-missing`
 */
export function howToSign(
	certificate: Buffer,
	offered: readonly SignatureScheme[] | undefined,
	wanted: SignatureScheme | undefined,
): Pick<KeyInHand, "scheme" | "hash"> {
	const key = publicKeyOf(certificate);
	const type = key.asymmetricKeyType ?? "";
	const scheme = (schemesOfType[type] ?? [])
		.filter((one) => offered === undefined || offered.includes(nameOf(one)))
		.find((one) => wanted === undefined || nameOf(one) === wanted);
	if (scheme !== undefined) return { scheme, hash: hashFor(scheme, key) };
	const message =
		wanted === undefined
			? t`The key (${type}) can't sign here by any scheme that cfm knows.`
			: t`The key (${type}) can't sign here by ${wanted}.`;
	throw new CfmError("unavailable", "mechanism-missing", message, { data: { type, offered: offered ?? null } });
}

/** As strong as the key: RFC 5656, 6.2.1; RFC 8419, 3.1. */
function hashFor(scheme: MessageScheme, { asymmetricKeyDetails }: KeyObject): MessageHash {
	const { namedCurve, hashAlgorithm } = asymmetricKeyDetails ?? {};
	switch (scheme) {
		case "ed25519":
			return "sha512";
		case "ed448":
			return "shake256:64";
		case "ecdsa":
			return namedCurve === "secp384r1" ? "sha384" : namedCurve === "secp521r1" ? "sha512" : "sha256";
		default:
			// A key for RSA-PSS alone may say which hash it is for.
			return hashAlgorithm === "sha384" || hashAlgorithm === "sha512" ? hashAlgorithm : "sha256";
	}
}

function publicKeyOf(certificate: Buffer): KeyObject {
	try {
		return new X509Certificate(certificate).publicKey;
	} catch (cause) {
		const message = t`The certificate of the key can't be read.`;
		throw new CfmError("not-found", "no-certificate", message, { cause });
	}
}
