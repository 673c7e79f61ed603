import type { Known } from "../known.js";

/** Where a module failed, as its calls are named; `load` is before the first, `exit` after the last. */
export type Step =
	| "load"
	| "C_Initialize"
	| "C_GetSlotList"
	| "C_GetSlotInfo"
	| "C_GetTokenInfo"
	| "C_GetMechanismList"
	| "C_OpenSession"
	| "C_Login"
	| "C_FindObjects"
	| "C_Sign"
	| "C_Finalize"
	| "exit";

/**
 * How a module is: `partial`: it listed, but a token or its own end gave an error; `ends-badly`: it listed everything, and crashed
 * or hung afterwards; `odd`: it answers what cannot be.
 */
export type ModuleState =
	| "ok"
	| "partial"
	| "ends-badly"
	| "missing"
	| "not-trusted"
	| "wrong-architecture"
	| "not-a-module"
	| "failed"
	| "odd"
	| "exited"
	| "crashed"
	| "timed-out";

/** A token in a slot of a module. */
export interface Token {
	/** CK_SLOT_ID: with the module's path it names the token. */
	slot: number;
	label: string;
	serial: string;
	manufacturer: string;
	model: string;
	/** `CKF_LOGIN_REQUIRED` … */
	flags: string[];
	/** `CKM_RSA_PKCS` …; a vendor's own by number. */
	mechanisms: string[];
}

/** What came of looking at one module. */
export interface ModuleLook {
	path: string;
	state: ModuleState;
	/** In words; null when all is well. */
	why: string | null;
	tokens: Token[];
	/** How many slots it has, with a token or without; null when that was not answered. */
	slots: number | null;
	/** Where it failed. */
	step: Step | null;
	/** What called it; null when nothing did. */
	by: "pkcs11js" | "koffi" | null;
}

/** How a key is named on its token, what it can, and the certificate that belongs to it. */
export interface TokenKey {
	/** Names it while its token is open. */
	object: number;
	/** CKA_ID, hexadecimal. */
	id: string;
	label: string;
	type: "RSA" | "EC" | "EdDSA" | "other";
	/** Of an RSA key. */
	bits: number | null;
	/** Wants the PIN for each signature (CKA_ALWAYS_AUTHENTICATE). */
	alwaysAuthenticate: boolean;
	/** The certificate with the same CKA_ID, DER. */
	certificate: Buffer | null;
	/** Its public half, where the certificate or the token tells it: a JSON Web Key. */
	publicKey: PublicJwk | null;
}

export interface PublicJwk {
	kty: "RSA" | "EC" | "OKP";
	n?: string;
	e?: string;
	crv?: string;
	x?: string;
	y?: string;
}

/** A public key or certificate that is seen without a PIN. */
export interface SeenObject {
	kind: "private-key" | "public-key" | "certificate";
	id: string;
	label: string;
	/** Of a certificate, DER. */
	certificate: Buffer | null;
	alwaysAuthenticate: boolean;
}

/** More than a list says of a token. */
export interface TokenDetails extends Token {
	slotDescription: string;
	/** Shortest and longest PIN, in characters. */
	pin: { least: number; most: number };
	hardware: string;
	firmware: string;
	/** With the sizes of keys that each takes, as the module counts them, and what it does. */
	mechanismDetails: { name: string; least: number; most: number; signs: boolean }[];
}

/** How to sign: `digest` takes a digest that the caller made, `message` takes what is to be signed itself. */
export type SignatureScheme = "rsa-pkcs1" | "rsa-pss" | "ecdsa" | "eddsa";

/**
 * A token that was opened, in a process of its own, with one session. Close it, whatever happened.
 *
 * @throws CfmError from each call: see `errors.ts`
 */
export interface OpenToken {
	readonly module: string;
	/** As they were when it was opened, before any login. */
	readonly token: TokenDetails;
	/** What calls the module. */
	readonly by: "pkcs11js" | "koffi";
	/**
	 * Logs in. The bytes of the PIN are kept for keys that want it for each signature, and wiped by `close`, or when it was wrong.
	 *
	 * @param pin null: the reader asks for it on its own keypad
	 */
	login(pin: Buffer | null): Promise<void>;
	/** The flags as they are now, after a PIN was wrong. */
	flagsNow(): Promise<string[]>;
	/** Without a login, only what the token shows to everybody. */
	objects(): Promise<SeenObject[]>;
	/** The keys that can sign. */
	keys(): Promise<TokenKey[]>;
	/**
	 * Signs: RSA and ECDSA a message whose hash the token or this process takes, EdDSA the message. ECDSA gives r‖s.
	 *
	 * @param hash ignored for EdDSA
	 * @returns the signature, and how long the token took, in milliseconds
	 */
	sign(key: TokenKey, scheme: SignatureScheme, hash: SignatureHash, message: Buffer): Promise<Signed>;
	/** Which of the schemes this key and this token can. */
	schemes(key: TokenKey): SignatureScheme[];
	/** Ends the session and the process. @returns how the module ended badly, in words; undefined when it did not */
	close(): Promise<string | undefined>;
}

export type SignatureHash = "sha256" | "sha384" | "sha512";

export interface Signed {
	signature: Buffer;
	/** The mechanism that was used. */
	mechanism: string;
	milliseconds: number;
}

/** The modules and tokens of this machine. */
export interface Tokens {
	/** Modules that are where their vendors put them. */
	installed(): string[];
	/** Looks at one; whatever it does is the answer. */
	look(path: string): Promise<ModuleLook>;
	/** @throws CfmError: see `errors.ts` */
	open(path: string, slot: number): Promise<OpenToken>;
	/** The readers that the system's smart card service knows; unknown: the service does not answer, and why. */
	readers(): Promise<Known<string[]>>;
}

/** What one module may take. */
export interface TokenLimits {
	/** For all that is asked of it, but for what a person does meanwhile. */
	seconds: number;
}
