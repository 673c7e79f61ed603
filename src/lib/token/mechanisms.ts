import { createHash } from "node:crypto";
import type { SignatureHash, SignatureScheme, TokenKey } from "./token.js";

/** CKM_…, CKG_… by their numbers (pkcs11t.h). */
const hashes: Readonly<Record<SignatureHash, { hash: number; mgf: number; bytes: number; info: string }>> = {
	// `info`: DigestInfo of RFC 8017, 9.2, up to the digest.
	sha256: { hash: 0x250, mgf: 2, bytes: 32, info: "3031300d060960864801650304020105000420" },
	sha384: { hash: 0x260, mgf: 3, bytes: 48, info: "3041300d060960864801650304020205000430" },
	sha512: { hash: 0x270, mgf: 4, bytes: 64, info: "3051300d060960864801650304020305000440" },
};

/** For each scheme the mechanism that takes a digest, and those that hash themselves. */
const mechanisms: Readonly<
	Record<SignatureScheme, { plain: number; hashing: Partial<Record<SignatureHash, number>> }>
> = {
	"rsa-pkcs1": { plain: 0x1, hashing: { sha256: 0x40, sha384: 0x41, sha512: 0x42 } },
	"rsa-pss": { plain: 0xd, hashing: { sha256: 0x43, sha384: 0x44, sha512: 0x45 } },
	ecdsa: { plain: 0x1041, hashing: { sha256: 0x1044, sha384: 0x1045, sha512: 0x1046 } },
	eddsa: { plain: 0x1057, hashing: {} },
};

const schemesOfType: Readonly<Record<TokenKey["type"], readonly SignatureScheme[]>> = {
	RSA: ["rsa-pkcs1", "rsa-pss"],
	EC: ["ecdsa"],
	EdDSA: ["eddsa"],
	other: [],
};

/** A mechanism as a module takes it, and the bytes that it is to sign. */
interface SigningWith {
	type: number;
	pss?: { hash: number; mgf: number; salt: number };
	data: Buffer;
}

/** The schemes that a key can, of those whose mechanisms a token offers for signing. */
export function schemesOf(key: Pick<TokenKey, "type">, offered: ReadonlySet<number>): SignatureScheme[] {
	return schemesOfType[key.type].filter((scheme) => {
		const { plain, hashing } = mechanisms[scheme];
		return [plain, ...Object.values(hashing)].some((type) => offered.has(type));
	});
}

/**
 * How to sign a message by a scheme with what a token offers: where it can, it signs a digest made here.
 *
 * @returns undefined when it offers nothing for this hash
 */
export function signingWith(
	scheme: SignatureScheme,
	hash: SignatureHash,
	message: Buffer,
	offered: ReadonlySet<number>,
): SigningWith | undefined {
	const { plain, hashing } = mechanisms[scheme];
	const { info, bytes, ...numbers } = hashes[hash];
	const pss = scheme === "rsa-pss" ? { pss: { ...numbers, salt: bytes } } : {};
	if (scheme === "eddsa") return offered.has(plain) ? { type: plain, data: message } : undefined;
	if (offered.has(plain)) {
		const digest = createHash(hash).update(message).digest();
		const data = scheme === "rsa-pkcs1" ? Buffer.concat([Buffer.from(info, "hex"), digest]) : digest;
		return { type: plain, ...pss, data };
	}
	const type = hashing[hash];
	return type !== undefined && offered.has(type) ? { type, ...pss, data: message } : undefined;
}
