import type { MigrateEvent, MoveEvent, RestoreEvent } from "../../registry/registry.js";
import { applyChanges, beginChange, eventHash, flush, giveNewcomer, keepLook } from "./functions-of-changes.js";
import { applyAllocation, environmentNumber, giveId, giveTogether, isTime, takeId } from "./functions-of-ids.js";
import { claimNotices, keepRun, settleMail, takeMail } from "./functions-of-notices.js";
import { giveRole, keepRules, regrant, requireRole } from "./functions-of-operators.js";
import { applyRecord, emptyEnvironment, resizeEnvironment } from "./functions-of-records.js";
import type { ServerFunction } from "./server-function.js";

/** What an event of the whole registry is called: only its owner writes one, and what a registry is read by hangs on it. */
const registryActions = ["restore", "migrate", "registry.leave", "registry.arrive"] satisfies (
	| RestoreEvent
	| MigrateEvent
	| MoveEvent
)["action"][];

const listOf = (name: string, actions: readonly string[]): ServerFunction => ({
	name,
	parameters: "",
	returns: "text[]",
	for: "nobody",
	language: "sql",
	body: `SELECT ARRAY[${actions.map((one) => `'${one}'`).join(", ")}]::text[]`,
});

/** @param allocationActions what an event of an ID may be called */
export function serverFunctions(allocationActions: readonly string[]): readonly ServerFunction[] {
	return [
		...[
			listOf("allocation_actions", allocationActions),
			listOf("registry_actions", registryActions),
			isTime,
			beginChange,
			eventHash,
			environmentNumber,
			takeId,
			giveId,
			applyAllocation,
			giveTogether,
		],
		...[
			giveRole,
			requireRole,
			regrant,
			emptyEnvironment,
			resizeEnvironment,
			applyRecord,
			keepRules,
			applyChanges,
			giveNewcomer,
			flush,
			keepLook,
		],
		...[claimNotices, takeMail, settleMail, keepRun],
	];
}

/** Where functions look for what they name; that of the keeper has no business in the registry. */
export const [searchPath, keeperPath] = ["pg_catalog, cfm, pg_temp", "pg_catalog, pg_temp"] as const;

/** The SQL that makes a function, or puts it in the place of an older one. */
export function functionSql({ name, parameters, returns, body, language, byKeeper }: ServerFunction): string {
	// Those in SQL are called by the others, whose search path is fixed, and are put in their place while they run.
	const kind =
		language === "sql"
			? "LANGUAGE sql STABLE"
			: `LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ${byKeeper ? keeperPath : searchPath}`;
	return `CREATE OR REPLACE FUNCTION cfm.${name}(${parameters}) RETURNS ${returns} ${kind} AS $cfm$${body}$cfm$;`;
}
