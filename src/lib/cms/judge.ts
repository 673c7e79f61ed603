import type { CertificateFacts, Certificates, RevocationScope } from "../certificate/certificates.js";
import type { Fetch } from "../certificate/fetch.js";
import { type Verdict, verifyCertificate } from "../certificate/verify.js";
import { t } from "../text.js";
import { sayFault } from "./faults.js";
import { hashOf, type Pieces } from "./read.js";
import { contentTypes, type Integrity, type SignatureFault, type SignedData, type Signer } from "./signed-data.js";

/** What signers are judged by. */
export interface JudgeRequest {
	/** Certificates that are believed. */
	anchors: readonly Buffer[];
	/** Certificates that may stand between, beside those of the message. */
	intermediates: readonly Buffer[];
	crls: readonly Buffer[];
	ocsp: readonly Buffer[];
	/** Undefined: each certificate as far as something says whether it was revoked. */
	revocation: RevocationScope | undefined;
	/** When certificates must be valid; undefined: when a timestamp says that it was signed, else now. */
	at: Date | undefined;
	/** When a valid timestamp outside the message proves that it was there. */
	provenAt?: Date;
	now: Date;
	allowWeak: boolean;
	fetchIssuers: boolean;
}

/** One thing that stands against a signature. */
export interface SignatureReason {
	/** What it is about. */
	of: "signature" | "certificate" | "timestamp" | "document";
	/** Stable, kebab-case. */
	code: string;
	/** For people; a clause. */
	text: string;
}

/** Who signed, and what became of their certificate. */
interface Judged {
	/** `valid` only if all is: what was signed, the certificate, its path. */
	state: Integrity;
	/** Whether the signature is what its signer made over this content. */
	integrity: Integrity;
	reasons: SignatureReason[];
	/** Null: the message does not hold the certificate. */
	signer: CertificateFacts | null;
	chain: Verdict["chain"];
	revocation: Verdict["revocation"];
	digest: string;
	algorithm: string;
}

/** What a timestamp is worth. */
export interface TimestampVerdict extends Judged {
	/** ISO 8601 UTC; null: it can't be read. */
	time: string | null;
	/** In milliseconds. */
	accuracy: number | null;
	policy: string | null;
	serial: string | null;
}

/** What one signature is worth. */
export interface SignerVerdict extends Judged {
	/** What the signer claims; nobody vouches for it. ISO 8601 UTC. */
	signingTime: string | null;
	/** When the certificate was judged, and why then. */
	judgedAt: string;
	judgedBy: "timestamp" | "now" | "asked";
	hasAttributes: boolean;
	signingCertificate: Signer["signingCertificate"];
	policy: string | null;
	timestamps: TimestampVerdict[];
	counterSignatures: SignerVerdict[];
}

/** What judges. */
export interface Judges {
	certificates: Certificates;
	/** Undefined: offline. */
	fetch: Fetch | undefined;
}

/** Hashes for which two contents with one value can be made: in seconds, or by whoever can pay for it (RFC 6151, RFC 6194). */
const broken = ["md5"];
const weak = ["sha1"];

/**
 * Judges the signers of a message: what they signed, their certificates with path, use and revocation, and the timestamps over
 * their signatures. A signature with a valid timestamp is judged as of then.
 *
 * @throws CfmError unavailable `certificate-reader-failed`
 */
export async function judgeSigners(judges: Judges, data: SignedData, request: JudgeRequest): Promise<SignerVerdict[]> {
	const verdicts: SignerVerdict[] = [];
	for (const signer of data.signers) verdicts.push(await judgeSigner(judges, data, signer, request));
	return verdicts;
}

async function judgeSigner(
	judges: Judges,
	data: SignedData,
	signer: Signer,
	request: JudgeRequest,
): Promise<SignerVerdict> {
	const timestamps: TimestampVerdict[] = [];
	for (const token of signer.timestamps)
		timestamps.push(await judgeTimestamp(judges, token, [signer.signature], request));
	const proven = request.provenAt === undefined ? [] : [request.provenAt.toISOString()];
	const stamped = timestamps
		.flatMap(({ state, time }) => (state === "valid" && time !== null ? [time] : []))
		.concat(proven)
		.toSorted()[0];
	const [judgedAt, judgedBy] =
		request.at !== undefined
			? [request.at, "asked" as const]
			: stamped !== undefined
				? [new Date(stamped), "timestamp" as const]
				: [request.now, "now" as const];
	const judged = await judgeOne(judges, data, signer, { ...request, at: judgedAt }, judgedBy === "timestamp", []);
	// A timestamp that is wrong says nothing of when it was signed, and somebody put it there.
	const wrong = timestamps.filter(({ state }) => state !== "valid");
	const reasons = [...judged.reasons, ...wrong.flatMap((one) => one.reasons.map(aboutTimestamp))];
	const counterSignatures: SignerVerdict[] = [];
	for (const one of signer.counterSignatures) counterSignatures.push(await judgeSigner(judges, data, one, request));
	return {
		...judged,
		state: worst([judged.state, ...wrong.map(({ state }) => state)]),
		reasons,
		signingTime: signer.signingTime,
		judgedAt: judgedAt.toISOString(),
		judgedBy,
		hasAttributes: signer.hasAttributes,
		signingCertificate: signer.signingCertificate,
		policy: signer.policy,
		timestamps,
		counterSignatures,
	};
}

const aboutTimestamp = ({ code, text }: SignatureReason): SignatureReason => ({
	...{ of: "timestamp", code },
	text: t`timestamp: ${text}`,
});

function worst(states: readonly Integrity[]): Integrity {
	if (states.includes("invalid")) return "invalid";
	return states.includes("undecidable") ? "undecidable" : "valid";
}

/**
 * Judges a timestamp (RFC 3161): what it is of, and who made it, as of the time that it says.
 *
 * @param token null: it can't be read
 * @param over what it must be of
 */
export async function judgeTimestamp(
	judges: Judges,
	token: SignedData | null,
	over: Pieces,
	request: JudgeRequest,
): Promise<TimestampVerdict> {
	const [signer] = token?.signers ?? [];
	const info = token?.timestamp ?? null;
	if (token === null || info === null || signer === undefined || token.signers.length > 1) return unreadableTimestamp;
	const more: SignatureFault[] = [];
	if (token.contentType !== contentTypes.timestamp) more.push("content-type-mismatch");
	if (info.hash === null) more.push("unknown-digest");
	else if (!hashOf(info.hash, over).equals(info.imprint)) more.push("imprint-mismatch");
	const at = new Date(info.time);
	const judged = await judgeOne(judges, token, signer, { ...request, at }, true, more, "any");
	const { time, accuracy, policy, serial } = info;
	const isFuture = at.getTime() - (accuracy ?? 0) > request.now.getTime() + mostAhead;
	if (!isFuture) return { ...judged, time, accuracy, policy, serial };
	const reason = { of: "timestamp", code: "from-future", text: t`it is from the future: a clock is wrong` } as const;
	return { ...judged, state: "invalid", reasons: [...judged.reasons, reason], time, accuracy, policy, serial };
}

/** How far clocks of machines that are kept on time may differ, in milliseconds. */
const mostAhead = 5 * 60_000;

const unreadableTimestamp: TimestampVerdict = {
	...{ state: "undecidable", integrity: "undecidable", signer: null, chain: [], revocation: [] },
	...{ digest: "", algorithm: "", time: null, accuracy: null, policy: null, serial: null },
	get reasons(): SignatureReason[] {
		return [{ of: "signature", code: "timestamp-unreadable", text: t`the timestamp can't be read` }];
	},
};

async function judgeOne(
	judges: Judges,
	data: SignedData,
	{ certificate, faults, integrity: own, digest, algorithm }: Signer,
	request: JudgeRequest & { at: Date },
	isProven: boolean,
	more: readonly SignatureFault[],
	purpose: "signing" | "any" = "signing",
): Promise<Judged> {
	const reasons = [...faults, ...more].map(
		(code): SignatureReason => ({ of: "signature", code, text: sayFault(code) }),
	);
	const integrity = worst([
		own,
		...more.map((code) => (code === "unknown-digest" ? "undecidable" : "invalid") as Integrity),
	]);
	if (broken.includes(digest) || (weak.includes(digest) && !request.allowWeak && purpose === "signing")) {
		reasons.push({ of: "signature", code: "weak-hash", text: t`it was signed with a hash that is too weak` });
	}
	const der = certificate === null ? undefined : data.certificates[certificate];
	const nothing = { integrity, digest, algorithm, signer: null, chain: [], revocation: [] };
	if (der === undefined) return { ...nothing, state: integrity, reasons };
	const [signer = null] = await judges.certificates.describe([der]);
	if (signer === null) {
		const reason = {
			of: "certificate",
			code: "not-a-certificate",
			text: t`the certificate of the signer can't be read`,
		} as const;
		return { ...nothing, state: worst([integrity, "undecidable"]), reasons: [...reasons, reason] };
	}
	const verdict = await judgeCertificate(judges, data, der, request, isProven, purpose);
	const about = verdict.reasons.map(
		({ depth, code, text }): SignatureReason => ({
			...{ of: "certificate", code },
			text: depth === 0 ? t`its certificate: ${text}` : t`certificate ${depth} of its path: ${text}`,
		}),
	);
	const isSound = reasons.length === 0 && verdict.valid;
	const { chain, revocation } = verdict;
	const state = isSound ? "valid" : integrity === "undecidable" ? integrity : "invalid";
	return { integrity, digest, algorithm, signer, chain, revocation, state, reasons: [...reasons, ...about] };
}

/** How often it is judged anew because an answer is younger than the signature. */
const mostTurns = 3;

async function judgeCertificate(
	{ certificates, fetch }: Judges,
	data: SignedData,
	certificate: Buffer,
	request: JudgeRequest & { at: Date },
	isProven: boolean,
	purpose: "signing" | "any",
): Promise<Verdict> {
	const { anchors, at, now, allowWeak, fetchIssuers } = request;
	const given = request.crls.length + request.ocsp.length > 0;
	const kept = data.crls.length + data.ocsp.length > 0;
	const asked = {
		...{ certificate, anchors, at, purpose, allowWeak, fetchIssuers },
		intermediates: [...data.certificates, ...request.intermediates],
		crls: [...data.crls, ...request.crls],
		ocsp: [...data.ocsp, ...request.ocsp],
		...{ policies: [], requirePolicy: false, inhibitPolicyMapping: false, inhibitAnyPolicy: false },
		// What the message keeps is seldom about the whole path.
		revocation: request.revocation ?? (kept && !given ? ("leaf" as const) : ("known" as const)),
	};
	let verdict = await verifyCertificate(certificates, fetch, { ...asked, revocationAt: at });
	if (!isProven) return verdict;
	// What tells of revocation is most often made after the signature: it is judged as of its own time, if that has come.
	let revocationAt = at;
	for (let turn = 0; turn < mostTurns; turn++) {
		const later = verdict.revocation
			.flatMap(({ state, thisUpdate }) => (state === "not-yet" && thisUpdate !== null ? [new Date(thisUpdate)] : []))
			.filter((time) => time > revocationAt && time <= now)
			.toSorted((a, b) => a.getTime() - b.getTime())[0];
		if (later === undefined) break;
		revocationAt = later;
		verdict = await verifyCertificate(certificates, fetch, { ...asked, revocationAt });
	}
	return withoutLaterRevocation(verdict, at);
}

/** Revoked after it was proven to have signed: the signature stands. */
function withoutLaterRevocation(verdict: Verdict, at: Date): Verdict {
	const later = (depth: number) =>
		verdict.revocation.some((one) => one.depth === depth && one.state === "revoked") &&
		verdict.revocation.every(
			(one) =>
				one.depth !== depth || one.state !== "revoked" || (one.revokedAt !== null && new Date(one.revokedAt) > at),
		);
	const reasons = verdict.reasons.filter(({ depth, code }) => depth !== 0 || code !== "revoked" || !later(depth));
	return { ...verdict, reasons, valid: reasons.length === 0 };
}
