import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { RegisteredSources } from "../registered/probes.js";
import type { RegistryView } from "../registry/registry.js";
import { onRetiredCertificate, suspendedByExpiry } from "./findings.js";
import { type Service, services } from "./service.js";
import { isByExpiry, type Standing, standingsIn, tellService } from "./told.js";

/** Client services that can't sign any more, or soon should sign with another certificate. */
const clientServices: Probe<RegisteredSources, "registry" | "now"> = {
	name: "client-services",
	group: "registered",
	kinds: [suspendedByExpiry, onRetiredCertificate],
	needs: ["registry", "now"],
	async *look({ registry, now }) {
		const at = now();
		for (const [row, standing] of await registry.read((view) => withStandings(view, at))) {
			const { name, status, cause, onRetired } = tellService(row, standing);
			const { alias, owner } = standing.certificate;
			const facts = { name, alias, owner };
			if (isByExpiry({ status, cause }) && cause !== null)
				yield found(suspendedByExpiry, { ...facts, cause, lacks: standing.lacks });
			if (onRetired) yield found(onRetiredCertificate, facts);
		}
	},
};

async function withStandings(view: RegistryView, now: Date): Promise<[Service, Standing][]> {
	const standings = standingsIn(view, now);
	const all: [Service, Standing][] = [];
	for await (const chunk of view.records(services, {})) {
		for (const row of chunk) {
			const standing = await standings(row.certificate);
			if (standing !== undefined) all.push([row, standing]);
		}
	}
	return all;
}

export const serviceProbes = [clientServices];
