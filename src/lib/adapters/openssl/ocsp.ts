import type { OcspAnswer, OcspCheck } from "../../certificate/certificates.js";
import type { Openssl, Pointer } from "./library.js";
import { encoded, type Objects, timeOf, withObjects } from "./objects.js";
import { authLevel, secondsOf, storeOf, verifyPaths } from "./path.js";

/** RFC 6960, 4.2.1: what a responder says instead of a status. */
const refusals: Readonly<Record<number, OcspAnswer["is"]>> = {
	1: "malformed-request",
	2: "internal-error",
	3: "try-later",
	5: "signature-required",
	6: "unauthorized",
};

/** OCSP_NOEXPLICIT: only who issued the certificate, or whom they named for it, may answer. */
const noExplicitTrust = 0x20;

/** Clocks differ by so much, in milliseconds. */
const clockSkew = 300_000;
/** An answer that says no end counts for so long, in milliseconds: newer ones are always to be had (RFC 6960, 2.4). */
const openEnded = 7 * 86_400_000;

/** What is known of no certificate. */
const nothing = { thisUpdate: null, nextUpdate: null, revokedAt: null, reason: null };

/** The question about one certificate, with a nonce of OpenSSL's; null where it can't be asked. */
export function askOcsp(openssl: Openssl, certificate: Buffer, issuer: Buffer): Buffer | null {
	return withObjects(openssl, (objects) => {
		const [x, ca] = [objects.certificate(certificate), objects.certificate(issuer)];
		if (x === null || ca === null) return null;
		const request = objects.keep(openssl.OCSP_REQUEST_new(), openssl.OCSP_REQUEST_free);
		// SHA-1 here is an index, no signature: the one that all responders know (RFC 5019, 2.1.1).
		const id = openssl.OCSP_cert_to_id(null, x, ca) as Pointer;
		if (openssl.isNull(id)) return null;
		if (openssl.isNull(openssl.OCSP_request_add0_id(request, id))) {
			openssl.OCSP_CERTID_free(id);
			return null;
		}
		openssl.OCSP_request_add1_nonce(request, null, 32);
		return encoded(request, openssl.i2d_OCSP_REQUEST);
	});
}

/** What an answer says of one certificate: believed only when it is signed by whoever may, current, and about this one. */
export function readOcsp(openssl: Openssl, check: OcspCheck): OcspAnswer {
	return withObjects(openssl, (objects) => {
		const answer = objects.parsed(check.answer, openssl.d2i_OCSP_RESPONSE, openssl.OCSP_RESPONSE_free);
		if (answer === null) return { is: "no-answer", ...nothing };
		const refusal = refusals[openssl.OCSP_response_status(answer)];
		if (refusal !== undefined) return { is: refusal, ...nothing };
		const basic = objects.keep(openssl.OCSP_response_get1_basic(answer), openssl.OCSP_BASICRESP_free);
		if (openssl.isNull(basic)) return { is: "no-answer", ...nothing };
		return readBasic(objects, basic, check);
	});
}

function readBasic(objects: Objects, basic: Pointer, check: OcspCheck): OcspAnswer {
	const { openssl } = objects;
	const [x, issuer] = [objects.certificate(check.certificate), objects.certificate(check.issuer)];
	if (x === null || issuer === null) return { is: "other-certificate", ...nothing };
	const about = singlesAbout(objects, basic, x, issuer);
	if (about.length === 0) return { is: "other-certificate", ...nothing };
	if (!isTrusted(objects, basic, issuer, check)) return { is: "not-trusted", ...nothing };
	if (check.request !== undefined && !nonceFits(objects, basic, check.request)) return { is: "nonce", ...nothing };
	const told = about.map((single) => statusOf(openssl, single, check.at.getTime()));
	// Two statuses of one certificate: the worse one counts.
	const worst = (["revoked", "unknown", "not-yet", "stale", "good"] as const).map((is) =>
		told.find((one) => one.is === is),
	);
	return worst.find((one) => one !== undefined) ?? { is: "other-certificate", ...nothing };
}

/** Whether the responder's certificate is good now, may speak for this issuer, and the answer is signed with it. */
function isTrusted(objects: Objects, basic: Pointer, issuer: Pointer, check: OcspCheck): boolean {
	const { openssl } = objects;
	const store = storeOf(
		objects,
		check.anchors.map((der) => objects.certificate(der)),
	);
	const param = openssl.X509_STORE_get0_param(store);
	openssl.X509_VERIFY_PARAM_set_time(param, secondsOf(check.at));
	openssl.X509_VERIFY_PARAM_set_auth_level(param, authLevel(check.allowWeak));
	const others = check.intermediates.map((der) => objects.certificate(der)).filter((one) => one !== null);
	const verified = openssl.OCSP_basic_verify(basic, objects.stack([issuer, ...others]), store, noExplicitTrust);
	openssl.ERR_clear_error();
	return verified === 1 && !isResponderRevoked(openssl, basic, check);
}

/** Whether one of the lists at hand names the responder. */
function isResponderRevoked(openssl: Openssl, basic: Pointer, check: OcspCheck): boolean {
	const signer: [Pointer] = [null];
	if (check.crls.length === 0 || openssl.OCSP_resp_get0_signer(basic, signer, null) !== 1) return false;
	const der = encoded(signer[0], openssl.i2d_X509);
	if (der === null) return true;
	const [path] = verifyPaths(openssl, {
		...check,
		certificates: [der],
		intermediates: [check.issuer, ...check.intermediates],
		revocation: "leaf",
		policies: [],
		requirePolicy: false,
		inhibitPolicyMapping: false,
		inhibitAnyPolicy: false,
	});
	return path?.faults.some(({ depth, code }) => depth === 0 && code === 23) ?? true;
}

/** OCSP_check_nonce: 0 a different one. Many responders send none at all, which is no sign of a replay by itself. */
function nonceFits(objects: Objects, basic: Pointer, der: Buffer): boolean {
	const { openssl } = objects;
	const request = objects.parsed(der, openssl.d2i_OCSP_REQUEST, openssl.OCSP_REQUEST_free);
	return request !== null && openssl.OCSP_check_nonce(request, basic) !== 0;
}

/** The parts of an answer that are about this certificate, whatever hash names it there. */
function singlesAbout({ openssl }: Objects, basic: Pointer, x: Pointer, issuer: Pointer): Pointer[] {
	const count = Math.min(1000, openssl.OCSP_resp_count(basic));
	const found: Pointer[] = [];
	for (let at = 0; at < count; at++) {
		const single = openssl.OCSP_resp_get0(basic, at) as Pointer;
		const id = openssl.OCSP_SINGLERESP_get0_id(single) as Pointer;
		const object: [Pointer] = [null];
		openssl.OCSP_id_get0_info(null, object, null, null, id);
		const digest = openssl.EVP_get_digestbyname(openssl.OBJ_nid2sn(openssl.OBJ_obj2nid(object[0]))) as Pointer;
		if (openssl.isNull(digest)) continue;
		const own = openssl.OCSP_cert_to_id(digest, x, issuer) as Pointer;
		if (openssl.isNull(own)) continue;
		if (openssl.OCSP_id_cmp(own, id) === 0) found.push(single);
		openssl.OCSP_CERTID_free(own);
	}
	return found;
}

/** V_OCSP_CERTSTATUS_GOOD … */
const statuses = ["good", "revoked", "unknown"] as const;

function statusOf(openssl: Openssl, single: Pointer, now: number): OcspAnswer {
	const reason: [number] = [-1];
	const [revoked, from, until]: [Pointer][] = [[null], [null], [null]] as [Pointer][];
	const status = openssl.OCSP_single_get0_status(single, reason, revoked, from, until) as number;
	const time = (pointer: [Pointer] | undefined) => timeOf(openssl, pointer?.[0] ?? null);
	const [thisUpdate, nextUpdate] = [time(from), time(until)];
	const told = {
		...{ thisUpdate, nextUpdate, revokedAt: time(revoked) },
		// Only of what was revoked is it set.
		reason: statuses[status] !== "revoked" || reason[0] < 0 ? null : reason[0],
	};
	if (thisUpdate === null || (nextUpdate === null && !openssl.isNull(until?.[0]))) return { is: "stale", ...told };
	const starts = Date.parse(thisUpdate);
	const ends = nextUpdate === null ? starts + openEnded : Date.parse(nextUpdate);
	// Nobody takes a revocation back but from a hold: one that is old is one still.
	if (statuses[status] === "revoked" && reason[0] !== 6 && starts <= now + clockSkew) return { is: "revoked", ...told };
	if (starts > now + clockSkew) return { is: "not-yet", ...told };
	if (ends < now - clockSkew || ends < starts) return { is: "stale", ...told };
	return { is: statuses[status] ?? "unknown", ...told };
}
