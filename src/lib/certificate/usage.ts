import { t } from "../text.js";
import type { CertificateFacts } from "./certificates.js";
import { signingUsages } from "./known-oids.js";
import type { Reason } from "./reasons.js";

/** What a certificate is to be good for: documents are signed with it, or nothing is asked. */
export type Purpose = "signing" | "any";

/** Key usages with which a document may be signed: either one does (RFC 5280, 4.2.1.3). */
const signingKeyUsages = ["digitalSignature", "contentCommitment"] as const;

/** Codes of reasons that come of a certificate's own restrictions. */
export const usageCodes = ["usage-not-signing", "extended-usage-not-signing"] as const;

/** What a certificate's own restrictions say against signing documents with it. */
export function usageReasons({ keyUsage, extendedKeyUsage }: CertificateFacts, purpose: Purpose): Reason[] {
	if (purpose === "any") return [];
	const reasons: Reason[] = [];
	if (keyUsage !== null && !signingKeyUsages.some((one) => keyUsage.includes(one))) {
		const usages = keyUsage.join(", ");
		reasons.push({ depth: 0, code: usageCodes[0], text: t`its key may not sign, only: ${usages}` });
	}
	if (extendedKeyUsage !== null && !extendedKeyUsage.some((oid) => Object.hasOwn(signingUsages, oid))) {
		const usages = extendedKeyUsage.join(", ");
		reasons.push({
			...{ depth: 0, code: usageCodes[1] },
			text: t`its extended key usage does not allow signing documents: ${usages}`,
		});
	}
	return reasons;
}
