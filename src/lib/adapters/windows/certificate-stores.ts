import type { StoreName, Stores, SystemOpinion } from "../../certificate/stores.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { systemRoots } from "../openssl/system-roots.js";
import { loadWindows, type Pointer, type Windows, wide } from "./native.js";
import { keyOfStore } from "./store-key.js";

// Constants and structures: wincrypt.h. All structures are those of 64-bit Windows.

/** CERT_STORE_PROV_SYSTEM_W, the places, and: read only, and do not make one. */
const systemStore = 10n;
const places = { user: 1 << 16, machine: 2 << 16 } as const;
const memoryStore = 2n;
const readOnly = 0x8000;
const openExisting = 0x4000;
/** X509_ASN_ENCODING | PKCS_7_ASN_ENCODING */
const encoding = 0x1_0001;
const addAlways = 4;
/** CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL: nothing is fetched behind anybody's back. */
const cacheOnly = 4;

/** More than any store has. */
const mostCertificates = 10_000;

/** Bits of CERT_TRUST_STATUS.dwErrorStatus. */
const trustFaults: readonly (readonly [bit: number, name: string])[] = [
	[0x1, "CERT_TRUST_IS_NOT_TIME_VALID"],
	[0x4, "CERT_TRUST_IS_REVOKED"],
	[0x8, "CERT_TRUST_IS_NOT_SIGNATURE_VALID"],
	[0x10, "CERT_TRUST_IS_NOT_VALID_FOR_USAGE"],
	[0x20, "CERT_TRUST_IS_UNTRUSTED_ROOT"],
	[0x40, "CERT_TRUST_REVOCATION_STATUS_UNKNOWN"],
	[0x80, "CERT_TRUST_IS_CYCLIC"],
	[0x100, "CERT_TRUST_INVALID_EXTENSION"],
	[0x200, "CERT_TRUST_INVALID_POLICY_CONSTRAINTS"],
	[0x400, "CERT_TRUST_INVALID_BASIC_CONSTRAINTS"],
	[0x800, "CERT_TRUST_INVALID_NAME_CONSTRAINTS"],
	[0x1000, "CERT_TRUST_HAS_NOT_SUPPORTED_NAME_CONSTRAINT"],
	[0x8000, "CERT_TRUST_HAS_EXCLUDED_NAME_CONSTRAINT"],
	[0x1_0000, "CERT_TRUST_IS_PARTIAL_CHAIN"],
	[0x10_0000, "CERT_TRUST_HAS_WEAK_SIGNATURE"],
	[0x100_0000, "CERT_TRUST_IS_OFFLINE_REVOCATION"],
	[0x200_0000, "CERT_TRUST_NO_ISSUANCE_CHAIN_POLICY"],
	[0x400_0000, "CERT_TRUST_IS_EXPLICIT_DISTRUST"],
	[0x800_0000, "CERT_TRUST_HAS_NOT_SUPPORTED_CRITICAL_EXT"],
];

/** The stores of this Windows, and its chain engine. */
export const windowsStores: Omit<Stores, "believed" | "file"> = {
	roots: async () => systemRoots(),
	certificates: async (store) => listStore(await loadWindows(), store),
	key: async (store, certificate, mayAsk) => keyOfStore(await loadWindows(), store, certificate, mayAsk),
	opinion: async (certificate, intermediates, at) => askEngine(await loadWindows(), certificate, intermediates, at),
};

function listStore(windows: Windows, { scope, name }: StoreName): Known<Buffer[]> {
	const open = windows.bind(
		"crypt32",
		"void *CertOpenStore(size_t provider, uint32_t encoding, size_t none, uint32_t flags, void *name)",
	);
	const store = open(systemStore, 0, 0n, places[scope] | readOnly | openExisting, wide(name)) as Pointer;
	if (isNone(store)) return unknown(t`Windows has no such store, or does not open it: ${scope}/${name}`);
	const next = windows.bind("crypt32", "void *CertEnumCertificatesInStore(void *store, void *previous)");
	const close = windows.bind("crypt32", "int CertCloseStore(void *store, uint32_t flags)");
	const found: Buffer[] = [];
	// Each call frees what the last one gave.
	for (let context: Pointer = next(store, null); !isNone(context); context = next(store, context)) {
		if (found.length < mostCertificates) found.push(encodedIn(windows, context));
	}
	close(store, 0);
	return known(found);
}

/** CERT_CONTEXT: the encoding, the bytes, how many. */
function encodedIn(windows: Windows, context: Pointer): Buffer {
	const head = windows.memory(context, 24);
	return windows.memory(head.readBigUInt64LE(8), head.readUInt32LE(16));
}

const isNone = (pointer: Pointer | undefined): pointer is null =>
	pointer === null || pointer === undefined || pointer === 0n;

function askEngine(
	windows: Windows,
	certificate: Buffer,
	intermediates: readonly Buffer[],
	at: Date,
): Known<SystemOpinion | null> {
	const bind = (declaration: string) => windows.bind("crypt32", declaration);
	const create = bind("void *CertCreateCertificateContext(uint32_t encoding, void *der, uint32_t length)");
	const free = bind("int CertFreeCertificateContext(void *context)");
	const open = bind("void *CertOpenStore(size_t provider, uint32_t encoding, size_t none, uint32_t flags, void *name)");
	const add = bind(
		"int CertAddEncodedCertificateToStore(void *store, uint32_t encoding, void *der, uint32_t length, uint32_t how, void *context)",
	);
	const close = bind("int CertCloseStore(void *store, uint32_t flags)");
	const build = bind(
		"int CertGetCertificateChain(void *engine, void *context, void *time, void *store, void *parameters, uint32_t flags, void *reserved, _Out_ void **chain)",
	);
	const freeChain = bind("void CertFreeCertificateChain(void *chain)");
	const context = create(encoding, certificate, certificate.length) as Pointer;
	if (isNone(context)) return unknown(t`Windows can't read the certificate`);
	const store = open(memoryStore, 0, 0n, 0, null) as Pointer;
	try {
		for (const der of intermediates) add(store, encoding, der, der.length, addAlways, null);
		const chain: [Pointer] = [null];
		const ok = build(null, context, fileTime(at), store, chainParameters(), cacheOnly, null, chain) as number;
		if (ok === 0 || isNone(chain[0])) return unknown(t`Windows built no path`);
		// CERT_CHAIN_CONTEXT: its size, then what is wrong.
		const status = windows.memory(chain[0], 8).readUInt32LE(4);
		freeChain(chain[0]);
		const faults = trustFaults.flatMap(([bit, name]) => ((status & bit) === 0 ? [] : [name]));
		return known({ engine: "Windows", valid: status === 0, faults });
	} finally {
		close(store, 0);
		free(context);
	}
}

/** CERT_CHAIN_PARA that asks for no usage: its size, and zeroes. */
function chainParameters(): Buffer {
	const parameters = Buffer.alloc(32);
	parameters.writeUInt32LE(parameters.length);
	return parameters;
}

/** FILETIME: tenths of microseconds since 1601. */
function fileTime(at: Date): Buffer {
	const time = Buffer.alloc(8);
	time.writeBigUInt64LE((BigInt(at.getTime()) + 11_644_473_600_000n) * 10_000n);
	return time;
}
