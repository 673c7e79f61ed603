import { type ChangesAfter, changesAfter, endsToCompare, pastOf, withStructure } from "./changes.js";
import { type Coverage, coverageOf, signedBytes } from "./coverage.js";
import type { PdfEvidence, PdfLook, PdfPast, PdfRevision, PdfSignature, Pdfs } from "./pdfs.js";

/** How `/Contents` is to be read; `unknown`: a kind that is not known here, or not supported. */
export type PdfSignatureKind = "detached" | "over-sha1" | "timestamp" | "raw" | "unknown";

const kinds: Readonly<Record<string, PdfSignatureKind>> = {
	"adbe.pkcs7.detached": "detached",
	"ETSI.CAdES.detached": "detached",
	"adbe.pkcs7.sha1": "over-sha1",
	"adbe.x509.rsa_sha1": "raw",
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
	/** Certificates that stand beside the signature, which only some kinds have. */
	certificates: Buffer[];
}

/** A file with all that its structure says of its signatures. */
export interface ExaminedPdf extends Pick<PdfLook, "state" | "isEncrypted" | "pages"> {
	revisions: number;
	/** Those that somebody signed. */
	signatures: ExaminedSignature[];
	/** Names of signature fields that nobody signed. */
	unsigned: (string | null)[];
	/** Null: can't be determined. */
	evidence: PdfEvidence | null;
}

/** A signature of the file as it is, or of an earlier revision, where a later one removed it. */
interface Found {
	signature: PdfSignature;
	certificates: Buffer[];
	coverage: Coverage;
}

/** More revisions than these are not looked into. */
const mostRevisions = 200;

/**
 * Examines a PDF file. Cryptography is not looked at.
 *
 * @throws CfmError `pdf-reader-failed` when not even its signatures could be read
 */
export async function examinePdf(file: Buffer, pdfs: Pdfs): Promise<ExaminedPdf> {
	const look = await pdfs.look(file);
	const { state, isEncrypted, pages } = look;
	if (state !== "read")
		return { state, isEncrypted, pages, revisions: 0, signatures: [], unsigned: [], evidence: null };
	const all = revisionEnds(file, look);
	const evidence = await orNull(pdfs.evidence(file));
	const { fields, unsigned } = fieldsIn(look, evidence);
	const found = fields.map((one): Found => ({ ...one, coverage: coverageOf(file, one.signature, look.ends) }));
	const signed = found.filter(({ coverage }) => coverage.is !== "none");
	const ends = endsToCompare(
		file,
		look,
		signed.map(({ coverage }) => coverage),
	);
	const pasts = await pastsOf(file, pdfs, { all, ends, signed });
	const lost = await lostSignatures(file, pdfs, { look, pasts, signed });
	const compared = ends.length < 2 ? [] : await orNull(pdfs.compare(file, ends));
	const revisions = compared?.map((one) => withStructure(one, pasts ?? [])) ?? null;
	return {
		...{ state, isEncrypted, pages, revisions: all.length, evidence },
		signatures: [...signed, ...lost].map((one) => examine(file, one, { revisions, pasts, all })),
		unsigned: [
			...found
				.filter(({ coverage, signature }) => coverage.is === "none" && !isOnlyAbove(signature, evidence))
				.map(({ signature }) => signature.field),
			...unsigned,
		],
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

/** Signature fields as PDFium has them, with what only the second reader knows: those below other fields, and on pages alone. */
function fieldsIn(
	look: PdfLook,
	evidence: PdfEvidence | null,
): { fields: Omit<Found, "coverage">[]; unsigned: string[] } {
	const others = evidence?.fields ?? [];
	const isOf = (one: PdfSignature, other: PdfSignature) =>
		one.byteRange.join() === other.byteRange.join() && one.contents.equals(other.contents);
	const fields = look.signatures.map((signature) => {
		const same = others.find((one) => one.signature !== null && isOf(signature, { field: null, ...one.signature }));
		return { signature, certificates: same?.signature?.certificates ?? [] };
	});
	const names = new Set(look.signatures.map(({ field }) => field));
	const unsigned: string[] = [];
	for (const { name, signature } of others) {
		if (signature === null) {
			// Names in an encrypted file can't be compared.
			if (!names.has(name) && !look.isEncrypted) unsigned.push(name);
			continue;
		}
		const { certificates, locks: _, ...rest } = signature;
		const whole = { field: look.isEncrypted ? null : name, ...rest };
		if (!look.signatures.some((one) => isOf(one, whole) || one.field === name))
			fields.push({ signature: whole, certificates });
	}
	return { fields, unsigned };
}

/** To PDFium what only has fields below it is one. */
function isOnlyAbove({ field }: PdfSignature, evidence: PdfEvidence | null): boolean {
	const names = evidence?.fields.map(({ name }) => name) ?? [];
	return field !== null && !names.includes(field) && names.some((name) => name.startsWith(`${field}.`));
}

/** What earlier revisions say, where that can matter: something came after a signature, or a signature may be gone. */
async function pastsOf(
	file: Buffer,
	pdfs: Pdfs,
	{ all, ends, signed }: { all: readonly number[]; ends: readonly number[]; signed: readonly Found[] },
): Promise<PdfPast[] | null> {
	if (ends.length < 2 && !namesMore(file, signed.length)) return [];
	const wanted = [...new Set([...all, ...ends])].sort((one, other) => one - other);
	if (wanted.length < 2) return [];
	return wanted.length > mostRevisions ? null : orNull(pdfs.history(file, wanted));
}

/** Whether more signatures stand in a file, or did, than so many. Their dictionaries are never compressed. */
function namesMore(file: Buffer, count: number): boolean {
	let found = 0;
	for (let at = file.indexOf("/ByteRange"); at >= 0 && found <= count; at = file.indexOf("/ByteRange", at + 1))
		found += 1;
	return found > count;
}

/** Signatures that were over a whole revision, and that a later one removed which nobody signed. */
async function lostSignatures(
	file: Buffer,
	pdfs: Pdfs,
	{ look, pasts, signed }: { look: PdfLook; pasts: readonly PdfPast[] | null; signed: readonly Found[] },
): Promise<Found[]> {
	const keyOf = ({ byteRange }: { byteRange: readonly number[] }) => byteRange.join();
	const known = new Set(signed.map(({ signature }) => keyOf(signature)));
	const covered = Math.max(0, ...signed.map(({ coverage }) => (coverage.is === "odd" ? 0 : coverage.end)));
	const found: Found[] = [];
	for (const { end, signatures } of (pasts ?? []).filter((one) => one.end >= covered)) {
		if (signatures.every((one) => known.has(keyOf(one)))) continue;
		const part = file.subarray(0, end);
		const then = await orNull(pdfs.look(part));
		for (const signature of then?.signatures ?? []) {
			if (known.has(keyOf(signature)) || signature.byteRange.length === 0) continue;
			const coverage = coverageOf(file, signature, look.ends);
			if (coverage.is !== "revision") continue;
			known.add(keyOf(signature));
			found.push({ signature, certificates: [], coverage });
		}
	}
	return found;
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
	{ signature, certificates, coverage }: Found,
	{
		revisions,
		pasts,
		all,
	}: { revisions: readonly PdfRevision[] | null; pasts: readonly PdfPast[] | null; all: readonly number[] },
): ExaminedSignature {
	const at = all.findIndex((end) => end >= coverage.end);
	const after = changesAfter(signature, coverage, revisions, pasts);
	return {
		...signature,
		kind: kinds[signature.subFilter ?? ""] ?? "unknown",
		...{ coverage, certificates, after },
		permission: pastOf(signature, coverage, pasts ?? [])?.permission ?? signature.permission,
		revision: coverage.is === "odd" || at < 0 ? null : at + 1,
		signed: coverage.faults.includes("no-range") ? undefined : signedBytes(file, signature),
	};
}
