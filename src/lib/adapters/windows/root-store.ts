import { X509Certificate } from "node:crypto";
import { type Known, known } from "../../known.js";
import type { Hive, WindowsRegistry } from "./registry.js";

/** Where Windows keeps the roots that a user trusts: a key for each, named after its SHA-1, with all of it in one value. */
const rootKey = "Software\\Microsoft\\SystemCertificates\\Root\\Certificates";

/** More than anybody trusts, and longer than a certificate is: whose store it is may write what they like into it. */
const [mostCertificates, longestBlob] = [1000, 65_536];

/** CERT_CERT_PROP_ID: the property of a stored certificate that is the certificate itself. */
const certificateProperty = 32;

/** Whether a certificate with this common name is among the roots that a user's own store holds. */
export function isInUsersStore(
	registry: Pick<WindowsRegistry, "keys" | "bytes">,
	hive: Hive,
	name: string,
): Known<boolean> {
	const thumbprints = registry.keys(hive, rootKey);
	if (!thumbprints.known) return thumbprints;
	let unclear: Known<boolean> = known(false);
	for (const thumbprint of thumbprints.value.slice(0, mostCertificates)) {
		const blob = registry.bytes(hive, `${rootKey}\\${thumbprint}`, "Blob");
		if (!blob.known) unclear = blob;
		else if (blob.value !== null && blob.value.length <= longestBlob && commonNamesIn(blob.value).includes(name))
			return known(true);
	}
	return unclear;
}

/**
 * The common names of the subject of a stored certificate. It is kept as a row of properties, each with its number, a
 * reserved word, its length, and so many bytes (the serialized form of CertSerializeCertificateStoreElement).
 */
function commonNamesIn(blob: Buffer): string[] {
	for (let at = 0; at + 12 <= blob.length; ) {
		const [property, length] = [blob.readUInt32LE(at), blob.readUInt32LE(at + 8)];
		const content = blob.subarray(at + 12, at + 12 + length);
		if (property === certificateProperty) return subjectNames(content);
		at += 12 + length;
	}
	return [];
}

/** @returns none of what is no certificate: nothing trusts it */
function subjectNames(der: Buffer): string[] {
	try {
		const { subject } = new X509Certificate(der);
		return subject.split("\n").flatMap((part) => (part.startsWith("CN=") ? [part.slice(3)] : []));
	} catch {
		return [];
	}
}
