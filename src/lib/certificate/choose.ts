import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { CertificateFacts, Certificates } from "./certificates.js";

/** A certificate and what it says. */
export interface Described {
	der: Buffer;
	facts: CertificateFacts;
}

/** How many are named. */
const few = 5;

/** What certificates say; what is none is left out. */
export async function describeAll(reader: Certificates, ders: readonly Buffer[]): Promise<Described[]> {
	const all = await reader.describe([...ders]);
	return ders.flatMap((der, at) => {
		const facts = all[at];
		return facts ? [{ der, facts }] : [];
	});
}

/**
 * The one certificate that somebody means, among those of a file, a store or a token: not an authority's, where there are others.
 *
 * @param fingerprint which one, where there are several; hexadecimal, any case, with or without colons
 * @throws CfmError usage `no-certificate`, `several-certificates`
 */
export async function chooseOne(
	reader: Certificates,
	ders: readonly Buffer[],
	source: string,
	fingerprint?: string,
): Promise<Described> {
	const wanted = fingerprint?.replaceAll(":", "").toLowerCase();
	const found = (await describeAll(reader, ders)).filter(
		({ facts }) => wanted === undefined || facts.fingerprint.toLowerCase() === wanted,
	);
	const leaves = found.filter(({ facts }) => !facts.isAuthority);
	const meant = leaves.length > 0 ? leaves : found;
	const [one, other] = meant;
	if (one === undefined) {
		throw new CfmError("usage", "no-certificate", t`There is no certificate in ${source} that can be read.`, {
			hints: [t`It must be PEM, DER or PKCS#7, or in a store or on a token.`],
			data: { source },
		});
	}
	if (other === undefined) return one;
	throw new CfmError("usage", "several-certificates", t`${source} holds several certificates for signing.`, {
		hints: meant.slice(0, few).map(({ facts }) => ({
			say: t`That of ${facts.subject}:`,
			line: { again: { fingerprint: facts.fingerprint } },
		})),
		data: { source, subjects: meant.map(({ facts }) => facts.subject) },
	});
}
