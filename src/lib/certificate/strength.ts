import type { CertificateFacts, PathFault } from "./certificates.js";

/** OpenSSL's codes for keys and hashes of less than 112 bits of security. */
const weakCodes = { leafKey: 66, issuerKey: 67, hash: 68 } as const;

/**
 * What nobody accepts for anything: hashes for which collisions are made in seconds, and keys that were factored in public.
 *
 * @source RFC 6151 (MD5), RFC 6149 (MD2), RFC 6150 (MD4); RSA-829 was factored in 2020
 */
const brokenHashes = /md[245]/i;
const leastBits: Readonly<Record<string, number>> = { RSA: 1024, "RSA-PSS": 1024, DSA: 1024, EC: 160 };

/**
 * Whether a fault is one of strength that may be passed by where documents are not signed: RFC 5280 itself asks for none.
 * What is broken altogether is never passed by.
 */
export function isOnlyWeak({ code }: PathFault, facts: CertificateFacts | null | undefined): boolean {
	if (code === weakCodes.hash)
		return facts !== undefined && facts !== null && !brokenHashes.test(facts.signatureAlgorithm);
	if (code !== weakCodes.leafKey && code !== weakCodes.issuerKey) return false;
	const least = leastBits[facts?.key?.type ?? ""];
	return least !== undefined && (facts?.key?.bits ?? 0) >= least;
}
