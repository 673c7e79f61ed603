import type { ReadRequest, SignedMessages } from "../../cms/signed-data.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { NoAnswer, ReaderPool, type ReaderSource } from "../isolation/pool.js";
import { orNull, type Shape } from "../isolation/shape.js";
import { type Parts, pack } from "../openssl/requests.js";
import { madeShape, messageShape, type PackedRead, questionShape, responseShape } from "./requests.js";

/** What one request may take. A message with a list of revocation of 100,000 entries takes some seconds. */
const limits = { milliseconds: 20_000, userMilliseconds: Number.MAX_SAFE_INTEGER, bytes: 128 << 20 } as const;

/** Signed messages, read in a process that can do nothing else; it is started when it is first asked. */
export function isolatedMessages(source: ReaderSource): SignedMessages {
	const pool = new ReaderPool(source, limits);
	const ask = async <T>(request: Omit<PackedRead, "sizes">, parts: Parts, shape: Shape<T>): Promise<T> => {
		const { sizes, bytes } = pack(parts);
		try {
			return await pool.ask("messages", { ...request, sizes }, shape, { bytes });
		} catch (error) {
			throw error instanceof NoAnswer ? noAnswerError(error) : error;
		}
	};
	return {
		read({ message, content, digests = {}, certificates = [] }: ReadRequest) {
			const parts = {
				...{ message: [message], certificates, digests: Object.values(digests) },
				content: content === undefined ? [] : [content],
			};
			return ask({ ask: "read", hashes: Object.keys(digests) }, parts, orNull(messageShape));
		},
		readRaw({ signature, certificates, content }) {
			const parts = { message: [signature], certificates, content: [content] };
			return ask({ ask: "read-raw" }, parts, orNull(messageShape));
		},
		question: ({ imprint, ...question }) => ask({ ask: "question", question }, { message: [imprint] }, questionShape),
		readResponse: (answer) => ask({ ask: "response" }, { message: [answer] }, orNull(responseShape)),
		toSign: ({ certificate, digest, ...toSign }) =>
			ask({ ask: "to-sign", toSign }, { message: [certificate], content: [digest] }, orNull(madeShape)),
		assemble({ attributes, signature, certificates, timestamp, ...parts }) {
			const all = { message: [attributes], content: [signature], certificates };
			return ask(
				{ ask: "assemble", parts },
				{ ...all, timestamp: timestamp === undefined ? [] : [timestamp] },
				madeShape,
			);
		},
		close: () => pool.dismiss(),
	};
}

function noAnswerError({ overrun, detail }: NoAnswer): CfmError {
	const slow = overrun === "time" || overrun === "user-time";
	const why = slow ? t`it took too long` : t`it ended unexpectedly`;
	return new CfmError(
		"unavailable",
		"signature-reader-failed",
		t`The process that reads signatures gave no answer: ${why}. The file may be damaged on purpose.`,
		{ data: { overrun, detail } },
	);
}
