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

/**
 * What one revision can change in the one before. `form`: fields that came or went; `timestamps`: of the document, and no other
 * signatures; `evidence`: what is kept for later, and what the file says of its version; `permissions`: what a signer allowed;
 * `removed-signatures`, `replaced-signature`: others, and the very one that is asked about; `other`: nothing that is known here.
 */
export const pdfChanges = [
	...(["pages", "text", "appearance", "annotations", "form-fields", "form", "attachments", "scripts"] as const),
	...(["signatures", "timestamps", "evidence", "permissions"] as const),
	...(["removed-signatures", "replaced-signature", "other"] as const),
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
	/** All signature fields, wherever they stand in the tree of fields or on pages. */
	fields: PdfField[];
}

/** A signature field as the second reader sees it, which is told more of it. */
export interface PdfField {
	/** Fully qualified. In an encrypted file it can't be read. */
	name: string;
	/** Null: nobody has signed it. */
	signature: SecondSignature | null;
}

export interface SecondSignature extends Omit<PdfSignature, "field"> {
	/** What `/Cert` holds: a certificate, or a chain of them. */
	certificates: Buffer[];
	locks: PdfLock[];
}

/** A signature as a revision has it. */
export interface PastSignature {
	/** Which one it is: no two have the same. */
	byteRange: number[];
	permission: PdfSignature["permission"];
	locks: PdfLock[];
	/** All that the file says of it, as one number: in all revisions the same, or somebody replaced it. */
	said: string;
	/** The same by the second reader; null: it could not read this revision. */
	saidSecond: string | null;
	isTimestamp: boolean;
}

/** What one revision is, apart from how it looks. */
export interface PdfPast {
	end: number;
	signatures: PastSignature[];
	/** What changed in the structure since the one before; null: can't be determined. */
	changed: PdfChange[] | null;
	/** Fields, not for signatures, whose dictionaries are others than in the one before; the first hundred. */
	fields: string[];
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
	/** What each revision says of its signatures, and what it changed in the structure. @param ends as for `compare` */
	history(file: Buffer, ends: readonly number[]): Promise<PdfPast[]>;
	/** @returns null when it can't be told */
	evidence(file: Buffer): Promise<PdfEvidence | null>;
	/** Ends what works for this. */
	close(): void;
}
