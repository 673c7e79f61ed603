import { type ChangesAfter, changesAfter, endsToCompare } from "./changes.js";
import { type Coverage, coverageOf, signedBytes } from "./coverage.js";
import type { PdfEvidence, PdfLock, PdfLook, PdfRevision, PdfSignature, Pdfs } from "./pdfs.js";

/** How `/Contents` is to be read; `unknown`: a kind that is not known here, or not supported. */
export type PdfSignatureKind = "detached" | "over-sha1" | "timestamp" | "unknown";

const kinds: Readonly<Record<string, PdfSignatureKind>> = {
	"adbe.pkcs7.detached": "detached",
	"ETSI.CAdES.detached": "detached",
	"adbe.pkcs7.sha1": "over-sha1",
	"ETSI.RFC3161": "timestamp",
};

/** A signature field, with all that the file's structure says of it. */
export interface ExaminedSignature extends PdfSignature {
	kind: PdfSignatureKind;
	coverage: Coverage;
	/** Number of the revision that it ends, from 1; null: none. */
	revision: number | null;
	after: ChangesAfter;
	/** What was signed; undefined where the range leads out of the file. */
	signed: Buffer | undefined;
}

/** A file with all that its structure says of its signatures. */
export interface ExaminedPdf extends Pick<PdfLook, "state" | "isEncrypted" | "pages"> {
	revisions: number;
	/** Those that somebody signed. */
	signatures: ExaminedSignature[];
	/** Names of signature fields that nobody signed. */
	unsigned: (string | null)[];
	/** Signature fields that only the second reader knows: nothing can be told about them. */
	unread: string[];
	/** Null: can't be determined. */
	evidence: PdfEvidence | null;
}

/**
 * Examines a PDF file. Cryptography is not looked at.
 *
 * @throws CfmError `pdf-reader-failed` when not even its signatures could be read
 */
export async function examinePdf(file: Buffer, pdfs: Pdfs): Promise<ExaminedPdf> {
	const look = await pdfs.look(file);
	const { state, isEncrypted, pages } = look;
	const nothing = { revisions: 0, signatures: [], unsigned: [], unread: [], evidence: null };
	if (state !== "read") return { state, isEncrypted, pages, ...nothing };
	const coverages = look.signatures.map((one) => coverageOf(file, one, look.ends));
	const ends = endsToCompare(file, look, coverages);
	const [revisions, evidence] = await Promise.all([
		ends.length < 2 ? [] : orNull(pdfs.compare(file, ends)),
		// Evidence for signatures that are over anything helps nobody.
		coverages.length > 0 && coverages.every(({ is }) => is === "odd") ? null : orNull(pdfs.evidence(file)),
	]);
	const all = revisionEnds(file, look);
	const examined = look.signatures.map((one, at) =>
		examine(file, one, {
			...{ coverage: coverages[at] as Coverage, revisions, all },
			locks: (evidence?.locks ?? []).filter(({ field }) => field === one.field),
		}),
	);
	const names = new Set(look.signatures.map(({ field }) => field));
	return {
		...{ state, isEncrypted, pages, revisions: all.length, evidence },
		signatures: examined.filter(({ coverage }) => coverage.is !== "none"),
		unsigned: examined.filter(({ coverage }) => coverage.is === "none").map(({ field }) => field),
		unread: (evidence?.fields ?? []).filter((name) => !names.has(name)),
	};
}

/** A file that makes one part of the work fail is still told about by the others. */
async function orNull<T>(work: Promise<T>): Promise<T | null> {
	try {
		return await work;
	} catch {
		return null;
	}
}

function revisionEnds(file: Buffer, { ends }: PdfLook): number[] {
	const all = [...new Set([...ends, file.length])]
		.filter((end) => end <= file.length)
		.sort((one, other) => one - other);
	// What is only the end of a line is no revision.
	return all.filter((end, at) => at === 0 || /\S/.test(file.subarray(all[at - 1], end).toString("latin1")));
}

function examine(
	file: Buffer,
	one: PdfSignature,
	{
		coverage,
		revisions,
		all,
		locks,
	}: { coverage: Coverage; revisions: PdfRevision[] | null; all: readonly number[]; locks: readonly PdfLock[] },
): ExaminedSignature {
	const at = all.findIndex((end) => end >= coverage.end);
	return {
		...one,
		kind: kinds[one.subFilter ?? ""] ?? "unknown",
		coverage,
		revision: coverage.is === "odd" || coverage.is === "none" || at < 0 ? null : at + 1,
		after: changesAfter(one, coverage, revisions, locks),
		signed: coverage.is === "none" ? undefined : signedBytes(file, one),
	};
}
