import type { RecordKind } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";

/** A web site whose web IDs are managed. */
export interface Site {
	environment: string;
	/** As browsers write it: `https://host[:port]`, nothing behind. */
	origin: string;
	note: string | null;
	/** When it was added, ISO 8601 UTC. */
	since: string;
}

export const sites: RecordKind<Site, "add-site" | "remove-site"> = {
	name: "site",
	actions: ["add-site", "remove-site"],
	environment: "environment",
	key: ["origin"],
	subject: ({ origin }) => origin,
	about: [],
	called: ({ origin, environment }) => t`site ${origin} of ${environment}`,
	filters: {},
	orders: {},
	table: {
		name: "sites",
		columns: { origin: "origin", note: "note", since: "since" },
		key: ["origin"],
	},
	schema: {
		sqlite: {
			2: `
	CREATE TABLE sites (
		environment INTEGER NOT NULL REFERENCES environments,
		origin      TEXT    NOT NULL,
		note        TEXT,
		since       TEXT    NOT NULL,
		PRIMARY KEY (environment, origin)
	) STRICT, WITHOUT ROWID;
	`,
		},
	},
};

/** The sites of one environment, or of all, by environment and origin. */
export async function listSites(view: RegistryView, environment?: string): Promise<Site[]> {
	return (await Array.fromAsync(view.records(sites, { environment }))).flat();
}
