import type { ReaderLack } from "../../webid/browsers.js";
import { become, type Owner } from "../isolation/become.js";
import { serve } from "../isolation/serve.js";
import { answerAboutMessages } from "./answer.js";
import type { PackedRead } from "./requests.js";

/**
 * Answers about signed messages, as nobody, until nobody asks any more. All that is needed is loaded first: nobody may not read
 * our own files.
 *
 * @param limit of memory, in bytes
 * @param lower gives up what a change of account does not
 */
export async function serveMessages(
	limit: number,
	nobody: Owner | undefined,
	lower: () => Promise<ReaderLack[]> | ReaderLack[],
): Promise<void> {
	const lacks = [...(nobody === undefined ? [] : become(nobody)), ...(await lower())];
	await serve(lacks, limit, async ({ request, bytes }) => answerAboutMessages(request as PackedRead, bytes));
}
