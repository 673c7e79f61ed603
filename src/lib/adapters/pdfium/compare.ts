import { createHash } from "node:crypto";
import { mostNamed, type PdfChange, type PdfRevision } from "../../pdf/pdfs.js";
import type { Pdfium } from "./library.js";

/** What is compared of a document, at most. */
const mostPages = 500;
const mostAnnotations = 5000;
/** Of one page's picture, in points. */
const longestSide = 420;
/** All revisions together, in milliseconds: what is not compared then is told as such. */
const patience = 12_000;
/** fpdf_annot.h and fpdf_formfill.h */
const widget = 20;
const signatureField = 7;
/** fpdfview.h: with annotations. */
const withAnnotations = 1;

/** What can be seen of one page. */
interface Page {
	size: string;
	text: string;
	appearance: string;
	annotated: string;
	annotations: string[];
}

/** What can be seen of one revision. */
interface Snapshot {
	pages: Page[];
	/** Values of form fields by name. */
	fields: Map<string, string>;
	/** Signature fields, signed or not. */
	signatures: string[];
	attachments: string[];
	scripts: string[];
}

/** What each revision changed in the one before it. */
export function compare(pdfium: Pdfium, file: Buffer, ends: readonly number[]): PdfRevision[] {
	const until = performance.now() + patience;
	let [before, ...later] = ends.map((end) => ({ end, taken: undefined as Snapshot | null | undefined }));
	const revisions: PdfRevision[] = [];
	if (before === undefined) return revisions;
	before.taken = snapshot(pdfium, file.subarray(0, before.end), until);
	for (const revision of later) {
		revision.taken = snapshot(pdfium, file.subarray(0, revision.end), until);
		const told =
			before.taken && revision.taken
				? differences(before.taken, revision.taken)
				: { changed: null, pages: [], fields: [] };
		revisions.push({ end: revision.end, ...told });
		before = revision;
	}
	return revisions;
}

/** @returns null when it could not all be looked at */
function snapshot(pdfium: Pdfium, file: Buffer, until: number): Snapshot | null {
	const { calls } = pdfium;
	if (performance.now() > until) return null;
	const opened = pdfium.open(file, (document) => {
		const count = calls.FPDF_GetPageCount(document);
		if (count > mostPages) return null;
		const information = calls.PDFiumExt_OpenFormFillInfo();
		const form = calls.PDFiumExt_InitFormFillEnvironment(document, information);
		const seen: Snapshot = {
			...{ pages: [], fields: new Map(), signatures: [] },
			...{ attachments: attachmentsOf(pdfium, document), scripts: scriptsOf(pdfium, document) },
		};
		try {
			for (let index = 0; index < count; index++) {
				const page = performance.now() > until ? undefined : pageOf(pdfium, document, form, index, seen);
				if (page === undefined) return null;
				seen.pages.push(page);
			}
			seen.signatures = signaturesOf(pdfium, document);
			return seen;
		} finally {
			calls.PDFiumExt_ExitFormFillEnvironment(form);
			calls.PDFiumExt_CloseFormFillInfo(information);
		}
	});
	return opened.opened ? opened.value : null;
}

function signaturesOf(pdfium: Pdfium, document: number): string[] {
	const { calls } = pdfium;
	const count = Math.max(0, Math.min(calls.FPDF_GetSignatureCount(document), 1000));
	return Array.from({ length: count }, (_, index) => {
		const signature = calls.FPDF_GetSignatureObject(document, index);
		return hash(pdfium.taken((at, length) => calls.FPDFSignatureObj_GetContents(signature, at, length)));
	});
}

function pageOf(pdfium: Pdfium, document: number, form: number, index: number, seen: Snapshot): Page | undefined {
	const { calls } = pdfium;
	const page = calls.FPDF_LoadPage(document, index);
	if (page === 0) return { size: "", text: "", appearance: "unreadable", annotated: "unreadable", annotations: [] };
	try {
		const [width, height] = [calls.FPDF_GetPageWidthF(page), calls.FPDF_GetPageHeightF(page)];
		const annotations = annotationsOf(pdfium, form, page, seen);
		if (annotations === undefined) return undefined;
		return {
			size: `${width} ${height} ${calls.FPDFPage_GetRotation(page)}`,
			text: hash(textOf(pdfium, page)),
			appearance: picture(pdfium, page, { width, height, flags: 0 }),
			annotated: picture(pdfium, page, { width, height, flags: withAnnotations }),
			annotations,
		};
	} finally {
		calls.FPDF_ClosePage(page);
	}
}

function textOf(pdfium: Pdfium, page: number): Buffer {
	const { calls } = pdfium;
	const text = calls.FPDFText_LoadPage(page);
	if (text === 0) return Buffer.alloc(0);
	try {
		const count = Math.max(0, calls.FPDFText_CountChars(text));
		return pdfium.hold(2 * (count + 1), (at) => {
			const written = calls.FPDFText_GetText(text, 0, count, at);
			return pdfium.bytes(at, 2 * Math.max(0, Math.min(written, count + 1)));
		});
	} finally {
		calls.FPDFText_ClosePage(text);
	}
}

/** How a page looks, as one number. */
function picture(pdfium: Pdfium, page: number, from: { width: number; height: number; flags: number }): string {
	const { calls } = pdfium;
	const scale = Math.min(1, longestSide / Math.max(1, from.width, from.height));
	const side = (length: number) => Math.min(longestSide, Math.max(1, Math.round(length * scale) || 1));
	const [width, height] = [side(from.width), side(from.height)];
	const bitmap = calls.FPDFBitmap_Create(width, height, 0);
	if (bitmap === 0) throw new RangeError("PDFium has no more memory");
	try {
		calls.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xff_ff_ff_ff);
		calls.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, from.flags);
		return hash(pdfium.view(calls.FPDFBitmap_GetBuffer(bitmap), 4 * width * height));
	} finally {
		calls.FPDFBitmap_Destroy(bitmap);
	}
}

/** Those of one page, each as one text; values of fields go into the document's. */
function annotationsOf(pdfium: Pdfium, form: number, page: number, seen: Snapshot): string[] | undefined {
	const { calls } = pdfium;
	const count = calls.FPDFPage_GetAnnotCount(page);
	if (count > mostAnnotations) return undefined;
	const found: string[] = [];
	for (let index = 0; index < count; index++) {
		const annotation = calls.FPDFPage_GetAnnot(page, index);
		if (annotation === 0) continue;
		try {
			const kind = calls.FPDFAnnot_GetSubtype(annotation);
			if (kind !== widget) {
				found.push(annotationText(pdfium, annotation, kind));
				continue;
			}
			const field = calls.FPDFAnnot_GetFormFieldType(form, annotation);
			if (field === signatureField) continue;
			const name = pdfium.text((at, length) => calls.FPDFAnnot_GetFormFieldName(form, annotation, at, length)) ?? "";
			const value = pdfium.text((at, length) => calls.FPDFAnnot_GetFormFieldValue(form, annotation, at, length)) ?? "";
			const facts = [field, value, calls.FPDFAnnot_IsChecked(form, annotation), appearanceOf(pdfium, annotation)];
			seen.fields.set(name, `${seen.fields.get(name) ?? ""}${hash(facts.join("\0"))}`);
		} finally {
			calls.FPDFPage_CloseAnnot(annotation);
		}
	}
	return found;
}

function annotationText(pdfium: Pdfium, annotation: number, kind: number): string {
	const { calls } = pdfium;
	const rectangle = pdfium.hold(16, (at) =>
		calls.FPDFAnnot_GetRect(annotation, at) ? pdfium.numbers(at, 4).join(" ") : "",
	);
	const contents = pdfium.text((at, length) => calls.FPDFAnnot_GetStringValue(annotation, "Contents", at, length));
	const facts = [
		kind,
		rectangle,
		calls.FPDFAnnot_GetFlags(annotation),
		contents ?? "",
		appearanceOf(pdfium, annotation),
	];
	return hash(facts.join("\0"));
}

/** What is drawn for an annotation at rest. */
function appearanceOf(pdfium: Pdfium, annotation: number): string {
	return pdfium.text((at, length) => pdfium.calls.FPDFAnnot_GetAP(annotation, 0, at, length)) ?? "";
}

function attachmentsOf(pdfium: Pdfium, document: number): string[] {
	const { calls } = pdfium;
	const count = Math.max(0, Math.min(calls.FPDFDoc_GetAttachmentCount(document), 1000));
	return Array.from({ length: count }, (_, index) => {
		const one = calls.FPDFDoc_GetAttachment(document, index);
		const name = pdfium.text((at, length) => calls.FPDFAttachment_GetName(one, at, length)) ?? "";
		const content = pdfium.hold(4, (size) => {
			if (!calls.FPDFAttachment_GetFile(one, 0, 0, size)) return Buffer.alloc(0);
			const [length = 0] = pdfium.numbers(size, 1);
			if (length <= 0 || length > 1 << 26) return Buffer.from(String(length));
			return pdfium.hold(length, (at) =>
				calls.FPDFAttachment_GetFile(one, at, length, size) ? pdfium.bytes(at, length) : Buffer.alloc(0),
			);
		});
		return `${name}\0${hash(content)}`;
	});
}

function scriptsOf(pdfium: Pdfium, document: number): string[] {
	const { calls } = pdfium;
	const count = Math.max(0, Math.min(calls.FPDFDoc_GetJavaScriptActionCount(document), 1000));
	return Array.from({ length: count }, (_, index) => {
		const one = calls.FPDFDoc_GetJavaScriptAction(document, index);
		if (one === 0) return "";
		try {
			return hash(pdfium.text((at, length) => calls.FPDFJavaScriptAction_GetScript(one, at, length)) ?? "");
		} finally {
			calls.FPDFDoc_CloseJavaScriptAction(one);
		}
	});
}

function differences(before: Snapshot, after: Snapshot): Omit<PdfRevision, "end"> {
	const changed = new Set<PdfChange>();
	const differs = (one: readonly string[], other: readonly string[]) => one.join("\n") !== other.join("\n");
	const pages: number[] = [];
	if (before.pages.length !== after.pages.length) changed.add("pages");
	const names = [...new Set([...before.fields.keys(), ...after.fields.keys()])].sort();
	const fields = names.filter((name) => before.fields.get(name) !== after.fields.get(name));
	if (fields.length > 0) changed.add("form-fields");
	const isSigned = differs(before.signatures, after.signatures);
	if (isSigned) changed.add("signatures");
	if (differs(before.attachments, after.attachments)) changed.add("attachments");
	if (differs(before.scripts, after.scripts)) changed.add("scripts");
	for (const [index, page] of after.pages.entries()) {
		const old = before.pages[index];
		if (old === undefined) continue;
		const content: PdfChange[] = [];
		if (old.size !== page.size) content.push("pages");
		if (old.text !== page.text) content.push("text");
		if (old.appearance !== page.appearance) content.push("appearance");
		if (content.length > 0) pages.push(index + 1);
		for (const one of content) changed.add(one);
		if (differs(old.annotations, page.annotations)) changed.add("annotations");
		// Something that is drawn above the page became another, and no annotation, field or signature did.
		else if (old.annotated !== page.annotated && content.length === 0 && fields.length === 0 && !isSigned)
			changed.add("annotations");
	}
	if (changed.size === 0) changed.add("other");
	return { changed: [...changed], pages: pages.slice(0, mostNamed), fields: fields.slice(0, mostNamed) };
}

const hash = (value: string | Uint8Array): string => createHash("sha256").update(value).digest("hex");
