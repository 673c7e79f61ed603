import type { Coverage } from "./coverage.js";
import {
	mostNamed,
	type PastSignature,
	type PdfChange,
	type PdfLock,
	type PdfLook,
	type PdfPast,
	type PdfRevision,
	type PdfSignature,
} from "./pdfs.js";

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
const never: readonly PdfChange[] = [
	...(["pages", "text", "appearance", "attachments", "scripts", "permissions"] as const),
	...(["removed-signatures", "replaced-signature"] as const),
];

/** What each permission allows besides (ISO 32000-2, table 257); without one, more than with the widest. */
const always: readonly PdfChange[] = ["timestamps", "evidence"];
const filling: readonly PdfChange[] = [...always, "form-fields", "signatures", "other"];
const allowed: Readonly<Record<0 | 1 | 2 | 3, readonly PdfChange[]>> = {
	0: [...filling, "annotations", "form"],
	1: always,
	2: filling,
	3: [...filling, "annotations"],
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
 * @param pasts what the revisions say of signatures; null: nothing could be compared
 */
export function changesAfter(
	signature: Pick<PdfSignature, "byteRange">,
	coverage: Coverage,
	revisions: readonly PdfRevision[] | null,
	pasts: readonly PdfPast[] | null,
): ChangesAfter {
	if (coverage.is === "file") return { revisions: [], allowed: true, forbidden: [] };
	if (coverage.is !== "revision" || revisions === null || pasts === null)
		return { revisions: [], allowed: null, forbidden: [] };
	const later = revisions.filter(({ end }) => end > coverage.end);
	// What the signer allowed stands in what they signed: what a later revision says of it is somebody else's.
	const { own, changes } = sinceSigned(signature, coverage, pasts);
	const locks: readonly PdfLock[] = own?.locks ?? [];
	const may = allowed[own?.permission ?? 0];
	const changed = new Set([...later.flatMap((one) => one.changed ?? []), ...changes]);
	const isLocked = later.some(({ fields }) => fields.some((name) => locks.some((lock) => locksField(lock, name))));
	if (isLocked) changed.add("form-fields");
	const forbidden = [...changed].filter(
		(one) => never.includes(one) || !may.includes(one) || (one === "form-fields" && isLocked),
	);
	// Beyond so many, fields are not named: one of the others may be locked.
	const isUnnamed = locks.length > 0 && later.some(({ fields }) => fields.length >= mostNamed);
	const isUnknown = isUnnamed || later.some((one) => one.changed === null);
	return { revisions: later, allowed: forbidden.length > 0 ? false : isUnknown ? null : true, forbidden };
}

/** The signature as it was signed, and what became of it and of the others there. */
function sinceSigned(
	{ byteRange }: Pick<PdfSignature, "byteRange">,
	{ end }: Coverage,
	pasts: readonly PdfPast[],
): { own: PastSignature | undefined; changes: PdfChange[] } {
	const then = pasts.find((one) => one.end === end)?.signatures ?? [];
	const now = pasts.at(-1)?.signatures ?? [];
	const [own, latest] = [find(then, byteRange), find(now, byteRange)];
	const isSame =
		own !== undefined &&
		own.said === latest?.said &&
		(own.saidSecond === null || latest.saidSecond === null || own.saidSecond === latest.saidSecond);
	const isRemoved = then.some((one) => find(now, one.byteRange) === undefined);
	const changes: PdfChange[] = [];
	if (!isSame) changes.push("replaced-signature");
	if (isRemoved) changes.push("removed-signatures");
	return { own, changes };
}

const find = (all: readonly PastSignature[], range: readonly number[]) =>
	all.find((one) => one.byteRange.join() === range.join());

/** A signature as it was signed: in the revision that it is over. */
export function pastOf(
	{ byteRange }: Pick<PdfSignature, "byteRange">,
	{ end }: Coverage,
	pasts: readonly PdfPast[],
): PastSignature | undefined {
	return find(pasts.find((one) => one.end === end)?.signatures ?? [], byteRange);
}

/** What a revision changed, by how it looks and by its structure. */
export function withStructure(revision: PdfRevision, pasts: readonly PdfPast[]): PdfRevision {
	const at = pasts.findIndex(({ end }) => end === revision.end);
	const [before, past] = [pasts[at - 1], pasts[at]];
	if (revision.changed === null || past === undefined || before === undefined) return revision;
	const structure = past.changed ?? [];
	const isKnown = (one: PastSignature) =>
		before.signatures.some(({ byteRange }) => byteRange.join() === one.byteRange.join());
	const added = past.signatures.filter((one) => !isKnown(one));
	const areTimestamps = added.length > 0 && added.every(({ isTimestamp }) => isTimestamp);
	const changed = new Set<PdfChange>();
	for (const one of revision.changed) {
		if (one === "signatures" && areTimestamps) changed.add("timestamps");
		// What can't be seen may have a name.
		else if (one !== "other" || structure.length === 0) changed.add(one);
	}
	for (const one of structure) changed.add(one);
	return {
		...revision,
		changed: [...changed],
		fields: [...new Set([...revision.fields, ...past.fields])].slice(0, mostNamed),
	};
}

/** A field is locked with those above it. */
function locksField({ action, fields }: PdfLock, name: string): boolean {
	const isNamed = fields.some((one) => name === one || name.startsWith(`${one}.`));
	return action === "All" || isNamed === (action === "Include");
}
