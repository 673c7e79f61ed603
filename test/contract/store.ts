import { type Installation, installations, listInstallations } from "../../src/lib/client/installation.js";
import { type Environment, environments, listEnvironments } from "../../src/lib/environment/environment.js";
import type { Allocation } from "../../src/lib/id/allocation.js";
import { type RecordKind, recordChange } from "../../src/lib/registry/kind.js";
import type { Look } from "../../src/lib/registry/look.js";
import type { Attribution, Change, Chunks, Registry } from "../../src/lib/registry/registry.js";
import { listSites, type Site, sites } from "../../src/lib/site/site.js";

/** A real, empty store, as one adapter makes it for a test. */
export interface Store {
	registry: Registry;
	/** An empty folder for files of the test. */
	folder: string;
	/** A second connection to the same store. */
	another(): Promise<Registry>;
	/** Opens what `backup` wrote. */
	openCopy(file: string): Promise<Registry>;
	/** Replaces all that the store holds by what `backup` wrote. @param looks what was seen since */
	restore(file: string, looks?: readonly Look[]): Promise<void>;
	/** Changes the stored data behind the tool's back; plain SQL, the tables have the same names everywhere. */
	tamper(sql: string): Promise<void>;
	/** A role of the server that somebody logs in as; not of a store without one. */
	login?: string;
	/** How often something was sent to a server while nothing was on its way; not of a store without one. */
	flights?(): number;
	close(): Promise<void>;
}

/** @param kinds what it keeps, when that is not what the program keeps */
export type OpenStore = (kinds?: readonly RecordKind[]) => Promise<Store>;

export const someday = "2026-03-01T08:00:00.000Z";

export function anEnvironment(own: Partial<Environment> = {}): Environment {
	return {
		name: "default",
		firstId: 1,
		lastId: 20,
		portBase: 24_250,
		portStride: 1,
		portRuleLearnedAt: null,
		quarantineDays: 30,
		domain: null,
		domains: own.domain ? [{ name: own.domain, aliases: [] }] : [],
		note: null,
		...own,
	};
}

export function anAllocation(id: number, own: Partial<Allocation> = {}): Allocation {
	return {
		environment: "default",
		id,
		state: "allocated",
		user: `CORP\\user${id}`,
		sid: null,
		note: null,
		since: someday,
		until: null,
		...own,
	};
}

export const aReservation = (id: number, own: Partial<Allocation> = {}) =>
	anAllocation(id, { state: "reserved", user: null, ...own });

export const aRest = (id: number, until: string, own: Partial<Allocation> = {}) =>
	anAllocation(id, { state: "quarantined", until, ...own });

export function anInstallation(own: Partial<Installation> = {}): Installation {
	return {
		environment: "default",
		user: "CORP\\ana",
		machine: "TS01",
		id: 1,
		outcome: "installed",
		version: "1.2.3",
		path: "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\certifio-manager-se",
		installerSha256: "ab".repeat(32),
		returnCode: 0,
		rebootRequired: false,
		at: someday,
		...own,
	};
}

/** What an environment was and becomes. */
export function environmentChange(before: Environment | null, after: Environment | null): Change {
	const action = before === null ? "add-environment" : after === null ? "remove-environment" : "set-environment";
	return recordChange(environments, action, before, after);
}

/** What an ID was and becomes; null is free. */
export function idChange(before: Allocation | null, after: Allocation | null, note?: string): Change {
	const { environment, id } = (after ?? before) as Allocation;
	const action = after === null ? "free" : before === null ? "allocate" : "release";
	return { of: "allocation", action, environment, id, before, after, ...(note === undefined ? {} : { note }) };
}

export function installationChange(before: Installation | null, after: Installation): Change {
	return recordChange(installations, "install", before, after);
}

let keys = 0;

export function anAttribution(own: Partial<Attribution> = {}): Attribution {
	keys += 1;
	return {
		actor: "CORP\\admin",
		machine: "TS01",
		command: "ids allocate",
		requestKey: `key-${keys}`,
		repeatable: false,
		fingerprint: "",
		...own,
	};
}

/** What a site was and becomes. */
export function siteChange(before: Site | null, after: Site | null): Change {
	return recordChange(sites, after === null ? "remove-site" : "add-site", before, after);
}

export function aSite(origin: string, own: Partial<Site> = {}): Site {
	return { environment: "default", origin, note: null, since: someday, ...own };
}

/** Makes changes in one transaction. */
export async function make(
	registry: Registry,
	changes: readonly Change[],
	attribution = anAttribution(),
): Promise<void> {
	await registry.change(attribution, async (transaction) => {
		await transaction.apply(changes, attribution);
		return {};
	});
}

export async function collect<T>(chunks: Chunks<T>): Promise<T[]> {
	const rows: T[] = [];
	for await (const chunk of chunks) rows.push(...chunk);
	return rows;
}

/** Everything a store holds: two equal answers mean that nothing was changed. */
export function everything(registry: Registry) {
	return registry.read(async (view) => {
		const environments = await listEnvironments(view);
		return {
			environments,
			allocations: await collect(view.allocations({})),
			free: await Promise.all(environments.map(({ name }) => view.lowestFree(name, 1000))),
			installations: await listInstallations(view, {}),
			sites: await listSites(view),
			events: await collect(view.events({})),
		};
	});
}
