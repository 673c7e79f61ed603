import type { Secrets } from "../../registry/provider.js";
import { registryMoved } from "../../registry/refusals.js";
import type { Attribution } from "../../registry/registry.js";
import { onServer } from "./create.js";
import { asOwner, recordWhole } from "./owner.js";

/**
 * Tells in the log, and to the functions that change the registry, that it goes on elsewhere. Whoever does it must be a member
 * of the registry's role `admin`.
 */
export async function leavePostgresRegistry(
	location: string,
	to: string,
	attribution: Attribution,
	secrets: Secrets,
): Promise<void> {
	await onServer(location, { readonly: false, secrets }, (connection) =>
		asOwner(connection, async () => {
			const [row] = (await connection.ask("SELECT moved_to FROM registry")).rows;
			if (row?.moved_to === null) {
				const event = { of: "registry", action: "registry.leave", environment: "" } as const;
				const told = { ...event, before: { registry: location }, after: { registry: to } };
				await recordWhole(connection, told, attribution);
				await connection.ask("UPDATE registry SET moved_to = $1", [to]);
			} else if (row?.moved_to !== to) throw registryMoved(String(row?.moved_to));
		}),
	);
}
