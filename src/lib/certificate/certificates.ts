// What can be asked of certificates, revocation lists and answers: types, and the interface that an adapter implements.

/** A distinguished name is never longer, in characters: more of it is cut. */
export const longestName = 4096;

/** What key usages are called (RFC 5280, 4.2.1.3). */
export const keyUsages = [
	...["digitalSignature", "contentCommitment", "keyEncipherment", "dataEncipherment", "keyAgreement"],
	...["keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"],
] as const;

/** What a certificate says, as far as `cfm` uses it. All texts may be hostile. */
export interface CertificateFacts {
	/** RFC 4514: `CN=Ana,O=Example`. */
	subject: string;
	issuer: string;
	/** Hexadecimal. */
	serial: string;
	/** SHA-256 of the DER, hexadecimal. */
	fingerprint: string;
	/** ISO 8601 UTC; null: the certificate holds no such time that can be read. */
	notBefore: string | null;
	notAfter: string | null;
	/** `RSA`, `RSA-PSS`, `EC`, `ED25519` …; null: a key of an unknown kind. */
	key: { type: string; bits: number; curve: string | null } | null;
	/** What its issuer signed it with. */
	signatureAlgorithm: string;
	isAuthority: boolean;
	isSelfIssued: boolean;
	/** Null: the certificate does not restrict it. */
	keyUsage: string[] | null;
	/** Object identifiers; null: the certificate does not restrict it. */
	extendedKeyUsage: string[] | null;
	policies: string[];
	/** Subject alternative names that are texts: addresses, hosts, URIs. */
	names: string[];
	/** Where its issuer says that revocation is told, and where the issuer's own certificate is. URIs. */
	ocsp: string[];
	crls: string[];
	issuers: string[];
}

/** What a revocation list says about itself. */
export interface CrlFacts {
	issuer: string;
	thisUpdate: string | null;
	nextUpdate: string | null;
	isDelta: boolean;
}

/** What is in a file, each in DER. */
export interface Taken {
	/** `pkcs12` is locked: `unlock` opens it. `ocsp` is an answer. */
	kind: "pem" | "certificate" | "crl" | "pkcs7" | "pkcs12" | "ocsp" | "unknown";
	certificates: Buffer[];
	crls: Buffer[];
}

/** What is in a PKCS#12 file. */
export interface Unlocked {
	is: "open" | "wrong-password" | "unreadable";
	/** That of the key first. */
	certificates: Buffer[];
	/** PKCS#8; null: there is none. A secret. */
	key: Buffer | null;
}

/** Which certificates of a path must not be revoked. */
export type RevocationScope = "none" | "leaf" | "chain";

/** What is asked of paths. */
export interface PathRequest {
	/** Each is judged, by all that follows. */
	certificates: readonly Buffer[];
	/** Certificates that may stand between; believed for nothing. */
	intermediates: readonly Buffer[];
	/** Certificates that are believed, roots or not. */
	anchors: readonly Buffer[];
	crls: readonly Buffer[];
	revocation: RevocationScope;
	/** When the path must be valid. */
	at: Date;
	/** When the revocation lists must be current; without it, `at`. */
	revocationAt?: Date | undefined;
	/** Object identifiers of acceptable policies; none: any. */
	policies: readonly string[];
	requirePolicy: boolean;
	inhibitPolicyMapping: boolean;
	inhibitAnyPolicy: boolean;
	/** Whether keys and hashes of less than 112 bits of security are good enough. */
	allowWeak: boolean;
}

/** One thing that is wrong with a path: OpenSSL's own code, and how far from the judged certificate. */
export interface PathFault {
	depth: number;
	code: number;
}

/** A certificate that a revocation list names. */
export interface ListedRevocation {
	depth: number;
	/** ISO 8601 UTC. */
	at: string | null;
	/** The CRLReason of RFC 5280, 5.3.1; null: not told. */
	reason: number | null;
}

/** What one certificate's path is. It is valid only without any fault. */
export interface PathAnswer {
	/** The path that was built, the judged certificate first: numbers in `certificates`, `intermediates`, `anchors` in a row. */
	chain: number[];
	/** Whether the path ends at an anchor. */
	anchored: boolean;
	faults: PathFault[];
	revoked: ListedRevocation[];
}

/** What is asked of an OCSP answer. */
export interface OcspCheck {
	answer: Buffer;
	certificate: Buffer;
	issuer: Buffer;
	intermediates: readonly Buffer[];
	anchors: readonly Buffer[];
	/** Lists that may name the responder. */
	crls: readonly Buffer[];
	at: Date;
	/** The request that it answers; without it no nonce is compared. */
	request?: Buffer | undefined;
	allowWeak: boolean;
}

export const ocspStates = [
	...([
		"good",
		"revoked",
		"unknown",
		"stale",
		"not-yet",
		"not-trusted",
		"other-certificate",
		"nonce",
		"no-answer",
	] as const),
	...(["malformed-request", "internal-error", "try-later", "signature-required", "unauthorized"] as const),
] as const;

/** What an OCSP answer says of one certificate. `no-answer`: it is something else, as a proxy's page. */
export interface OcspAnswer {
	is: (typeof ocspStates)[number];
	thisUpdate: string | null;
	nextUpdate: string | null;
	revokedAt: string | null;
	/** The CRLReason; null: not told. */
	reason: number | null;
}

/**
 * What judges certificates. All input may be hostile: it is read in a process of its own.
 *
 * Every function throws CfmError `certificate-reader-failed` when that process gave no answer.
 */
export interface Certificates {
	/** Takes a file apart. What can't be read is of the kind `unknown`. */
	take(file: Buffer): Promise<Taken>;
	/** Opens a PKCS#12 file. @param password a secret */
	unlock(file: Buffer, password: string): Promise<Unlocked>;
	/** What certificates say; null for what is none. */
	describe(certificates: readonly Buffer[]): Promise<(CertificateFacts | null)[]>;
	describeCrls(crls: readonly Buffer[]): Promise<(CrlFacts | null)[]>;
	/** Judges each certificate by RFC 5280; null for what is none. */
	verify(request: PathRequest): Promise<(PathAnswer | null)[]>;
	/** The question about a certificate, with a nonce; null where it can't be asked. */
	askOcsp(certificate: Buffer, issuer: Buffer): Promise<Buffer | null>;
	readOcsp(check: OcspCheck): Promise<OcspAnswer>;
	/** Ends what works for this. */
	close(): void;
}
