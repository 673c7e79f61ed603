// What can be asked of PDF files: types, and the interface that an adapter implements. All texts may be hostile.

/** How opening a file ended. `password`: nobody can read it without one; `encrypted`: in a way that is not known. */
export const pdfStates = ["read", "password", "encrypted", "damaged"] as const;

/** A signature field. */
export interface PdfSignature {
	/** Its name; null: it has none. */
	field: string | null;
	/** What kind of signature the file says it is; null: it does not say. */
	subFilter: string | null;
	/** Where the signed bytes are: offset and length, in pairs; none: nobody has signed the field. */
	byteRange: number[];
	/** The bytes of `/Contents`, as the file's structure leads to them. */
	contents: Buffer;
	/** As the file writes it: `D:20261130110000Z`; null: it does not say. */
	claimedAt: string | null;
	reason: string | null;
	/** What the signer allows others to change (DocMDP, ISO 32000-2, 12.8.2.2); null: does not say. */
	permission: 1 | 2 | 3 | null;
}

/** What a file is. */
export interface PdfLook {
	state: (typeof pdfStates)[number];
	isEncrypted: boolean;
	pages: number;
	/** Where its revisions end, as far as they are marked. */
	ends: number[];
	signatures: PdfSignature[];
}

/** What one revision can change in the one before. */
export const pdfChanges = [
	...(["pages", "text", "appearance", "annotations", "form-fields", "attachments", "scripts"] as const),
	...(["signatures", "other"] as const),
] as const;
export type PdfChange = (typeof pdfChanges)[number];

/** What a revision changed. */
export interface PdfRevision {
	/** Where it ends. */
	end: number;
	/** Null: can't be determined. */
	changed: PdfChange[] | null;
	/** Pages whose text or appearance changed, from 1; the first hundred. */
	pages: number[];
	/** Form fields whose value changed; the first hundred. */
	fields: string[];
}

/** How many pages and fields a revision names at most. */
export const mostNamed = 100;

/** What a signer forbids others to fill in (FieldMDP, ISO 32000-2, 12.8.2.4). */
export interface PdfLock {
	/** The signature field, by its name. */
	field: string;
	/** Whether all fields are locked, those that are named, or all others. */
	action: (typeof lockActions)[number];
	fields: string[];
}
export const lockActions = ["All", "Include", "Exclude"] as const;

/** The evidence that a file keeps for later (ISO 32000-2, 12.8.4.3), in DER. */
export interface PdfEvidence {
	/** Whether the file has a document security store. */
	hasStore: boolean;
	/** How many signatures have an entry of their own in it (`/VRI`): by the SHA-1 of `/Contents`, upper case. */
	vri: string[];
	certificates: Buffer[];
	crls: Buffer[];
	ocsps: Buffer[];
	/** Names of all signature fields, signed or not, wherever they stand in the tree of fields. */
	fields: string[];
	/** Of those that are signed. */
	locks: PdfLock[];
}

/**
 * What reads PDF files. All input may be hostile: it is read in a process of its own.
 *
 * Every function throws CfmError `pdf-reader-failed` when that process gave no answer.
 */
export interface Pdfs {
	look(file: Buffer): Promise<PdfLook>;
	/**
	 * What revisions changed, each in the one before it.
	 *
	 * @param ends where revisions end, in order; the first is not compared with anything
	 */
	compare(file: Buffer, ends: readonly number[]): Promise<PdfRevision[]>;
	/** @returns null when it can't be told */
	evidence(file: Buffer): Promise<PdfEvidence | null>;
	/** Ends what works for this. */
	close(): void;
}
