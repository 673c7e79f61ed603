import type { Known } from "../known.js";

/** A store of certificates of Windows: a user's own or the machine's, by its name. */
export interface StoreName {
	scope: "user" | "machine";
	/** `MY`, `CA`, `Root` …; other programs make more. */
	name: string;
}

/** What the system's own engine says of a certificate: evidence beside our own verdict, never instead. */
export interface SystemOpinion {
	/** `Windows` */
	engine: string;
	valid: boolean;
	/** The names of its error bits: `CERT_TRUST_IS_REVOKED` … */
	faults: string[];
}

/** How keys in stores sign, and hashes that they sign. */
export type StoreScheme = "rsa-pkcs1" | "rsa-pss" | "ecdsa";
export type StoreHash = "sha256" | "sha384" | "sha512";

/** A private key that stays where it is. */
export interface StoreKey {
	/** Which of Windows' two ways leads to it. */
	by: "cng" | "cryptoapi";
	/** What that way can do; whether the key can is another question. */
	schemes: readonly StoreScheme[];
	/** Of ECDSA r and s, one behind the other. */
	sign(scheme: StoreScheme, hash: StoreHash, digest: Buffer): Promise<Known<Buffer>>;
	/** Lets go of it. */
	close(): void;
}

/** Certificates that this machine keeps, and what it says of others. */
export interface Stores {
	/** Those that the system believes, in DER. */
	roots(): Promise<Known<Buffer[]>>;
	/** Those in one store. Unknown where there are no such stores. */
	certificates(store: StoreName): Promise<Known<Buffer[]>>;
	/**
	 * The bytes of a file that a setting names: what is in it is believed.
	 *
	 * @throws CfmError denied `open-to-others` when somebody else could write it; as any file
	 */
	believed(file: string): Promise<Buffer>;
	/** The bytes of a file that is only looked at. @throws CfmError as any file */
	file(file: string): Promise<Buffer>;
	/**
	 * The private key of a certificate in a store. @param mayAsk whether a window may be opened for a PIN or a consent
	 */
	key(store: StoreName, certificate: Buffer, mayAsk: boolean): Promise<Known<StoreKey>>;
	/** Null: this system has no such engine. */
	opinion(certificate: Buffer, intermediates: readonly Buffer[], at: Date): Promise<Known<SystemOpinion | null>>;
}
