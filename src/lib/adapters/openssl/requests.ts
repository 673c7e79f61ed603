import {
	type CertificateFacts,
	type CrlFacts,
	longestName,
	type OcspAnswer,
	ocspStates,
	type PathAnswer,
	type PathRequest,
} from "../../certificate/certificates.js";
import { fields, flag, list, numberUpTo, oneOf, orNull, type Shape, text } from "../isolation/shape.js";

// What goes between `cfm` and the process that reads certificates: a line of JSON, and all DER in one piece before it. In the
// line a list of DER is the list of their lengths.

/** A request as it goes to the process: fields that hold DER are taken out. */
export interface Packed {
	ask: "take" | "unlock" | "describe" | "describe-crls" | "verify" | "ask-ocsp" | "read-ocsp";
	/** Bytes of each part, by name. */
	sizes: Readonly<Record<string, readonly number[]>>;
	/** What is no DER. */
	more?: Omit<PathRequest, Bytes | "at" | "revocationAt"> | { allowWeak: boolean };
	/** Milliseconds since 1970. */
	at?: number;
	revocationAt?: number | undefined;
}

type Bytes = "certificates" | "intermediates" | "anchors" | "crls";

export type Parts = Readonly<Record<string, readonly Buffer[]>>;

/** Puts the parts behind each other. */
export function pack(parts: Parts): { sizes: Record<string, number[]>; bytes: Buffer } {
	const sizes = Object.fromEntries(Object.entries(parts).map(([name, all]) => [name, all.map(({ length }) => length)]));
	return { sizes, bytes: Buffer.concat(Object.values(parts).flat()) };
}

/** Takes them apart again. @throws RangeError when the lengths do not fit: nobody who packed them did so */
export function unpack(sizes: Packed["sizes"], bytes: Buffer): Record<string, Buffer[]> {
	let at = 0;
	const next = (length: number) => {
		at += length;
		return bytes.subarray(at - length, at);
	};
	const parts = Object.fromEntries(Object.entries(sizes).map(([name, all]) => [name, all.map(next)]));
	if (at !== bytes.length) throw new RangeError(`${at} of ${bytes.length} bytes are told of`);
	return parts;
}

const shortText = text(4096);
const texts = list(shortText, 100);
const time = orNull(text(40));
const reason = orNull(numberUpTo(255));

export const certificateShape: Shape<CertificateFacts> = fields<CertificateFacts>({
	subject: text(longestName),
	issuer: text(longestName),
	serial: text(128),
	fingerprint: text(64),
	notBefore: time,
	notAfter: time,
	key: orNull(
		fields<NonNullable<CertificateFacts["key"]>>({
			...{ type: text(100), bits: numberUpTo(1e6), curve: orNull(text(100)) },
		}),
	),
	signatureAlgorithm: text(300),
	isAuthority: flag,
	isSelfIssued: flag,
	keyUsage: orNull(texts),
	extendedKeyUsage: orNull(texts),
	policies: texts,
	names: texts,
	ocsp: texts,
	crls: texts,
	issuers: texts,
});

export const crlShape: Shape<CrlFacts> = fields<CrlFacts>({
	...{ issuer: text(longestName), thisUpdate: time, nextUpdate: time, isDelta: flag },
});

const codes = numberUpTo(1000);

export const pathShape: Shape<PathAnswer> = fields<PathAnswer>({
	chain: list(numberUpTo(100_000), 1000),
	anchored: flag,
	faults: list(fields<PathAnswer["faults"][number]>({ depth: codes, code: codes }), 10_000),
	revoked: list(fields<PathAnswer["revoked"][number]>({ depth: codes, at: time, reason }), 1000),
});

export const ocspShape: Shape<OcspAnswer> = fields<OcspAnswer>({
	...{ is: oneOf(ocspStates), thisUpdate: time, nextUpdate: time, revokedAt: time, reason },
});

/** A path request without its DER, for the line. */
export function lineOf({ at, revocationAt, ...request }: PathRequest): Pick<Packed, "at" | "revocationAt" | "more"> {
	const { certificates: _c, intermediates: _i, anchors: _a, crls: _l, ...more } = request;
	return { at: at.getTime(), revocationAt: revocationAt?.getTime(), more };
}
