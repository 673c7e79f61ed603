import { createHash, createPublicKey, getHashes, type KeyObject, verify } from "node:crypto";
import { BitString, Sequence } from "asn1js";
import { RSASSAPSSParams } from "pkijs";
import type { SignatureFault } from "../../cms/signed-data.js";
import { attempt, decode, type Element, oid, sequence, small } from "./asn1.js";

// Which hash and which signature an object identifier means, for node:crypto. What is not here is not known, and never valid.

const [rsa, nist, ansi, bsi] = ["1.2.840.113549.1.1", "2.16.840.1.101.3.4", "1.2.840.10045.4", "0.4.0.127.0.7.1.1.4.1"];

/** @source RFC 3370, RFC 5754, RFC 8702, FIPS 202 */
const hashes: Readonly<Record<string, string>> = {
	"1.2.840.113549.2.5": "md5",
	"1.3.14.3.2.26": "sha1",
	"1.3.36.3.2.1": "ripemd160",
	[`${nist}.2.1`]: "sha256",
	[`${nist}.2.2`]: "sha384",
	[`${nist}.2.3`]: "sha512",
	[`${nist}.2.4`]: "sha224",
	[`${nist}.2.5`]: "sha512-224",
	[`${nist}.2.6`]: "sha512-256",
	[`${nist}.2.7`]: "sha3-224",
	[`${nist}.2.8`]: "sha3-256",
	[`${nist}.2.9`]: "sha3-384",
	[`${nist}.2.10`]: "sha3-512",
	[`${nist}.2.11`]: "shake128:32",
	[`${nist}.2.12`]: "shake256:64",
};
/** SHAKE with a length as its parameter, in bits. @source RFC 8419, 2.3 */
const lengths: Readonly<Record<string, string>> = { [`${nist}.2.17`]: "shake128", [`${nist}.2.18`]: "shake256" };

type Kind = "rsa-pkcs1" | "rsa-pss" | "ecdsa" | "plain-ecdsa" | "eddsa" | "dsa" | "ml-dsa";

/** A hash of null: the one that the signer names beside. @source RFC 3370, RFC 4056, RFC 5754, RFC 8419, BSI TR-03111 */
const signatures: Readonly<Record<string, readonly [Kind, string | null]>> = {
	[`${rsa}.1`]: ["rsa-pkcs1", null],
	[`${rsa}.4`]: ["rsa-pkcs1", "md5"],
	[`${rsa}.5`]: ["rsa-pkcs1", "sha1"],
	"1.3.14.3.2.29": ["rsa-pkcs1", "sha1"],
	"1.3.36.3.3.1.2": ["rsa-pkcs1", "ripemd160"],
	[`${rsa}.11`]: ["rsa-pkcs1", "sha256"],
	[`${rsa}.12`]: ["rsa-pkcs1", "sha384"],
	[`${rsa}.13`]: ["rsa-pkcs1", "sha512"],
	[`${rsa}.14`]: ["rsa-pkcs1", "sha224"],
	[`${rsa}.15`]: ["rsa-pkcs1", "sha512-224"],
	[`${rsa}.16`]: ["rsa-pkcs1", "sha512-256"],
	...numbered(`${nist}.3`, 13, "rsa-pkcs1", ["sha3-224", "sha3-256", "sha3-384", "sha3-512"]),
	[`${rsa}.10`]: ["rsa-pss", null],
	"1.2.840.10045.2.1": ["ecdsa", null],
	[`${ansi}.1`]: ["ecdsa", "sha1"],
	...numbered(`${ansi}.3`, 1, "ecdsa", ["sha224", "sha256", "sha384", "sha512"]),
	...numbered(`${nist}.3`, 9, "ecdsa", ["sha3-224", "sha3-256", "sha3-384", "sha3-512"]),
	...numbered(bsi, 1, "plain-ecdsa", ["sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160"]),
	...numbered(bsi, 8, "plain-ecdsa", ["sha3-224", "sha3-256", "sha3-384", "sha3-512"]),
	"1.3.101.112": ["eddsa", null],
	"1.3.101.113": ["eddsa", null],
	"1.2.840.10040.4.1": ["dsa", null],
	"1.2.840.10040.4.3": ["dsa", "sha1"],
	...numbered(`${nist}.3`, 1, "dsa", ["sha224", "sha256", "sha384", "sha512"]),
	...numbered(`${nist}.3`, 5, "dsa", ["sha3-224", "sha3-256", "sha3-384", "sha3-512"]),
	...numbered(`${nist}.3`, 17, "ml-dsa", ["", "", ""]),
};

function numbered(
	arc: string,
	first: number,
	kind: Kind,
	names: readonly string[],
): Record<string, readonly [Kind, string | null]> {
	return Object.fromEntries(names.map((hash, at) => [`${arc}.${first + at}`, [kind, hash === "" ? null : hash]]));
}

/** Types of keys, as Node calls them, that each kind takes; of those that have one key for one algorithm, by the identifier. */
const keysOf: Readonly<Record<Kind, readonly string[]>> = {
	"rsa-pkcs1": ["rsa"],
	"rsa-pss": ["rsa", "rsa-pss"],
	ecdsa: ["ec"],
	"plain-ecdsa": ["ec"],
	eddsa: [],
	dsa: ["dsa"],
	"ml-dsa": [],
};
const keyOfAlgorithm: Readonly<Record<string, string>> = {
	"1.3.101.112": "ed25519",
	"1.3.101.113": "ed448",
	[`${nist}.3.17`]: "ml-dsa-44",
	[`${nist}.3.18`]: "ml-dsa-65",
	[`${nist}.3.19`]: "ml-dsa-87",
};

/** The only hashes of content that may stand beside a signature of EdDSA. @source RFC 8419, 3.1; ISO/TS 32002 */
const hashesOfKey: Readonly<Record<string, readonly string[]>> = { ed25519: ["sha512"], ed448: ["shake256:64"] };

const available = new globalThis.Set(getHashes().map((name) => name.toLowerCase()));
const canHash = (name: string) => available.has(name.split(":")[0] ?? "") || available.has(`rsa-${name}`);

/** An AlgorithmIdentifier. @throws Malformed */
export function algorithmOf(element: Element | undefined): { id: string; parameters: Element | undefined } {
	const [id, parameters] = sequence(element);
	return { id: oid(id), parameters };
}

/**
 * The name of a hash, as `Signer.digest` has it; undefined: it is not known here. Old programs name the signature instead.
 */
export function hashNamed({ id, parameters }: ReturnType<typeof algorithmOf>): string | undefined {
	const base = lengths[id];
	const bits = base === undefined ? 0 : (attempt(() => small(parameters)) ?? 0);
	const long = base !== undefined && bits > 0 && bits % 8 === 0 && bits <= 8192 ? `${base}:${bits / 8}` : undefined;
	const name = long ?? (Object.hasOwn(hashes, id) ? hashes[id] : undefined) ?? signatures[id]?.[1] ?? undefined;
	return name !== undefined && canHash(name) ? name : undefined;
}

/** The hash of something, by such a name. */
export function hashBy(name: string, bytes: Uint8Array): Buffer {
	const [base = "", length] = name.split(":");
	return createHash(base, length === undefined ? {} : { outputLength: Number(length) })
		.update(bytes)
		.digest();
}

/** How a signer signed. */
export interface Method {
	kind: Kind;
	/** Null: the message is signed as it is. */
	hash: string | null;
	/** What may have been meant instead: programs name one hash here, and sign with the one of the content. */
	orHash?: string;
	pss?: { salt: number; key: Element | undefined };
	/** The type of the key that this algorithm alone takes. */
	key: string | undefined;
}

/** What a kind is called to people and scripts. */
export const nameOfKind = (kind: Kind) => (kind === "plain-ecdsa" ? "ecdsa" : kind);

/** How it was signed, or why that can't be told. @param digest the hash that the signer names */
export function methodOf(
	{ id, parameters }: ReturnType<typeof algorithmOf>,
	digest: string | undefined,
): Method | { fault: SignatureFault; kind?: Kind } {
	const found = Object.hasOwn(signatures, id) ? signatures[id] : undefined;
	if (found === undefined) return { fault: "unknown-signature-algorithm" };
	const [kind, own] = found;
	const key = keyOfAlgorithm[id];
	if (kind === "eddsa" && digest !== undefined && !hashesOfKey[key ?? ""]?.includes(digest))
		return { fault: "algorithms-differ", kind };
	if (kind === "eddsa" || kind === "ml-dsa") return { kind, hash: null, key };
	if (kind === "rsa-pss") return pssMethod(parameters, digest);
	const hash = own ?? digest;
	const orHash = digest !== undefined && digest !== hash ? { orHash: digest } : {};
	if (hash === undefined) return { fault: "unknown-digest", kind };
	return canHash(hash) ? { kind, hash, ...orHash, key } : { fault: "unknown-digest", kind };
}

/** RFC 4055, 3.1 */
const mgf1 = "1.2.840.113549.1.1.8";

function pssMethod(
	parameters: Element | undefined,
	digest: string | undefined,
): Method | { fault: SignatureFault; kind: Kind } {
	const kind = "rsa-pss";
	const fault = (code: SignatureFault) => ({ fault: code, kind }) as const;
	const read = attempt(() => new RSASSAPSSParams({ schema: parameters }));
	if (read === undefined || parameters === undefined) return fault("unsupported-parameters");
	const { hashAlgorithm, maskGenAlgorithm, saltLength, trailerField } = read;
	const hash = hashNamed({ id: hashAlgorithm.algorithmId, parameters: undefined });
	const mask = attempt(() => algorithmOf(maskGenAlgorithm.algorithmParams as Element));
	// Left out, the mask is made with SHA-1.
	const maskHash =
		mask === undefined ? (maskGenAlgorithm.algorithmParams === undefined ? "sha1" : undefined) : hashNamed(mask);
	if (hash === undefined) return fault("unknown-digest");
	if (
		maskGenAlgorithm.algorithmId !== mgf1 ||
		maskHash === undefined ||
		trailerField !== 1 ||
		saltLength < 0 ||
		saltLength > 1024
	)
		return fault("unsupported-parameters");
	if (digest !== undefined && digest !== hash) return fault("algorithms-differ");
	const isUneven = maskHash !== hash;
	return { kind, hash, key: undefined, pss: { salt: saltLength, key: isUneven ? parameters : undefined } };
}

/** Whether somebody made this signature over these bytes. @returns a fault where nobody can tell */
export function verifies(method: Method, key: KeyObject, bytes: Buffer, signature: Buffer): boolean | SignatureFault {
	const said = verifiesBy(method, key, bytes, signature);
	const { orHash, ...rest } = method;
	return said === true || orHash === undefined ? said : verifiesBy({ ...rest, hash: orHash }, key, bytes, signature);
}

function verifiesBy(method: Method, key: KeyObject, bytes: Buffer, signature: Buffer): boolean | SignatureFault {
	const type = key.asymmetricKeyType ?? "";
	const takes = method.key === undefined ? keysOf[method.kind] : [method.key];
	if (!takes.includes(type)) return "key-mismatch";
	try {
		// RSA_PKCS1_PSS_PADDING and RSA_PKCS1_PADDING of OpenSSL.
		if (method.pss !== undefined) {
			const { salt, key: parameters } = method.pss;
			const usable = parameters === undefined ? key : withParameters(key, parameters);
			return verify(method.hash, bytes, { key: usable, padding: 6, saltLength: salt }, signature);
		}
		if (method.kind === "rsa-pkcs1") return verify(method.hash, bytes, { key, padding: 1 }, signature);
		const encoding = method.kind === "plain-ecdsa" ? { dsaEncoding: "ieee-p1363" as const } : {};
		return verify(method.hash, bytes, { key, ...encoding }, signature);
	} catch {
		return "not-verified";
	}
}

/** Node has no word for a mask by another hash than the message's: the same key, which says so itself. */
function withParameters(key: KeyObject, parameters: Element): KeyObject {
	const [, bits] = sequence(decode(key.export({ type: "spki", format: "der" })).element);
	if (!(bits instanceof BitString)) throw new TypeError("no key");
	const pss = decode(Buffer.from("06092a864886f70d01010a", "hex")).element;
	const spki = new Sequence({ value: [new Sequence({ value: [pss, parameters] }), bits] });
	return createPublicKey({ key: Buffer.from(spki.toBER(false)), format: "der", type: "spki" });
}
