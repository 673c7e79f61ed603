import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { schemesOf, signingWith } from "../../../src/lib/token/mechanisms.js";
import { placesOf } from "../../../src/lib/token/module-places.js";
import { mechanismName, returnName, tokenFlags } from "../../../src/lib/token/names.js";
import { jwkOfCertificate, publicJwk, typeOfKey } from "../../../src/lib/token/public-key.js";

const hex = (text: string | undefined) => Buffer.from(text ?? "", "base64url").toString("hex");

/** What a token would say of a public key: PKCS#11's attributes of it. */
function attributesOf(key: KeyObject, curve: string | null) {
	const { n, e, x, y, crv } = key.export({ format: "jwk" }) as Record<string, string>;
	const raw = crv?.startsWith("Ed") ? hex(x) : `04${hex(x)}${hex(y)}`;
	const length = raw.length / 2;
	const header = length < 128 ? `04${length.toString(16).padStart(2, "0")}` : `0481${length.toString(16)}`;
	return {
		...{ keyType: n === undefined ? 3 : 0, modulus: n === undefined ? null : `00${hex(n)}` },
		...{ exponent: e === undefined ? null : hex(e), curve, point: curve === null ? null : header + raw },
	};
}

describe("a public key that a token tells", () => {
	it.each([
		["P-256", "06082a8648ce3d030107", "EC"],
		["P-384", "06052b81040022", "EC"],
		["P-521", "06052b81040023", "EC"],
		["secp256k1", "06052b8104000a", "EC"],
	] as const)("is read: %s", (namedCurve, oid, type) => {
		const { publicKey } = generateKeyPairSync("ec", { namedCurve });
		const attributes = attributesOf(publicKey, oid);
		expect(typeOfKey(attributes)).toBe(type);
		expect(createPublicKey({ key: { ...publicJwk(attributes) }, format: "jwk" }).equals(publicKey)).toBe(true);
	});

	it.each(["06032b6570", "130c656477617264733235353139"])(
		"is read: Ed25519, named %s, also without a string around it",
		(oid) => {
			const { publicKey } = generateKeyPairSync("ed25519");
			const attributes = attributesOf(publicKey, oid);
			for (const point of [attributes.point, attributes.point?.slice(4) ?? null]) {
				const jwk = publicJwk({ ...attributes, point });
				expect(createPublicKey({ key: { ...jwk }, format: "jwk" }).equals(publicKey)).toBe(true);
			}
			// Some modules give it the older type of key.
			expect(typeOfKey(attributes)).toBe("EdDSA");
			expect(typeOfKey({ keyType: 0x40, curve: null })).toBe("EdDSA");
		},
	);

	it("is read: RSA, with zeros before its number; and nothing is made of what is not whole", () => {
		const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
		const attributes = attributesOf(publicKey, null);
		expect(createPublicKey({ key: { ...publicJwk(attributes) }, format: "jwk" }).equals(publicKey)).toBe(true);
		expect(publicJwk({ ...attributes, exponent: null })).toBeNull();
		expect(
			publicJwk({ keyType: 3, modulus: null, exponent: null, curve: "06052b81040022", point: "0401aa" }),
		).toBeNull();
		expect(publicJwk({ keyType: 3, modulus: null, exponent: null, curve: "0601aa", point: "04" })).toBeNull();
		expect(jwkOfCertificate(Buffer.from("no certificate"))).toBeNull();
		expect(typeOfKey({ keyType: 7, curve: null })).toBe("other");
	});
});

describe("what a token is asked to sign", () => {
	const message = Buffer.from("a document");
	const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

	it("is a digest where it takes one: RSA PKCS #1 signs the DigestInfo", () => {
		for (const hash of ["sha256", "sha384", "sha512"] as const) {
			const way = signingWith("rsa-pkcs1", hash, message, new Set([1, 0x40]));
			expect(way).toMatchObject({ type: 1 });
			// What CKM_RSA_PKCS does: pads what it is given and applies the key.
			const { privateEncrypt } = process.getBuiltinModule("node:crypto");
			const signature = privateEncrypt({ key: privateKey, padding: 1 }, way?.data ?? Buffer.alloc(0));
			expect(verify(hash, message, publicKey, signature)).toBe(true);
		}
	});

	it("is the message where it only hashes itself; nothing where it offers nothing for the hash", () => {
		expect(signingWith("rsa-pkcs1", "sha256", message, new Set([0x40]))).toEqual({ type: 0x40, data: message });
		expect(signingWith("rsa-pss", "sha384", message, new Set([0x44]))).toEqual({
			...{ type: 0x44, data: message, pss: { hash: 0x260, mgf: 3, salt: 48 } },
		});
		expect(signingWith("ecdsa", "sha512", message, new Set([0x1044]))).toBeUndefined();
		expect(signingWith("eddsa", "sha256", message, new Set([0x1057]))).toEqual({ type: 0x1057, data: message });
		expect(signingWith("eddsa", "sha256", message, new Set())).toBeUndefined();
	});

	it("is what the key can and the token offers", () => {
		expect(schemesOf({ type: "RSA" }, new Set([1, 0xd, 0x1041]))).toEqual(["rsa-pkcs1", "rsa-pss"]);
		expect(schemesOf({ type: "RSA" }, new Set([0x43]))).toEqual(["rsa-pss"]);
		expect(schemesOf({ type: "EC" }, new Set([1]))).toEqual([]);
		expect(schemesOf({ type: "other" }, new Set([1]))).toEqual([]);
		expect(sign("sha256", message, privateKey)).toHaveLength(256);
	});
});

it("names are PKCS#11's own, and a vendor's numbers stay numbers", () => {
	expect([mechanismName(1), mechanismName(0x1057), mechanismName(0x80000101)]).toEqual([
		...["CKM_RSA_PKCS", "CKM_EDDSA", "0x80000101"],
	]);
	expect([0xa0, 0xa4, 0xe0, 0xe1, 0x30].map(returnName)).toEqual([
		...["CKR_PIN_INCORRECT", "CKR_PIN_LOCKED", "CKR_TOKEN_NOT_PRESENT", "CKR_TOKEN_NOT_RECOGNIZED"],
		"CKR_DEVICE_ERROR",
	]);
	expect(tokenFlags(0x40404)).toEqual(["CKF_LOGIN_REQUIRED", "CKF_TOKEN_INITIALIZED", "CKF_USER_PIN_LOCKED"]);
});

it("usual places are full paths; one below a folder that the process environment does not name is left out", () => {
	for (const path of placesOf("linux", {})) expect(path).toMatch(/^\/usr\/.*\.so$/);
	const variables = { SystemRoot: "C:\\Windows", ProgramFiles: "C:\\Program Files", SystemDrive: "C:" };
	const all = placesOf("win32", variables);
	for (const path of all) expect(path).toMatch(/^C:\\[^%]*\.dll$/);
	const { ProgramFiles: _, ...fewer } = variables;
	expect(placesOf("win32", fewer).length).toBeLessThan(all.length);
	expect(placesOf("win32", fewer)).toContain("C:\\Windows\\System32\\eTPKCS11.dll");
});
