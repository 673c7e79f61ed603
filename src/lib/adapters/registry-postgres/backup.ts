import type { RecordKind } from "../../registry/kind.js";
import { newCopy } from "../registry-sqlite/backup.js";
import { contentTables } from "./schema.js";
import type { PostgresView } from "./view.js";

/** Columns that only a server keeps: who was logged on, and its own time. */
const ofServer = new Set(["recorded_by", "recorded_at"]);

/**
 * Writes all that the view sees to a file, as a backup of a file is: rows as they stand, so that the event log verifies there.
 *
 * @throws CfmError conflict `file-exists`
 */
export async function backup(view: PostgresView, file: string, kinds: readonly RecordKind[]): Promise<void> {
	await newCopy(file, kinds, async (put) => {
		for (const table of contentTables(kinds)) {
			const rows = view.stream(`SELECT * FROM ${table}`, [], undefined, (row) =>
				Object.fromEntries(Object.entries(row).filter(([column]) => !ofServer.has(column))),
			);
			for await (const chunk of rows) put(table, chunk);
		}
	});
}
