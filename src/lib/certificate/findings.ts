import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { plural, t } from "../text.js";

/** A certificate that is looked at: where it is, and whose it is. */
interface OfCertificate {
	/** A file, or a store of Windows. */
	source: string;
	subject: string;
}

const anas: OfCertificate = { source: "C:\\ProgramData\\cfm\\ana.pem", subject: "CN=Ana Silva,O=Example" };

/** Shows all that is known of it; what is in a store of Windows has no file to name. */
const look = ({ source }: OfCertificate) =>
	/^(user|machine)\//.test(source) ? [line("certs inspect", [], { store: source })] : [line("certs verify", [source])];

export const expired: FindingKind<OfCertificate & { on: string }> = {
	id: "CFM-CERT-001",
	severity: "error",
	title: () => t`A certificate has expired`,
	text: ({ subject, on }) => t`${subject} expired on ${on.slice(0, 10)}: nobody can sign with it`,
	remedies: look,
	sample: { ...anas, on: "2026-01-01T00:00:00.000Z" },
};

export const expiresSoon: FindingKind<OfCertificate & { on: string; days: number }> = {
	id: "CFM-CERT-002",
	severity: "warning",
	title: () => t`A certificate expires soon`,
	text: ({ subject, days }) =>
		plural(days, { one: `${subject} expires in 1 day`, other: `${subject} expires in ${days} days` }),
	remedies: look,
	sample: { ...anas, on: "2026-02-01T00:00:00.000Z", days: 17 },
};

export const issuerMissing: FindingKind<OfCertificate & { address: string }> = {
	id: "CFM-CERT-003",
	severity: "warning",
	title: () => t`The certificate of an authority is missing, and can be fetched`,
	text: ({ subject, address }) => t`${subject}: its issuer's certificate is not here; it is at ${address}`,
	remedies: look,
	sample: { ...anas, address: "http://ca.example.com/issuer.cer" },
};

export const rootNotTrusted: FindingKind<OfCertificate & { last: string }> = {
	id: "CFM-CERT-004",
	severity: "error",
	title: () => t`This machine does not trust the authority of a certificate`,
	text: ({ subject, last }) => t`${subject}: its path ends at ${last}, which is not trusted here`,
	remedies: look,
	sample: { ...anas, last: "CN=Example Root Authority" },
};

export const wrongUse: FindingKind<OfCertificate & { reason: string }> = {
	id: "CFM-CERT-005",
	severity: "warning",
	title: () => t`A certificate is not meant for signing documents`,
	text: ({ subject, reason }) => t`${subject}: ${reason}`,
	remedies: look,
	sample: { ...anas, reason: "its key may not sign, only: keyEncipherment" },
};

export const weak: FindingKind<OfCertificate & { reason: string }> = {
	id: "CFM-CERT-006",
	severity: "warning",
	title: () => t`A certificate is too weak`,
	text: ({ subject, reason }) => t`${subject}: ${reason}`,
	remedies: look,
	sample: { ...anas, reason: "its key is too weak" },
};

export const notValid: FindingKind<OfCertificate & { reason: string; code: string }> = {
	id: "CFM-CERT-007",
	severity: "error",
	title: () => t`A certificate is not valid`,
	text: ({ subject, reason }) => t`${subject}: ${reason}`,
	remedies: look,
	sample: { ...anas, reason: "its signature is wrong", code: "bad-signature" },
};

export const revoked: FindingKind<OfCertificate & { at: string | null; reason: string | null }> = {
	id: "CFM-REV-001",
	severity: "error",
	title: () => t`A certificate was revoked`,
	text({ subject, at, reason }) {
		if (at === null) return t`${subject} was revoked`;
		const day = at.slice(0, 10);
		return reason === null ? t`${subject} was revoked on ${day}` : t`${subject} was revoked on ${day}: ${reason}`;
	},
	remedies: look,
	sample: { ...anas, at: "2026-01-01T00:00:00.000Z", reason: "keyCompromise" },
};

/** A source of revocation that said nothing that can be used. */
interface OfSource extends OfCertificate {
	address: string;
	why: string;
}

const source: OfSource = { ...anas, address: "http://ocsp.example.com", why: "the answer is out of date" };
const sayWhy = ({ subject, address, why }: OfSource) => t`${subject}: ${address}: ${why}`;

export const outOfDate: FindingKind<OfSource> = {
	id: "CFM-REV-002",
	severity: "warning",
	title: () => t`What an authority says of revocation is out of date`,
	text: sayWhy,
	remedies: look,
	sample: source,
};

export const notReached: FindingKind<OfSource> = {
	id: "CFM-REV-003",
	severity: "warning",
	title: () => t`A server that tells of revocation gives no answer`,
	text: sayWhy,
	remedies: look,
	sample: { ...source, why: "the server refuses connections" },
};

export const somethingElse: FindingKind<OfSource> = {
	id: "CFM-REV-004",
	severity: "warning",
	title: () => t`Something else answers for a server that tells of revocation`,
	text: sayWhy,
	remedies: look,
	sample: { ...source, why: "what came is something else, such as the page of a proxy" },
};

export const notBelieved: FindingKind<OfSource> = {
	id: "CFM-REV-005",
	severity: "error",
	title: () => t`An answer about revocation can't be trusted`,
	text: sayWhy,
	remedies: look,
	sample: { ...source, why: "the answer is not signed by anybody who may give it" },
};

export const pathKinds: readonly AnyKind[] = [
	...[expired, expiresSoon, issuerMissing, rootNotTrusted, wrongUse, weak, notValid],
];

export const revocationKinds: readonly AnyKind[] = [revoked, outOfDate, notReached, somethingElse, notBelieved];

export const certificateKinds: readonly AnyKind[] = [...pathKinds, ...revocationKinds];
