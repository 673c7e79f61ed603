import { X509Certificate } from "node:crypto";
import type { PublicJwk, TokenKey } from "./token.js";

/** CKK_… by their numbers (pkcs11t.h); 0x40 is PKCS#11 3.0's own type for Ed25519 and Ed448. */
const keyTypes: Readonly<Record<number, TokenKey["type"]>> = { 0: "RSA", 3: "EC", 64: "EdDSA" };

/** Curves as CKA_EC_PARAMS names them, in DER; the coordinate's length in bytes. Edwards curves are also named by a text. */
const curves: Readonly<Record<string, { crv: string; bytes: number }>> = {
	"06082a8648ce3d030107": { crv: "P-256", bytes: 32 },
	"06052b81040022": { crv: "P-384", bytes: 48 },
	"06052b81040023": { crv: "P-521", bytes: 66 },
	"06052b8104000a": { crv: "secp256k1", bytes: 32 },
	"06032b6570": { crv: "Ed25519", bytes: 32 },
	"06032b6571": { crv: "Ed448", bytes: 57 },
	"130c656477617264733235353139": { crv: "Ed25519", bytes: 32 },
	"130a656477617264733434": { crv: "Ed448", bytes: 57 },
};
const edwards = ["Ed25519", "Ed448"];

/** What a key object says of itself; bytes as hexadecimal. */
export interface KeyMaterial {
	keyType: number | null;
	modulus: string | null;
	exponent: string | null;
	curve: string | null;
	point: string | null;
}

export function typeOfKey({ keyType, curve }: Pick<KeyMaterial, "keyType" | "curve">): TokenKey["type"] {
	const type = keyType === null ? "other" : (keyTypes[keyType] ?? "other");
	// Some modules name an Edwards curve in a key of the older type.
	return type === "EC" && edwards.includes(curves[curve ?? ""]?.crv ?? "") ? "EdDSA" : type;
}

/** The public key that a key object tells; null when it tells too little, or its curve is not known. */
export function publicJwk(key: KeyMaterial): PublicJwk | null {
	const base64 = (bytes: Buffer) => bytes.toString("base64url");
	if (key.modulus !== null && key.exponent !== null) {
		return { kty: "RSA", n: base64(whole(key.modulus)), e: base64(whole(key.exponent)) };
	}
	const curve = curves[key.curve ?? ""];
	if (curve === undefined || key.point === null) return null;
	const point = Buffer.from(key.point, "hex");
	if (edwards.includes(curve.crv)) {
		// An OCTET STRING around it, or not: modules differ.
		return point.length < curve.bytes ? null : { kty: "OKP", crv: curve.crv, x: base64(point.subarray(-curve.bytes)) };
	}
	const both = point.subarray(-2 * curve.bytes);
	if (point.length < 2 * curve.bytes + 1 || point[point.length - both.length - 1] !== 4) return null;
	const [x, y] = [both.subarray(0, curve.bytes), both.subarray(curve.bytes)];
	return { kty: "EC", crv: curve.crv, x: base64(x), y: base64(y) };
}

/** The public key of a certificate; null when it can't be read. */
export function jwkOfCertificate(der: Buffer): PublicJwk | null {
	try {
		return new X509Certificate(der).publicKey.export({ format: "jwk" }) as PublicJwk;
	} catch {
		return null;
	}
}

/** Numbers are given with or without zeros before them. */
function whole(hex: string): Buffer {
	const bytes = Buffer.from(hex, "hex");
	const first = bytes.findIndex((byte) => byte !== 0);
	return bytes.subarray(Math.max(0, first));
}
