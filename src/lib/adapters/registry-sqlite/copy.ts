import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type Hint, line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import type { RecordKind } from "../../registry/kind.js";
import type { CheckReport, Registry } from "../../registry/registry.js";
import { t } from "../../text.js";
import { readRegularFile } from "../files/trusted-file.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { explain } from "./failures.js";
import { inMemory } from "./in-memory.js";
import { tools } from "./open.js";
import { migrate } from "./schema.js";
import { isOlder, prepare, SqliteRegistry } from "./store.js";

/** A backup in memory: what is looked at and what is restored are the bytes that were read once. */
export class SqliteCopy extends SqliteRegistry {
	constructor(
		readonly content: SqlDatabase,
		location: string,
	) {
		super(content, location, tools, { isCopy: true });
	}

	override async check(kinds: readonly RecordKind[]): Promise<CheckReport> {
		return super.check(kinds).catch((error) => Promise.reject(anotherBackup(error)));
	}
}

/** The copy that `openCopy` opened. */
export function contentOf(copy: Registry): SqlDatabase {
	if (copy instanceof SqliteCopy) return copy.content;
	throw new TypeError("not a copy that openCopy opened");
}

/**
 * Opens a backup in memory, to look at it and to restore it: the file itself is neither locked nor changed.
 *
 * @throws CfmError not-found `file-not-found`; usage `not-a-file`; denied `open-to-others`; unavailable `registry-damaged`,
 *   `not-a-registry`; conflict `registry-newer`, `backup-in-use`
 */
export async function openCopy(file: string): Promise<SqliteCopy> {
	const location = resolve(file);
	const hints = distrusted(location);
	const bytes = readRegularFile(location, { trusted: { hints } });
	if (process.platform === "win32")
		await (await import("../windows/trusted-folder.js")).refuseFileOfOthers(location, hints);
	refuseLive(location);
	try {
		const database = inMemory(await driver(), bytes, location, { readonly: false });
		if (isOlder(database)) migrate(database);
		prepare(database, location, { readonly: true });
		return new SqliteCopy(database, location);
	} catch (error) {
		throw anotherBackup(explain(error, location));
	}
}

/** A log of changes beside it belongs to it: without them it is older than it seems, and IDs would be given again. */
function refuseLive(location: string): void {
	const log = `${location}-wal`;
	if (!existsSync(log) || statSync(log).size === 0) return;
	throw new CfmError(
		"conflict",
		"backup-in-use",
		t`${location} is a registry in use, not a backup: changes are in ${log}.`,
		{
			hints: [
				{
					say: t`Make a backup of it, then use that:`,
					line: line("registry backup", [{ fill: "FILE" }], { registry: location }),
				},
			],
			data: { path: location },
		},
	);
}

function distrusted(location: string): Hint[] {
	return [
		process.platform === "win32"
			? t`Check where ${location} comes from. If you trust it, copy it to a folder that only administrators can write, and use the copy.`
			: t`Check where ${location} comes from. If you trust it, copy it to where only root can write (install -m 600 FILE /root/), and use the copy.`,
	];
}

/** Whoever meets a damaged backup needs another one, not a restore of this one. */
function anotherBackup(error: unknown): unknown {
	if (!(error instanceof CfmError) || error.kind !== "unavailable") return error;
	const { code, message, data } = error;
	return new CfmError("unavailable", code, message, { hints: [t`Use another backup.`], data, cause: error });
}
