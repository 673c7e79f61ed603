import type { ListedClient } from "../client/list.js";
import type { Environment } from "../environment/environment.js";
import { found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { findingOf } from "../finding/verdict.js";
import { readStates, webIdKinds, webIdNotClientId, webIdVerdicts } from "./findings.js";
import type { ListedWebId } from "./list.js";

export interface WebIdSources {
	environment: Environment;
	clients: readonly ListedClient[];
	/** Looks into the browsers, one profile after the other. */
	webIds: () => AsyncIterable<ListedWebId>;
}

const webIds: Probe<WebIdSources> = {
	name: "web-ids",
	group: "web",
	kinds: webIdKinds,
	needs: ["environment", "clients", "webIds"],
	async *look({ environment, clients, webIds }) {
		const clientIds = new Map(clients.map(({ user, clientId }) => [user, clientId]));
		for await (const row of webIds()) {
			const facts = { ...row, environment: environment.name };
			const verdict = findingOf(webIdVerdicts[row.verdict], facts, row.why ?? "");
			if (verdict !== undefined) yield verdict;
			// Why nobody could read it was just said.
			const state = readStates[row.state];
			const reading = typeof state === "object" && "unknown" in state ? undefined : findingOf(state, facts);
			if (reading !== undefined) yield reading;
			const clientId = clientIds.get(row.user ?? "") ?? null;
			if (row.webId !== null && clientId !== null && row.webId !== String(clientId)) {
				yield found(webIdNotClientId, { ...facts, clientId });
			}
		}
	},
};

export const webIdProbes = [webIds];
