import type { JudgeRequest, Judges, SignerVerdict } from "../cms/judge.js";
import type { SignedMessages } from "../cms/signed-data.js";
import type { Coverage } from "../pdf/coverage.js";
import type { PadesLevel } from "../pdf/level.js";
import type { PdfRevision, Pdfs } from "../pdf/pdfs.js";

/** What formats are read with. */
export interface SignatureTools extends Judges {
	messages: SignedMessages;
	pdfs: Pdfs;
}

/** What a PDF says of one signature. All texts may be hostile. */
export interface PdfSignatureFacts {
	/** The name of its field; null: it has none. */
	field: string | null;
	subFilter: string | null;
	/** Offsets and lengths, in pairs. */
	byteRange: number[];
	/** What it is over: the whole file, an earlier revision, or something odd. */
	coverage: Coverage["is"];
	/** Which revision it is over, from 1. */
	revision: number | null;
	/** Whether it is a timestamp of the document. */
	isTimestamp: boolean;
	/** What the signer allows others to change: 1 nothing, 2 forms, 3 annotations too; null: does not say. */
	permission: 1 | 2 | 3 | null;
	/** When it was signed, says the file. */
	claimedAt: string | null;
	reason: string | null;
	/** What later revisions changed. */
	changes: PdfRevision[];
	/** Whether that is allowed; null: can't be told. */
	allowed: boolean | null;
	/** Null: it is not of PAdES. */
	level: PadesLevel | null;
}

/** What a PDF says of itself. */
export interface PdfFacts {
	pages: number;
	revisions: number;
	isEncrypted: boolean;
	/** Names of signature fields that nobody signed. */
	unsigned: (string | null)[];
	/** What it keeps for later (DSS): how many of each, and for which signatures; null: can't be told. */
	store: { present: boolean; certificates: number; crls: number; ocsp: number; vri: string[] } | null;
}

/** One signature of a file. */
export interface FileSignature extends SignerVerdict {
	/** Counts from 1, in the order of the file. */
	number: number;
	/** Only in PDF files. */
	pdf?: PdfSignatureFacts;
}

/** What is in a file, as far as it is about signatures. */
export interface SignedFile {
	signatures: FileSignature[];
	/** Only of PDF files. */
	pdf?: PdfFacts;
}

/** A kind of files that hold signatures. */
export interface SignatureFormat {
	name: "cms" | "pdf";
	/** Whether a file is of this kind, by what is in it. */
	fits(file: Buffer): boolean;
	/**
	 * Reads and judges all signatures.
	 *
	 * @param content what was signed, where the file does not hold it
	 * @returns null: it can't be read
	 */
	read(
		tools: SignatureTools,
		file: Buffer,
		content: Buffer | undefined,
		request: JudgeRequest,
	): Promise<SignedFile | null>;
}
