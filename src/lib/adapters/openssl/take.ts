import type { Taken, Unlocked } from "../../certificate/certificates.js";
import type { Openssl, Pointer } from "./library.js";
import { encoded, itemsOf, type Objects, withObjects } from "./objects.js";

/** More certificates or lists than anybody puts into one file. */
const mostInFile = 20_000;

/** Takes a file apart: PEM of anything, else one thing in DER. */
export function take(openssl: Openssl, file: Buffer): Taken {
	return withObjects(openssl, (objects) => {
		if (file.includes("-----BEGIN ")) return takePem(objects, file);
		return takeDer(objects, file);
	});
}

function takeDer(objects: Objects, der: Buffer): Taken {
	const { openssl } = objects;
	const none = { certificates: [], crls: [] };
	const x = encodedCertificate(openssl, objects.certificateIn(der));
	if (x !== null) return { kind: "certificate", certificates: [x], crls: [] };
	const crl = objects.crl(der);
	if (crl !== null) return { kind: "crl", certificates: [], crls: encodedAll([crl], openssl.i2d_X509_CRL) };
	const pkcs7 = objects.parsed(der, openssl.d2i_PKCS7, openssl.PKCS7_free);
	if (pkcs7 !== null) return { kind: "pkcs7", ...inPkcs7(openssl, pkcs7) };
	if (objects.parsed(der, openssl.d2i_PKCS12, openssl.PKCS12_free) !== null) return { kind: "pkcs12", ...none };
	const ocsp = objects.parsed(der, openssl.d2i_OCSP_RESPONSE, openssl.OCSP_RESPONSE_free);
	return { kind: ocsp === null ? "unknown" : "ocsp", ...none };
}

function takePem(objects: Objects, file: Buffer): Taken {
	const { openssl } = objects;
	const taken: Taken = { kind: "pem", certificates: [], crls: [] };
	const bio = objects.keep(openssl.BIO_new_mem_buf(file, file.length), openssl.BIO_free);
	for (let count = 0; count < mostInFile; count++) {
		const [name, header, data]: [Pointer][] = [[null], [null], [null]] as [Pointer][];
		const length: [number] = [0];
		if (openssl.PEM_read_bio(bio, name, header, data, length) !== 1) break;
		const label = textAt(openssl, name?.[0] ?? null);
		const der = openssl.memory(data?.[0] ?? null, length[0]);
		for (const one of [name, header, data]) openssl.CRYPTO_free(one?.[0] ?? null, "", 0);
		add(objects, taken, label, der);
	}
	return taken;
}

function add(objects: Objects, taken: Taken, label: string, der: Buffer): void {
	const { openssl } = objects;
	// What OpenSSL calls trusted has settings of its own behind the certificate: only the certificate counts.
	if (/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) {
		const x = encodedCertificate(openssl, objects.certificateIn(der));
		if (x !== null) taken.certificates.push(x);
	} else if (label === "X509 CRL") {
		const crl = objects.crl(der);
		if (crl !== null) taken.crls.push(...encodedAll([crl], openssl.i2d_X509_CRL));
	} else if (["PKCS7", "CMS", "PKCS #7 SIGNED DATA"].includes(label)) {
		const { certificates, crls } = takeDer(objects, der);
		taken.certificates.push(...certificates);
		taken.crls.push(...crls);
	}
}

/** Labels are short. */
function textAt(openssl: Openssl, at: Pointer): string {
	if (openssl.isNull(at)) return "";
	let text = "";
	for (let length = 0; length < 64; length++) {
		const unit = openssl.memory(at + BigInt(length), 1)[0] ?? 0;
		if (unit === 0) break;
		text += String.fromCharCode(unit);
	}
	return text;
}

/** Types of PKCS#7 with certificates: signed, and signed and enveloped. obj_mac.h */
const nidSigned = 22;

/**
 * Certificates and lists of a PKCS7 structure (pkcs7.h): two fields for its encoding, two numbers, the type, the content; of
 * signed data the content is version, algorithms, certificates, lists. `long` has four bytes on Windows, and the same place.
 */
function inPkcs7(openssl: Openssl, pkcs7: Pointer): Pick<Taken, "certificates" | "crls"> {
	const [type, content] = [openssl.pointerAt(pkcs7, 24), openssl.pointerAt(pkcs7, 32)];
	if (openssl.OBJ_obj2nid(type) !== nidSigned || openssl.isNull(content)) return { certificates: [], crls: [] };
	return {
		certificates: encodedAll(itemsOf(openssl, openssl.pointerAt(content, 16), mostInFile), openssl.i2d_X509),
		crls: encodedAll(itemsOf(openssl, openssl.pointerAt(content, 24), mostInFile), openssl.i2d_X509_CRL),
	};
}

function encodedCertificate(openssl: Openssl, x: Pointer): Buffer | null {
	return x === null ? null : encoded(x, openssl.i2d_X509);
}

function encodedAll(items: readonly Pointer[], write: Parameters<typeof encoded>[1]): Buffer[] {
	return items.flatMap((item) => encoded(item, write) ?? []);
}

let loaded = false;

/**
 * Opens a PKCS#12 file. Old ones need algorithms that only OpenSSL's provider `legacy` has; loading it changes this whole
 * process, so this is called only in one of its own.
 */
export function unlock(openssl: Openssl, file: Buffer, password: string): Unlocked {
	if (!loaded) for (const name of ["legacy", "default"]) openssl.OSSL_PROVIDER_load(null, name);
	loaded = true;
	return withObjects(openssl, (objects) => {
		const none = { certificates: [], key: null };
		const p12 = objects.parsed(file, openssl.d2i_PKCS12, openssl.PKCS12_free);
		if (p12 === null) return { is: "unreadable", ...none };
		const length = Buffer.byteLength(password);
		// -1 and no password are two passwords: files are made with either.
		const fits =
			openssl.PKCS12_verify_mac(p12, password, length) === 1 ||
			(password === "" && openssl.PKCS12_verify_mac(p12, null, 0) === 1);
		const [key, x, others]: [Pointer][] = [[null], [null], [null]] as [Pointer][];
		const parsed = openssl.PKCS12_parse(p12, password, key, x, others) === 1;
		if (!parsed) return { is: fits ? "unreadable" : "wrong-password", ...none };
		const [own, certificate, more] = [key?.[0] ?? null, x?.[0] ?? null, others?.[0] ?? null];
		objects.keep(own, openssl.EVP_PKEY_free);
		objects.keep(certificate, openssl.X509_free);
		const rest = itemsOf(openssl, more, mostInFile);
		objects.keep(more, openssl.OPENSSL_sk_free);
		for (const one of rest) objects.keep(one, openssl.X509_free);
		const all = openssl.isNull(certificate) ? rest : [certificate, ...rest];
		return { is: "open", certificates: encodedAll(all, openssl.i2d_X509), key: keyOf(objects, own) };
	});
}

function keyOf(objects: Objects, key: Pointer): Buffer | null {
	const { openssl } = objects;
	if (openssl.isNull(key)) return null;
	const pkcs8 = objects.keep(openssl.EVP_PKEY2PKCS8(key), openssl.PKCS8_PRIV_KEY_INFO_free);
	return openssl.isNull(pkcs8) ? null : encoded(pkcs8, openssl.i2d_PKCS8_PRIV_KEY_INFO);
}
