import { createHash, randomBytes } from "node:crypto";
import type { Fetched } from "../certificate/fetch.js";
import { sayState } from "../certificate/revocation.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import {
	type JudgeRequest,
	type Judges,
	judgeTimestamp,
	type SignatureReason,
	type TimestampVerdict,
} from "./judge.js";
import type { SignedMessages, TimestampQuestion, TimestampResponse } from "./signed-data.js";

/** What came of asking a timestamp server. `rejected`: it said no itself; `no-timestamp`: what came is something else. */
export const tsaStates = ["valid", "invalid", "undecidable", "rejected", "unreachable", "no-timestamp"] as const;

export interface TsaTest {
	url: string;
	state: (typeof tsaStates)[number];
	/** Why there is no timestamp, or what stands against it. */
	reasons: Omit<SignatureReason, "of">[];
	/** Of an HTTP error. */
	httpStatus: number | null;
	/** PKIStatus, with the server's own words and PKIFailureInfo. */
	status: number | null;
	texts: string[];
	failures: string[];
	timestamp: TimestampVerdict | null;
	/** How far the server's clock is ahead of this machine's, in milliseconds; negative: behind. */
	clockDifference: number | null;
	/** How long the answer took. */
	milliseconds: number;
}

/** What is asked of a timestamp server. */
export interface TsaRequest {
	url: string;
	hash: TimestampQuestion["hash"];
	/** The policy that it must stamp under. */
	policy: string | undefined;
	judge: Omit<JudgeRequest, "now">;
	now: () => Date;
}

/** Limits of one answer. A timestamp with its certificates has some kilobytes. */
const limits = { mostBytes: 1 << 20, milliseconds: 20_000 } as const;

/** What a timestamp server is asked with. */
export type TsaTools = Judges & { messages: SignedMessages; fetch: NonNullable<Judges["fetch"]> };

/** Asks a timestamp server for a timestamp over random bytes, and verifies what comes (RFC 3161). */
export async function testTsa(tools: TsaTools, request: TsaRequest): Promise<TsaTest> {
	return (await askTsa(tools, request, randomBytes(32))).test;
}

/**
 * Asks for a timestamp over some content, and verifies what comes.
 *
 * @returns what came of it, and the timestamp in DER, whatever it is worth; undefined: there is none
 */
export async function askTsa(
	tools: TsaTools,
	{ url, hash, policy, judge, now }: TsaRequest,
	content: Buffer,
): Promise<{ test: TsaTest; token: Buffer | undefined }> {
	const none = (test: TsaTest) => ({ test, token: undefined });
	// Positive, and of one length.
	const nonce = `4${randomBytes(8).toString("hex").slice(1)}`;
	const imprint = createHash(hash).update(content).digest();
	const body = await tools.messages.question({ hash, imprint, nonce, policy });
	const [before, since] = [now().getTime(), performance.now()];
	const fetched = await tools.fetch({ url, body: { content: body, type: "application/timestamp-query" }, ...limits });
	const milliseconds = Math.round(performance.now() - since);
	const middle = before + milliseconds / 2;
	const httpStatus = fetched.is === "http-error" ? fetched.status : null;
	const plain: TsaTest = {
		...{ url, state: "unreachable", reasons: [], httpStatus, status: null, texts: [], failures: [] },
		...{ timestamp: null, clockDifference: null, milliseconds },
	};
	// Some servers say no with an HTTP error, and why in the answer.
	const response = "body" in fetched ? await tools.messages.readResponse(fetched.body) : null;
	if (response === null) return none({ ...plain, ...noResponse(fetched) });
	const { status, texts, failures, token } = response;
	const said = { ...plain, status, texts, failures };
	if (status > 1 || token === null) return none({ ...said, state: "rejected", reasons: [rejection(response)] });
	const data = await tools.messages.read({ message: token });
	const timestamp = await judgeTimestamp(tools, data, [content], { ...judge, now: now() });
	const reasons: TsaTest["reasons"] = timestamp.reasons.map(({ code, text }) => ({ code, text }));
	if (data?.timestamp && data.timestamp.nonce !== nonce)
		reasons.push({ code: "nonce", text: t`it answers another request: it may be an old one` });
	if (policy !== undefined && timestamp.policy !== null && timestamp.policy !== policy)
		reasons.push({ code: "other-policy", text: t`it was made under another policy: ${timestamp.policy}` });
	const isOther = reasons.length > timestamp.reasons.length;
	const clockDifference = timestamp.time === null ? null : Math.round(Date.parse(timestamp.time) - middle);
	const state = isOther ? "invalid" : timestamp.state;
	return { test: { ...said, state, reasons, timestamp, clockDifference }, token };
}

function noResponse(fetched: Fetched): Pick<TsaTest, "state" | "reasons"> {
	if (fetched.is === "answer") {
		const text = t`what came is something else, such as the page of a proxy`;
		return { state: "no-timestamp", reasons: [{ code: "no-answer", text }] };
	}
	const status = fetched.is === "http-error" ? fetched.status : null;
	return { state: "unreachable", reasons: [{ code: fetched.is, text: sayState(fetched.is, { status }) }] };
}

function rejection({ status, texts, failures, token }: TimestampResponse): TsaTest["reasons"][number] {
	if (status <= 1 && token === null) return { code: "no-token", text: t`it says yes, and sends no timestamp` };
	const said = [...failures, ...texts].join(", ");
	const text = said === "" ? t`it does not say why (status ${status})` : said;
	return { code: status === 3 ? "waiting" : "rejected", text };
}

/** Why a test is bad news. */
export function tsaVerdict({ url, state, reasons, failures, httpStatus }: TsaTest): CfmError | undefined {
	const why = reasons.map(({ text }) => text).join("; ");
	const data = { url, codes: reasons.map(({ code }) => code), failures, httpStatus };
	switch (state) {
		case "valid":
			return undefined;
		case "invalid":
		case "undecidable":
			return new CfmError("findings", "timestamp-not-valid", t`The timestamp of ${url} is not valid: ${why}.`, {
				data,
			});
		case "rejected":
			return new CfmError("unavailable", "tsa-rejected", t`${url} refuses to make a timestamp: ${why}.`, { data });
		case "unreachable":
			return new CfmError("unavailable", "tsa-unreachable", t`No timestamp came from ${url}: ${why}.`, { data });
		case "no-timestamp":
			return new CfmError("unavailable", "not-a-timestamp", t`No timestamp came from ${url}: ${why}.`, { data });
	}
}
