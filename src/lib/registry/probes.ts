import { CfmError } from "../errors.js";
import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { noRegistry, registryProblems } from "./findings.js";
import type { CheckReport, Registry } from "./port.js";

/** What probes may do with a registry. */
export type RegistryReads = Pick<Registry, "location" | "read" | "check">;

export interface RegistrySources {
	/** Where it is, and what became of opening it. */
	opened: { location: string; registry: Registry | CfmError };
	/** What a look at everything that it keeps said. */
	report: { location: string } & Pick<CheckReport, "problems">;
}

const presence: Probe<RegistrySources, "opened"> = {
	name: "registry",
	group: "registry",
	kinds: [noRegistry],
	needs: ["opened"],
	async *look({ opened: { location, registry } }) {
		if (!(registry instanceof CfmError)) return;
		if (registry.code !== "no-registry") throw registry;
		yield found(noRegistry, { registry: location });
	},
};

const content: Probe<RegistrySources, "report"> = {
	name: "registry-content",
	group: "registry",
	kinds: Object.values(registryProblems),
	needs: ["report"],
	async *look({ report: { location, problems } }) {
		for (const { code, message } of problems) yield found(registryProblems[code], { registry: location, message });
	},
};

export const registryProbes = [presence, content];
