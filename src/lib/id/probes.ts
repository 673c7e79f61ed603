import type { Environment } from "../environment/environment.js";
import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { RegistryReads } from "../registry/probes.js";
import { idsScarce, isScarce } from "./findings.js";

export interface IdSources {
	registry: RegistryReads;
	environment: Environment;
}

const range: Probe<IdSources> = {
	name: "ids",
	group: "ids",
	kinds: [idsScarce],
	needs: ["registry", "environment"],
	async *look({ registry, environment: { name, firstId, lastId } }) {
		const free = await registry.read(async (view) => (await view.free(name)).count);
		const all = lastId - firstId + 1;
		if (isScarce(free, all)) yield found(idsScarce, { environment: name, free, all });
	},
};

export const idProbes = [range];
