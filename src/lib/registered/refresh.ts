import { dayLength } from "../calendar/day.js";
import type { Certificates } from "../certificate/certificates.js";
import type { Fetch } from "../certificate/fetch.js";
import { type VerifyRequest, verifyCertificate } from "../certificate/verify.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { RecordChange, RegistryView } from "../registry/registry.js";
import { plural, t } from "../text.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";
import { requireCertificate } from "./find.js";
import { hasExpired } from "./told.js";

/** What an authority says of one certificate now. */
export interface AskedRevocation {
	number: number;
	alias: string;
	state: "good" | "revoked" | "unknown";
	/** Why it is unknown. */
	why: string | null;
	/** ISO 8601 UTC. */
	revokedAt: string | null;
	reason: string | null;
}

export interface RefreshAnswer {
	certificates: (Omit<AskedRevocation, "number"> & { changed: boolean })[];
	total: number;
	inventoryOnly: true;
}

/** What it takes to ask: whom to believe, and what is at hand. */
export interface AskTools extends Pick<VerifyRequest, "anchors" | "intermediates" | "crls" | "ocsp"> {
	reader: Certificates;
	/** Undefined: offline. */
	fetch: Fetch | undefined;
	now: Date;
}

/** An answer that says the same is written again after so long: each has an event. */
const keptFor = dayLength;

/**
 * The certificates whose revocation can be asked about: those named, else all that are signed with. Of one that has expired
 * authorities tell nothing any more.
 *
 * @throws CfmError not-found `no-such-certificate`
 */
export async function certificatesToAsk(
	view: RegistryView,
	aliases: readonly string[],
	now: Date,
): Promise<RegisteredCertificate[]> {
	const named = await Promise.all(aliases.map((alias) => requireCertificate(view, alias)));
	if (named.length > 0) return named;
	const all: RegisteredCertificate[] = [];
	for await (const chunk of view.records(certificates, { order: "alias" }))
		all.push(...chunk.filter((one) => one.status !== "retired" && !hasExpired(one, now)));
	return all;
}

/** Asks about one certificate, by OCSP and lists. That nobody answered is an answer: unknown. */
export async function askRevocation(
	{ number, alias, der }: RegisteredCertificate,
	{ reader, fetch, now, ...at }: AskTools,
): Promise<AskedRevocation> {
	const unknown = { number, alias, state: "unknown", revokedAt: null, reason: null } as const;
	try {
		const { chain, reasons, revocation } = await verifyCertificate(reader, fetch, {
			...{ certificate: Buffer.from(der, "base64"), ...at, at: now, policies: [], purpose: "any", revocation: "leaf" },
			...{ requirePolicy: false, inhibitPolicyMapping: false, inhibitAnyPolicy: false, allowWeak: false },
			fetchIssuers: fetch !== undefined,
		});
		// Whoever is not believed says nothing, neither good nor bad.
		if (!chain.some(({ isAnchor }) => isAnchor))
			return { ...unknown, why: t`it comes from no authority that is believed here` };
		const said = revocation.filter(({ depth }) => depth === 0);
		const revoked = said.find(({ state }) => state === "revoked");
		if (revoked !== undefined || reasons.some(({ depth, code }) => depth === 0 && code === "revoked")) {
			const { revokedAt = null, reason = null } = revoked ?? {};
			return { number, alias, state: "revoked", why: null, revokedAt, reason };
		}
		if (said.some(({ state }) => state === "good")) return { ...unknown, state: "good", why: null };
		const why = [...new Set(said.map(({ text }) => text))].join("; ");
		return { ...unknown, why: why === "" ? t`nobody was there to ask` : why };
	} catch (error) {
		if (error instanceof CfmError) return { ...unknown, why: error.message.replace(/\.$/, "") };
		throw error;
	}
}

/** `cfm certs refresh`: records what authorities said. What is unknown now leaves what was known. */
export function recordRevocations(
	asked: readonly AskedRevocation[],
	now: Date,
): RegistryOperation<Plan & { answer: RefreshAnswer }, RefreshAnswer> {
	return {
		asked: { certificates: asked.map(({ alias }) => alias) },
		async plan(view) {
			const changes: RecordChange[] = [];
			const told: RefreshAnswer["certificates"] = [];
			for (const { number, ...one } of asked) {
				const before = await view.record(certificates, { number });
				const after = before === undefined ? undefined : afterAsking(before, one, now);
				if (before !== undefined && after !== undefined)
					changes.push(recordChange(certificates, "certificate.refresh", before, after));
				told.push({ ...one, changed: after !== undefined });
			}
			return { answer: { certificates: told, total: told.length, inventoryOnly: true }, changes };
		},
		answer: ({ answer }) => answer,
	};
}

/** The row with what was said; undefined: it says so already, or nothing was said. */
function afterAsking(
	before: RegisteredCertificate,
	{ state, revokedAt, reason }: Omit<AskedRevocation, "number">,
	now: Date,
): RegisteredCertificate | undefined {
	if (state === "unknown") return undefined;
	const isSame = before.revocation === state && before.revokedAt === revokedAt && before.revocationReason === reason;
	const age = now.getTime() - Date.parse(before.revocationSeen ?? "");
	if (isSame && (state === "revoked" || (age >= 0 && age < keptFor))) return undefined;
	return {
		...{ ...before, revocation: state, revocationSeen: now.toISOString() },
		...{ revokedAt, revocationReason: reason },
	};
}

/** Some are revoked, as the command's failure; undefined when none is. */
export function revokedError({ certificates: all }: RefreshAnswer): CfmError | undefined {
	const revoked = all.filter(({ state }) => state === "revoked");
	if (revoked.length === 0) return undefined;
	const message = plural(revoked.length, {
		one: "1 certificate was revoked.",
		other: `${revoked.length} certificates were revoked.`,
	});
	return new CfmError("findings", "certificates-revoked", message, {
		data: { aliases: revoked.map(({ alias }) => alias) },
	});
}
