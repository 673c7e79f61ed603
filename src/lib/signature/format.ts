import type { JudgeRequest, Judges, SignerVerdict } from "../cms/judge.js";
import type { SignedMessages } from "../cms/signed-data.js";

/** What formats are read with. */
export interface SignatureTools extends Judges {
	messages: SignedMessages;
}

/** One signature of a file. */
export interface FileSignature extends SignerVerdict {
	/** Counts from 1, in the order of the file. */
	number: number;
}

/** What is in a file, as far as it is about signatures. */
export interface SignedFile {
	signatures: FileSignature[];
}

/** A kind of files that hold signatures. */
export interface SignatureFormat {
	name: "cms";
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
