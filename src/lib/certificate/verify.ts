import { localMinute } from "../calendar/day.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type {
	CertificateFacts,
	Certificates,
	ListedRevocation,
	OcspAnswer,
	PathAnswer,
	PathFault,
	PathRequest,
	RevocationScope,
} from "./certificates.js";
import type { Fetch } from "./fetch.js";
import { type Reason, reasonOf, revocationCodes, revokedCode } from "./reasons.js";
import {
	askResponder,
	crlLimits,
	failed,
	nameOfReason,
	noTimes,
	type RevocationSaid,
	reasonOfState,
	sayState,
	toldBy,
} from "./revocation.js";
import { isOnlyWeak } from "./strength.js";
import { type Purpose, usageReasons } from "./usage.js";

/** What is asked of one certificate: a path request, and what else may tell of it. */
export interface VerifyRequest extends Omit<PathRequest, "certificates" | "revocation"> {
	certificate: Buffer;
	/** `known`: the path, as far as what was handed in is about it; with nothing, each certificate that names an address. */
	revocation: RevocationScope | "known";
	/** OCSP answers that were handed in. */
	ocsp: readonly Buffer[];
	purpose: Purpose;
	/** Whether issuers that are missing may be fetched from where certificates say that they are. */
	fetchIssuers: boolean;
}

/** A certificate of the path. */
export interface ChainLink extends CertificateFacts {
	depth: number;
	/** It is one of those that are believed. */
	isAnchor: boolean;
}

/** What became of a certificate: valid only without any reason. */
export interface Verdict {
	valid: boolean;
	reasons: Reason[];
	chain: ChainLink[];
	revocation: RevocationSaid[];
	/** Issuers that were fetched, in DER. */
	fetched: Buffer[];
}

/** What it takes to judge one certificate. */
interface Case {
	certificates: Certificates;
	/** Undefined: nothing is fetched. */
	fetch: Fetch | undefined;
	request: VerifyRequest;
	/** What else may stand between, as it was fetched. */
	intermediates: Buffer[];
	crls: Buffer[];
	said: RevocationSaid[];
}

/** More issuers than any path has. */
const mostFetches = 8;
const issuerLimits = { mostBytes: 1 << 20, milliseconds: 10_000 } as const;

/**
 * Judges a certificate by RFC 5280 with all that follows: its path, its usage, and whether it was revoked, by lists and answers
 * that are at hand, then by those that are fetched. Every reason is told.
 *
 * @param fetch undefined: offline
 * @throws CfmError usage `not-a-certificate`; unavailable `certificate-reader-failed`
 */
export async function verifyCertificate(
	certificates: Certificates,
	fetch: Fetch | undefined,
	request: VerifyRequest,
): Promise<Verdict> {
	const { intermediates, crls } = request;
	const one: Case = { certificates, fetch, request, intermediates: [...intermediates], crls: [...crls], said: [] };
	let path = await pathOf(one, "none");
	if (request.fetchIssuers && fetch !== undefined) path = await completed(one, path, fetch);
	const ders = path.chain.map((number) => derOf(one, number));
	const facts = await certificates.describe(ders);
	const [own] = facts.length > 0 ? facts : await certificates.describe([request.certificate]);
	const isCounted = (fault: PathFault) => request.purpose !== "any" || !isOnlyWeak(fault, facts[fault.depth] ?? own);
	const reasons = path.faults.filter(isCounted).map(reasonOf);
	if (own) reasons.push(...usageReasons(own, request.purpose));
	const scope = scopeOf(one, facts);
	if (scope !== "none") reasons.push(...(await revocationReasonsOf(one, path, ders, facts, scope)));
	const last = path.chain.length - 1;
	const chain = facts.flatMap((fact, depth) =>
		fact === null ? [] : [{ depth, isAnchor: path.anchored && depth === last, ...fact }],
	);
	const fetched = one.intermediates.slice(intermediates.length);
	return { valid: reasons.length === 0, reasons, chain, revocation: one.said, fetched };
}

/** What must not be revoked: what was handed in is about the whole path, and what is fetched about whoever names an address. */
function scopeOf({ request, fetch }: Case, facts: readonly (CertificateFacts | null | undefined)[]): RevocationScope {
	const { revocation, crls, ocsp } = request;
	if (revocation !== "known") return revocation;
	if (crls.length + ocsp.length > 0) return "chain";
	return fetch !== undefined && facts.some(namesAddress) ? "chain" : "none";
}

const namesAddress = (facts: CertificateFacts | null | undefined) =>
	facts !== null && facts !== undefined && facts.ocsp.length + facts.crls.length > 0;

async function pathOf(
	{ certificates, request, intermediates, crls }: Case,
	revocation: PathRequest["revocation"],
): Promise<PathAnswer> {
	const { certificate, ocsp: _o, purpose: _p, fetchIssuers: _f, ...asked } = request;
	const [answer] = await certificates.verify({
		...asked,
		certificates: [certificate],
		intermediates,
		crls,
		revocation,
	});
	if (answer) return answer;
	throw new CfmError("usage", "not-a-certificate", t`What was to be verified is not a certificate, or is damaged.`);
}

function derOf({ request, intermediates }: Case, number: number): Buffer {
	return [request.certificate, ...intermediates, ...request.anchors][number] ?? Buffer.alloc(0);
}

/** Fetches issuers that are missing, one after the other, from where the last certificate of the path says that its own is. */
async function completed(one: Case, begun: PathAnswer, fetch: Fetch): Promise<PathAnswer> {
	let path = begun;
	for (let count = 0; !path.anchored && count < mostFetches; count++) {
		const last = path.chain.at(-1);
		const [facts] = await one.certificates.describe([derOf(one, last ?? 0)]);
		if (!facts || facts.isSelfIssued) break;
		const before = one.intermediates.length;
		for (const url of facts.issuers.slice(0, mostFetches)) {
			const fetched = await fetch({ url, ...issuerLimits });
			if (fetched.is !== "answer") continue;
			one.intermediates.push(...(await one.certificates.take(fetched.body)).certificates.slice(0, mostFetches));
			break;
		}
		if (one.intermediates.length === before) break;
		path = await pathOf(one, "none");
	}
	return path;
}

/** Why revocation stands against the certificates of a path that must not be revoked. */
async function revocationReasonsOf(
	one: Case,
	path: PathAnswer,
	ders: readonly Buffer[],
	facts: readonly (CertificateFacts | null)[],
	revocation: RevocationScope,
): Promise<Reason[]> {
	// An anchor is believed without asking anybody.
	const last = path.anchored ? ders.length - 2 : ders.length - 1;
	const given = await readGiven(one, ders, last);
	const depths = depthsAsked(one, last, revocation, given, facts);
	for (const [depth, answers] of given.entries()) noteGiven(one, depth, answers, depths.includes(depth));
	let listed = await pathOf(one, revocation);
	for (const depth of depths) {
		const [certificate, issuer] = [ders[depth], ders[depth + 1]];
		if (certificate === undefined || issuer === undefined) continue;
		if (isSettled(one, listed, depth) || one.fetch === undefined) continue;
		const places = facts[depth] ?? { ocsp: [], crls: [] };
		await askAll(one, depth, { certificate, issuer }, places.ocsp, one.fetch);
		if (isSettled(one, listed, depth)) continue;
		for (const url of places.crls.slice(0, mostFetches)) {
			const before = one.crls.length;
			await fetchList(one, depth, url, one.fetch);
			if (one.crls.length === before) continue;
			listed = await pathOf(one, revocation);
			one.said.push(saidByList(listed, depth, url));
			if (isSettled(one, listed, depth)) break;
		}
	}
	for (const depth of depths) if (one.crls.length > 0 && !hasList(one, depth)) noteLists(one, listed, depth);
	// What is at hand may tell of others on the path, too: nobody who is known to be revoked vouches for anybody.
	const whole = revocation === "leaf" && one.crls.length > 0 ? await pathOf(one, "chain") : listed;
	const rest = whole.faults.filter((fault) => isTold(fault, path, depths));
	const others = given.flatMap((_, depth) => (depths.includes(depth) ? [] : revokedAt(one, depth)));
	return [...depths.flatMap((depth) => reasonsAt(one, listed, depth)), ...others, ...rest.map(reasonOf)];
}

/** Whether a fault that showed only with lists is told by itself: an anchor needs none, but may be revoked by one. */
function isTold({ depth, code }: PathFault, path: PathAnswer, depths: readonly number[]): boolean {
	if (revocationCodes.includes(code)) return false;
	if (code === revokedCode) return !depths.includes(depth);
	return !path.faults.some((fault) => fault.depth === depth && fault.code === code);
}

const faultsAt = ({ faults }: PathAnswer, depth: number) =>
	faults.filter((fault) => fault.depth === depth && revocationCodes.includes(fault.code));
const listRevokes = ({ faults }: PathAnswer, depth: number) =>
	faults.some((fault) => fault.depth === depth && fault.code === revokedCode);

/** Whether something that can be believed says that it is good, or revoked. */
function isSettled({ said, crls }: Case, listed: PathAnswer, depth: number): boolean {
	if (listRevokes(listed, depth)) return true;
	if (said.some((one) => one.depth === depth && one.by === "ocsp" && ["good", "revoked"].includes(one.state)))
		return true;
	return crls.length > 0 && faultsAt(listed, depth).length === 0;
}

/** What each answer that was handed in says of each certificate of a path that has an issuer. */
async function readGiven(one: Case, ders: readonly Buffer[], last: number): Promise<OcspAnswer[][]> {
	const given: OcspAnswer[][] = [];
	for (let depth = 0; depth <= last; depth++) {
		const [certificate, issuer] = [ders[depth], ders[depth + 1]];
		const answers = certificate === undefined || issuer === undefined ? [] : one.request.ocsp;
		const read = (answer: Buffer) =>
			one.certificates.readOcsp({ ...checkOf(one, certificate as Buffer, issuer as Buffer), answer });
		given.push(await Promise.all(answers.map(read)));
	}
	return given;
}

const isAbout = ({ is }: OcspAnswer) => is !== "other-certificate";

/** Notes what was handed in about one certificate; that all of it is about others only where something must be known. */
function noteGiven({ said }: Case, depth: number, answers: readonly OcspAnswer[], isAsked: boolean): void {
	const about = answers.filter(isAbout);
	const told = isAsked ? (about.length > 0 ? about : answers.slice(0, 1)) : about.filter(({ is }) => is === "revoked");
	for (const answer of told) said.push({ depth, by: "ocsp", from: null, ...toldBy(answer) });
}

/** Which certificates of a path must not be revoked, by how far they are. */
function depthsAsked(
	{ request }: Case,
	last: number,
	scope: RevocationScope,
	given: readonly OcspAnswer[][],
	facts: readonly (CertificateFacts | null)[],
): number[] {
	const all = Array.from({ length: Math.max(0, last + 1) }, (_, depth) => depth);
	if (scope === "leaf") return all.slice(0, 1);
	if (request.revocation !== "known" || request.crls.length > 0) return all;
	if (request.ocsp.length === 0) return all.filter((depth) => namesAddress(facts[depth]));
	// When every answer is about one of them, nothing was handed in about the others.
	const accounted = request.ocsp.every((_, at) => given.some((answers) => answers[at] && isAbout(answers[at])));
	return accounted ? all.filter((depth) => given[depth]?.some(isAbout)) : all;
}

function checkOf({ request, intermediates, crls }: Case, certificate: Buffer, issuer: Buffer) {
	const { anchors, at, revocationAt = at, purpose } = request;
	const allowWeak = request.allowWeak || purpose === "any";
	return { certificate, issuer, intermediates, anchors, crls, at: revocationAt, allowWeak };
}

async function askAll(
	one: Case,
	depth: number,
	{ certificate, issuer }: { certificate: Buffer; issuer: Buffer },
	urls: readonly string[],
	fetch: Fetch,
): Promise<void> {
	for (const url of urls.slice(0, mostFetches)) {
		const told = await askResponder(one.certificates, fetch, url, checkOf(one, certificate, issuer));
		one.said.push({ depth, ...told });
		if (told.state === "good" || told.state === "revoked") return;
	}
}

/** Fetches one list, and says so when none came. */
async function fetchList(one: Case, depth: number, url: string, fetch: Fetch): Promise<void> {
	const fetched = await fetch({ url, ...crlLimits });
	if (fetched.is !== "answer") {
		one.said.push({ depth, by: "crl", from: url, ...noTimes, ...failed(fetched) });
		return;
	}
	const { crls } = await one.certificates.take(fetched.body);
	if (crls.length > 0) one.crls.push(...crls);
	else one.said.push({ depth, by: "crl", from: url, ...noTimes, state: "no-answer", text: sayState("no-answer") });
}

const hasList = ({ said }: Case, depth: number) => said.some((one) => one.by === "crl" && one.depth === depth);

/** What the lists at hand say of one certificate, where they say anything. */
function noteLists(one: Case, listed: PathAnswer, depth: number): void {
	if (faultsAt(listed, depth).some(({ code }) => code === 3)) return;
	one.said.push(saidByList(listed, depth, null));
}

function saidByList(listed: PathAnswer, depth: number, from: string | null): RevocationSaid {
	const told = { depth, by: "crl", from, ...noTimes } as const;
	if (listRevokes(listed, depth)) {
		const entry: ListedRevocation | undefined = listed.revoked.find((one) => one.depth === depth);
		const reason = nameOfReason(entry?.reason ?? null);
		return { ...told, state: "revoked", revokedAt: entry?.at ?? null, reason, text: sayState("revoked") };
	}
	const [fault] = faultsAt(listed, depth);
	if (fault === undefined) return { ...told, state: "good", text: sayState("good") };
	const state = { 12: "stale", 11: "not-yet", 8: "not-trusted", 54: "not-trusted" } as const;
	const is = state[fault.code as keyof typeof state] ?? "invalid-crl";
	return { ...told, state: is, text: reasonOf(fault).text };
}

/** Revoked by anybody who may say so is revoked; good by one that may is good; else all that was wrong is told. */
function reasonsAt(one: Case, listed: PathAnswer, depth: number): Reason[] {
	const said = one.said.filter((each) => each.depth === depth);
	const revoked = said.find(({ state }) => state === "revoked");
	if (revoked !== undefined || listRevokes(listed, depth)) return [revokedReason(depth, revoked)];
	if (isSettled(one, listed, depth)) return [];
	const answers = said.filter(({ from, by }) => by === "ocsp" || from !== null).map(reasonOfState);
	return [...faultsAt(listed, depth).map(reasonOf), ...answers];
}

/** Of a certificate that nobody asked about. */
function revokedAt({ said }: Case, depth: number): Reason[] {
	const found = said.find((one) => one.depth === depth && one.state === "revoked");
	return found === undefined ? [] : [revokedReason(depth, found)];
}

function revokedReason(depth: number, said: RevocationSaid | undefined): Reason {
	const { revokedAt: at = null, reason = null } = said ?? {};
	const plain = { depth, code: "revoked" };
	if (at === null) return { ...plain, text: t`it was revoked` };
	const time = `${localMinute(at, "UTC")} UTC`;
	return { ...plain, text: reason === null ? t`it was revoked on ${time}` : t`it was revoked on ${time}: ${reason}` };
}
