import { t } from "../text.js";

/** One thing that is wrong with a certificate or its path. */
export interface Reason {
	/** How far from the judged certificate: 0 is itself. */
	depth: number;
	/** Stable, kebab-case. */
	code: string;
	/** For people; a clause. */
	text: string;
}

/** What OpenSSL's codes are called here (x509_vfy.h), and what each means. */
const known: Readonly<Record<number, readonly [code: string, text: () => string]>> = {
	2: ["issuer-missing", () => t`the certificate of its issuer is missing`],
	3: ["no-crl", () => t`there is no revocation list that says whether it was revoked`],
	4: ["bad-signature", () => t`its signature can't be read`],
	5: ["crl-bad-signature", () => t`the signature of its revocation list can't be read`],
	6: ["bad-issuer-key", () => t`the public key of its issuer can't be read`],
	7: ["bad-signature", () => t`its signature is wrong: it was not issued by whom it names, or was changed`],
	8: ["crl-bad-signature", () => t`the signature of its revocation list is wrong`],
	9: ["not-yet-valid", () => t`it is not valid yet`],
	10: ["expired", () => t`it has expired`],
	11: ["crl-not-yet-valid", () => t`its revocation list is not valid yet`],
	12: ["crl-stale", () => t`its revocation list is out of date`],
	13: ["bad-dates", () => t`the date from which it is valid can't be read`],
	14: ["bad-dates", () => t`the date until which it is valid can't be read`],
	15: ["crl-bad-dates", () => t`the date of its revocation list can't be read`],
	16: ["crl-bad-dates", () => t`the date until which its revocation list is valid can't be read`],
	18: ["self-signed", () => t`it is signed by itself, and is not among the trusted certificates`],
	19: ["root-not-trusted", () => t`the root at the end of its path is not among the trusted certificates`],
	20: ["issuer-not-found", () => t`the certificate of its issuer was not found`],
	21: ["signature-not-checked", () => t`its signature can't be checked without the certificate of its issuer`],
	22: ["path-too-long", () => t`its path has too many certificates`],
	23: ["revoked", () => t`it was revoked`],
	24: ["bad-issuer-key", () => t`the certificate of its issuer has no public key`],
	25: ["path-length", () => t`more authorities stand below this one than it allows`],
	26: ["wrong-purpose", () => t`it may not be used for this`],
	29: ["issuer-mismatch", () => t`the next certificate is not its issuer's`],
	30: ["issuer-key-mismatch", () => t`it names another key of its issuer`],
	31: ["issuer-serial-mismatch", () => t`it names another certificate of its issuer`],
	32: ["issuer-may-not-sign", () => t`its issuer may not sign certificates`],
	33: ["crl-issuer-missing", () => t`the certificate of whoever issued its revocation list is missing`],
	34: ["unknown-critical-extension", () => t`it has a critical extension that is not known here`],
	35: ["crl-issuer-may-not-sign", () => t`whoever issued its revocation list may not sign revocation lists`],
	36: ["crl-unknown-critical-extension", () => t`its revocation list has a critical extension that is not known here`],
	37: ["not-an-authority", () => t`it is no authority and is marked as one`],
	40: ["proxy-certificate", () => t`it is a proxy certificate`],
	41: ["bad-extension", () => t`one of its extensions is damaged or contradicts another one`],
	42: ["bad-policies", () => t`its certificate policies are damaged`],
	43: ["no-policy", () => t`no acceptable certificate policy is valid on the whole path`],
	44: ["crl-other-scope", () => t`its revocation list is about other certificates`],
	45: ["unsupported-extension", () => t`one of its extensions asks for something that is not known here`],
	47: ["name-not-permitted", () => t`its name is not among those that an authority above it permits`],
	48: ["name-excluded", () => t`its name is among those that an authority above it excludes`],
	49: ["bad-name-constraint", () => t`a name constraint has distances, which nobody may use`],
	51: ["unsupported-name-constraint", () => t`there is a name constraint of a kind that is not known here`],
	52: ["bad-name-constraint", () => t`a name constraint can't be read`],
	53: ["bad-name", () => t`one of its names can't be read`],
	54: ["crl-path", () => t`whoever issued its revocation list can't be verified`],
	55: ["path-loop", () => t`its path goes in a circle`],
	66: ["weak-key", () => t`its key is too weak`],
	67: ["weak-issuer-key", () => t`the key of this authority is too weak`],
	68: ["weak-hash", () => t`it is signed with a hash that is too weak`],
	76: ["unknown-algorithm", () => t`it is signed in a way that is not known here`],
	77: ["algorithm-mismatch", () => t`it is signed in a way that does not fit its issuer's key`],
	78: ["algorithm-inconsistent", () => t`it says in two places that it is signed in different ways`],
	79: ["not-an-authority", () => t`it is no authority, and a certificate below it says so`],
	94: ["explicit-curve", () => t`its key describes an elliptic curve of its own`],
};

/** All codes of ours that come of OpenSSL's, each once. */
export const reasonCodes: readonly string[] = [...new Set(Object.values(known).map(([code]) => code))];

/** Codes that are only about revocation: another source may answer instead. */
export const revocationCodes: readonly number[] = [3, 5, 8, 11, 12, 15, 16, 33, 35, 36, 44, 54];

/** Revoked, by a list. */
export const revokedCode = 23;

/** A code of OpenSSL's as a reason; one that nobody expects keeps its number. */
export function reasonOf({ depth, code }: { depth: number; code: number }): Reason {
	const found = known[code];
	if (found === undefined) return { depth, code: `openssl-${code}`, text: t`OpenSSL refuses it (code ${code})` };
	return { depth, code: found[0], text: found[1]() };
}

/** CRLReason of RFC 5280, 5.3.1, by number. */
export const revocationReasons: Readonly<Record<number, string>> = {
	0: "unspecified",
	1: "keyCompromise",
	2: "cACompromise",
	3: "affiliationChanged",
	4: "superseded",
	5: "cessationOfOperation",
	6: "certificateHold",
	8: "removeFromCRL",
	9: "privilegeWithdrawn",
	10: "aACompromise",
};
