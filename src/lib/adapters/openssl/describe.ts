import { createHash } from "node:crypto";
import { type CertificateFacts, type CrlFacts, keyUsages, longestName } from "../../certificate/certificates.js";
import type { Openssl, Pointer } from "./library.js";
import { bytesOf, itemsOf, nameOf, oidOf, timeOf, withObjects } from "./objects.js";

/** Numbers of extensions: obj_mac.h of OpenSSL. */
const extension = {
	subjectNames: 85,
	policies: 89,
	crls: 103,
	usages: 126,
	deltaCrl: 140,
	access: 177,
} as const;
const accessMethods = { ocsp: "1.3.6.1.5.5.7.48.1", issuers: "1.3.6.1.5.5.7.48.2" } as const;
/** X509_get_key_usage without the extension. */
const anyUsage = 0xffff_ffff;
/** Bits of X509_get_key_usage, in the order of RFC 5280. */
const usageBits = [0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x8000] as const;
/** GENERAL_NAME types that are texts: rfc822Name, dNSName, uniformResourceIdentifier. */
const textNames = [1, 2, 6];
const uri = 6;
/** More of anything in one certificate is not told. */
const mostListed = 100;
const longestText = 2048;

/** What certificates say; null for what is none. */
export function describe(openssl: Openssl, certificates: readonly Buffer[]): (CertificateFacts | null)[] {
	return certificates.map((der) =>
		withObjects(openssl, (objects) => {
			const x = objects.certificate(der);
			return x === null ? null : factsOf(openssl, x, der);
		}),
	);
}

function factsOf(openssl: Openssl, x: Pointer, der: Buffer): CertificateFacts {
	const usage = openssl.X509_get_key_usage(x) >>> 0;
	const subject = openssl.X509_get_subject_name(x) as Pointer;
	const issuer = openssl.X509_get_issuer_name(x) as Pointer;
	const name = (one: Pointer) => nameOf(openssl, one, longestName).slice(0, longestName);
	return {
		subject: name(subject),
		issuer: name(issuer),
		serial: bytesOf(openssl, openssl.X509_get0_serialNumber(x), 64).toString("hex"),
		fingerprint: createHash("sha256").update(der).digest("hex"),
		notBefore: timeOf(openssl, openssl.X509_get0_notBefore(x)),
		notAfter: timeOf(openssl, openssl.X509_get0_notAfter(x)),
		key: keyOf(openssl, openssl.X509_get0_pubkey(x)),
		signatureAlgorithm: signatureOf(openssl, x),
		isAuthority: openssl.X509_check_ca(x) === 1,
		isSelfIssued: openssl.X509_NAME_cmp(subject, issuer) === 0,
		keyUsage: usage === anyUsage ? null : keyUsages.filter((_, at) => (usage & (usageBits[at] ?? 0)) !== 0),
		extendedKeyUsage: usagesOf(openssl, x),
		policies: policiesOf(openssl, x),
		names: namesOf(openssl, x),
		...accessOf(openssl, x),
		crls: crlPlacesOf(openssl, x),
	};
}

function keyOf(openssl: Openssl, key: Pointer): CertificateFacts["key"] {
	if (openssl.isNull(key)) return null;
	const type = openssl.EVP_PKEY_get0_type_name(key) as string | null;
	if (type === null) return null;
	const group = Buffer.alloc(64);
	const hasGroup = openssl.EVP_PKEY_get_group_name(key, group, group.length, null) === 1;
	const curve = hasGroup && type === "EC" ? group.toString("latin1", 0, group.indexOf(0)) : null;
	return { type, bits: Math.max(0, openssl.EVP_PKEY_get_bits(key)), curve };
}

/** The name that OpenSSL has for it, else its numbers. */
function signatureOf(openssl: Openssl, x: Pointer): string {
	const nid = openssl.X509_get_signature_nid(x) as number;
	if (nid !== 0) return openssl.OBJ_nid2ln(nid);
	const object: [Pointer] = [null];
	openssl.X509_ALGOR_get0(object, null, null, openssl.X509_get0_tbs_sigalg(x));
	return oidOf(openssl, object[0]);
}

/** Reads an extension, and frees what was read. @returns undefined without it, or when it can't be read */
function inExtension<T>(
	openssl: Openssl,
	x: Pointer,
	[nid, free]: readonly [number, (read: Pointer) => unknown],
	take: (read: Pointer) => T,
): T | undefined {
	const read = openssl.X509_get_ext_d2i(x, nid, null, null) as Pointer;
	openssl.ERR_clear_error();
	if (openssl.isNull(read)) return undefined;
	try {
		return take(read);
	} finally {
		free(read);
	}
}

/** Object identifiers of the extended key usage; null without one. */
function usagesOf(openssl: Openssl, x: Pointer): string[] | null {
	const from = [extension.usages, openssl.EXTENDED_KEY_USAGE_free] as const;
	const take = (read: Pointer) => itemsOf(openssl, read, mostListed).map((one) => oidOf(openssl, one));
	return inExtension(openssl, x, from, take) ?? null;
}

function policiesOf(openssl: Openssl, x: Pointer): string[] {
	const from = [extension.policies, openssl.CERTIFICATEPOLICIES_free] as const;
	// POLICYINFO begins with the identifier.
	const take = (read: Pointer) =>
		itemsOf(openssl, read, mostListed).map((one) => oidOf(openssl, openssl.pointerAt(one, 0)));
	return inExtension(openssl, x, from, take) ?? [];
}

function namesOf(openssl: Openssl, x: Pointer): string[] {
	const from = [extension.subjectNames, openssl.GENERAL_NAMES_free] as const;
	const take = (read: Pointer) =>
		itemsOf(openssl, read, mostListed).flatMap((one) => textOf(openssl, one, textNames) ?? []);
	return inExtension(openssl, x, from, take) ?? [];
}

function accessOf(openssl: Openssl, x: Pointer): Pick<CertificateFacts, "ocsp" | "issuers"> {
	const from = [extension.access, openssl.AUTHORITY_INFO_ACCESS_free] as const;
	// ACCESS_DESCRIPTION: the method, and where it is.
	const take = (read: Pointer) =>
		itemsOf(openssl, read, mostListed).map((one) => ({
			method: oidOf(openssl, openssl.pointerAt(one, 0)),
			place: textOf(openssl, openssl.pointerAt(one, 8), [uri]),
		}));
	const found = inExtension(openssl, x, from, take) ?? [];
	const of = (wanted: string) => found.flatMap(({ method, place }) => (method === wanted ? (place ?? []) : []));
	return { ocsp: of(accessMethods.ocsp), issuers: of(accessMethods.issuers) };
}

function crlPlacesOf(openssl: Openssl, x: Pointer): string[] {
	const from = [extension.crls, openssl.CRL_DIST_POINTS_free] as const;
	const take = (read: Pointer) =>
		itemsOf(openssl, read, mostListed).flatMap((point) => {
			// DIST_POINT begins with its name; DIST_POINT_NAME with its type (0: full), then the names.
			const named = openssl.pointerAt(point, 0);
			if (openssl.isNull(named) || openssl.memory(named, 4).readInt32LE() !== 0) return [];
			return itemsOf(openssl, openssl.pointerAt(named, 8), mostListed).flatMap(
				(one) => textOf(openssl, one, [uri]) ?? [],
			);
		});
	return inExtension(openssl, x, from, take) ?? [];
}

/** A GENERAL_NAME of one of these types, as text. */
function textOf(openssl: Openssl, name: Pointer, types: readonly number[]): string | null {
	const type: [number] = [-1];
	const value = openssl.GENERAL_NAME_get0_value(name, type) as Pointer;
	return types.includes(type[0]) ? bytesOf(openssl, value, longestText).toString("latin1") : null;
}

/** What revocation lists say of themselves; null for what is none. */
export function describeCrls(openssl: Openssl, crls: readonly Buffer[]): (CrlFacts | null)[] {
	return crls.map((der) =>
		withObjects(openssl, (objects) => {
			const crl = objects.crl(der);
			if (crl === null) return null;
			const delta = openssl.X509_CRL_get_ext_d2i(crl, extension.deltaCrl, null, null) as Pointer;
			if (!openssl.isNull(delta)) openssl.ASN1_INTEGER_free(delta);
			return {
				issuer: nameOf(openssl, openssl.X509_CRL_get_issuer(crl), longestName).slice(0, longestName),
				thisUpdate: timeOf(openssl, openssl.X509_CRL_get0_lastUpdate(crl)),
				nextUpdate: timeOf(openssl, openssl.X509_CRL_get0_nextUpdate(crl)),
				isDelta: !openssl.isNull(delta),
			};
		}),
	);
}
