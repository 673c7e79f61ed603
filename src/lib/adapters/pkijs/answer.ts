import { unpack } from "../openssl/requests.js";
import { questionOf } from "./question.js";
import { readMessage } from "./read.js";
import type { PackedRead } from "./requests.js";
import { readResponse } from "./response.js";

/** Answers what a process is asked of signed messages. Buffers go as base64. */
export function answerAboutMessages({ ask, sizes, hashes = [], question }: PackedRead, bytes: Buffer): unknown {
	const { message: [message] = [], content: [content] = [], digests = [], certificates = [] } = unpack(sizes, bytes);
	if (message === undefined) return null;
	if (question !== undefined) return inText(questionOf({ ...question, imprint: message }));
	if (ask === "response") return inText(readResponse(message));
	const named = Object.fromEntries(
		hashes.flatMap((name, at) => (digests[at] === undefined ? [] : [[name, digests[at]]])),
	);
	return inText(readMessage({ message, content, digests: named, certificates }));
}

/** The same with all bytes as text. */
function inText(value: unknown): unknown {
	if (Buffer.isBuffer(value)) return value.toString("base64");
	if (Array.isArray(value)) return value.map(inText);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inText(one)]));
}
