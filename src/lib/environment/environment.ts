import type { Domain } from "../account/domains.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/port.js";
import { settingDefinitions } from "../settings/settings.js";
import { quoted } from "../shell-words.js";
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

/**
 * A command line for a hint, so that it acts on this environment when it is copied.
 *
 * Left out is only the name that cfm has for the environment itself: what a user's own setting names is not the domain's
 * to know, and a hint is read on other machines and by other users too. Who has named another environment for good and
 * asks for `default` by its flag must repeat the flag.
 *
 * @param name undefined where none was asked for
 */
export function inEnvironment(line: string, name: string | undefined): string {
	return name === undefined || name.toLowerCase() === settingDefinitions.environment.fallback
		? line
		: `${line} --environment ${quoted(name)}`;
}

/** @throws CfmError not-found `no-environment` */
export async function requireEnvironment(view: RegistryView, name: string): Promise<Environment> {
	const environment = await view.environment(name);
	if (environment !== undefined) return environment;
	throw new CfmError("not-found", "no-environment", t`There is no environment ${name}.`, {
		hints: ["cfm environments list", `cfm environments add ${name}`],
		data: { environment: name },
	});
}
