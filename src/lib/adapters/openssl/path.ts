import type {
	ListedRevocation,
	PathAnswer,
	PathFault,
	PathRequest,
	RevocationScope,
} from "../../certificate/certificates.js";
import type { Openssl, Pointer } from "./library.js";
import { itemsOf, type Objects, timeOf, withObjects } from "./objects.js";
import { otherPaths } from "./other-paths.js";

/** Flags of X509_VERIFY_PARAM_set_flags: x509_vfy.h. */
const flag = {
	crlCheck: 0x4,
	crlCheckAll: 0x8,
	policyCheck: 0x80,
	explicitPolicy: 0x100,
	inhibitAny: 0x200,
	inhibitMap: 0x400,
	extendedCrl: 0x1000,
	useDeltas: 0x2000,
	partialChain: 0x8_0000,
} as const;

/** Without a policy that is asked for, any is. OpenSSL must be told so, or it takes none for any. */
const anyPolicy = "2.5.29.32.0";

/** Codes of x509_vfy.h. */
const codeExpired = 10;
const codeRevoked = 23;
const codeOfListsPath = 54;
/** Of the extension that says why, in an entry of a list: obj_mac.h. */
const crlReasonNid = 141;

/** Security of at least 112 bits (RSA 2048, SHA-224), or whatever there is. */
export const authLevel = (allowWeak: boolean) => (allowWeak ? 0 : 2);

/** What the certificates of one request are to OpenSSL. */
interface Parts {
	store: Pointer;
	untrusted: Pointer;
	crls: readonly Pointer[];
	crlStack: Pointer;
	/** Pointers of all certificates, by their number in the request. */
	all: readonly Pointer[];
	numbers: ReadonlyMap<Pointer, number>;
	firstAnchor: number;
}

/**
 * Judges certificates by RFC 5280: X509_verify_cert, whose callback goes on after every fault, so that all are told.
 *
 * @returns for each certificate; null for what is none
 */
export function verifyPaths(openssl: Openssl, request: PathRequest): (PathAnswer | null)[] {
	return withObjects(openssl, (objects) => {
		const leaves = request.certificates.map((der) => objects.certificate(der));
		const parts = partsOf(objects, request, leaves);
		return leaves.map((leaf) => (leaf === null ? null : verifyLeaf(objects, leaf, parts, request)));
	});
}

function partsOf(objects: Objects, request: PathRequest, leaves: readonly Pointer[]): Parts {
	const { openssl } = objects;
	// Often a file holds the same ones again and again.
	const seen = new Set<string>();
	const isNew = (der: Buffer) => seen.size < seen.add(der.toString("latin1")).size;
	const between = request.intermediates.map((der) => (isNew(der) ? objects.certificate(der) : null));
	const anchors = request.anchors.map((der) => objects.certificate(der));
	const store = storeOf(objects, anchors);
	const crls = request.crls.map((der) => objects.crl(der)).filter((one) => one !== null);
	const all = [...leaves, ...between, ...anchors];
	const numbers = new Map(all.map((pointer, at) => [pointer, at]));
	const untrusted = objects.stack(between.filter((one) => one !== null));
	const crlStack = objects.stack(crls);
	openssl.ERR_clear_error();
	return { store, untrusted, crls, crlStack, all, numbers, firstAnchor: leaves.length + between.length };
}

/** A store that believes these certificates, roots or not. */
export function storeOf(objects: Objects, anchors: readonly Pointer[]): Pointer {
	const { openssl } = objects;
	const store = objects.keep(openssl.X509_STORE_new(), openssl.X509_STORE_free);
	for (const anchor of anchors) if (anchor !== null) openssl.X509_STORE_add_cert(store, anchor);
	openssl.X509_VERIFY_PARAM_set_flags(openssl.X509_STORE_get0_param(store), flag.partialChain);
	return store;
}

/**
 * Judges one certificate. OpenSSL builds one path and stays with it; another one may be valid (RFC 5280, 6: any does), where an
 * authority has several certificates.
 */
function verifyLeaf(objects: Objects, leaf: Pointer, parts: Parts, request: PathRequest): PathAnswer {
	const { openssl } = objects;
	const usual = verifyOne(openssl, leaf, parts, request);
	if (usual.faults.length === 0) return usual;
	const all = parts.all.flatMap((one, at) => (one !== null && at >= request.certificates.length ? [one] : []));
	const isBelieved = (one: Pointer) => (parts.numbers.get(one) ?? 0) >= parts.firstAnchor;
	for (const path of otherPaths(openssl, leaf, { all, isBelieved })) {
		const numbers = path.map((one) => parts.numbers.get(one));
		if (usual.chain.slice(1).join() === numbers.join()) continue;
		const [anchor, ...between] = path.toReversed();
		// What stands first is taken first.
		const rest = all.filter((one) => !path.includes(one) && !isBelieved(one));
		const own = {
			store: storeOf(objects, [anchor ?? null]),
			untrusted: objects.stack([...between.toReversed(), ...rest]),
		};
		const answer = verifyOne(openssl, leaf, { ...parts, ...own }, request);
		if (answer.faults.length === 0) return answer;
	}
	return usual;
}

function verifyOne(openssl: Openssl, leaf: Pointer, parts: Parts, request: PathRequest): PathAnswer {
	const { at, revocationAt = at, revocation } = request;
	if (revocation === "none" || revocationAt.getTime() === at.getTime())
		return look(openssl, leaf, parts, request, request);
	// A path of the past is judged as of then, and revocation as it is known later: OpenSSL has one time for both.
	const path = look(openssl, leaf, parts, request, { revocation: "none", at });
	const later = look(openssl, leaf, parts, request, { revocation, at: revocationAt });
	return { ...path, faults: [...path.faults, ...later.faults.filter(countsLater)], revoked: later.revoked };
}

/** Codes that are about lists of revocation, not about the path. */
const crlCodes: readonly number[] = [3, 5, 8, 11, 12, 15, 16, 23, 33, 35, 36, 44, 54];
/** Codes of work that ended before its end: unspecified, memory, a bad call, a failed look-up. */
const brokenOff: readonly number[] = [1, 17, 69, 70];
function countsLater({ code }: PathFault): boolean {
	return crlCodes.includes(code) || brokenOff.includes(code);
}

function look(
	openssl: Openssl,
	leaf: Pointer,
	parts: Parts,
	request: PathRequest,
	when: { revocation: RevocationScope; at: Date },
): PathAnswer {
	const ctx = openssl.X509_STORE_CTX_new() as Pointer;
	try {
		let faults: PathFault[] = [];
		const record = (depth: number, code: number) => {
			if (!faults.some((one) => one.depth === depth && one.code === code)) faults.push({ depth, code });
		};
		if (openssl.X509_STORE_CTX_init(ctx, parts.store, leaf, parts.untrusted) !== 1) {
			return { chain: [], anchored: false, faults: [{ depth: 0, code: 1 }], revoked: [] };
		}
		setParameters(openssl, openssl.X509_STORE_CTX_get0_param(ctx), request, when);
		if (when.revocation !== "none") openssl.X509_STORE_CTX_set0_crls(ctx, parts.crlStack);
		openssl.setVerifyCallback(ctx, (ok, now) => {
			if (ok === 1) return 1;
			// The path of whoever signed a list is a path of its own, inside this one.
			const code = now === ctx ? openssl.X509_STORE_CTX_get_error(ctx) : codeOfListsPath;
			record(openssl.X509_STORE_CTX_get_error_depth(ctx), code);
			return 1;
		});
		const verified = openssl.X509_verify_cert(ctx) as number;
		// What ends the work itself is not told by the callback.
		if (verified !== 1 && faults.length === 0) {
			record(Math.max(0, openssl.X509_STORE_CTX_get_error_depth(ctx)), openssl.X509_STORE_CTX_get_error(ctx) || 1);
		}
		const path = itemsOf(openssl, openssl.X509_STORE_CTX_get0_chain(ctx));
		// To the very second of its end a certificate is valid (RFC 5280, 4.1.2.5), which OpenSSL takes for the end.
		const isLast = ({ depth, code }: PathFault) =>
			code === codeExpired && endsAt(openssl, path[depth] ?? null, when.at);
		faults = faults.filter((fault) => !isLast(fault));
		const chain = path.map((one) => numberOf(openssl, one, parts));
		const last = chain.at(-1);
		const anchored = last !== undefined && isAnchor(openssl, path.at(-1) ?? null, last, parts);
		const revoked = faults.flatMap(({ depth, code }) =>
			code === codeRevoked ? [listed(openssl, depth, path[depth] ?? null, parts.crls)] : [],
		);
		return { chain, anchored, faults, revoked };
	} finally {
		openssl.X509_STORE_CTX_free(ctx);
		openssl.ERR_clear_error();
	}
}

function setParameters(
	openssl: Openssl,
	param: Pointer,
	request: PathRequest,
	{ revocation, at }: { revocation: RevocationScope; at: Date },
): void {
	let flags = flag.policyCheck | flag.partialChain;
	if (revocation !== "none") flags |= flag.crlCheck | flag.extendedCrl | flag.useDeltas;
	if (revocation === "chain") flags |= flag.crlCheckAll;
	if (request.requirePolicy) flags |= flag.explicitPolicy;
	if (request.inhibitAnyPolicy) flags |= flag.inhibitAny;
	if (request.inhibitPolicyMapping) flags |= flag.inhibitMap;
	openssl.X509_VERIFY_PARAM_set_flags(param, flags);
	openssl.X509_VERIFY_PARAM_set_time(param, secondsOf(at));
	openssl.X509_VERIFY_PARAM_set_auth_level(param, authLevel(request.allowWeak));
	for (const policy of request.policies.length > 0 ? request.policies : [anyPolicy]) {
		openssl.X509_VERIFY_PARAM_add0_policy(param, openssl.OBJ_txt2obj(policy, 1));
	}
}

function endsAt(openssl: Openssl, x: Pointer, at: Date): boolean {
	const end = openssl.isNull(x) ? null : timeOf(openssl, openssl.X509_get0_notAfter(x));
	return end !== null && BigInt(Date.parse(end) / 1000) === secondsOf(at);
}

export const secondsOf = (at: Date): bigint => BigInt(Math.floor(at.getTime() / 1000));

/** Which of the request's certificates it is: the very one, else one of the same content. */
function numberOf(openssl: Openssl, pointer: Pointer, { numbers, all }: Parts): number {
	const number = numbers.get(pointer);
	if (number !== undefined) return number;
	return all.findIndex((one) => one !== null && openssl.X509_cmp(one, pointer) === 0);
}

/** A judged certificate may be an anchor itself. */
function isAnchor(openssl: Openssl, pointer: Pointer, number: number, { all, firstAnchor }: Parts): boolean {
	if (number >= firstAnchor) return true;
	return all.slice(firstAnchor).some((one) => one !== null && openssl.X509_cmp(one, pointer) === 0);
}

/** When and why lists say that a certificate was revoked: the earliest. */
function listed(openssl: Openssl, depth: number, x: Pointer, crls: readonly Pointer[]): ListedRevocation {
	const found: ListedRevocation[] = [];
	for (const crl of crls) {
		const entry: [Pointer] = [null];
		if (openssl.isNull(x) || openssl.X509_CRL_get0_by_cert(crl, entry, x) !== 1) continue;
		const reason = openssl.X509_REVOKED_get_ext_d2i(entry[0], crlReasonNid, null, null) as Pointer;
		found.push({
			depth,
			at: timeOf(openssl, openssl.X509_REVOKED_get0_revocationDate(entry[0])),
			reason: openssl.isNull(reason) ? null : openssl.ASN1_ENUMERATED_get(reason),
		});
		if (!openssl.isNull(reason)) openssl.ASN1_ENUMERATED_free(reason);
	}
	return found.sort((a, b) => (a.at ?? "").localeCompare(b.at ?? ""))[0] ?? { depth, at: null, reason: null };
}
