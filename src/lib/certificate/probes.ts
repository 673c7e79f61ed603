import { type AnyKind, couldNotTell, type Finding, type FindingKind, found, notHere } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { t } from "../text.js";
import {
	expired,
	expiresSoon,
	issuerMissing,
	notBelieved,
	notReached,
	notValid,
	outOfDate,
	pathKinds,
	revocationKinds,
	revoked,
	rootNotTrusted,
	somethingElse,
	weak,
	wrongUse,
} from "./findings.js";
import type { Reason } from "./reasons.js";
import type { RevocationSaid, RevocationState } from "./revocation.js";
import type { Verdict } from "./verify.js";
import type { Watched } from "./watch.js";

export interface CertificateSources {
	/** Certificates that are looked after, each judged. */
	watched: readonly Watched[];
	now: () => Date;
}

/** Two months: as long as a renewal with identification may take. */
const soonDays = 60;
const day = 86_400_000;

const paths: Probe<CertificateSources, "watched" | "now"> = {
	name: "certificates",
	group: "certificate",
	kinds: pathKinds,
	needs: ["watched", "now"],
	limit: 120,
	async *look({ watched, now }) {
		yield* each(pathKinds, watched, (source, verdict) => aboutPath(source, verdict, now()));
	},
};

const revocation: Probe<CertificateSources, "watched"> = {
	name: "revocation",
	group: "revocation",
	kinds: revocationKinds,
	needs: ["watched"],
	limit: 120,
	async *look({ watched }) {
		yield* each(revocationKinds, watched, aboutRevocation);
	},
};

function* each(
	kinds: readonly AnyKind[],
	watched: readonly Watched[],
	about: (source: string, verdict: Verdict) => Iterable<Finding>,
): Generator<Finding> {
	if (watched.length === 0) {
		for (const kind of kinds) yield notHere(kind, t`no certificate is looked after here (certificates.files)`);
	}
	for (const { source, verdict } of watched) {
		if (verdict.known) yield* about(source, verdict.value);
		else {
			for (const kind of kinds) {
				const sample = kind.sample as object;
				yield couldNotTell(kind as FindingKind<object>, { ...sample, source, subject: source }, verdict.why);
			}
		}
	}
}

/** Reasons that have a kind of their own, or belong to revocation. */
const ownKinds =
	/^(expired|issuer-not-found|issuer-missing|root-not-trusted|self-signed|signature-not-checked|revoked|no-crl|(ocsp|crl)-.*|.*usage-not-signing|weak-.*)$/;

function* aboutPath(source: string, { chain, reasons }: Verdict, now: Date): Generator<Finding> {
	const [own] = chain;
	const about = { source, subject: own?.subject ?? source };
	const coded = (...codes: string[]) => reasons.filter(({ code }) => codes.includes(code));
	const on = own?.notAfter ?? "";
	const days = Math.floor((Date.parse(on) - now.getTime()) / day);
	if (coded("expired").length > 0) yield found(expired, { ...about, on });
	else if (days < soonDays) yield found(expiresSoon, { ...about, on, days });
	yield* untrusted(about, chain, coded("issuer-not-found", "issuer-missing", "root-not-trusted", "self-signed"));
	const says = ({ text }: Reason) => ({ ...about, reason: text });
	for (const one of coded("usage-not-signing", "extended-usage-not-signing")) yield found(wrongUse, says(one));
	for (const one of coded("weak-key", "weak-issuer-key", "weak-hash")) yield found(weak, says(one));
	for (const one of reasons) if (!ownKinds.test(one.code)) yield found(notValid, { ...says(one), code: one.code });
}

/** What is missing may be to be had, or is not trusted at all. */
function* untrusted(
	about: { source: string; subject: string },
	chain: Verdict["chain"],
	reasons: readonly Reason[],
): Generator<Finding> {
	if (reasons.length === 0) return;
	const last = chain.at(-1);
	const address = last?.isSelfIssued ? undefined : last?.issuers[0];
	if (address !== undefined) yield found(issuerMissing, { ...about, address });
	else
		yield found(rootNotTrusted, {
			...about,
			last: last?.isSelfIssued ? last.subject : (last?.issuer ?? about.subject),
		});
}

/** What a source's state is a sign of; what is not here is that the answer can't be trusted. */
const signs: Partial<Record<RevocationState, typeof outOfDate | null>> = {
	good: null,
	revoked: null,
	stale: outOfDate,
	"no-answer": somethingElse,
	...Object.fromEntries(
		(
			[
				...(["timeout", "refused", "unreachable", "endless", "cut", "http-error"] as const),
				...(["try-later", "internal-error", "not-asked"] as const),
			] satisfies RevocationState[]
		).map((state) => [state, notReached]),
	),
};

function* aboutRevocation(source: string, { chain, revocation: said }: Verdict): Generator<Finding> {
	for (const one of said) {
		const about = { source, subject: chain[one.depth]?.subject ?? source };
		if (one.state === "revoked") yield found(revoked, { ...about, at: one.revokedAt, reason: one.reason });
		else yield* failing(about, one);
	}
}

function* failing(
	about: { source: string; subject: string },
	{ state, from, text }: RevocationSaid,
): Generator<Finding> {
	const kind = signs[state] === undefined ? notBelieved : signs[state];
	if (kind !== null) yield found(kind, { ...about, address: from ?? "", why: text });
}

export const certificateProbes = [paths, revocation];
