import { Integer, OctetString } from "asn1js";
import { AlgorithmIdentifier, MessageImprint, TimeStampReq } from "pkijs";
import type { TimestampQuestion } from "../../cms/signed-data.js";

/** @source RFC 5754, 2 */
const hashIds = {
	sha256: "2.16.840.1.101.3.4.2.1",
	sha384: "2.16.840.1.101.3.4.2.2",
	sha512: "2.16.840.1.101.3.4.2.3",
} as const;

/** A request for a timestamp, with the certificates of whoever makes it (RFC 3161, 2.4.1), in DER. */
export function questionOf({ hash, imprint, nonce, policy }: TimestampQuestion): Buffer {
	const request = new TimeStampReq({
		version: 1,
		messageImprint: new MessageImprint({
			hashAlgorithm: new AlgorithmIdentifier({ algorithmId: hashIds[hash] }),
			hashedMessage: new OctetString({ valueHex: new Uint8Array(imprint) }),
		}),
		nonce: new Integer({ valueHex: new Uint8Array(Buffer.from(nonce, "hex")) }),
		certReq: true,
		...(policy !== undefined && { reqPolicy: policy }),
	});
	return Buffer.from(request.toSchema().toBER(false));
}
