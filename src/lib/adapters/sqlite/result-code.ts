/** The result code of an error that SQLite raised (`SQLITE_BUSY`), else undefined. */
export function sqliteCode(error: unknown): string | undefined {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	return typeof code === "string" && code.startsWith("SQLITE_") ? code : undefined;
}

/** Whether trying again can help: somebody else holds the lock for a moment. */
export function isBusy(error: unknown): boolean {
	const code = sqliteCode(error);
	return code !== undefined && (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"));
}
