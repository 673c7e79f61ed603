import type { Environment } from "../environment/environment.js";
import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { RegistryReads } from "../registry/probes.js";
import { noManagedSite, siteKinds } from "./findings.js";
import { listSites } from "./site.js";

export interface SiteSources {
	registry: RegistryReads;
	environment: Environment;
}

const managed: Probe<SiteSources> = {
	name: "managed-sites",
	group: "web",
	kinds: siteKinds,
	needs: ["registry", "environment"],
	async *look({ registry, environment: { name } }) {
		const sites = await registry.read((view) => listSites(view, name));
		if (sites.length === 0) yield found(noManagedSite, { environment: name });
	},
};

export const siteProbes = [managed];
