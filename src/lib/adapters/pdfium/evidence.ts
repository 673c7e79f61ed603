import type { PDFDict, PDFDocument, PDFObject } from "@cantoo/pdf-lib";
import { lockActions, type PdfEvidence, type PdfLock } from "../../pdf/pdfs.js";

type Library = typeof import("@cantoo/pdf-lib");

/** More than these are not taken. */
const mostStreams = 2000;
const mostFields = 10_000;
const mostLocks = 20;
const mostLocked = 1000;

/**
 * The evidence that a file keeps, and what signers lock, which PDFium can't be asked for. It makes nothing valid: each
 * certificate, list and answer is judged by its own signature, and a lock only forbids.
 *
 * @returns null when the file is not understood
 */
export async function evidence(file: Buffer): Promise<PdfEvidence | null> {
	const library = await import("@cantoo/pdf-lib");
	try {
		const document = await library.PDFDocument.load(new Uint8Array(file), {
			...{ ignoreEncryption: true, updateMetadata: false, throwOnInvalidObject: true },
			parseSpeed: library.ParseSpeeds.Fastest,
		});
		return read(library, document);
	} catch {
		return null;
	}
}

function read(library: Library, document: PDFDocument): PdfEvidence {
	const { PDFDict: Dict, PDFName: Name } = library;
	const catalog = document.catalog as PDFDict;
	const store = catalog.lookupMaybe(Name.of("DSS"), Dict);
	const vri = store?.lookupMaybe(Name.of("VRI"), Dict);
	const streams = (name: string) => streamsOf(library, store, name);
	const fields = signatureFields(library, catalog);
	return {
		hasStore: store !== undefined,
		vri: (vri?.keys() ?? []).slice(0, mostStreams).map((key) => key.decodeText().slice(0, 100)),
		certificates: streams("Certs"),
		crls: streams("CRLs"),
		ocsps: streams("OCSPs"),
		fields: fields.map(({ name }) => name),
		locks: fields.flatMap(({ name, field }) => locksOf(library, name, field)),
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

/** Fully qualified names of fields that are for signatures (ISO 32000-2, 12.7.4.2); a tree with a ring ends at the limit. */
function signatureFields(
	{ PDFArray, PDFDict: Dict, PDFName, PDFString, PDFHexString }: Library,
	catalog: PDFDict,
): { name: string; field: PDFDict }[] {
	const form = catalog.lookupMaybe(PDFName.of("AcroForm"), Dict);
	const found: { name: string; field: PDFDict }[] = [];
	const waiting: { of: PDFDict | undefined; key: string; prefix: string; type: string }[] = [
		{ of: form, key: "Fields", prefix: "", type: "" },
	];
	let seen = 0;
	for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
		const list = next.of?.lookupMaybe(PDFName.of(next.key), PDFArray);
		for (let index = 0; index < (list?.size() ?? 0) && seen < mostFields; index++) {
			seen += 1;
			const field = list?.lookup(index);
			if (!(field instanceof Dict)) continue;
			const own = field.lookup(PDFName.of("T"));
			const text =
				own instanceof PDFString || own instanceof PDFHexString ? own.decodeText().slice(0, 1000) : undefined;
			const name = [next.prefix, text]
				.filter((part) => part !== undefined && part !== "")
				.join(".")
				.slice(0, 4000);
			const kind = field.lookup(PDFName.of("FT"));
			const type = kind instanceof PDFName ? kind.decodeText() : next.type;
			const kids = field.lookup(PDFName.of("Kids"));
			// Children without a name of their own are what is drawn of the field.
			const hasFields =
				kids instanceof PDFArray &&
				kids
					.asArray()
					.some(
						(_, at) =>
							(kids.lookup(at) as PDFDict | undefined) instanceof Dict &&
							(kids.lookup(at) as PDFDict).has(PDFName.of("T")),
					);
			if (hasFields) waiting.push({ of: field, key: "Kids", prefix: name, type });
			else if (type === "Sig") found.push({ name, field });
		}
	}
	return found;
}

/** What the signer of a field locks; what can't be read locks everything. */
function locksOf(
	{ PDFArray, PDFDict: Dict, PDFName: Name, PDFString, PDFHexString }: Library,
	name: string,
	field: PDFDict,
): PdfLock[] {
	const references = field.lookupMaybe(Name.of("V"), Dict)?.lookup(Name.of("Reference"));
	if (!(references instanceof PDFArray)) return [];
	const found: PdfLock[] = [];
	for (let index = 0; index < Math.min(references.size(), mostLocks); index++) {
		const reference: PDFObject | undefined = references.lookup(index);
		if (!(reference instanceof Dict) || reference.lookup(Name.of("TransformMethod")) !== Name.of("FieldMDP")) continue;
		const parameters = reference.lookup(Name.of("TransformParams"));
		const said = parameters instanceof Dict ? parameters.lookup(Name.of("Action")) : undefined;
		const action = lockActions.find((one) => said === Name.of(one)) ?? "All";
		const named = parameters instanceof Dict ? parameters.lookup(Name.of("Fields")) : undefined;
		const names =
			named instanceof PDFArray ? named.asArray().map((_, at) => named.lookup(at) as PDFObject | undefined) : [];
		const texts = names
			.slice(0, mostLocked)
			.flatMap((one) =>
				one instanceof PDFString || one instanceof PDFHexString ? one.decodeText().slice(0, 4000) : [],
			);
		found.push({ field: name, action: names.length > mostLocked ? "All" : action, fields: texts });
	}
	return found;
}
