import { constants, type KeyObject, publicDecrypt } from "node:crypto";
import { contentTypes, type RawRequest, type SignatureFault, type SignedData } from "../../cms/signed-data.js";
import { algorithmOf, hashNamed, verifies } from "./algorithms.js";
import { attempt, decode, octets, sequence } from "./asn1.js";
import { candidateOf } from "./certificate.js";

/**
 * Reads a signature of RSA that stands alone, without a message around it (adbe.x509.rsa_sha1, ISO 32000-1, 12.8.3.2), and
 * verifies it. Despite its name, it may be of any hash: the signature itself says of which (RFC 8017, 9.2).
 *
 * @returns null: there is no such signature
 */
export function readRaw({ signature, certificates, content }: RawRequest): SignedData | null {
	const bytes = attempt(() => octets(decode(signature).element));
	if (bytes === undefined) return null;
	const [own] = certificates.flatMap((der) => candidateOf(der) ?? []);
	const { digest, fault } = judged(own?.key ?? null, bytes, content);
	const fitting: SignatureFault | undefined = own === undefined ? "signer-certificate-missing" : fault;
	const isDecided = fitting === "bad-signature" || fitting === "key-mismatch";
	return {
		...{ contentType: contentTypes.data, contentLength: null, content: null, crls: [], ocsp: [], timestamp: null },
		...{ certificates: [...certificates], hasRest: false },
		signers: [
			{
				certificate: own === undefined ? null : certificates.findIndex((der) => der.equals(own.der)),
				named: { by: "issuer-serial", value: own?.serial ?? "" },
				...{ digest: digest ?? "", algorithm: "rsa-pkcs1", faults: fitting === undefined ? [] : [fitting] },
				integrity: fitting === undefined ? "valid" : isDecided ? "invalid" : "undecidable",
				...{ signingTime: null, hasAttributes: false, signingCertificate: null, policy: null, signature: bytes },
				...{ timestamps: [], counterSignatures: [], otherAttributes: [] },
			},
		],
	};
}

function judged(
	key: KeyObject | null,
	signature: Buffer,
	content: Buffer,
): { digest?: string; fault?: SignatureFault } {
	if (key === null) return { fault: "unknown-key" };
	if (key.asymmetricKeyType !== "rsa") return { fault: "key-mismatch" };
	const info = attempt(() => publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature));
	if (info === undefined) return { fault: "bad-signature" };
	const digest = attempt(() => hashNamed(algorithmOf(sequence(decode(info).element)[0])));
	if (digest === undefined) return { fault: "unknown-digest" };
	const said = verifies({ kind: "rsa-pkcs1", hash: digest, key: undefined }, key, content, signature);
	return said === true ? { digest } : { digest, fault: said === false ? "bad-signature" : said };
}
