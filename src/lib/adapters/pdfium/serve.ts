import { join } from "node:path";
import type { ReaderLack } from "../../webid/browsers.js";
import { become, type Owner } from "../isolation/become.js";
import { serve } from "../isolation/serve.js";
import { answerAboutPdf } from "./answer.js";
import { Pdfium } from "./library.js";
import type { PdfRequest } from "./requests.js";

/** The folder of the bundle that this is in. */
declare const __dirname: string;

/**
 * Answers about PDF files, as nobody, until nobody asks any more. All that is needed is loaded first: nobody may not read our
 * own files.
 *
 * @param limit of memory, in bytes
 * @param lower gives up what a change of account does not
 */
export async function servePdfs(
	limit: number,
	nobody: Owner | undefined,
	lower: () => Promise<ReaderLack[]> | ReaderLack[],
): Promise<void> {
	const [pdfium] = await Promise.all([Pdfium.load(join(__dirname, "pdfium.wasm")), import("@cantoo/pdf-lib")]);
	const lacks = [...(nobody === undefined ? [] : become(nobody)), ...(await lower())];
	await serve(lacks, limit, ({ request, bytes }) => answerAboutPdf(pdfium, request as PdfRequest, bytes));
}
