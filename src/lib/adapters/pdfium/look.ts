import type { PdfLook, PdfSignature } from "../../pdf/pdfs.js";
import type { Pdfium } from "./library.js";

/** More fields than these are not told; more numbers in one range neither. */
export const mostSignatures = 1000;
const mostNumbers = 1000;

/** fpdfview.h */
const errors: Readonly<Record<number, PdfLook["state"]>> = { 4: "password", 5: "encrypted" };

/** What a file is, and what signature fields it has. */
export function look(pdfium: Pdfium, file: Buffer): PdfLook {
	const { calls } = pdfium;
	const opened = pdfium.open(file, (document): PdfLook => {
		const count = Math.min(calls.FPDF_GetSignatureCount(document), mostSignatures);
		const numbers = Array.from({ length: Math.max(0, count) }, (_, index) => index);
		return {
			state: "read",
			isEncrypted: calls.EPDF_IsEncrypted(document),
			pages: Math.max(0, calls.FPDF_GetPageCount(document)),
			ends: endsOf(pdfium, document),
			signatures: withPage(pdfium, document, (page) =>
				numbers.map((index) => signatureOf(pdfium, calls.FPDF_GetSignatureObject(document, index), page)),
			),
		};
	});
	if (opened.opened) return opened.value;
	const state = errors[opened.error] ?? "damaged";
	return { state, isEncrypted: state !== "damaged", pages: 0, ends: [], signatures: [] };
}

/** Where marks say that a revision ends. */
function endsOf(pdfium: Pdfium, document: number): number[] {
	const { calls } = pdfium;
	const count = calls.FPDF_GetTrailerEnds(document, 0, 0);
	if (count <= 0 || count > 10_000) return [];
	return pdfium.hold(4 * count, (at) => {
		calls.FPDF_GetTrailerEnds(document, at, count);
		return pdfium.numbers(at, count).map((one) => one >>> 0);
	});
}

/** Some page, through which a dictionary can be looked at; 0 where the document has none. */
function withPage<T>({ calls }: Pdfium, document: number, work: (page: number) => T): T {
	const page = calls.FPDF_GetPageCount(document) > 0 ? calls.FPDF_LoadPage(document, 0) : 0;
	try {
		return work(page);
	} finally {
		if (page !== 0) calls.FPDF_ClosePage(page);
	}
}

function signatureOf(pdfium: Pdfium, signature: number, page: number): PdfSignature {
	const { calls } = pdfium;
	const count = calls.FPDFSignatureObj_GetByteRange(signature, 0, 0);
	const byteRange =
		count > 0 && count <= mostNumbers
			? pdfium.hold(4 * count, (at) => {
					calls.FPDFSignatureObj_GetByteRange(signature, at, count);
					return pdfium.numbers(at, count);
				})
			: [];
	const permission = calls.FPDFSignatureObj_GetDocMDPPermission(signature);
	return {
		field: nameOf(pdfium, signature, page),
		subFilter: pdfium.ascii((at, length) => calls.FPDFSignatureObj_GetSubFilter(signature, at, length)),
		byteRange,
		contents: pdfium.taken((at, length) => calls.FPDFSignatureObj_GetContents(signature, at, length)),
		claimedAt: pdfium.ascii((at, length) => calls.FPDFSignatureObj_GetTime(signature, at, length)),
		reason: pdfium.text((at, length) => calls.FPDFSignatureObj_GetReason(signature, at, length)),
		permission: permission === 1 || permission === 2 || permission === 3 ? permission : null,
	};
}

/**
 * The name of a signature's field. To PDFium both a signature and the link that `FPDFLink_GetAnnot` takes are the field's
 * dictionary, and the annotation it gives can be asked for any text of it.
 */
function nameOf(pdfium: Pdfium, signature: number, page: number): string | null {
	const { calls } = pdfium;
	const annotation = page === 0 ? 0 : calls.FPDFLink_GetAnnot(page, signature);
	if (annotation === 0) return null;
	try {
		if (!calls.FPDFAnnot_HasKey(annotation, "T")) return null;
		return pdfium.text((at, length) => calls.FPDFAnnot_GetStringValue(annotation, "T", at, length));
	} finally {
		calls.FPDFPage_CloseAnnot(annotation);
	}
}
