// What can be asked of signed messages (CMS, RFC 5652) and timestamps (RFC 3161): types, and the interface that an adapter
// implements.

/** What `signed-data` is called, and what is inside it most often. */
export const contentTypes = { data: "1.2.840.113549.1.7.1", timestamp: "1.2.840.113549.1.9.16.1.4" } as const;

/**
 * Whether a signature is what its signer made over this very content. Who the signer is, and whether to trust them, is another
 * question. `undecidable`: by a method that is not known here, or something is missing: it is never valid.
 */
export const integrityStates = ["valid", "invalid", "undecidable"] as const;
export type Integrity = (typeof integrityStates)[number];

/** Why a signature does not stand: it is wrong, … */
const invalidFaults = [
	"digest-mismatch",
	"bad-signature",
	"content-type-mismatch",
	"attribute-missing",
	"attribute-repeated",
	"attribute-unreadable",
	"attribute-misplaced",
	"attributes-missing",
	"signing-certificate-mismatch",
	"algorithms-differ",
	"key-mismatch",
	"imprint-mismatch",
	"not-timestamping",
] as const;
/** … or nobody can tell. */
export const undecidableFaults = [
	"signer-certificate-missing",
	"unknown-digest",
	"unknown-signature-algorithm",
	"unsupported-parameters",
	"unknown-key",
	"content-missing",
	"not-verified",
] as const;
export const signatureFaults = [...invalidFaults, ...undecidableFaults] as const;
export type SignatureFault = (typeof signatureFaults)[number];

/** What a timestamp says (TSTInfo of RFC 3161). */
export interface TimestampInfo {
	policy: string;
	/** Hexadecimal. */
	serial: string;
	/** ISO 8601 UTC. */
	time: string;
	/** In milliseconds; null: not told. */
	accuracy: number | null;
	/** Hexadecimal; null: there is none. */
	nonce: string | null;
	/** What was stamped: the hash, by name (null: an unknown one), and its value. */
	hash: string | null;
	imprint: Buffer;
}

/** One signer of a message, as the message tells it. All texts may be hostile. */
export interface Signer {
	/** Which of `SignedData.certificates`; null: it is not among them. */
	certificate: number | null;
	/** How the signer is named: by issuer and serial number, or by the key. Hexadecimal. */
	named: { by: "issuer-serial" | "key-id"; value: string };
	/** By name, else the object identifier: `sha256`, `shake256:64` (64 bytes of it). */
	digest: string;
	/** `rsa-pkcs1`, `rsa-pss`, `ecdsa`, `eddsa`, `dsa`, `ml-dsa`, else the object identifier. */
	algorithm: string;
	integrity: Integrity;
	faults: SignatureFault[];
	/** What the signer claims; ISO 8601 UTC. */
	signingTime: string | null;
	/** Whether signed attributes are there; without them only the content is signed. */
	hasAttributes: boolean;
	/** The attribute that names the certificate that was signed with (RFC 5035), by version. */
	signingCertificate: "v1" | "v2" | null;
	/** The object identifier of a signature policy that the signer names. */
	policy: string | null;
	signature: Buffer;
	/** Timestamps over the signature; null in place of one that can't be read. */
	timestamps: (SignedData | null)[];
	/** Signatures over the signature, by others. */
	counterSignatures: Signer[];
	/** Attributes that are there and are not judged here: object identifiers. */
	otherAttributes: string[];
}

/** A message with its signers. */
export interface SignedData {
	/** An object identifier. */
	contentType: string;
	/** How many bytes the content inside has; null: it is detached. */
	contentLength: number | null;
	/** The content inside, when it is small. */
	content: Buffer | null;
	/** All in DER; of attributes, too. */
	certificates: Buffer[];
	crls: Buffer[];
	/** OCSP answers. */
	ocsp: Buffer[];
	signers: Signer[];
	/** Null: the content is no timestamp, or can't be read. */
	timestamp: TimestampInfo | null;
	/** Whether something that is no padding is behind it. */
	hasRest: boolean;
}

/** Larger content inside is not handed on, in bytes. */
export const mostContent = 65_536;

/** What is asked of a message. */
export interface ReadRequest {
	/** DER or BER, or PEM. */
	message: Buffer;
	/** What was signed, where it is detached. */
	content?: Buffer | undefined;
	/** Hashes of what was signed, by name, whatever content is inside: enough for signers with attributes. */
	digests?: Readonly<Record<string, Buffer>> | undefined;
	/** Certificates that may be a signer's, beside those inside. */
	certificates?: readonly Buffer[] | undefined;
}

/** A signature of RSA that stands alone, as old PDF files have it. */
export interface RawRequest {
	/** An OCTET STRING in DER. */
	signature: Buffer;
	/** The signer's first. */
	certificates: readonly Buffer[];
	/** What was signed. */
	content: Buffer;
}

/** The outcome of a request for a timestamp (PKIStatus of RFC 3161, 2.4.2). */
export interface TimestampResponse {
	/** PKIStatus: 0 granted, 1 granted with changes, 2 rejected, 3 waiting, 4 and 5 about revocation. */
	status: number;
	/** What the server says to people. */
	texts: string[];
	/** `badAlg`, `timeNotAvailable` …; a number where there is no name. */
	failures: string[];
	/** The timestamp, in DER. */
	token: Buffer | null;
}

/** What a request for a timestamp asks. */
export interface TimestampQuestion {
	hash: "sha256" | "sha384" | "sha512";
	imprint: Buffer;
	/** Hexadecimal. */
	nonce: string;
	/** The policy that it must be made under, an object identifier. */
	policy?: string | undefined;
}

/** How the signer of a new message signs. */
export type MessageScheme = "rsa-pkcs1" | "rsa-pss" | "ecdsa" | "ed25519" | "ed448";
/** The hash of content and signature, as `Signer.digest` has it: SHAKE256 for Ed448 alone. */
export type MessageHash = "sha256" | "sha384" | "sha512" | "shake256:64";

/** What a signer is to sign: detached content, as CAdES-BES has it. */
export interface ToSign {
	/** That of the signer. */
	certificate: Buffer;
	/** Of the content. */
	digest: Buffer;
	/** ISO 8601 UTC. */
	signingTime: string;
}

/** What a message is made of. */
export interface MessageParts {
	/** What was signed, as `SignedMessages.toSign` gives it. */
	attributes: Buffer;
	/** Over the attributes. Of ECDSA r and s, one behind the other. */
	signature: Buffer;
	scheme: MessageScheme;
	hash: MessageHash;
	/** The signer's first. */
	certificates: readonly Buffer[];
	/** A timestamp over the signature, in DER. */
	timestamp?: Buffer | undefined;
}

/**
 * What reads signed messages, and verifies what their signers made. All input may be hostile: it is read in a process of its own.
 *
 * Every function throws CfmError `signature-reader-failed` when that process gave no answer.
 */
export interface SignedMessages {
	/** Null: it is no signed message. */
	read(request: ReadRequest): Promise<SignedData | null>;
	/** Null: it is no such signature. */
	readRaw(request: RawRequest): Promise<SignedData | null>;
	/** A request for a timestamp, in DER. */
	question(question: TimestampQuestion): Promise<Buffer>;
	/** Null: it is no answer of a timestamp server. */
	readResponse(answer: Buffer): Promise<TimestampResponse | null>;
	/** What is to be signed for a new message: its attributes, in DER. Null: the certificate can't be read. */
	toSign(request: ToSign): Promise<Buffer | null>;
	/** The new message, in DER. */
	assemble(parts: MessageParts): Promise<Buffer>;
	/** Ends what works for this. */
	close(): void;
}
