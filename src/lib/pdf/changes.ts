import type { Coverage } from "./coverage.js";
import { mostNamed, type PdfChange, type PdfLock, type PdfLook, type PdfRevision, type PdfSignature } from "./pdfs.js";

/**
 * Where revisions end that are to be compared: what the first signature is over, what each later one is over, and what marks
 * say. Nothing, where nothing came after the first signature.
 */
export function endsToCompare(file: Buffer, { ends }: Pick<PdfLook, "ends">, coverages: readonly Coverage[]): number[] {
	const signed = coverages.filter(({ is }) => is === "file" || is === "revision").map(({ end }) => end);
	const first = Math.min(...signed);
	const later = [...signed, ...ends, file.length].filter((end) => end > first && end <= file.length);
	// A mark may stand a line's end before what was signed ends: that is no revision.
	const all = [...new Set([first, ...later])].sort((one, other) => one - other);
	const kept = all.filter((end, at) => at === 0 || !isBlank(file.subarray(all[at - 1] as number, end)));
	return signed.length === 0 || kept.length < 2 ? [] : kept;
}

const isBlank = (bytes: Buffer): boolean => /^[\r\n\t \0\f]*$/.test(bytes.toString("latin1"));

/** What nobody may change once it is signed, whatever else the signer allows. */
const never: readonly PdfChange[] = ["pages", "text", "appearance", "attachments", "scripts"];

/** What each permission allows besides (ISO 32000-2, table 257); without one, as with the widest. */
const allowed: Readonly<Record<1 | 2 | 3, readonly PdfChange[]>> = {
	1: [],
	2: ["form-fields", "signatures", "other"],
	3: ["form-fields", "signatures", "annotations", "other"],
};

/** What came after a signature, and whether its signer allows that. */
export interface ChangesAfter {
	revisions: PdfRevision[];
	/** Null: can't be determined. */
	allowed: boolean | null;
	/** What is not allowed. */
	forbidden: PdfChange[];
}

/**
 * What came after a signature.
 *
 * @param revisions what each later revision changed; null: nothing could be compared
 * @param locks which form fields its signer locked
 */
export function changesAfter(
	signature: Pick<PdfSignature, "permission">,
	coverage: Coverage,
	revisions: readonly PdfRevision[] | null,
	locks: readonly PdfLock[] = [],
): ChangesAfter {
	if (coverage.is === "file") return { revisions: [], allowed: true, forbidden: [] };
	if (coverage.is !== "revision" || revisions === null) return { revisions: [], allowed: null, forbidden: [] };
	const later = revisions.filter(({ end }) => end > coverage.end);
	const may = allowed[signature.permission ?? 3];
	const changed = new Set(later.flatMap((one) => one.changed ?? []));
	const isLocked = later.some(({ fields }) => fields.some((name) => locks.some((lock) => locksField(lock, name))));
	const forbidden = [...changed].filter(
		(one) => never.includes(one) || !may.includes(one) || (one === "form-fields" && isLocked),
	);
	// Beyond so many, fields are not named: one of the others may be locked.
	const isUnnamed = locks.length > 0 && later.some(({ fields }) => fields.length >= mostNamed);
	const isUnknown = isUnnamed || later.some((one) => one.changed === null);
	return { revisions: later, allowed: forbidden.length > 0 ? false : isUnknown ? null : true, forbidden };
}

/** A field is locked with those above it. */
function locksField({ action, fields }: PdfLock, name: string): boolean {
	const isNamed = fields.some((one) => name === one || name.startsWith(`${one}.`));
	return action === "All" || isNamed === (action === "Include");
}
