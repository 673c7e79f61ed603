import { dayLength } from "../calendar/day.js";
import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { RegistryReads } from "../registry/probes.js";
import type { RegistryView } from "../registry/registry.js";
import { type Access, accesses } from "./access.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";
import { accessExpiring, accessOver, certificateExpired, certificateExpiring, certificateRevoked } from "./findings.js";
import { canBeSignedWith, tellAccess, tellCertificate } from "./told.js";

export interface RegisteredSources {
	registry: RegistryReads;
	now: () => Date;
}

/** Operators hear of access from a week before it expires, or at nine tenths of its signatures, as the vendor tells them. */
const [accessNotice, accessShare] = [7 * dayLength, 0.9];

/** What is signed with runs out: certificates, and the access to them. A retired one is nobody's concern. */
const register: Probe<RegisteredSources, "registry" | "now"> = {
	name: "registered-certificates",
	group: "registered",
	kinds: [certificateExpiring, certificateExpired, accessExpiring, accessOver, certificateRevoked],
	needs: ["registry", "now"],
	async *look({ registry, now }) {
		const at = now();
		const { rows, granted } = await registry.read(inUse);
		for (const row of rows) {
			const { alias, owner, notAfter, validity, daysLeft, revokedAt, revocationReason } = tellCertificate(row, at);
			const facts = { alias, owner, notAfter, daysLeft: daysLeft ?? 0 };
			if (validity === "revoked")
				yield found(certificateRevoked, { alias, owner, revokedAt, reason: revocationReason });
			if (validity === "expired") yield found(certificateExpired, facts);
			if (validity === "expiring") yield found(certificateExpiring, facts);
			const last = granted.get(row.number);
			if (last === undefined || !canBeSignedWith(row, at)) continue;
			const { state, expiresAt, zone, used, allowance, ...told } = tellAccess(last, at);
			const access = { alias, owner, expiresAt, zone, daysLeft: told.daysLeft, used, allowance, state };
			if (state !== "valid") yield found(accessOver, access);
			else if (Date.parse(expiresAt) <= at.getTime() + accessNotice || used >= allowance * accessShare)
				yield found(accessExpiring, access);
		}
	},
};

/** Certificates that were not retired, and the last grant of access to each. */
async function inUse(view: RegistryView): Promise<{ rows: RegisteredCertificate[]; granted: Map<number, Access> }> {
	const rows: RegisteredCertificate[] = [];
	for await (const chunk of view.records(certificates, { bare: true }))
		rows.push(...chunk.filter(({ status }) => status !== "retired"));
	const granted = new Map<number, Access>();
	// In the order of their keys: the last generation comes last.
	for await (const chunk of view.records(accesses, {})) for (const one of chunk) granted.set(one.certificate, one);
	return { rows, granted };
}

export const registeredProbes = [register];
