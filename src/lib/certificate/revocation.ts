import { t } from "../text.js";
import type { Certificates, OcspAnswer, OcspCheck } from "./certificates.js";
import { ocspStates } from "./certificates.js";
import { type Fetch, type Fetched, fetchFailures } from "./fetch.js";
import { type Reason, revocationReasons } from "./reasons.js";

/** What a source says of one certificate, or why it says nothing. Only `good` is good; that it answered is not. */
export const revocationStates = [...ocspStates, ...fetchFailures, "http-error", "invalid-crl"] as const;
export type RevocationState = (typeof revocationStates)[number];

/** What one source said of one certificate. */
export interface RevocationSaid {
	/** How far from the judged certificate. */
	depth: number;
	by: "ocsp" | "crl";
	/** An address, or null: it was handed in. */
	from: string | null;
	state: RevocationState;
	/** When it was revoked, ISO 8601 UTC. */
	revokedAt: string | null;
	/** The CRLReason by its name. */
	reason: string | null;
	thisUpdate: string | null;
	nextUpdate: string | null;
	/** The status of an HTTP error. */
	status: number | null;
	text: string;
}

/** Nothing told but a state. */
export const noTimes = { revokedAt: null, reason: null, thisUpdate: null, nextUpdate: null, status: null } as const;

/** Limits of one answer. Lists of national authorities have some megabytes. */
const ocspLimits = { mostBytes: 100_000, milliseconds: 10_000 } as const;
export const crlLimits = { mostBytes: 64 << 20, milliseconds: 30_000 } as const;

/** Says a state to people: a clause. */
export function sayState(state: RevocationState, { status = null as number | null } = {}): string {
	switch (state) {
		case "good":
			return t`not revoked`;
		case "revoked":
			return t`revoked`;
		case "unknown":
			return t`the responder does not know this certificate`;
		case "stale":
			return t`the answer is out of date`;
		case "not-yet":
			return t`the answer is from the future: a clock is wrong`;
		case "not-trusted":
			return t`the answer is not signed by anybody who may give it`;
		case "other-certificate":
			return t`the answer is about another certificate`;
		case "nonce":
			return t`the answer is to another request: it may be an old one`;
		case "no-answer":
			return t`what came is something else, such as the page of a proxy`;
		case "malformed-request":
			return t`the responder did not understand the request`;
		case "internal-error":
			return t`the responder has an internal error`;
		case "try-later":
			return t`the responder is overloaded and asks to try again later`;
		case "signature-required":
			return t`the responder answers only signed requests`;
		case "unauthorized":
			return t`the responder does not answer for this certificate`;
		case "http-error":
			return t`the server answered with HTTP error ${status ?? 0}`;
		case "timeout":
			return t`no complete answer came in time`;
		case "refused":
			return t`the server refuses connections`;
		case "unreachable":
			return t`the server can't be reached`;
		case "endless":
			return t`the answer is longer than such an answer can be`;
		case "cut":
			return t`the answer ended in the middle`;
		case "not-asked":
			return t`the address is not one of HTTP`;
		case "invalid-crl":
			return t`the revocation list does not answer for this certificate`;
	}
}

/** Asks a responder about one certificate. @param check what it is judged by */
export async function askResponder(
	certificates: Certificates,
	fetch: Fetch,
	url: string,
	check: Omit<OcspCheck, "answer" | "request">,
): Promise<Omit<RevocationSaid, "depth">> {
	const request = await certificates.askOcsp(check.certificate, check.issuer);
	const told = { by: "ocsp", from: url, ...noTimes } as const;
	if (request === null) return { ...told, state: "other-certificate", text: sayState("other-certificate") };
	const body = { content: request, type: "application/ocsp-request" };
	const fetched = await fetch({ url, body, ...ocspLimits });
	if (fetched.is !== "answer") return { ...told, ...failed(fetched) };
	return { ...told, ...toldBy(await certificates.readOcsp({ ...check, answer: fetched.body, request })) };
}

/** What an OCSP answer says, for a list of what was said. */
export function toldBy({ is, ...times }: OcspAnswer): Omit<RevocationSaid, "depth" | "by" | "from"> {
	const reason = nameOfReason(times.reason);
	return { state: is, ...times, reason, status: null, text: sayState(is) };
}

/** The name of a CRLReason; an unknown one keeps its number. */
export function nameOfReason(reason: number | null): string | null {
	return reason === null ? null : (revocationReasons[reason] ?? String(reason));
}

/** How an answer did not come. */
export function failed(fetched: Exclude<Fetched, { is: "answer" }>): Pick<RevocationSaid, "state" | "text" | "status"> {
	const status = fetched.is === "http-error" ? fetched.status : null;
	return { state: fetched.is, status, text: sayState(fetched.is, { status }) };
}

/** What a state is as a reason why a certificate is not valid. */
export function reasonOfState({ depth, by, state, text }: RevocationSaid): Reason {
	return { depth, code: `${by}-${state}`, text: by === "ocsp" ? t`OCSP: ${text}` : t`revocation list: ${text}` };
}
