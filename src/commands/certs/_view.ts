import type { CertificateFacts } from "../../lib/certificate/certificates.js";
import { localTime } from "../../lib/cli/time.js";
import type { Facts } from "../../lib/cli/view.js";
import { t } from "../../lib/text.js";

/** A certificate, as people read it. What it does not have is left out. */
export function certificateFacts(one: CertificateFacts): Facts {
	const list = (values: readonly string[] | null) =>
		values === null || values.length === 0 ? null : values.join(", ");
	const { key } = one;
	const curve = key?.curve ? ` ${key.curve}` : "";
	const time = (iso: string | null) => (iso === null ? t`unknown` : localTime(iso));
	const rows: (readonly [string, string | null])[] = [
		[t`Subject`, one.subject],
		[t`Issuer`, one.issuer],
		[t`Serial number`, one.serial],
		[t`Valid from`, time(one.notBefore)],
		[t`Valid until`, time(one.notAfter)],
		[t`Key`, key === null ? t`unknown` : t`${key.type}${curve}, ${key.bits} bits`],
		[t`Signed with`, one.signatureAlgorithm],
		[t`Authority`, one.isAuthority ? t`yes` : null],
		[t`Key usage`, list(one.keyUsage)],
		[t`Extended key usage`, list(one.extendedKeyUsage)],
		[t`Policies`, list(one.policies)],
		[t`Other names`, list(one.names)],
		[t`OCSP`, list(one.ocsp)],
		[t`Revocation lists`, list(one.crls)],
		[t`Issuer's certificate`, list(one.issuers)],
		[t`SHA-256`, one.fingerprint],
	];
	return { facts: rows.filter(([, value]) => value !== null && value !== "") };
}
