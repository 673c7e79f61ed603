import type { Pdfs } from "../../pdf/pdfs.js";
import { WithBytes } from "../isolation/serve.js";
import { answerAboutPdf } from "./answer.js";
import { pdfsBy } from "./isolated.js";
import { Pdfium } from "./library.js";

/**
 * PDF files, read in this very process: for one that is alone with them already. What is hostile can end it.
 *
 * @param wasm the file of PDFium's code
 */
export function pdfsHere(wasm: string): Pdfs {
	let loaded: Promise<Pdfium> | undefined;
	return pdfsBy(
		async (request, file, shape) => {
			loaded ??= Pdfium.load(wasm);
			const given = await answerAboutPdf(await loaded, request, file);
			const [value, more] = given instanceof WithBytes ? [given.value, given.bytes] : [given, Buffer.alloc(0)];
			return { answer: shape(value), bytes: more };
		},
		() => {},
	);
}
