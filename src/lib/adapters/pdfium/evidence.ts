import type { PDFDict, PDFObject } from "@cantoo/pdf-lib";
import type { PdfEvidence } from "../../pdf/pdfs.js";
import { fieldsOf, type Library, openSecond, type Second, signatureIn } from "./second.js";

/** More than these are not taken. */
const mostStreams = 2000;

/**
 * The evidence that a file keeps, and its signature fields, of which PDFium can't be asked everything. It makes nothing valid: each
 * certificate, list and answer is judged by its own signature, and so is each signature that only it knows.
 *
 * @returns null when the file is not understood
 */
export async function evidence(file: Buffer): Promise<PdfEvidence | null> {
	const second = await openSecond(file);
	if (second === null) return null;
	try {
		return read(second);
	} catch {
		return null;
	}
}

function read(second: Second): PdfEvidence {
	const { library, catalog } = second;
	const { PDFDict: Dict, PDFName: Name } = library;
	const store = catalog.lookupMaybe(Name.of("DSS"), Dict);
	const vri = store?.lookupMaybe(Name.of("VRI"), Dict);
	const streams = (name: string) => streamsOf(library, store, name);
	return {
		hasStore: store !== undefined,
		vri: (vri?.keys() ?? []).slice(0, mostStreams).map((key) => key.decodeText().slice(0, 100)),
		certificates: streams("Certs"),
		crls: streams("CRLs"),
		ocsps: streams("OCSPs"),
		fields: fieldsOf(second)
			.filter(({ type }) => type === "Sig")
			.map((field) => ({ name: field.name, signature: signatureIn(library, field) })),
	};
}

function streamsOf(
	{ PDFArray, PDFName, PDFRawStream, decodePDFRawStream }: Library,
	store: PDFDict | undefined,
	name: string,
): Buffer[] {
	const list = store?.lookupMaybe(PDFName.of(name), PDFArray);
	const found: Buffer[] = [];
	for (let index = 0; index < Math.min(list?.size() ?? 0, mostStreams); index++) {
		const one: PDFObject | undefined = list?.lookup(index);
		if (one instanceof PDFRawStream) found.push(Buffer.from(decodePDFRawStream(one).decode()));
	}
	return found;
}
