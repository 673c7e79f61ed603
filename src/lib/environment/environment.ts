import { asLogged, type Domain, needsTelling } from "../account/domains.js";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { RecordKind } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";

/** A shared server or farm inside which IDs must be distinct. */
export interface Environment {
	name: string;
	/** The ID range, both ends included. */
	firstId: number;
	lastId: number;
	/** The port rule: port = portBase + portStride × ID. */
	portBase: number;
	portStride: number;
	/** When the port rule was learned from running clients, ISO 8601 UTC; null for one that was configured. */
	portRuleLearnedAt: string | null;
	/** Days a released ID rests before it can be given to somebody else. */
	quarantineDays: number;
	/** The domain that users written without one belong to, the first of `domains`; null when none was said. */
	domain: string | null;
	/** Its users' domains, with the other names they go by. */
	domains: readonly Domain[];
	note: string | null;
}

/** The highest ID any environment may have: far above every port, far below where numbers lose precision. */
export const highestId = 2_147_483_647;

export const environments: RecordKind<Environment, "add-environment" | "set-environment" | "remove-environment"> = {
	name: "environment",
	actions: ["add-environment", "set-environment", "remove-environment"],
	changedBy: "admin",
	environment: "name",
	key: ["name"],
	subject: ({ name }) => name,
	about: [],
	called: ({ name }) => t`environment ${name}`,
	filters: {},
	orders: {},
	table: {
		name: "environments",
		columns: {
			name: { column: "name", as: "name" },
			firstId: "first_id",
			lastId: "last_id",
			portBase: "port_base",
			portStride: "port_stride",
			portRuleLearnedAt: { column: "at", table: "learned_port_rules" },
			quarantineDays: "quarantine_days",
			domain: "domain",
			domains: { column: "names", table: "domains", as: "json" },
			note: "note",
		},
		key: ["name"],
		// One domain without other names has no row: `domain` says it all.
		codec: {
			read: (row) => ({
				...row,
				domains: row.domains ?? (row.domain === null ? [] : [{ name: row.domain, aliases: [] }]),
			}),
			write: (row) => (needsTelling(row.domains) ? row : { ...row, domains: null }),
		},
	},
	logged: asLogged,
	schema: {
		sqlite: {
			1: `
	CREATE TABLE environments (
		environment    INTEGER PRIMARY KEY,
		name           TEXT    NOT NULL COLLATE NOCASE UNIQUE,
		first_id       INTEGER NOT NULL CHECK (first_id >= 0),
		last_id        INTEGER NOT NULL CHECK (last_id >= first_id),
		port_base      INTEGER NOT NULL,
		port_stride    INTEGER NOT NULL,
		quarantine_days REAL   NOT NULL CHECK (quarantine_days >= 0),
		domain         TEXT,
		note           TEXT
	) STRICT;
	`,
			2: `
	CREATE TABLE learned_port_rules (
		environment INTEGER PRIMARY KEY REFERENCES environments,
		at          TEXT    NOT NULL
	) STRICT;
	`,
			4: `
	CREATE TABLE domains (
		environment INTEGER PRIMARY KEY REFERENCES environments,
		names       TEXT    NOT NULL CHECK (json_valid(names))
	) STRICT;
	`,
		},
	},
};

/** All environments, by name. */
export async function listEnvironments(view: RegistryView): Promise<Environment[]> {
	return (await Array.fromAsync(view.records(environments, {}))).flat();
}

/** The environment's port rule applied to an ID. */
export function portOf(environment: Pick<Environment, "portBase" | "portStride">, id: number): number {
	return environment.portBase + environment.portStride * id;
}

/** The ID whose port this is by the environment's rule; undefined when none of its IDs has it. */
export function idOfPort(
	{ portBase, portStride, firstId, lastId }: Pick<Environment, "portBase" | "portStride" | "firstId" | "lastId">,
	port: number,
): number | undefined {
	const id = portStride === 0 && port === portBase ? firstId : (port - portBase) / portStride;
	return Number.isInteger(id) && id >= firstId && id <= lastId ? id : undefined;
}

/** @throws CfmError not-found `no-environment` */
export async function requireEnvironment(view: RegistryView, name: string): Promise<Environment> {
	const environment = await view.environment(name);
	if (environment !== undefined) return environment;
	// Loaded when one was misspelled: commands in loops start without it.
	const { nearEnvironment } = await import("./near.js");
	const names = (await listEnvironments(view)).map((one) => one.name);
	const near = nearEnvironment(names, name);
	throw new CfmError("not-found", "no-environment", t`There is no environment ${name}.`, {
		hints: [
			...(near === undefined ? [] : [t`Did you mean ${near}?`]),
			line("environments list"),
			...(near === undefined ? [line("environments add", [name])] : []),
		],
		data: { environment: name },
	});
}
