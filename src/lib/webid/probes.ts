import type { ListedClient } from "../client/list.js";
import type { Environment } from "../environment/environment.js";
import { type Finding, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { findingOf } from "../finding/verdict.js";
import type { Browsers } from "./browsers.js";
import {
	readersNotConfined,
	readStates,
	webIdNotClientId,
	webIdNotKept,
	webIdOfProfiles,
	webIdVerdicts,
} from "./findings.js";
import type { ListedWebId } from "./list.js";

export interface WebIdSources {
	/** This machine's, and the processes that look into them. */
	browsers: Pick<Browsers, "lacks">;
	environment: Environment;
	clients: readonly ListedClient[];
	/** Looks into the browsers, one profile after the other. */
	webIds: () => AsyncIterable<ListedWebId>;
}

const webIds: Probe<WebIdSources, "environment" | "clients" | "webIds"> = {
	name: "web-ids",
	group: "web",
	kinds: webIdOfProfiles,
	needs: ["environment", "clients", "webIds"],
	aboutUsers: true,
	nothing: ["no-sites"],
	async *look({ environment, clients, webIds }) {
		const clientIds = new Map(clients.map(({ user, clientId }) => [user, clientId]));
		for await (const row of webIds()) yield* findingsOfRow(row, environment.name, clientIds);
	},
};

/** What one web ID, or its lack, says. @param clientIds by user */
export function* findingsOfRow(
	row: ListedWebId,
	environment: string,
	clientIds: ReadonlyMap<string, number | null>,
): Generator<Finding> {
	const facts = { ...row, environment };
	const verdict = findingOf(webIdVerdicts[row.verdict], facts, row.why ?? "");
	if (verdict !== undefined) yield verdict;
	if (row.forgets !== null && row.verdict !== "not-kept") yield found(webIdNotKept, facts);
	// Why nobody could read it was just said.
	const state = readStates[row.state];
	const reading = typeof state === "object" && "unknown" in state ? undefined : findingOf(state, facts);
	if (reading !== undefined) yield reading;
	const clientId = clientIds.get(row.user ?? "") ?? null;
	if (row.webId !== null && clientId !== null && row.webId !== String(clientId)) {
		yield found(webIdNotClientId, { ...facts, clientId });
	}
}

const readers: Probe<WebIdSources, "browsers"> = {
	name: "browser-readers",
	group: "web",
	kinds: [readersNotConfined],
	needs: ["browsers"],
	async *look({ browsers }) {
		const lacks = await browsers.lacks();
		if (lacks.length > 0) yield found(readersNotConfined, { lacks });
	},
};

export const webIdProbes = [readers, webIds];
