import { createHash } from "node:crypto";
import type { PDFDict, PDFName, PDFObject } from "@cantoo/pdf-lib";
import {
	mostNamed,
	type PastSignature,
	type PdfChange,
	type PdfPast,
	type PdfSignature,
	type SecondSignature,
} from "../../pdf/pdfs.js";
import type { Pdfium } from "./library.js";
import { look } from "./look.js";
import { type FormField, fieldsOf, type Library, openSecond, pagesOf, type Second, signatureIn } from "./second.js";

/** All revisions together, in milliseconds; of later ones only PDFium is asked. */
const patience = 10_000;
/** Of one comparison: a document with more objects is not compared. */
const mostSteps = 300_000;
const deepest = 300;

/** What each revision says of its signatures, by both readers, and what it changed in the structure of the one before. */
export async function history(pdfium: Pdfium, file: Buffer, ends: readonly number[]): Promise<PdfPast[]> {
	const until = performance.now() + patience;
	const pasts: PdfPast[] = [];
	let before: Read | null = null;
	for (const end of ends) {
		const part = file.subarray(0, end);
		const after = performance.now() > until ? null : await readSecond(part);
		const { signatures } = look(pdfium, part);
		const changes = before === null || after === null ? undefined : changesIn(before, after);
		pasts.push({
			end,
			signatures: together(signatures, after?.signatures ?? null),
			changed: changes === undefined ? null : changes.changed,
			fields: changes?.fields ?? [],
		});
		before = after;
	}
	return pasts;
}

/** One revision, by the second reader. */
interface Read {
	second: Second;
	fields: FormField[];
	signatures: { signature: SecondSignature; said: string }[];
}

async function readSecond(part: Buffer): Promise<Read | null> {
	const second = await openSecond(part);
	if (second === null) return null;
	try {
		const fields = fieldsOf(second);
		const signatures = fields.flatMap((field) => {
			const signature = field.type === "Sig" ? signatureIn(second.library, field) : null;
			return signature === null ? [] : { signature, said: hash(written(second.library, field.value)) };
		});
		return { second, fields, signatures };
	} catch {
		return null;
	}
}

const keyOf = ({ byteRange }: { byteRange: readonly number[] }): string => byteRange.join(" ");

/** Signatures as both readers see them, each once. */
function together(first: readonly PdfSignature[], second: Read["signatures"] | null): PastSignature[] {
	const found = new Map<string, PastSignature>();
	for (const one of first.filter(({ byteRange }) => byteRange.length > 0)) {
		const { byteRange, permission, subFilter, claimedAt, reason, contents } = one;
		const said = hash(JSON.stringify([subFilter, claimedAt, reason, permission, hash(contents)]));
		const isTimestamp = subFilter === "ETSI.RFC3161";
		found.set(keyOf(one), { byteRange, permission, locks: [], said, saidSecond: null, isTimestamp });
	}
	for (const { signature, said: saidSecond } of second ?? []) {
		const { byteRange, permission, locks, subFilter } = signature;
		const isTimestamp = subFilter === "ETSI.RFC3161";
		const known = found.get(keyOf(signature)) ?? { byteRange, permission, locks, said: "", saidSecond, isTimestamp };
		if (byteRange.length > 0) found.set(keyOf(signature), { ...known, locks, saidSecond });
	}
	return [...found.values()];
}

/**
 * A dictionary with all that it leads to, as one text. What a signer refers to may be the whole document, which is left out: it
 * is compared by itself.
 */
function written(library: Library, value: PDFObject | undefined): string {
	const { PDFArray, PDFDict: Dict } = library;
	let steps = 0;
	const write = (one: unknown, depth: number): string => {
		steps += 1;
		if (depth > 8 || steps > 10_000) return "…";
		if (one instanceof Dict) {
			const entries = one.entries().flatMap(([key]) => {
				const name = key.asString();
				return name === "/Data" ? [] : `${name} ${write(one.lookup(key), depth + 1)}`;
			});
			return `<<${entries.sort().join(" ")}>>`;
		}
		if (one instanceof PDFArray) return `[${one.asArray().map((_, at) => write(one.lookup(at), depth + 1))}]`;
		return String(one);
	};
	return write(value, 0);
}

/** What is compared by itself, wherever something leads there: the target of an action, what a structure is about. */
const places = ["/Page", "/Pages", "/Catalog"];
/** What a catalog may get after it was signed, without changing what was signed: for validation later, or of no effect. */
const ofEvidence = ["/DSS", "/Extensions", "/Version"];
const ofNoEffect = ["/Metadata", "/PieceInfo", "/StructTreeRoot", "/MarkInfo", "/Type"];
/** What is looked at by itself. */
const apart = ["/Pages", "/AcroForm", "/Perms"];
/** What runs, or decides what is shown. */
const ofScripts = ["/OpenAction", "/AA"];
const ofAppearance = ["/OCProperties"];
/** What of a page is no content: annotations are compared by how they look. */
const besidePages = ["/Annots", "/Parent", "/LastModified", "/Tabs", "/PieceInfo", "/StructParents", "/Metadata"];
/** What is filled in into a field, and how it is drawn: compared by itself. */
const besideFields = ["/V", "/AP", "/AS", "/M", "/Parent", "/P", "/Kids", "/StructParent", "/F", "/Rect"];

/** @returns undefined when it could not all be compared */
function changesIn(before: Read, after: Read): { changed: PdfChange[]; fields: string[] } | undefined {
	try {
		return new Comparison(before, after).changes();
	} catch {
		return undefined;
	}
}

/** Compares two revisions object by object. @throws RangeError when there are too many */
class Comparison {
	private readonly same = new Set<string>();
	private steps = 0;
	private readonly library: Library;

	constructor(
		private readonly before: Read,
		private readonly after: Read,
	) {
		this.library = after.second.library;
	}

	changes(): { changed: PdfChange[]; fields: string[] } {
		const changed = new Set<PdfChange>();
		const [old, now] = [this.before.second.catalog, this.after.second.catalog];
		for (const key of this.differing(old, now, apart)) {
			if (ofEvidence.includes(key)) changed.add("evidence");
			else if (ofScripts.includes(key)) changed.add("scripts");
			else if (ofAppearance.includes(key)) changed.add("appearance");
			else if (!ofNoEffect.includes(key)) changed.add("other");
		}
		if (this.losesPermissions(old, now)) changed.add("permissions");
		for (const key of this.pageKeys(old, now)) changed.add(ofScripts.includes(key) ? "scripts" : "other");
		const { isForm, names } = this.fieldChanges();
		if (isForm) changed.add("form");
		return { changed: [...changed], fields: names.slice(0, mostNamed) };
	}

	/** Keys under which two dictionaries lead to different things. */
	private differing(old: PDFDict, now: PDFDict, without: readonly string[]): string[] {
		const keys = new Map([...old.keys(), ...now.keys()].map((key) => [key.asString(), key]));
		return [...keys]
			.filter(([name, key]) => !without.includes(name) && !this.isSame(old.get(key), now.get(key), 0))
			.map(([name]) => name);
	}

	/** A certification that is withdrawn, or points elsewhere (`/Perms`). */
	private losesPermissions(old: PDFDict, now: PDFDict): boolean {
		const { PDFDict: Dict, PDFName } = this.library;
		const [granted, left] = [old, now].map((one) => one.lookup(PDFName.of("Perms")));
		if (!(granted instanceof Dict)) return false;
		// What a permission refers to is the whole document, which others may change as far as it says.
		const said = (one: PDFDict, key: PDFName) => written(this.library, one.lookup(key));
		return granted.keys().some((key) => !(left instanceof Dict) || said(granted, key) !== said(left, key));
	}

	private pageKeys(old: PDFDict, now: PDFDict): string[] {
		const [former, latter] = [pagesOf(this.library, old), pagesOf(this.library, now)];
		return latter.flatMap((page, at) => {
			const other = former[at];
			return other === undefined ? [] : this.differing(other, page, besidePages);
		});
	}

	private fieldChanges(): { isForm: boolean; names: string[] } {
		const byName = ({ fields }: Read) => new Map(fields.map((one) => [one.name, one]));
		const [old, now] = [byName(this.before), byName(this.after)];
		let isForm = false;
		const names: string[] = [];
		for (const [name, field] of now) if (!old.has(name) && field.type !== "Sig") isForm = true;
		for (const [name, field] of old) {
			const other = now.get(name);
			if (other === undefined || other.type !== field.type) isForm = true;
			else if (field.type !== "Sig" && this.isOther(field, other)) names.push(name);
		}
		return { isForm, names };
	}

	private isOther(field: FormField, other: FormField): boolean {
		if (this.differing(field.field, other.field, besideFields).length > 0) return true;
		return !this.isSame(field.value, other.value, 0);
	}

	private isSame(old: PDFObject | undefined, now: PDFObject | undefined, depth: number): boolean {
		const { PDFArray, PDFDict: Dict, PDFName, PDFRef, PDFStream } = this.library;
		this.steps += 1;
		if (this.steps > mostSteps || depth > deepest) throw new RangeError("too many objects");
		const pair = old instanceof PDFRef && now instanceof PDFRef ? `${old.toString()} ${now.toString()}` : undefined;
		if (pair !== undefined) {
			// Whoever is compared already is either the same, or was told of.
			if (this.same.has(pair)) return true;
			this.same.add(pair);
		}
		const [a, b] = [this.resolve(old, this.before), this.resolve(now, this.after)];
		if (a === undefined || b === undefined) return a === b;
		if (a instanceof PDFStream && b instanceof PDFStream)
			return (
				Buffer.compare(a.getContents(), b.getContents()) === 0 &&
				this.differing(a.dict, b.dict, ["/Parent", "/Length"]).length === 0
			);
		if (a instanceof Dict && b instanceof Dict) {
			const isPlace = [a, b].every((one) => places.includes(String(one.lookup(PDFName.of("Type")))));
			return isPlace ? pair !== undefined && old === now : this.areSame(a, b, depth);
		}
		if (a instanceof PDFArray && b instanceof PDFArray) {
			const items = b.asArray();
			return a.size() === items.length && items.every((one, at) => this.isSame(a.get(at), one, depth + 1));
		}
		return a.constructor === b.constructor && a.toString() === b.toString();
	}

	private areSame(a: PDFDict, b: PDFDict, depth: number): boolean {
		const names = new Map([...a.keys(), ...b.keys()].map((key) => [key.asString(), key]));
		// The way up leads everywhere.
		names.delete("/Parent");
		names.delete("/P");
		return [...names.values()].every((key) => this.isSame(a.get(key), b.get(key), depth + 1));
	}

	private resolve(value: PDFObject | undefined, { second }: Read): PDFObject | undefined {
		return value instanceof this.library.PDFRef ? second.document.context.lookup(value) : value;
	}
}

const hash = (value: string | Uint8Array): string => createHash("sha256").update(value).digest("hex");
