import { resolve } from "node:path";
import { isoTime } from "../../iso-time.js";
import { registryMoved } from "../../registry/refusals.js";
import type { Attribution } from "../../registry/registry.js";
import { wellFormedAttribution } from "../../registry/well-formed.js";
import { Statements } from "../sqlite/database.js";
import { alone } from "./alone.js";
import { appendEvents, movedTo } from "./append-events.js";
import { whereItIs } from "./connection.js";
import { explain } from "./failures.js";
import { openWhole } from "./migrate.js";
import { patiently } from "./store.js";

/** Tells in the log that the registry goes on elsewhere; from then on `appendEvents` refuses every change. */
export async function leaveSqliteRegistry(file: string, to: string, attribution: Attribution): Promise<void> {
	await alone(whereItIs(resolve(file)), async () => {
		const { database, location } = await openWhole(file);
		try {
			await patiently(() => database.exec("BEGIN IMMEDIATE"), location);
			const statements = new Statements(database);
			const earlier = movedTo(statements);
			if (earlier !== undefined && earlier !== to) throw registryMoved(earlier);
			if (earlier === undefined) {
				const event = { of: "registry", action: "registry.leave", environment: "" } as const;
				const told = { ...event, before: { registry: location }, after: { registry: to } };
				appendEvents(statements, [told], wellFormedAttribution(attribution), isoTime(new Date()));
			}
			database.exec("COMMIT");
		} catch (error) {
			throw explain(error, location);
		} finally {
			if (database.inTransaction) database.exec("ROLLBACK");
			database.close();
		}
	});
}
