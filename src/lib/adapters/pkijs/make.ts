import { createHash } from "node:crypto";
import {
	type BaseBlock,
	Constructed,
	Integer,
	Null,
	ObjectIdentifier,
	OctetString,
	Primitive,
	Sequence,
	Set as SetOf,
	UTCTime,
} from "asn1js";
import { AlgorithmIdentifier, createCMSECDSASignature, RSASSAPSSParams } from "pkijs";
import {
	contentTypes,
	type MessageHash,
	type MessageParts,
	type MessageScheme,
	type ToSign,
} from "../../cms/signed-data.js";
import { attempt, decode, type Element, inDer, isTagged, rawOf, sequence } from "./asn1.js";
import { attributeIds } from "./attributes.js";

// Makes a detached message of one signer: CAdES-BES (ETSI EN 319 122-1, RFC 5652, RFC 5035). What others made (certificates,
// names, timestamps) goes in as it stands: whoever writes it anew may change it.

const signedDataId = "1.2.840.113549.1.7.2";
const mgf1 = "1.2.840.113549.1.1.8";

/** @source RFC 5754, 2; RFC 8419, 2.3 */
const hashIds: Readonly<Record<MessageHash, string>> = {
	sha256: "2.16.840.1.101.3.4.2.1",
	sha384: "2.16.840.1.101.3.4.2.2",
	sha512: "2.16.840.1.101.3.4.2.3",
	"shake256:64": "2.16.840.1.101.3.4.2.12",
};

/** @source RFC 5754, 3.3 */
const ecdsaIds: Readonly<Partial<Record<MessageHash, string>>> = {
	sha256: "1.2.840.10045.4.3.2",
	sha384: "1.2.840.10045.4.3.3",
	sha512: "1.2.840.10045.4.3.4",
};
const hashBytes: Readonly<Partial<Record<MessageHash, number>>> = { sha256: 32, sha384: 48, sha512: 64 };

/** What the signer of a message signs: its attributes, in DER. Null: the certificate can't be read. */
export function attributesToSign({ certificate, digest, signingTime }: ToSign): Buffer | null {
	const names = attempt(() => issuerAndSerial(certificate));
	if (names === undefined) return null;
	const attributes = new SetOf({
		value: [
			attribute(attributeIds.contentType, new ObjectIdentifier({ value: contentTypes.data })),
			attribute(attributeIds.messageDigest, octetString(digest)),
			attribute(attributeIds.signingTime, new UTCTime({ valueDate: new Date(signingTime) })),
			attribute(attributeIds.signingCertificateV2, signingCertificate(certificate, names)),
		],
	});
	return inDer(attributes, true);
}

/** The whole message, in DER. @throws when a part is none of ours */
export function messageOf({ attributes, signature, scheme, hash, certificates, timestamp }: MessageParts): Buffer {
	const [certificate] = certificates;
	if (certificate === undefined) throw new TypeError("no certificate");
	const digestAlgorithm = () => new AlgorithmIdentifier({ algorithmId: hashIds[hash] }).toSchema();
	const signer = new Sequence({
		value: [
			new Integer({ value: 1 }),
			new Sequence({ value: Object.values(issuerAndSerial(certificate)).map(asItStands) }),
			digestAlgorithm(),
			tagged(0, contentsOf(attributes)),
			algorithmOf(scheme, hash).toSchema(),
			octetString(scheme === "ecdsa" ? Buffer.from(createCMSECDSASignature(whole(signature))) : signature),
			...(timestamp === undefined ? [] : [tagged(1, [attribute(attributeIds.timestamp, asItStands(timestamp))])]),
		],
	});
	const signedData = new Sequence({
		value: [
			new Integer({ value: 1 }),
			new SetOf({ value: [digestAlgorithm()] }),
			new Sequence({ value: [new ObjectIdentifier({ value: contentTypes.data })] }),
			tagged(0, certificates.toSorted(Buffer.compare).map(asItStands)),
			new SetOf({ value: [signer] }),
		],
	});
	const message = new Sequence({ value: [new ObjectIdentifier({ value: signedDataId }), tagged(0, [signedData])] });
	return Buffer.from(message.toBER(false));
}

function algorithmOf(scheme: MessageScheme, hash: MessageHash): AlgorithmIdentifier {
	switch (scheme) {
		case "rsa-pkcs1":
			return new AlgorithmIdentifier({ algorithmId: "1.2.840.113549.1.1.1", algorithmParams: new Null() });
		case "rsa-pss": {
			const hashAlgorithm = new AlgorithmIdentifier({ algorithmId: hashIds[hash], algorithmParams: new Null() });
			const maskGenAlgorithm = new AlgorithmIdentifier({
				algorithmId: mgf1,
				algorithmParams: hashAlgorithm.toSchema(),
			});
			const parameters = new RSASSAPSSParams({ hashAlgorithm, maskGenAlgorithm, saltLength: hashBytes[hash] ?? 32 });
			return new AlgorithmIdentifier({
				algorithmId: "1.2.840.113549.1.1.10",
				algorithmParams: parameters.toSchema(),
			});
		}
		case "ecdsa":
			return new AlgorithmIdentifier({ algorithmId: ecdsaIds[hash] ?? "" });
		case "ed25519":
			return new AlgorithmIdentifier({ algorithmId: "1.3.101.112" });
		case "ed448":
			return new AlgorithmIdentifier({ algorithmId: "1.3.101.113" });
	}
}

/** The name of a certificate's issuer and its number, as they stand in it. @throws Malformed */
function issuerAndSerial(certificate: Buffer): { issuer: Buffer; serial: Buffer } {
	const [tbs] = sequence(decode(certificate).element);
	const [first, ...rest] = sequence(tbs);
	const [serial, , issuer] = isTagged(first, 0) ? rest : [first, ...rest];
	sequence(issuer);
	return { issuer: rawOf(issuer as Element), serial: rawOf(serial as Element) };
}

/** SigningCertificateV2 (RFC 5035, 3): the hash is SHA-256, which is not told, and the issuer is a GeneralName. */
function signingCertificate(certificate: Buffer, { issuer, serial }: ReturnType<typeof issuerAndSerial>): Sequence {
	const names = new Sequence({ value: [tagged(4, [asItStands(issuer)])] });
	const own = new Sequence({
		value: [
			octetString(createHash("sha256").update(certificate).digest()),
			new Sequence({ value: [names, asItStands(serial)] }),
		],
	});
	return new Sequence({ value: [new Sequence({ value: [own] })] });
}

const attribute = (id: string, value: BaseBlock) =>
	new Sequence({ value: [new ObjectIdentifier({ value: id }), new SetOf({ value: [value] })] });

const octetString = (bytes: Buffer) => new OctetString({ valueHex: new Uint8Array(bytes) });

const tagged = (tagNumber: number, value: BaseBlock[]) =>
	new Constructed({ idBlock: { tagClass: 3, tagNumber }, value });

/** An `ArrayBuffer` of its own: a Buffer is often a part of a larger one. */
const whole = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

const contentsOf = (set: Buffer): Element[] => {
	const { element } = decode(set);
	if (!(element instanceof SetOf)) throw new TypeError("no attributes");
	return (element.valueBlock.value as Element[]).map((one) => asItStands(rawOf(one)));
};

/** An element that is written as it was read, to the byte. @throws Malformed */
function asItStands(der: Buffer): BaseBlock {
	const { element, length } = decode(der);
	const { idBlock, lenBlock } = element;
	// Where lengths are not told, its end is not its own.
	if (lenBlock.isIndefiniteForm) return element;
	const valueHex = new Uint8Array(der.subarray(idBlock.blockLength + lenBlock.blockLength, length));
	const { tagClass, tagNumber, isConstructed } = idBlock;
	const kept = new Primitive({ idBlock: { tagClass, tagNumber }, valueHex });
	kept.idBlock.isConstructed = isConstructed;
	return kept;
}
