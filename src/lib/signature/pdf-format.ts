import { createHash } from "node:crypto";
import { sayFault } from "../cms/faults.js";
import {
	type JudgeRequest,
	judgeSigners,
	judgeTimestamp,
	type SignatureReason,
	type SignerVerdict,
} from "../cms/judge.js";
import { hashOf, readSignedData } from "../cms/read.js";
import type { Integrity, SignatureFault, SignedData } from "../cms/signed-data.js";
import { CfmError } from "../errors.js";
import { type ExaminedPdf, type ExaminedSignature, examinePdf } from "../pdf/examine.js";
import { levelOf } from "../pdf/level.js";
import type { PdfEvidence } from "../pdf/pdfs.js";
import { sayChanges, sayRangeFault } from "../pdf/words.js";
import { t } from "../text.js";
import type { FileSignature, PdfSignatureFacts, SignatureFormat, SignatureTools, SignedFile } from "./format.js";

/** Where a PDF's header may begin, at the latest (ISO 32000-1, annex H.3.4.1). */
const latestHeader = 1024;

/** PDF files: signatures in fields, over parts of the file, and revisions behind them. */
export const pdfFormat: SignatureFormat = {
	name: "pdf",
	fits: (file) => file.subarray(0, latestHeader).includes("%PDF-") && !isMessage(file),
	async read(tools, file, _, request) {
		const pdf = await examinePdf(file, tools.pdfs);
		if (pdf.state !== "read") throw unreadError(pdf.state);
		return new PdfJudge(tools, file, pdf, withEvidence(request, pdf.evidence)).judge();
	},
};

/** A message that holds a PDF is no PDF, although its first bytes are near: it begins with the identifier of signed data. */
function isMessage(file: Buffer): boolean {
	return file[0] === 0x30 && file.subarray(0, 40).includes(Buffer.from("06092a864886f70d010702", "hex"));
}

function unreadError(state: Exclude<ExaminedPdf["state"], "read">): CfmError {
	switch (state) {
		case "password":
			return new CfmError("denied", "pdf-password", t`the PDF is encrypted, and opens only with a password`);
		case "encrypted":
			return new CfmError("unavailable", "pdf-encrypted", t`the PDF is encrypted in a way that is not known here`);
		case "damaged":
			return new CfmError("unavailable", "pdf-damaged", t`the PDF is damaged`);
	}
}

/** What a file keeps as evidence counts like what is handed in. */
function withEvidence(request: JudgeRequest, evidence: PdfEvidence | null): JudgeRequest {
	if (evidence === null) return request;
	return {
		...request,
		intermediates: [...request.intermediates, ...evidence.certificates],
		crls: [...request.crls, ...evidence.crls],
		ocsp: [...request.ocsp, ...evidence.ocsps],
	};
}

/** What a signature is worth as cryptography, before the document is looked at. */
type Judged = Omit<FileSignature, "number" | "pdf">;

/** Judges the signatures of one file, those that are timestamps first: they tell when the others existed. */
class PdfJudge {
	constructor(
		private readonly tools: SignatureTools,
		private readonly file: Buffer,
		private readonly pdf: ExaminedPdf,
		private readonly request: JudgeRequest,
	) {}

	async judge(): Promise<SignedFile> {
		const { signatures, unsigned, pages, revisions, isEncrypted, evidence } = this.pdf;
		const judged = new Map<ExaminedSignature, Judged>();
		for (const one of signatures) if (one.kind === "timestamp") judged.set(one, await this.judgeTimestamp(one));
		const stamps = signatures.flatMap((one) => {
			const verdict = judged.get(one);
			const time = verdict?.timestamps[0]?.time;
			return verdict?.state === "valid" && time && one.coverage.is !== "odd" ? [{ end: one.coverage.end, time }] : [];
		});
		for (const one of signatures) {
			// A timestamp of the whole file is over all signatures before it.
			const provenAt = stamps
				.filter(({ end }) => end > one.coverage.end)
				.map(({ time }) => time)
				.toSorted()[0];
			if (one.kind !== "timestamp") judged.set(one, await this.judgeSignature(one, provenAt));
		}
		const storeStamped = await this.storeStampedUntil(stamps.map(({ end }) => end));
		const told = signatures.map((one, at) => this.told(one, at, judged.get(one) as Judged, { storeStamped, stamps }));
		return {
			signatures: told,
			pdf: {
				...{ pages, revisions, isEncrypted, unsigned },
				store:
					evidence === null
						? null
						: {
								...{ present: evidence.hasStore, certificates: evidence.certificates.length },
								...{ crls: evidence.crls.length, ocsp: evidence.ocsps.length, vri: evidence.vri },
							},
			},
		};
	}

	/** Until where a timestamp is over the file with its store; 0: none is. */
	private async storeStampedUntil(ends: readonly number[]): Promise<number> {
		const last = Math.max(0, ...ends);
		if (this.pdf.evidence?.hasStore !== true || last === 0) return 0;
		try {
			const before = await this.tools.pdfs.evidence(this.file.subarray(0, last));
			return before?.hasStore === true ? last : 0;
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			return 0;
		}
	}

	private async judgeTimestamp({ contents, signed }: ExaminedSignature): Promise<Judged> {
		if (signed === undefined) return this.undecided("content-missing");
		const token = await readSignedData(this.tools.messages, contents);
		const verdict = await judgeTimestamp(this.tools, token, [signed], this.request);
		const { state, integrity, reasons, signer, chain, revocation, digest, algorithm, time } = verdict;
		return {
			...this.undecided(),
			...{ state, integrity, reasons, signer, chain, revocation, digest, algorithm, timestamps: [verdict] },
			...(time !== null && { judgedAt: time, judgedBy: "timestamp" as const }),
		};
	}

	private async judgeSignature(
		{ kind, contents, signed, certificates }: ExaminedSignature,
		provenAt: string | undefined,
	): Promise<Judged> {
		if (kind === "unknown") return this.undecided("unsupported-kind");
		if (signed === undefined) return this.undecided("content-missing");
		const data = await this.read(kind, { contents, certificates, signed });
		if (data === null) return this.undecided("contents-unreadable");
		const request = { ...this.request, ...(provenAt !== undefined && { provenAt: new Date(provenAt) }) };
		const [verdict, second] = await judgeSigners(this.tools, data, request);
		if (verdict === undefined || second !== undefined) return this.undecided("not-one-signer");
		const isOver = kind !== "over-sha1" || data.content?.equals(createHash("sha1").update(signed).digest()) === true;
		if (!isOver)
			return against(verdict, "invalid", reasonOf("digest-mismatch", sayFault("digest-mismatch")), "invalid");
		if (kind !== "over-sha1" || this.request.allowWeak) return verdict;
		return against(verdict, "invalid", reasonOf("weak-hash", t`it was signed with a hash that is too weak`));
	}

	/**
	 * Reads a signature over the file: content that is inside counts only where the kind says so. What is inside of others
	 * must not be there at all; it does no harm where the signature is of it as well as of the file, or it is empty.
	 */
	private async read(
		kind: ExaminedSignature["kind"],
		{ contents, certificates, signed }: { contents: Buffer; certificates: readonly Buffer[]; signed: Buffer },
	): Promise<SignedData | null> {
		const { messages } = this.tools;
		if (kind === "raw") return messages.readRaw({ signature: contents, certificates, content: signed });
		if (kind !== "detached") return readSignedData(messages, contents);
		const data = await readSignedData(messages, contents, { content: [signed] });
		if (data === null || data.contentLength === null) return data;
		if (data.contentLength > 0 && data.signers.some(({ integrity }) => integrity === "invalid")) return data;
		const digests: Record<string, Buffer> = {};
		for (const { digest } of data.signers) if (!/^\d/.test(digest)) digests[digest] = hashOf(digest, [signed]);
		// None of the hashes is known here: then what is inside must not be taken for the file.
		return messages.read({ message: contents, digests: { none: Buffer.alloc(0), ...digests } });
	}

	/** Nothing can be said about it. */
	private undecided(code?: "unsupported-kind" | "contents-unreadable" | "not-one-signer" | SignatureFault): Judged {
		return {
			...{ state: "undecidable", integrity: "undecidable", signer: null, chain: [], revocation: [], digest: "" },
			...{ algorithm: "", signingTime: null, judgedAt: this.request.now.toISOString(), judgedBy: "now" },
			...{ hasAttributes: false, signingCertificate: null, policy: null, timestamps: [], counterSignatures: [] },
			reasons: code === undefined ? [] : [reasonOf(code, sayUndecided(code))],
		};
	}

	/** A signature with what the document has to say about it. */
	private told(
		one: ExaminedSignature,
		at: number,
		judged: Judged,
		{ stamps, storeStamped }: { stamps: readonly { end: number }[]; storeStamped: number },
	): FileSignature {
		const { coverage, after } = one;
		let verdict = judged;
		for (const fault of coverage.faults)
			verdict = against(verdict, "invalid", { of: "document", code: fault, text: sayRangeFault(fault) });
		if (after.allowed === false) {
			const text = t`changed after it was signed: ${sayChanges(after.forbidden)}`;
			verdict = against(verdict, "invalid", { of: "document", code: "changed-after", text });
		} else if (after.allowed === null && coverage.is === "revision") {
			const text = t`whether something was changed after it was signed can't be told`;
			verdict = against(verdict, "undecidable", { of: "document", code: "changes-unknown", text });
		}
		const { evidence } = this.pdf;
		const isTimestamped =
			judged.timestamps.some(({ state }) => state === "valid") || stamps.some(({ end }) => end > coverage.end);
		// What is kept must be about this signer, or it helps nobody to verify later.
		const isAboutSigner = judged.revocation.some(
			({ depth, from, state }) => depth === 0 && from === null && state !== "other-certificate",
		);
		const hasEvidence =
			evidence !== null &&
			evidence.certificates.length > 0 &&
			evidence.crls.length + evidence.ocsps.length > 0 &&
			isAboutSigner;
		const namesCertificate = judged.signingCertificate !== null;
		const facts: PdfSignatureFacts = {
			...{ field: one.field, subFilter: one.subFilter, byteRange: one.byteRange, coverage: coverage.is },
			...{ revision: one.revision, isTimestamp: one.kind === "timestamp", permission: one.permission },
			...{ claimedAt: one.claimedAt, reason: one.reason, changes: after.revisions, allowed: after.allowed },
			level: levelOf({
				subFilter: one.subFilter,
				namesCertificate,
				isTimestamped,
				hasEvidence,
				isEvidenceTimestamped: storeStamped > coverage.end,
			}),
		};
		return { number: at + 1, ...verdict, pdf: facts };
	}
}

function reasonOf(code: string, text: string): SignatureReason {
	return { of: "signature", code, text };
}

/** The same with one thing more that stands against it. */
function against<T extends Judged | SignerVerdict>(
	verdict: T,
	state: Integrity,
	reason: SignatureReason,
	integrity = verdict.integrity,
): T {
	const isWorse = state === "invalid" || verdict.state === "valid";
	return { ...verdict, integrity, state: isWorse ? state : verdict.state, reasons: [...verdict.reasons, reason] };
}

function sayUndecided(code: string): string {
	switch (code) {
		case "unsupported-kind":
			return t`the signature is of a kind that is not known here`;
		case "contents-unreadable":
			return t`the signature itself can't be read`;
		case "not-one-signer":
			return t`the signature does not have exactly one signer`;
		default:
			return sayFault(code as SignatureFault);
	}
}
