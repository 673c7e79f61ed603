import { CfmError } from "../errors.js";
import type { Environment, RegistryView } from "../registry/port.js";
import { t } from "../text.js";

/** The environment's port rule applied to an ID. */
export function portOf(environment: Pick<Environment, "portBase" | "portStride">, id: number): number {
	return environment.portBase + environment.portStride * id;
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
