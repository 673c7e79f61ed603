import { t } from "../text.js";
import type { SignatureFault } from "./signed-data.js";

/** Says what is wrong with a signature to people: a clause. */
export function sayFault(fault: SignatureFault): string {
	switch (fault) {
		case "digest-mismatch":
			return t`the content was changed after it was signed`;
		case "bad-signature":
			return t`the signature is wrong: it was not made with the key of the signer's certificate, or was changed`;
		case "content-type-mismatch":
			return t`the signer signed content of another type`;
		case "attribute-missing":
			return t`a signed attribute is missing that must be there`;
		case "attribute-repeated":
			return t`an attribute is there more than once`;
		case "attribute-unreadable":
			return t`a signed attribute can't be read`;
		case "attribute-misplaced":
			return t`an attribute stands where it may not be`;
		case "attributes-missing":
			return t`there are no signed attributes, which content of this type needs`;
		case "signing-certificate-mismatch":
			return t`the signer named another certificate in what was signed`;
		case "algorithms-differ":
			return t`the message names two different hashes for one signature`;
		case "key-mismatch":
			return t`the key of the signer's certificate is not of the kind that the signature names`;
		case "imprint-mismatch":
			return t`the timestamp is of something else`;
		case "not-timestamping":
			return t`the certificate of its signer may not sign timestamps`;
		case "signer-certificate-missing":
			return t`the certificate of the signer is not there`;
		case "unknown-digest":
			return t`the hash is not known here`;
		case "unknown-signature-algorithm":
			return t`the signature algorithm is not known here`;
		case "unsupported-parameters":
			return t`the parameters of the signature algorithm are not known here`;
		case "unknown-key":
			return t`the key of the signer's certificate is of a kind that is not known here`;
		case "content-missing":
			return t`what was signed is not there`;
		case "not-verified":
			return t`the signature could not be verified`;
	}
}
