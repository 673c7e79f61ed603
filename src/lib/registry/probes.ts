import { CfmError } from "../errors.js";
import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { lastBackup } from "./backup.js";
import { backupOld, noRegistry, registryOnShare, registryProblems } from "./findings.js";
import type { CheckReport, Registry } from "./registry.js";

/** What probes may do with a registry. */
export type RegistryReads = Pick<Registry, "location" | "read" | "check">;

export interface RegistrySources {
	/** Where it is, and what became of opening it. */
	opened: { location: string; registry: Registry | CfmError };
	/** What a look at everything that it keeps said. */
	report: { location: string } & Pick<CheckReport, "problems">;
	/** The registry, as probes share it. */
	registry: RegistryReads;
	now: () => Date;
}

const presence: Probe<RegistrySources, "opened"> = {
	name: "registry",
	group: "registry",
	kinds: [noRegistry, registryOnShare],
	needs: ["opened"],
	async *look({ opened: { location, registry } }) {
		if (!(registry instanceof CfmError)) return;
		if (registry.code === "no-registry") yield found(noRegistry, { registry: location });
		else if (registry.code === "registry-on-network") {
			yield found(registryOnShare, { registry: location, message: registry.message });
		} else throw registry;
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

/** Days after which a backup is old. */
export const mostBackupDays = 7;

const backups: Probe<RegistrySources, "registry" | "now"> = {
	name: "registry-backup",
	group: "registry",
	kinds: [backupOld],
	needs: ["registry", "now"],
	async *look({ registry, now }) {
		const at = now();
		const { last, first } = await registry.read(async (view) => ({
			last: await lastBackup(view, at),
			first: (await Array.fromAsync(view.events({ limit: 1 }))).flat()[0],
		}));
		const days = last?.ageDays ?? Math.floor((at.getTime() - Date.parse(first?.at ?? at.toISOString())) / 86_400_000);
		if (days > mostBackupDays) yield found(backupOld, { registry: registry.location, last: last?.at ?? null, days });
	},
};

export const registryProbes = [presence, content, backups];
