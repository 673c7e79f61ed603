import { GeneralizedTime, UTCTime } from "asn1js";
import { attempt, type Element, inside, octets, oid, rawOf, sequence, set } from "./asn1.js";

const [pkcs9, smime] = ["1.2.840.113549.1.9", "1.2.840.113549.1.9.16.2"];

/** Attributes that are looked into. @source RFC 5652, RFC 5035, RFC 3161, ETSI EN 319 122-1, ISO 32000 */
export const attributeIds = {
	contentType: `${pkcs9}.3`,
	messageDigest: `${pkcs9}.4`,
	signingTime: `${pkcs9}.5`,
	counterSignature: `${pkcs9}.6`,
	signingCertificate: `${smime}.12`,
	timestamp: `${smime}.14`,
	policy: `${smime}.15`,
	certificateValues: `${smime}.23`,
	revocationValues: `${smime}.24`,
	signingCertificateV2: `${smime}.47`,
	adobeRevocation: "1.2.840.113583.1.1.8",
} as const;

/** Attributes with all their values, in order. */
export type Attributes = { id: string; values: Element[] }[];

/** @throws Malformed */
export function attributesIn(tagged: Element): Attributes {
	return inside(tagged).map((attribute) => {
		const [id, values] = sequence(attribute);
		return { id: oid(id), values: set(values) };
	});
}

/** All values of one attribute, wherever it is repeated. */
export function valuesOf(attributes: Attributes, id: string): Element[] {
	return attributes.flatMap((one) => (one.id === id ? one.values : []));
}

/** Whether an attribute stands there, once, with one value. */
export function count(attributes: Attributes, id: string): "none" | "one" | "more" {
	const found = attributes.filter((one) => one.id === id);
	if (found.length === 0) return "none";
	return found.length === 1 && found[0]?.values.length === 1 ? "one" : "more";
}

/** ISO 8601 UTC; null: it is not there, or can't be read. */
export function timeIn(attributes: Attributes): string | null {
	const [value] = valuesOf(attributes, attributeIds.signingTime);
	if (!(value instanceof UTCTime) && !(value instanceof GeneralizedTime)) return null;
	return attempt(() => value.toDate().toISOString()) ?? null;
}

/** An object identifier that begins a value; null: it is not there. */
export function policyIn(attributes: Attributes): string | null {
	const [value] = valuesOf(attributes, attributeIds.policy);
	return (value === undefined ? undefined : attempt(() => oid(sequence(value)[0]))) ?? null;
}

/** What is in attributes that keep what it takes to verify later. */
export interface KeptValues {
	certificates: Buffer[];
	crls: Buffer[];
	/** Answers, whole. */
	ocsp: Buffer[];
	/** BasicOCSPResponse, without what is around it. */
	basicOcsp: Buffer[];
}

export function keptIn(signed: Attributes, unsigned: Attributes): KeptValues {
	const kept: KeptValues = { certificates: [], crls: [], ocsp: [], basicOcsp: [] };
	const take = (attributes: Attributes, id: string, into: (value: Element) => void) => {
		for (const value of valuesOf(attributes, id)) attempt(() => into(value));
	};
	const listsIn = (value: Element, ocsp: Buffer[]) => {
		for (const part of sequence(value)) {
			const items = inside(inside(part)[0]).map(rawOf);
			if (part.idBlock.tagNumber === 0) kept.crls.push(...items);
			if (part.idBlock.tagNumber === 1) ocsp.push(...items);
		}
	};
	take(unsigned, attributeIds.certificateValues, (value) => kept.certificates.push(...sequence(value).map(rawOf)));
	take(unsigned, attributeIds.revocationValues, (value) => listsIn(value, kept.basicOcsp));
	for (const attributes of [signed, unsigned])
		take(attributes, attributeIds.adobeRevocation, (value) => listsIn(value, kept.ocsp));
	return kept;
}

/** How a signer names their certificate inside what is signed (RFC 5035): the hash, and what it is of. @throws Malformed */
export function essIn(value: Element): {
	hash: Element | undefined;
	certificate: Buffer;
	issuerSerial: Element | undefined;
} {
	const [first] = sequence(sequence(value)[0]);
	const fields = sequence(first);
	const begins = fields[0]?.idBlock.tagNumber === 16 ? fields.slice(1) : fields;
	return {
		hash: begins.length < fields.length ? fields[0] : undefined,
		certificate: octets(begins[0]),
		issuerSerial: begins[1],
	};
}
