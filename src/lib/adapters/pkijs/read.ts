import { Constructed, Enumerated, ObjectIdentifier, OctetString, Sequence } from "asn1js";
import { TSTInfo } from "pkijs";
import {
	contentTypes,
	mostContent,
	type ReadRequest,
	type SignedData,
	type Signer,
	type TimestampInfo,
} from "../../cms/signed-data.js";
import { hashNamed } from "./algorithms.js";
import {
	attempt,
	bufferOf,
	decode,
	type Element,
	hexOf,
	inside,
	isTagged,
	octets,
	oid,
	rawOf,
	sequence,
	set,
} from "./asn1.js";
import { candidateOf } from "./certificate.js";
import { type Content, type ReadSigner, readSigner } from "./signer.js";

const signedDataId = "1.2.840.113549.1.7.2";
const ocspInformation = "1.3.6.1.5.5.7.16.2";
const basicOcsp = "1.3.6.1.5.5.7.48.1.1";
/** Timestamps inside timestamps: nobody makes more. */
const deepest = 2;
/** More of each than anybody puts into one message. */
const mostSigners = 1000;
const mostListed = 10_000;

/** Reads a message; null: it is no SignedData. */
export function readMessage({ message, content, digests = {}, certificates = [] }: ReadRequest): SignedData | null {
	const der = attempt(() => unarmored(message));
	return (der && attempt(() => signedDataIn(der, { content, digests }, certificates, 0))) ?? null;
}

/** DER in PEM, or in base64 alone. */
function unarmored(file: Buffer): Buffer {
	if (file[0] === 0x30) return file;
	const text = file.toString("latin1");
	const body = /-----BEGIN (?:CMS|PKCS7|PKCS #7 SIGNED DATA)-----([^-]*)-----END /.exec(text)?.[1] ?? text;
	return /^[\w+/=\s]+$/.test(body) ? Buffer.from(body, "base64") : file;
}

function signedDataIn(
	der: Buffer,
	given: { content: Buffer | undefined; digests: Content["digests"] },
	more: readonly Buffer[],
	depth: number,
): SignedData {
	const { element, length } = decode(der);
	const [type, tagged] = sequence(element);
	if (oid(type) !== signedDataId) throw new TypeError("no signed data");
	const [, , encapsulated, ...rest] = sequence(inside(tagged)[0]);
	const [contentType, contentTagged] = sequence(encapsulated);
	const id = oid(contentType);
	const attached = contentTagged === undefined ? undefined : contentIn(inside(contentTagged)[0]);
	const own: Buffer[] = [];
	const lists = { crls: [] as Buffer[], ocsp: [] as Buffer[] };
	for (const part of rest) {
		if (isTagged(part, 0)) own.push(...certificatesIn(part));
		if (isTagged(part, 1))
			for (const one of inside(part).slice(0, mostListed)) attempt(() => addRevocation(one, lists));
	}
	// Hashes that are handed in are of what was signed, whatever is inside: a PDF's signature is over the file.
	const isHashed = Object.keys(given.digests).length > 0;
	const content: Content = {
		bytes: isHashed ? undefined : (attached ?? given.content),
		digests: given.digests,
		type: id,
	};
	const elements = set(rest.at(-1)).slice(0, mostSigners);
	// What signers keep in attributes may hold their own certificate.
	const all = unique([...own, ...more]);
	const candidates = all.flatMap((one) => candidateOf(one) ?? []);
	const signers = elements.map((one) => readSigner(one, content, candidates));
	const kept = signers.map((one) => one.kept);
	const told = unique([...candidates.map((one) => one.der), ...kept.flatMap((one) => one.certificates)]);
	const info = id === contentTypes.timestamp && attached !== undefined ? attempt(() => infoIn(attached)) : undefined;
	return {
		contentType: id,
		contentLength: attached?.length ?? null,
		content: attached !== undefined && attached.length <= mostContent ? attached : null,
		certificates: told.slice(0, mostListed),
		crls: unique([...lists.crls, ...kept.flatMap((one) => one.crls)]),
		ocsp: unique([
			...lists.ocsp,
			...kept.flatMap((one) => one.ocsp),
			...kept.flatMap((one) => one.basicOcsp.flatMap((basic) => attempt(() => wholeOcsp(basic)) ?? [])),
		]),
		signers: signers.map((one) => withTimestamps(one, told, depth)),
		timestamp: info ?? null,
		hasRest: der.subarray(length).some((byte) => byte !== 0 && byte !== 0x0a && byte !== 0x0d),
	};
}

function unique(all: readonly Buffer[]): Buffer[] {
	const seen = new Map(all.map((one) => [one.toString("latin1"), one]));
	return [...seen.values()];
}

/** The content inside. What PKCS#7 holds there may be no octet string: then what is in it counts (RFC 5652, 5.2.1). */
function contentIn(element: Element | undefined): Buffer {
	if (element === undefined) throw new TypeError("no content");
	if (element instanceof OctetString) return octets(element);
	return rawOf(element).subarray(element.idBlock.blockLength + element.lenBlock.blockLength);
}

/** Certificates of X.509; attribute certificates and others have tags of their own. */
function certificatesIn(part: Element): Buffer[] {
	return inside(part)
		.slice(0, mostListed)
		.flatMap((one) => (one instanceof Sequence ? rawOf(one) : []));
}

function addRevocation(one: Element, lists: { crls: Buffer[]; ocsp: Buffer[] }): void {
	if (one instanceof Sequence) {
		lists.crls.push(rawOf(one));
		return;
	}
	const [format, value] = inside(one);
	if (isTagged(one, 1) && oid(format) === ocspInformation && value !== undefined) lists.ocsp.push(rawOf(value));
}

/** An OCSP answer around what is kept of one (RFC 6960, 4.2.1). */
function wholeOcsp(basic: Buffer): Buffer {
	const octetString = new OctetString({ valueHex: new Uint8Array(basic) });
	const bytes = new Sequence({ value: [new ObjectIdentifier({ value: basicOcsp }), octetString] });
	const tagged = new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [bytes] });
	return Buffer.from(new Sequence({ value: [new Enumerated({ value: 0 }), tagged] }).toBER(false));
}

function withTimestamps(
	{ timestampTokens, counterSignatures, kept: _, ...signer }: ReadSigner,
	all: readonly Buffer[],
	depth: number,
): Signer {
	const none = { content: undefined, digests: {} };
	return {
		...signer,
		timestamps: timestampTokens.map((token) =>
			depth >= deepest ? null : (attempt(() => signedDataIn(token, none, all, depth + 1)) ?? null),
		),
		counterSignatures: counterSignatures.map((one) => withTimestamps(one, all, depth)),
	};
}

/** What a timestamp says. @throws when it is none */
function infoIn(content: Buffer): TimestampInfo {
	const read = new TSTInfo({ schema: decode(content).element });
	const { seconds = 0, millis = 0, micros = 0 } = read.accuracy ?? {};
	const { hashAlgorithm, hashedMessage } = read.messageImprint;
	const accuracy = Math.round(seconds * 1000 + millis + micros / 1000);
	if (accuracy < 0 || !Number.isSafeInteger(accuracy)) throw new RangeError("no accuracy");
	return {
		policy: read.policy,
		serial: hexOf(bufferOf(read.serialNumber.valueBlock.valueHexView)),
		time: read.genTime.toISOString(),
		accuracy: read.accuracy === undefined ? null : accuracy,
		nonce: read.nonce === undefined ? null : hexOf(bufferOf(read.nonce.valueBlock.valueHexView)),
		hash:
			hashNamed({ id: hashAlgorithm.algorithmId, parameters: hashAlgorithm.algorithmParams as Element | undefined }) ??
			null,
		imprint: octets(hashedMessage),
	};
}
