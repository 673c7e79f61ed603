import {
	integrityStates,
	type MessageParts,
	mostContent,
	type SignedData,
	type Signer,
	signatureFaults,
	type TimestampInfo,
	type TimestampQuestion,
	type TimestampResponse,
	type ToSign,
} from "../../cms/signed-data.js";
import { fields, flag, list, numberUpTo, OddAnswer, oneOf, orNull, type Shape, text } from "../isolation/shape.js";
import type { Packed } from "../openssl/requests.js";

// What goes between `cfm` and the process that reads signed messages: a line of JSON, and what is read in one piece before it.

/** A request as it goes to the process. */
export interface PackedRead {
	ask: "read" | "read-raw" | "response" | "question" | "to-sign" | "assemble";
	sizes: Packed["sizes"];
	/** What the digests are of, in their order. */
	hashes?: readonly string[];
	/** Without the imprint, which comes as the message. */
	question?: Omit<TimestampQuestion, "imprint">;
	/** Without the certificate, which comes as the message, and the digest, which comes as the content. */
	toSign?: Omit<ToSign, "certificate" | "digest">;
	/** Without what is DER: the attributes come as the message, the signature as the content. */
	parts?: Pick<MessageParts, "scheme" | "hash">;
}

const bytes =
	(most: number): Shape<Buffer> =>
	(value) => {
		if (typeof value === "string" && value.length <= most * 2 && /^[A-Za-z0-9+/]*={0,2}$/.test(value))
			return Buffer.from(value, "base64");
		throw new OddAnswer("no bytes");
	};

const shortText = text(2000);
const time = text(40);
const all = list(bytes(64 << 20), 20_000);
/** Bytes of a signature: those of SLH-DSA are the longest. */
const signature = bytes(1 << 20);

/** Shapes that hold themselves are made when they are asked. */
const later =
	<T>(shape: () => Shape<T>): Shape<T> =>
	(value) =>
		shape()(value);

const timestampShape = fields<TimestampInfo>({
	policy: shortText,
	serial: shortText,
	time,
	accuracy: orNull(numberUpTo(Number.MAX_SAFE_INTEGER)),
	nonce: orNull(shortText),
	hash: orNull(shortText),
	imprint: bytes(mostContent),
});

const signerShape: Shape<Signer> = fields<Signer>({
	certificate: orNull(numberUpTo(100_000)),
	named: fields<Signer["named"]>({ by: oneOf(["issuer-serial", "key-id"]), value: shortText }),
	digest: shortText,
	algorithm: shortText,
	integrity: oneOf(integrityStates),
	faults: list(oneOf(signatureFaults), 100),
	signingTime: orNull(time),
	hasAttributes: flag,
	signingCertificate: orNull(oneOf(["v1", "v2"])),
	policy: orNull(shortText),
	signature,
	timestamps: later(() => list(orNull(messageShape), 1000)),
	counterSignatures: later(() => list(signerShape, 1000)),
	otherAttributes: list(shortText, 1000),
});

export const messageShape: Shape<SignedData> = fields<SignedData>({
	contentType: shortText,
	contentLength: orNull(numberUpTo(2 ** 31)),
	content: orNull(bytes(mostContent)),
	certificates: all,
	crls: all,
	ocsp: all,
	signers: list(signerShape, 1000),
	timestamp: orNull(timestampShape),
	hasRest: flag,
});

/** DER of a request. */
export const questionShape: Shape<Buffer> = bytes(10_000);

/** DER of a new message, or of what is to be signed for one. */
export const madeShape: Shape<Buffer> = bytes(4 << 20);

export const responseShape: Shape<TimestampResponse> = fields<TimestampResponse>({
	status: numberUpTo(5),
	texts: list(text(500), 10),
	failures: list(text(40), 64),
	token: orNull(bytes(1 << 20)),
});
