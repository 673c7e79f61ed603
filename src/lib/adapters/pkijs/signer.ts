import type { SignatureFault, Signer } from "../../cms/signed-data.js";
import { contentTypes, undecidableFaults } from "../../cms/signed-data.js";
import { algorithmOf, hashBy, hashNamed, type Method, methodOf, nameOfKind, verifies } from "./algorithms.js";
import {
	attempt,
	bufferOf,
	type Element,
	hexOf,
	inDer,
	inside,
	integer,
	isTagged,
	octets,
	oid,
	rawOf,
	sequence,
} from "./asn1.js";
import {
	type Attributes,
	attributeIds,
	attributesIn,
	count,
	essIn,
	keptIn,
	policyIn,
	timeIn,
	valuesOf,
} from "./attributes.js";
import { type Candidate, nameKey } from "./certificate.js";

/** What a signer signed. */
export interface Content {
	/** Undefined: it is neither inside nor handed in. */
	bytes: Buffer | undefined;
	/** Its hashes, as they were handed in. */
	digests: Readonly<Record<string, Buffer>>;
	/** Null: a signature is signed, which has no type. */
	type: string | null;
}

/** A signer, without what is read of their timestamps. */
export interface ReadSigner extends Omit<Signer, "timestamps" | "counterSignatures"> {
	timestampTokens: Buffer[];
	counterSignatures: ReadSigner[];
	kept: ReturnType<typeof keptIn>;
}

/** Signatures over signatures over signatures: nobody makes more. */
const deepest = 4;

/** Reads one SignerInfo (RFC 5652, 5.3) and verifies what they signed. @throws Malformed */
export function readSigner(
	element: Element,
	content: Content,
	candidates: readonly Candidate[],
	depth = 0,
): ReadSigner {
	const [, sid, digestAlgorithm, ...rest] = sequence(element);
	const signedPart = isTagged(rest[0], 0) ? rest.shift() : undefined;
	const [signatureAlgorithm, signatureElement, unsignedPart] = rest;
	const signature = octets(signatureElement);
	const signed = signedPart === undefined ? [] : attributesIn(signedPart);
	const unsigned = isTagged(unsignedPart, 1) ? (attempt(() => attributesIn(unsignedPart)) ?? []) : [];
	const named = namedBy(sid as Element);
	const digestId = algorithmOf(digestAlgorithm);
	const digest = hashNamed(digestId);
	const algorithm = algorithmOf(signatureAlgorithm);
	const method = methodOf(algorithm, digest);

	const fitting = candidates.filter((one) => named.fits(one));
	const ess = (one: Candidate) => essFaults(signed, one);
	const certificate = fitting.find((one) => ess(one).length === 0) ?? fitting[0];

	const faults: SignatureFault[] = [];
	const found = (...more: SignatureFault[]) => faults.push(...more.filter((one) => !faults.includes(one)));
	if (certificate === undefined) found("signer-certificate-missing");
	else found(...ess(certificate));
	if ("fault" in method) found(method.fault);
	if (content.type === contentTypes.timestamp && certificate !== undefined && !certificate.isForTimestamps)
		found("not-timestamping");
	found(...attributeFaults(signedPart !== undefined, signed, unsigned, content.type));
	found(...digestFaults(signedPart !== undefined, signed, content, digest));
	const messages = signedPart === undefined ? [content.bytes] : signedBytes(signedPart);
	if (certificate !== undefined && !("fault" in method))
		found(...signatureFaultsOf(method, certificate, messages, signature));

	const { kind: kindOf } = method;
	const known = Object.values<string>(attributeIds);
	const isDecided = faults.some((one) => !(undecidableFaults as readonly string[]).includes(one));
	return {
		certificate: certificate === undefined ? null : candidates.indexOf(certificate),
		named: { by: named.by, value: named.value },
		digest: digest ?? digestId.id,
		algorithm: kindOf === undefined ? algorithm.id : nameOfKind(kindOf),
		integrity: faults.length === 0 ? "valid" : isDecided ? "invalid" : "undecidable",
		faults,
		signingTime: timeIn(signed),
		hasAttributes: signedPart !== undefined,
		signingCertificate:
			count(signed, attributeIds.signingCertificateV2) !== "none"
				? "v2"
				: count(signed, attributeIds.signingCertificate) !== "none"
					? "v1"
					: null,
		policy: policyIn(signed),
		signature,
		timestampTokens: valuesOf(unsigned, attributeIds.timestamp).map(rawOf),
		counterSignatures: depth >= deepest ? [] : countersIn(unsigned, signature, candidates, depth),
		otherAttributes: [...new Set([...signed, ...unsigned].map(({ id }) => id).filter((id) => !known.includes(id)))],
		kept: keptIn(signed, unsigned),
	};
}

function countersIn(
	unsigned: Attributes,
	signature: Buffer,
	candidates: readonly Candidate[],
	depth: number,
): ReadSigner[] {
	const over: Content = { bytes: signature, digests: {}, type: null };
	return valuesOf(unsigned, attributeIds.counterSignature).flatMap(
		(value) => attempt(() => readSigner(value, over, candidates, depth + 1)) ?? [],
	);
}

/** How a signer is named (SignerIdentifier). @throws Malformed */
function namedBy(sid: Element) {
	if (isTagged(sid, 0)) {
		const bytes =
			"valueHexView" in sid.valueBlock ? bufferOf(sid.valueBlock.valueHexView as Uint8Array) : octets(inside(sid)[0]);
		const value = bytes.toString("hex");
		return { by: "key-id", value, fits: ({ keyId }: Candidate) => keyId === value } as const;
	}
	const [issuer, serial] = sequence(sid);
	const [name, value] = [nameKey(issuer), hexOf(integer(serial))];
	const fits = (one: Candidate) => one.serial === value && one.issuer === name;
	return { by: "issuer-serial", value, fits } as const;
}

/** What RFC 5652, 11 asks of attributes. */
function attributeFaults(
	hasSigned: boolean,
	signed: Attributes,
	unsigned: Attributes,
	type: string | null,
): SignatureFault[] {
	const { contentType, messageDigest, signingTime, counterSignature } = attributeIds;
	const faults: SignatureFault[] = [];
	if ([contentType, messageDigest, signingTime].some((id) => count(unsigned, id) !== "none"))
		faults.push("attribute-misplaced");
	if (count(signed, counterSignature) !== "none") faults.push("attribute-misplaced");
	if (!hasSigned) return type === null || type === contentTypes.data ? faults : [...faults, "attributes-missing"];
	const wanted: string[] = type === null ? [messageDigest] : [contentType, messageDigest];
	const { signingCertificate, signingCertificateV2 } = attributeIds;
	// A timestamp must name the certificate that it was signed with (RFC 5816, 2.2.1).
	if (type === contentTypes.timestamp && count(signed, signingCertificateV2) === "none")
		wanted.push(signingCertificate);
	if (wanted.some((id) => count(signed, id) === "none")) faults.push("attribute-missing");
	if ([contentType, messageDigest, signingTime].some((id) => count(signed, id) === "more"))
		faults.push("attribute-repeated");
	const [told] = valuesOf(signed, contentType);
	if (told !== undefined) {
		// A signature has no type, so none may be told of it.
		if (type === null) faults.push("attribute-misplaced");
		else {
			const id = attempt(() => oid(told));
			if (id === undefined) faults.push("attribute-unreadable");
			else if (id !== type) faults.push("content-type-mismatch");
		}
	}
	return faults;
}

function digestFaults(
	hasSigned: boolean,
	signed: Attributes,
	content: Content,
	digest: string | undefined,
): SignatureFault[] {
	if (!hasSigned) return content.bytes === undefined ? ["content-missing"] : [];
	const [value] = valuesOf(signed, attributeIds.messageDigest);
	if (value === undefined) return [];
	const told = attempt(() => octets(value));
	if (told === undefined) return ["attribute-unreadable"];
	if (digest === undefined) return ["unknown-digest"];
	const own = content.bytes === undefined ? content.digests[digest] : hashBy(digest, content.bytes);
	if (own === undefined) return ["content-missing"];
	return own.equals(told) ? [] : ["digest-mismatch"];
}

/** Whether what the signer says of their certificate is about this one. */
function essFaults(signed: Attributes, { der, issuer, serial }: Candidate): SignatureFault[] {
	const faults: SignatureFault[] = [];
	for (const [id, usual] of [
		[attributeIds.signingCertificate, "sha1"],
		[attributeIds.signingCertificateV2, "sha256"],
	] as const) {
		if (count(signed, id) === "more") faults.push("attribute-repeated");
		for (const value of valuesOf(signed, id)) {
			const ess = attempt(() => essIn(value));
			if (ess === undefined) {
				faults.push("attribute-unreadable");
				continue;
			}
			const named = ess.hash;
			const hash = named === undefined ? usual : attempt(() => hashNamed(algorithmOf(named)));
			if (hash === undefined) faults.push("unknown-digest");
			else if (!hashBy(hash, der).equals(ess.certificate)) faults.push("signing-certificate-mismatch");
			else if (ess.issuerSerial !== undefined && !isIssuerSerial(ess.issuerSerial, issuer, serial))
				faults.push("signing-certificate-mismatch");
		}
	}
	return faults;
}

/** IssuerSerial: GeneralNames with one directory name, and the number. */
function isIssuerSerial(element: Element, issuer: string, serial: string): boolean {
	const read = attempt(() => {
		const [names, number] = sequence(element);
		const directory = sequence(names).filter((one) => isTagged(one, 4));
		return { names: directory.map((one) => nameKey(inside(one)[0])), number: hexOf(integer(number)) };
	});
	return read !== undefined && read.number === serial && read.names.includes(issuer);
}

/**
 * What the signature is over: the attributes as a set in DER. Some programs sign them as they wrote them, or do not sort them;
 * whatever verifies says the same.
 */
function signedBytes(part: Element): Buffer[] {
	const asSet = (bytes: Buffer) => {
		const copy = Buffer.from(bytes);
		copy[0] = 0x31;
		return copy;
	};
	const messages = part.lenBlock.isIndefiniteForm ? [] : [asSet(rawOf(part))];
	for (const sorted of [false, true]) {
		const der = attempt(() => asSet(inDer(part, sorted)));
		if (der !== undefined && !messages.some((one) => one.equals(der))) messages.push(der);
	}
	return messages;
}

function signatureFaultsOf(
	method: Method,
	{ key }: Candidate,
	messages: readonly (Buffer | undefined)[],
	signature: Buffer,
): SignatureFault[] {
	if (key === null) return ["unknown-key"];
	let last: SignatureFault = "bad-signature";
	for (const message of messages) {
		if (message === undefined) return [];
		const answer = verifies(method, key, message, signature);
		if (answer === true) return [];
		if (answer !== false) last = answer;
	}
	return [last];
}
