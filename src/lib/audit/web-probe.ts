import type { RegularEdition } from "../client/machine.js";
import { couldNotTell, type Finding, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import { placeOf, type WebIdsBefore } from "../webid/before.js";
import { webIdMissing, webIdOfProfiles } from "../webid/findings.js";
import type { ListedWebId } from "../webid/list.js";
import { findingsOfRow } from "../webid/probes.js";
import { idNotAllocatedInBrowsers } from "./client-findings.js";
import { webIdsLeft } from "./edition-findings.js";
import { editionOf } from "./edition-probe.js";
import type { AuditSources } from "./probes.js";
import { browsersDisagree, siteNeverSet, webAuditKinds, webIdLost } from "./web-findings.js";

/**
 * What `doctor` finds in browsers, but of what is missing whether it was there before; and what the browsers of one user say
 * together. Memory holds one user's rows.
 */
const browsers: Probe<AuditSources, "registry" | "environment" | "clients" | "regular" | "webIds" | "before"> = {
	name: "audit-web-ids",
	group: "web",
	kinds: [...webIdOfProfiles.filter((kind) => kind !== webIdMissing), ...webAuditKinds, idNotAllocatedInBrowsers],
	needs: ["registry", "environment", "clients", "regular", "webIds", "before"],
	nothing: ["no-sites"],
	async *look({ registry, environment, clients, regular, webIds, before }) {
		const clientIds = new Map(clients.map(({ user, clientId }) => [user, clientId]));
		const { name, firstId, lastId } = environment;
		/** The user each free ID was seen with, by ID. */
		const free = new Map<number, Set<string>>();
		const unallocated = async (user: string, rows: readonly ListedWebId[]) => {
			for (const id of new Set(rows.flatMap(({ webId }) => (webId === null ? [] : [Number(webId)])))) {
				if (!(id >= firstId && id <= lastId)) continue;
				const known = free.get(id);
				const isFree = known !== undefined || (await registry.read((view) => view.isFree(name, id)));
				if (isFree) free.set(id, (known ?? new Set<string>()).add(user));
			}
		};
		for await (const rows of byUser(webIds())) {
			for (const row of rows) {
				for (const finding of findingsOfRow(row, name, clientIds))
					yield finding.kind === webIdMissing && finding.state === "found" ? missing(row, name, before) : finding;
			}
			const [{ user } = { user: null }] = rows;
			if (user === null) continue;
			yield* disagreements(user, rows, name);
			const client = clients.find((one) => one.user === user);
			yield* left(user, rows, name, { edition: editionOf(client), regular: regular.get(user) });
			await unallocated(user, rows);
		}
		for (const [id, users] of free) {
			const sharers = [...users].map((user) => ({
				user,
				allocatedId: clients.find((one) => one.user === user)?.allocatedId ?? null,
			}));
			yield found(idNotAllocatedInBrowsers, { environment: name, id, sharers });
		}
	},
};

/** A user's browsers come one after the other. */
async function* byUser(rows: AsyncIterable<ListedWebId>): AsyncGenerator<ListedWebId[]> {
	let own: ListedWebId[] = [];
	for await (const row of rows) {
		if (own.length > 0 && own[0]?.user !== row.user) {
			yield own;
			own = [];
		}
		own.push(row);
	}
	if (own.length > 0) yield own;
}

function missing(row: ListedWebId, environment: string, before: WebIdsBefore): Finding {
	const facts = { ...row, environment };
	const had = before.get(placeOf(row));
	return had === undefined ? found(siteNeverSet, facts) : found(webIdLost, { ...facts, had });
}

function* disagreements(user: string, rows: readonly ListedWebId[], environment: string): Generator<Finding> {
	const set = rows.filter(({ webId, site }) => webId !== null && site !== null);
	for (const [site, own] of Map.groupBy(set, (row) => row.site as string)) {
		if (new Set(own.map(({ webId }) => webId)).size < 2) continue;
		const values = own.map(({ browser, profile, webId }) => ({ browser, profile, webId: webId ?? "" }));
		const [{ expectedId } = { expectedId: null }] = own;
		yield found(browsersDisagree, { environment, user, site, expectedId, values });
	}
}

/** Where the regular edition is used, each web ID makes it ask for an ID. */
function* left(
	user: string,
	rows: readonly ListedWebId[],
	environment: string,
	{ edition, regular }: { edition: ReturnType<typeof editionOf>; regular: Known<RegularEdition | null> | undefined },
): Generator<Finding> {
	const sites = [...new Set(rows.flatMap(({ webId, site }) => (webId === null || site === null ? [] : [site])))];
	if (edition === "server" || regular === undefined || sites.length === 0) return;
	const facts = { environment, user, sites, key: "CFM_ID" } as const;
	if (!regular.known) yield couldNotTell(webIdsLeft, facts, regular.why);
	else if (!regular.value?.program) return;
	else if (edition === "regular") yield found(webIdsLeft, facts);
	else yield couldNotTell(webIdsLeft, facts, t`can't determine which edition ${user} uses`);
}

export const webAuditProbes = [browsers];
