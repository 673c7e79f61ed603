import { CfmError } from "../../errors.js";
import type { PdfEvidence, PdfLook, Pdfs } from "../../pdf/pdfs.js";
import { t } from "../../text.js";
import { NoAnswer, ReaderPool, type ReaderSource } from "../isolation/pool.js";
import { OddAnswer, type Shape } from "../isolation/shape.js";
import { evidenceShape, historyShape, lookShape, type PdfRequest, revisionsShape } from "./requests.js";

/** What one request may take: a comparison stops by itself sooner, unless one page alone takes longer. */
const limits = { milliseconds: 30_000, userMilliseconds: Number.MAX_SAFE_INTEGER, bytes: 32 << 20 } as const;

/** How one request is carried out; a test hands in its own. */
export type PdfExchange = <T>(
	request: PdfRequest,
	file: Buffer,
	shape: Shape<T>,
) => Promise<{ answer: T; bytes: Buffer }>;

/** PDF files, read in a process that can do nothing else; it is started when it is first asked. */
export function isolatedPdfs(source: ReaderSource): Pdfs {
	const pool = new ReaderPool(source, limits);
	const exchange: PdfExchange = async (request, file, shape) => {
		try {
			return await pool.exchange("pdf", request, shape, { bytes: file, takesBytes: true });
		} catch (error) {
			throw error instanceof NoAnswer ? noAnswerError(error) : error;
		}
	};
	return pdfsBy(exchange, () => pool.dismiss());
}

/** PDF files, read by whoever carries out requests. */
export function pdfsBy(exchange: PdfExchange, close: () => void): Pdfs {
	return {
		async look(file): Promise<PdfLook> {
			const { answer, bytes } = await exchange({ ask: "look" }, file, lookShape);
			const contents = parts(
				bytes,
				answer.signatures.map((one) => one.contents),
			);
			const signatures = answer.signatures.map((one, at) => ({ ...one, contents: contents[at] as Buffer }));
			return { ...answer, signatures };
		},
		compare: async (file, ends) => (await exchange({ ask: "compare", ends }, file, revisionsShape)).answer,
		history: async (file, ends) => (await exchange({ ask: "history", ends }, file, historyShape)).answer,
		async evidence(file): Promise<PdfEvidence | null> {
			const { answer, bytes } = await exchange({ ask: "evidence" }, file, evidenceShape);
			if (answer === null) return null;
			const { hasStore, vri } = answer;
			const ofFields = answer.fields.flatMap(({ signature: one }) => (one ? [one.contents, ...one.certificates] : []));
			const all = parts(bytes, [...answer.certificates, ...answer.crls, ...answer.ocsps, ...ofFields]);
			const take = (lengths: readonly number[]) => all.splice(0, lengths.length);
			const [certificates, crls, ocsps] = [take(answer.certificates), take(answer.crls), take(answer.ocsps)];
			const fields = answer.fields.map(({ name, signature: one }) => {
				if (one === null) return { name, signature: null };
				const [contents = Buffer.alloc(0)] = take([one.contents]);
				return { name, signature: { ...one, contents, certificates: take(one.certificates) } };
			});
			return { hasStore, vri, certificates, crls, ocsps, fields };
		},
		close,
	};
}

/** Takes bytes apart. @throws OddAnswer when the lengths do not fit */
function parts(bytes: Buffer, lengths: readonly number[]): Buffer[] {
	let at = 0;
	const found = lengths.map((length) => {
		at += length;
		return bytes.subarray(at - length, at);
	});
	if (at !== bytes.length) throw new OddAnswer(`${at} of ${bytes.length} bytes are told of`);
	return found;
}

function noAnswerError({ overrun, detail }: NoAnswer): CfmError {
	const slow = overrun === "time" || overrun === "user-time";
	const why = slow ? t`it took too long` : t`it ended unexpectedly`;
	return new CfmError(
		"unavailable",
		"pdf-reader-failed",
		t`The process that reads PDF files gave no answer: ${why}. The file may be damaged on purpose.`,
		{ data: { overrun, detail } },
	);
}
