import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { isBusy, sqliteCode } from "../sqlite/result-code.js";

/**
 * What a statement ran into, said at once: rows that stream meet damage long after the call that opened them. A store that
 * is busy, and a rule of a table that does not hold, are for whoever asked to decide.
 */
export function explainStatement(error: unknown, location: string): unknown {
	return isBusy(error) || sqliteCode(error)?.startsWith("SQLITE_CONSTRAINT") ? error : explain(error, location);
}

/** Says in the tool's words what SQLite or the file system ran into; errors of ours and of nobody's pass through. */
export function explain(error: unknown, location: string): unknown {
	const code = sqliteCode(error);
	// What was stored as JSON is none any more.
	if (error instanceof SyntaxError) return damaged(location, error);
	if (code === undefined) return explainFile(error, location);
	const options = { data: { registry: location, sqlite: code }, cause: error };
	if (isBusy(error)) {
		return new CfmError("busy", "registry-busy", t`The registry ${location} is busy: another cfm is using it.`, {
			...options,
			hints: [t`Try again in a moment.`],
		});
	}
	// A damaged length can ask for more memory than there is.
	if (code === "SQLITE_FULL" || code === "SQLITE_NOMEM" || code.startsWith("SQLITE_IOERR")) {
		const full = code === "SQLITE_FULL" || /WRITE|FSYNC|TRUNCATE|SHMSIZE/.test(code);
		return new CfmError(
			"unavailable",
			full ? "disk-full" : "registry-unreadable",
			full
				? t`The registry ${location} could not be written: the disk is full or failing. Nothing was changed.`
				: t`The registry ${location} could not be read: the disk is failing, or the file is damaged.`,
			{ ...options, hints: full ? [t`Free some space, then run the command again.`] : [] },
		);
	}
	if (/^SQLITE_(READONLY|PERM|AUTH|CANTOPEN)/.test(code)) {
		return new CfmError("denied", "registry-not-writable", t`You may not write the registry ${location}.`, {
			...options,
			hints: [
				t`Run cfm as an administrator.`,
				{ say: t`Or specify another registry:`, line: { again: { registry: { fill: "FILE" } } } },
			],
		});
	}
	// The schema's number was checked: when a table or a column is not there, its page was damaged.
	const isSchemaLost =
		code.startsWith("SQLITE_ERROR") &&
		/^(no such|unknown function)|malformed|unsupported file format/.test((error as Error).message);
	if (isSchemaLost || /^SQLITE_(CORRUPT|NOTADB|FORMAT|TOOBIG)/.test(code)) return damaged(location, error);
	return error;
}

function explainFile(error: unknown, location: string): unknown {
	if (refusalOf(error) === "failed") return error;
	const path = error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : location;
	return fileError(error, path, "write", (refusal, code) => {
		if (refusal === "gone") return ["not-found", "file-not-found", t`The file or folder for ${path} does not exist.`];
		return refusal === "denied" ? ["denied", "file-not-accessible", t`You may not use ${path} (${code}).`] : undefined;
	});
}

/**
 * What stood against a copy of the registry: what could not be read is the registry, what could not be written the copy.
 * SQLite gives no file's name.
 */
export function explainBackup(error: unknown, location: string, copy: string): unknown {
	const code = sqliteCode(error);
	return explain(
		error,
		code !== undefined && /FULL|WRITE|FSYNC|TRUNCATE|CANTOPEN|READONLY/.test(code) ? copy : location,
	);
}

/** The registry's file is not what it was. */
export function damaged(location: string, cause?: unknown): CfmError {
	return new CfmError("unavailable", "registry-damaged", t`The file ${location} is damaged or not a registry.`, {
		hints: [line("registry restore", [{ fill: "BACKUP" }], { registry: location })],
		data: { registry: location },
		cause,
	});
}
