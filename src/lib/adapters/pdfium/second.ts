import type { PDFDict, PDFDocument, PDFObject } from "@cantoo/pdf-lib";
import { lockActions, type PdfLock, type SecondSignature } from "../../pdf/pdfs.js";

export type Library = typeof import("@cantoo/pdf-lib");

/** More than these are not looked at. */
const mostFields = 10_000;
const mostPages = 10_000;
const mostLocks = 20;
const mostLocked = 1000;
const mostNumbers = 1000;
const mostCertificates = 20;
/** Fields below fields: nobody makes more. */
const deepest = 50;

/** A document as the second reader has it. */
export interface Second {
	library: Library;
	document: PDFDocument;
	catalog: PDFDict;
}

/** Opens a file with the second reader; null: it does not understand it. */
export async function openSecond(file: Buffer): Promise<Second | null> {
	const library = await import("@cantoo/pdf-lib");
	shortenNumbers(library);
	const { stackTraceLimit } = Error;
	// It finds its way through damaged files by errors, one for each byte: nobody looks at where they came from.
	Error.stackTraceLimit = 0;
	try {
		const document = await library.PDFDocument.load(new Uint8Array(file), {
			...{ ignoreEncryption: true, updateMetadata: false, throwOnInvalidObject: true },
			parseSpeed: library.ParseSpeeds.Fastest,
		});
		return { library, document, catalog: document.catalog as PDFDict };
	} catch {
		return null;
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
	}
}

/** No number of an object, of a generation or of a place has more digits. */
const mostDigits = 20;
let isShortened = false;

/**
 * Behind a damaged object it looks for the next one, byte by byte, and reads each time a whole number. In a row of digits, as room
 * for a signature is, that takes the square of its length. A number that is too long for anything is none.
 */
function shortenNumbers({ PDFParser }: Library): void {
	if (isShortened) return;
	isShortened = true;
	const prototype = PDFParser.prototype as unknown as NumberReader;
	const read = prototype.parseRawInt;
	prototype.parseRawInt = function (this: NumberReader) {
		let digits = 0;
		while (digits <= mostDigits && isDigit(this.bytes.peekAhead(digits))) digits += 1;
		if (digits > mostDigits) throw new RangeError("too long for a number");
		return read.call(this);
	};
}

/** What of its parser is touched. */
interface NumberReader {
	bytes: { peekAhead(steps: number): number };
	parseRawInt(): number;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** A field of a form: one that is no part of another, whatever is drawn of it. */
export interface FormField {
	/** Fully qualified (ISO 32000-2, 12.7.4.2). */
	name: string;
	/** Its kind, its own or of one above it: `Sig`, `Tx` … */
	type: string;
	field: PDFDict;
	/** Its own, or of one above it. */
	value: PDFObject | undefined;
}

interface Inherited {
	name: string;
	type: string;
	value: PDFObject | undefined;
}

/** All fields of a document: those of its form, and signature fields that only pages lead to. A tree with a ring ends. */
export function fieldsOf(second: Second): FormField[] {
	const { library, catalog } = second;
	const { PDFArray, PDFDict: Dict, PDFName } = library;
	const found: FormField[] = [];
	const seen = new Set<PDFObject>();
	const walk = (list: PDFObject | undefined, above: Inherited, depth: number): void => {
		if (!(list instanceof PDFArray) || depth > deepest) return;
		for (let index = 0; index < list.size() && seen.size < mostFields; index++) {
			const field: PDFObject | undefined = list.lookup(index);
			if (!(field instanceof Dict) || seen.has(field)) continue;
			seen.add(field);
			const own = inherit(library, field, above);
			const kids = field.lookup(PDFName.of("Kids"));
			// Children without a name of their own are what is drawn of the field.
			const drawn = childrenOf(library, kids).filter((kid) => !kid.has(PDFName.of("T")));
			for (const kid of drawn) seen.add(kid);
			if (drawn.length === childrenOf(library, kids).length) found.push({ ...own, field });
			else walk(kids, own, depth + 1);
		}
	};
	const form = catalog.lookup(PDFName.of("AcroForm"));
	if (form instanceof Dict) walk(form.lookup(PDFName.of("Fields")), { name: "", type: "", value: undefined }, 0);
	for (const widget of widgetsOf(second)) {
		const field = fieldOfWidget(library, widget);
		if (field.type === "Sig" && field.value !== undefined && !seen.has(widget) && !seen.has(field.field)) {
			seen.add(field.field);
			found.push(field);
		}
	}
	return found;
}

function childrenOf({ PDFArray, PDFDict: Dict }: Library, kids: PDFObject | undefined): PDFDict[] {
	if (!(kids instanceof PDFArray)) return [];
	return Array.from({ length: Math.min(kids.size(), mostFields) }, (_, at) => kids.lookup(at) as unknown).filter(
		(one) => one instanceof Dict,
	);
}

function inherit({ PDFName, ...library }: Library, field: PDFDict, above: Inherited): Inherited {
	const text = textOf({ PDFName, ...library }, field.lookup(PDFName.of("T")))?.slice(0, 1000);
	const kind = field.lookup(PDFName.of("FT"));
	return {
		name: [above.name, text].filter(Boolean).join(".").slice(0, 4000),
		type: kind instanceof PDFName ? kind.decodeText() : above.type,
		value: field.lookup(PDFName.of("V")) ?? above.value,
	};
}

/** What is drawn on pages. */
function* widgetsOf({ library, catalog }: Second): Generator<PDFDict> {
	const { PDFArray, PDFDict: Dict, PDFName } = library;
	for (const page of pagesOf(library, catalog)) {
		const annotations = page.lookup(PDFName.of("Annots"));
		if (!(annotations instanceof PDFArray)) continue;
		for (let index = 0; index < Math.min(annotations.size(), mostFields); index++) {
			const one: PDFObject | undefined = annotations.lookup(index);
			if (one instanceof Dict && one.lookup(PDFName.of("Subtype")) === PDFName.of("Widget")) yield one;
		}
	}
}

/** Pages, in their order; a tree with a ring ends. */
export function pagesOf({ PDFArray, PDFDict: Dict, PDFName }: Library, catalog: PDFDict): PDFDict[] {
	const found: PDFDict[] = [];
	const seen = new Set<PDFObject>();
	const walk = (node: PDFObject | undefined, depth: number): void => {
		if (!(node instanceof Dict) || seen.has(node) || depth > deepest || found.length >= mostPages) return;
		seen.add(node);
		const kids = node.lookup(PDFName.of("Kids"));
		if (!(kids instanceof PDFArray)) found.push(node);
		else for (let index = 0; index < Math.min(kids.size(), mostPages); index++) walk(kids.lookup(index), depth + 1);
	};
	walk(catalog.lookup(PDFName.of("Pages")), 0);
	return found;
}

/** The field that a widget is, or is a part of, with all that it inherits. */
function fieldOfWidget(library: Library, widget: PDFDict): FormField {
	const { PDFDict: Dict, PDFName } = library;
	const row: PDFDict[] = [];
	for (let at: unknown = widget; at instanceof Dict && row.length < deepest; at = at.lookup(PDFName.of("Parent")))
		row.unshift(at);
	const start: Inherited = { name: "", type: "", value: undefined };
	const own = row.reduce((above, one) => inherit(library, one, above), start);
	return { ...own, field: row.findLast((one) => one.has(PDFName.of("T"))) ?? widget };
}

function textOf({ PDFString, PDFHexString }: Library, value: PDFObject | undefined): string | undefined {
	return value instanceof PDFString || value instanceof PDFHexString ? value.decodeText() : undefined;
}

function bytesOf({ PDFString, PDFHexString }: Library, value: PDFObject | undefined): Buffer | undefined {
	return value instanceof PDFString || value instanceof PDFHexString ? Buffer.from(value.asBytes()) : undefined;
}

/** What a signed field's dictionary says; null: nobody has signed it. */
export function signatureIn(library: Library, { value }: FormField): SecondSignature | null {
	const { PDFArray, PDFDict: Dict, PDFName } = library;
	if (!(value instanceof Dict)) return null;
	const get = (name: string): PDFObject | undefined => value.lookup(PDFName.of(name));
	const range = get("ByteRange");
	const subFilter = get("SubFilter");
	const certificate = get("Cert");
	const certificates = certificate instanceof PDFArray ? itemsOf(certificate, mostCertificates) : [certificate];
	return {
		subFilter: subFilter instanceof PDFName ? subFilter.decodeText().slice(0, 1000) : null,
		byteRange: range instanceof PDFArray ? itemsOf(range, mostNumbers).map((one) => numberIn(library, one)) : [],
		contents: bytesOf(library, get("Contents")) ?? Buffer.alloc(0),
		claimedAt: textOf(library, get("M"))?.slice(0, 1000) ?? null,
		reason: textOf(library, get("Reason"))?.slice(0, 4000) ?? null,
		permission: permissionIn(library, value),
		certificates: certificates.flatMap((one) => bytesOf(library, one) ?? []),
		locks: locksIn(library, value),
	};
}

const itemsOf = (list: { size(): number; lookup(at: number): unknown }, most: number): (PDFObject | undefined)[] =>
	Array.from({ length: Math.min(list.size(), most) }, (_, at) => list.lookup(at) as PDFObject | undefined);

/** What is no number leads nowhere. */
function numberIn({ PDFNumber }: Library, value: PDFObject | undefined): number {
	const number = value instanceof PDFNumber ? value.asNumber() : -1;
	return Number.isSafeInteger(number) ? number : -1;
}

/** What signers refer to: how others may change the document (ISO 32000-2, 12.8.2), each with its parameters. */
function transformsIn(library: Library, value: PDFDict): { method: unknown; parameters: PDFDict | undefined }[] {
	const { PDFArray, PDFDict: Dict, PDFName } = library;
	const references = value.lookup(PDFName.of("Reference"));
	if (!(references instanceof PDFArray)) return [];
	return itemsOf(references, mostLocks).flatMap((reference) => {
		if (!(reference instanceof Dict)) return [];
		const parameters: PDFObject | undefined = reference.lookup(PDFName.of("TransformParams"));
		const method: unknown = reference.lookup(PDFName.of("TransformMethod"));
		return { method, parameters: parameters instanceof Dict ? parameters : undefined };
	});
}

function permissionIn(library: Library, value: PDFDict): SecondSignature["permission"] {
	const { PDFName } = library;
	const found = transformsIn(library, value).find(({ method }) => method === PDFName.of("DocMDP"));
	if (found === undefined) return null;
	// Without a number it is 2.
	const said = found.parameters?.lookup(PDFName.of("P"));
	const number = said === undefined ? 2 : numberIn(library, said);
	return number === 1 || number === 2 || number === 3 ? number : null;
}

/** What the signer of a field locks; what can't be read locks everything. */
function locksIn(library: Library, value: PDFDict): PdfLock[] {
	const { PDFArray, PDFName } = library;
	return transformsIn(library, value)
		.filter(({ method }) => method === PDFName.of("FieldMDP"))
		.map(({ parameters }) => {
			const said: unknown = parameters?.lookup(PDFName.of("Action"));
			const action = lockActions.find((one) => said === PDFName.of(one)) ?? "All";
			const named = parameters?.lookup(PDFName.of("Fields"));
			const names = named instanceof PDFArray ? itemsOf(named, mostLocked + 1) : [];
			const texts = names.flatMap((one) => textOf(library, one)?.slice(0, 4000) ?? []);
			return { action: names.length > mostLocked ? "All" : action, fields: texts.slice(0, mostLocked) };
		});
}
