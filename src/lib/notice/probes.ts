import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { RegistryReads } from "../registry/probes.js";
import type { RegistryView } from "../registry/registry.js";
import { noticesNotRun } from "./findings.js";

export interface NoticeSources {
	registry: RegistryReads;
	now: () => Date;
	/** Whether settings say how people are told. */
	tells: boolean;
}

/** A day, and an hour for a job that runs daily and a clock that is put back. */
const mostHours = 25;

/** When notices ran last, on whatever machine; undefined: never. */
async function lastRun(view: RegistryView): Promise<string | undefined> {
	const runs = await view.outbox.runs();
	return runs
		.filter(({ job }) => job === "notify")
		.map(({ at }) => at)
		.sort()
		.at(-1);
}

const runs: Probe<NoticeSources, "registry" | "now" | "tells"> = {
	name: "notices",
	group: "notices",
	kinds: [noticesNotRun],
	needs: ["registry", "now", "tells"],
	async *look({ registry, now, tells }) {
		if (!tells) return;
		const last = await registry.read(lastRun);
		const hours = last === undefined ? null : Math.floor((now().getTime() - Date.parse(last)) / 3_600_000);
		if (hours === null || hours >= mostHours) yield found(noticesNotRun, { hours });
	},
};

export const noticeProbes = [runs];
