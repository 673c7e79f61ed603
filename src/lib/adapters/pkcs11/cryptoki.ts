/** A module's own answer to a call: not CKR_OK. */
export class CryptokiError extends Error {
	override readonly name = "CryptokiError";
	constructor(
		/** CKR_… by its number (pkcs11t.h). */
		readonly value: number,
		/** The call: `C_Login`. */
		readonly call: string,
	) {
		super(`${call}: ${value}`);
	}
}

/** What a slot is, as C_GetSlotInfo says. Texts are as they came: padded. */
export interface RawSlot {
	description: string;
	manufacturer: string;
	flags: number;
}

/** What a token is, as C_GetTokenInfo says. Texts are as they came: padded. */
export interface RawToken {
	label: string;
	manufacturer: string;
	model: string;
	serial: string;
	flags: number;
	minPin: number;
	maxPin: number;
	/** `2.1` */
	hardware: string;
	firmware: string;
}

export interface RawMechanism {
	type: number;
	minKeySize: number;
	maxKeySize: number;
	flags: number;
}

/** A mechanism to sign with; PSS takes parameters: hash, mask generation (by their numbers), length of the salt in bytes. */
export interface SignMechanism {
	type: number;
	pss?: { hash: number; mgf: number; salt: number };
}

/** An object of a token, for as long as the session lasts. */
export type ObjectHandle = unknown;

/** CKU_USER and CKU_CONTEXT_SPECIFIC. */
export type UserType = 1 | 2;

/**
 * The calls of PKCS#11 that cfm makes, of one module, with one session at a time. Every one may crash, hang or end this
 * process: what calls them runs in a process of its own.
 *
 * @throws CryptokiError from each
 */
export interface Cryptoki {
	/** @throws Error with what the system's loader says */
	load(path: string): void;
	initialize(): void;
	slots(withToken: boolean): number[];
	slot(slot: number): RawSlot;
	token(slot: number): RawToken;
	mechanisms(slot: number): number[];
	mechanism(slot: number, type: number): RawMechanism;
	openSession(slot: number): void;
	/** @param pin null: the reader asks for it itself */
	login(user: UserType, pin: Buffer | null): Promise<void>;
	/** All that is seen in this session, of one class (CKO_…). */
	find(objectClass: number): ObjectHandle[];
	/** @returns undefined when the object has no such attribute, or does not show it */
	attribute(object: ObjectHandle, type: number): Buffer | undefined;
	signInit(object: ObjectHandle, mechanism: SignMechanism): void;
	sign(data: Buffer): Buffer;
	/** Logs out, closes the session, and finalizes. */
	finalize(): void;
}

/** No module has so many of anything: a count beyond it is a lie, and is not believed with memory. */
export const mostOfAnything = 4096;

/** No signature of a key that there is is longer. In bytes. */
export const longestSignature = 8192;

/** A module says that it has more of something than there can be. */
export class OddCount extends Error {
	override readonly name = "OddCount";
	constructor(
		readonly call: string,
		readonly count: number,
	) {
		super(`${call}: ${count}`);
	}
}
