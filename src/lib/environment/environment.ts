import { CfmError } from "../errors.js";
import type { Environment, RegistryView } from "../registry/port.js";
import { t } from "../text.js";

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
	throw new CfmError("not-found", "no-environment", t`There is no environment ${name}.`, {
		hints: ["cfm environments list", `cfm environments add ${name}`],
		data: { environment: name },
	});
}
