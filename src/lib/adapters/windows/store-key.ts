import type { StoreKey, StoreName } from "../../certificate/stores.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { dword, type NativeFunction, type Pointer, type Windows, wide } from "./native.js";

// A private key of a certificate in a store of Windows: by CNG, else by the CryptoAPI of old programs. Constants and structures of
// 64-bit Windows: wincrypt.h, bcrypt.h, ncrypt.h.

const systemStore = 10n;
const places = { user: 1 << 16, machine: 2 << 16 } as const;
const readOnly = 0x8000;
const openExisting = 0x4000;
/** X509_ASN_ENCODING | PKCS_7_ASN_ENCODING */
const encoding = 0x1_0001;
/** CERT_FIND_EXISTING: the very same certificate. */
const findExisting = 0xd_0000;
/** CRYPT_ACQUIRE_COMPARE_KEY_FLAG, _SILENT_FLAG, _PREFER_NCRYPT_KEY_FLAG */
const acquire = { compare: 0x4, silent: 0x40, preferCng: 0x2_0000 } as const;
/** CERT_NCRYPT_KEY_SPEC: the handle is one of CNG. */
const cngKey = 0xffff_ffff;
/** BCRYPT_PAD_PKCS1, BCRYPT_PAD_PSS */
const paddings = { pkcs1: 2, pss: 8 } as const;
const hashes: Readonly<Record<string, { cng: string; capi: number; bytes: number }>> = {
	sha256: { cng: "SHA256", capi: 0x800c, bytes: 32 },
	sha384: { cng: "SHA384", capi: 0x800d, bytes: 48 },
	sha512: { cng: "SHA512", capi: 0x800e, bytes: 64 },
};
/** HP_HASHVAL */
const hashValue = 2;
/** The longest signature that is read: RSA of 16384 bits. */
const mostBytes = 2048;

/** A function of Windows in a thread of Node's pool: it may wait for somebody who is to enter a PIN. */
const inThread = (native: NativeFunction, ...words: unknown[]): Promise<number> =>
	new Promise((resolve, reject) => {
		native.async(...words, (error: unknown, value: number) => (error ? reject(error) : resolve(value)));
	});

const isNone = (pointer: Pointer | undefined): boolean => pointer === null || pointer === undefined || pointer === 0n;

/** @param mayAsk whether Windows may open a window for a PIN or a consent */
export async function keyOfStore(
	windows: Windows,
	{ scope, name }: StoreName,
	certificate: Buffer,
	mayAsk: boolean,
): Promise<Known<StoreKey>> {
	const bind = (declaration: string) => windows.bind("crypt32", declaration);
	const open = bind("void *CertOpenStore(size_t provider, uint32_t encoding, size_t none, uint32_t flags, void *name)");
	const close = bind("int CertCloseStore(void *store, uint32_t flags)");
	const create = bind("void *CertCreateCertificateContext(uint32_t encoding, void *der, uint32_t length)");
	const free = bind("int CertFreeCertificateContext(void *context)");
	const find = bind(
		"void *CertFindCertificateInStore(void *store, uint32_t encoding, uint32_t flags, uint32_t kind, void *what, void *previous)",
	);
	const keyOf = bind(
		"int CryptAcquireCertificatePrivateKey(void *context, uint32_t flags, void *window, void *handle, void *spec, void *mustFree)",
	);
	const store = open(systemStore, 0, 0n, places[scope] | readOnly | openExisting, wide(name)) as Pointer;
	if (isNone(store)) return unknown(t`Windows has no such store, or does not open it: ${scope}/${name}`);
	const wanted = create(encoding, certificate, certificate.length) as Pointer;
	const context = isNone(wanted) ? null : (find(store, encoding, 0, findExisting, wanted, null) as Pointer);
	if (!isNone(wanted)) free(wanted);
	const end = () => {
		if (!isNone(context)) free(context);
		close(store, 0);
	};
	if (isNone(context)) {
		end();
		return unknown(t`the certificate is not in ${scope}/${name} any more`);
	}
	const [handle, spec, mustFree] = [Buffer.alloc(8), dword(), dword()];
	const flags = acquire.compare | acquire.preferCng | (mayAsk ? 0 : acquire.silent);
	// Older Windows, and Wine, know no CNG here.
	const got =
		(await inThread(keyOf, context, flags, null, handle, spec, mustFree)) !== 0 ||
		(await inThread(keyOf, context, flags & ~acquire.preferCng, null, handle, spec, mustFree)) !== 0;
	if (!got) {
		end();
		return unknown(t`Windows has no private key for it, or does not give it to this user`);
	}
	const key = { handle: handle.readBigUInt64LE(), spec: spec.readUInt32LE(), mustFree: mustFree.readUInt32LE() !== 0 };
	return known(key.spec === cngKey ? byCng(windows, key, mayAsk, end) : byCryptoApi(windows, key, end));
}

interface Held {
	handle: bigint;
	spec: number;
	mustFree: boolean;
}

function byCng(windows: Windows, { handle, mustFree }: Held, mayAsk: boolean, end: () => void): StoreKey {
	const bind = (declaration: string) => windows.bind("ncrypt", declaration);
	const sign = bind(
		"int32_t NCryptSignHash(size_t key, void *padding, void *hash, uint32_t length, void *into, uint32_t size, void *written, uint32_t flags)",
	);
	return {
		by: "cng",
		schemes: ["rsa-pkcs1", "rsa-pss", "ecdsa"],
		async sign(scheme, hash, digest) {
			const { address } = await import("koffi");
			// BCRYPT_PKCS1_PADDING_INFO: the hash. BCRYPT_PSS_PADDING_INFO: and how long the salt is. The hash's name lies in
			// the same memory, behind: only what a call is given stays while it runs in another thread.
			const padding = Buffer.concat([Buffer.alloc(16), wide(hashes[hash]?.cng ?? "")]);
			padding.writeBigUInt64LE(address(padding) + 16n);
			padding.writeUInt32LE(digest.length, 8);
			const how = scheme === "ecdsa" ? 0 : scheme === "rsa-pss" ? paddings.pss : paddings.pkcs1;
			const [into, written] = [Buffer.alloc(mostBytes), dword()];
			// NCRYPT_SILENT_FLAG
			const flags = how | (mayAsk ? 0 : 0x40);
			const words = [handle, how === 0 ? null : padding, digest, digest.length, into, into.length, written, flags];
			const status = await inThread(sign, ...words);
			if (status !== 0) return unknown(t`Windows does not sign (0x${(status >>> 0).toString(16)})`);
			return known(into.subarray(0, written.readUInt32LE()));
		},
		close() {
			if (mustFree) bind("int32_t NCryptFreeObject(size_t handle)")(handle);
			end();
		},
	};
}

/** Keys of programs that know no CNG: RSA by PKCS #1 alone, and the signature comes with its last byte first. */
function byCryptoApi(windows: Windows, { handle, spec, mustFree }: Held, end: () => void): StoreKey {
	const bind = (declaration: string) => windows.bind("advapi32", declaration);
	return {
		by: "cryptoapi",
		schemes: ["rsa-pkcs1"],
		async sign(_, hash, digest) {
			const create = bind(
				"int CryptCreateHash(size_t provider, uint32_t kind, size_t key, uint32_t flags, void *hash)",
			);
			const set = bind("int CryptSetHashParam(size_t hash, uint32_t what, void *value, uint32_t flags)");
			const sign = bind(
				"int CryptSignHashW(size_t hash, uint32_t spec, void *none, uint32_t flags, void *into, void *length)",
			);
			const destroy = bind("int CryptDestroyHash(size_t hash)");
			const made = Buffer.alloc(8);
			if ((create(handle, hashes[hash]?.capi ?? 0, 0n, 0, made) as number) === 0)
				return unknown(t`the provider of the key knows no ${hash}`);
			const object = made.readBigUInt64LE();
			try {
				const [into, length] = [Buffer.alloc(mostBytes), dword(mostBytes)];
				const isSet = (set(object, hashValue, digest, 0) as number) !== 0;
				if (!isSet || (await inThread(sign, object, spec, null, 0, into, length)) === 0)
					return unknown(t`the provider of the key does not sign`);
				return known(into.subarray(0, length.readUInt32LE()).reverse());
			} finally {
				destroy(object);
			}
		},
		close() {
			if (mustFree) bind("int CryptReleaseContext(size_t provider, uint32_t flags)")(handle, 0);
			end();
		},
	};
}
