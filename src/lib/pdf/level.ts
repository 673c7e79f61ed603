/** How long a signature can be verified, by what the file has for it (ETSI EN 319 142-1). */
export const padesLevels = ["B-B", "B-T", "B-LT", "B-LTA"] as const;
export type PadesLevel = (typeof padesLevels)[number];

/** What a level depends on. */
export interface LevelFacts {
	subFilter: string | null;
	/** Whether the signer's certificate is named in what is signed. */
	namesCertificate: boolean;
	/** Whether a valid timestamp is over the signature: in it, or over the file after it. */
	isTimestamped: boolean;
	/** Whether certificates are in the file's store, and what tells of revocation of the signer's. */
	hasEvidence: boolean;
	/** Whether a valid timestamp is over the file with that store and this signature. */
	isEvidenceTimestamped: boolean;
}

/** The level that a signature has; null: it is not of PAdES. */
export function levelOf(facts: LevelFacts): PadesLevel | null {
	if (facts.subFilter !== "ETSI.CAdES.detached" || !facts.namesCertificate) return null;
	if (!facts.isTimestamped) return "B-B";
	if (!facts.hasEvidence) return "B-T";
	return facts.isEvidenceTimestamped ? "B-LTA" : "B-LT";
}
