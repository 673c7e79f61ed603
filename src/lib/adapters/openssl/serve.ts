import type { ReaderLack } from "../../webid/browsers.js";
import { become, type Owner } from "../isolation/become.js";
import { serve } from "../isolation/serve.js";
import { answerAboutCertificates } from "./answer.js";
import { loadOpenssl } from "./library.js";
import type { Packed } from "./requests.js";

/**
 * Answers about certificates, as nobody, until nobody asks any more. All that is needed is loaded first: nobody may not read
 * our own files.
 *
 * @param limit of memory, in bytes
 * @param lower gives up what a change of account does not
 */
export async function serveCertificates(
	limit: number,
	nobody: Owner | undefined,
	lower: () => Promise<ReaderLack[]> | ReaderLack[],
): Promise<void> {
	await loadOpenssl();
	const lacks = [...(nobody === undefined ? [] : become(nobody)), ...(await lower())];
	await serve(lacks, limit, ({ request, bytes }) => answerAboutCertificates(request as Packed, bytes));
}
