import { CfmError } from "../errors.js";
import { isoTime } from "../iso-time.js";
import { t } from "../text.js";
import { sha256Of } from "./event-chain.js";
import type { Attribution } from "./registry.js";

/** An answer as it is kept under the key of its request; `answer` is JSON. */
export interface StoredAnswer {
	request_key: string;
	fingerprint: string;
	answer: string;
	at: string;
	/** `answerHash` of the others. */
	hash: string;
}

/**
 * The SHA-256 of everything that is kept with an answer, as one JSON array, in hexadecimal. No event tells of an answer, so
 * without it a bit that flips there would give somebody another user's ID.
 */
export function answerHash({ request_key, fingerprint, answer, at }: Omit<StoredAnswer, "hash">): string {
	return sha256Of(JSON.stringify([request_key, fingerprint, answer, at]));
}

/** What is kept of an answer, now. */
export function answerToKeep({ requestKey: request_key, fingerprint }: Attribution, answer: unknown): StoredAnswer {
	const kept = { request_key, fingerprint, answer: JSON.stringify(answer), at: isoTime(new Date()) };
	return { ...kept, hash: answerHash(kept) };
}

/**
 * The answer that was kept for a request that comes again.
 *
 * @param damaged what is told when it is not what was kept: it may be another user's
 * @throws CfmError conflict `request-id-reused`
 */
export function answerKept(kept: StoredAnswer, attribution: Attribution, damaged: () => CfmError): { answer: unknown } {
	if (answerHash(kept) !== kept.hash) throw damaged();
	if (kept.fingerprint === attribution.fingerprint) return { answer: JSON.parse(kept.answer) };
	throw new CfmError(
		"conflict",
		"request-id-reused",
		t`The request ID ${attribution.requestKey} was already used for another request.`,
		{ hints: [t`Use a new ID for each request; repeat an ID only with the same command.`] },
	);
}
