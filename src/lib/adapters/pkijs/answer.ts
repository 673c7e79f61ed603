import { unpack } from "../openssl/requests.js";
import { attributesToSign, messageOf } from "./make.js";
import { questionOf } from "./question.js";
import { readRaw } from "./raw.js";
import { readMessage } from "./read.js";
import type { PackedRead } from "./requests.js";
import { readResponse } from "./response.js";

/** Answers what a process is asked of signed messages. Buffers go as base64. */
export function answerAboutMessages(
	{ ask, sizes, hashes = [], question, toSign, parts }: PackedRead,
	bytes: Buffer,
): unknown {
	const unpacked = unpack(sizes, bytes);
	const { message: [message] = [], content: [content] = [], digests = [], certificates = [] } = unpacked;
	if (message === undefined) return null;
	if (question !== undefined) return inText(questionOf({ ...question, imprint: message }));
	if (toSign !== undefined)
		return inText(attributesToSign({ ...toSign, certificate: message, digest: content ?? none }));
	if (parts !== undefined) {
		const [timestamp] = unpacked.timestamp ?? [];
		return inText(messageOf({ ...parts, attributes: message, signature: content ?? none, certificates, timestamp }));
	}
	if (ask === "read-raw") return inText(readRaw({ signature: message, certificates, content: content ?? none }));
	if (ask === "response") return inText(readResponse(message));
	const named = Object.fromEntries(
		hashes.flatMap((name, at) => (digests[at] === undefined ? [] : [[name, digests[at]]])),
	);
	return inText(readMessage({ message, content, digests: named, certificates }));
}

const none = Buffer.alloc(0);

/** The same with all bytes as text. */
function inText(value: unknown): unknown {
	if (Buffer.isBuffer(value)) return value.toString("base64");
	if (Array.isArray(value)) return value.map(inText);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inText(one)]));
}
