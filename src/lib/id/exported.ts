/** What a row of our export holds, and `ids list --json`. */
const fields = ["user", "id", "port", "state", "environment", "since", "until", "note", "sid"] as const;

/** What tells such a row from anybody else's. */
const telling = ["user", "id", "port", "state", "environment", "since", "sid"] as const;

type Row = Record<string, string | number | null | undefined>;

/**
 * The rows of JSON that `ids export --format json` wrote, or that are in the answer of `ids export --json` and
 * `ids list --json`.
 *
 * @returns the columns and each row's cells, with nothing for null; undefined for any other JSON
 */
export function rowsOfExport(value: unknown): { columns: string[]; rows: Record<string, string>[] } | undefined {
	const list = Array.isArray(value) ? value : allocationsIn(value);
	if (list === undefined || !list.every(isRow)) return undefined;
	const rows = list.map((row) => Object.fromEntries(fields.map((field) => [field, cellOf(row[field])])));
	return { columns: [...fields], rows };
}

function allocationsIn(value: unknown): unknown[] | undefined {
	const list = isObject(value) && isObject(value.result) ? value.result.allocations : undefined;
	return Array.isArray(list) ? list : undefined;
}

function isRow(value: unknown): value is Row {
	if (!isObject(value) || !telling.every((field) => Object.hasOwn(value, field))) return false;
	return fields.every((field) => value[field] == null || ["string", "number"].includes(typeof value[field]));
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON can spell half a character, which no other text of ours may have. */
function cellOf(value: Row[string]): string {
	return value == null ? "" : String(value).toWellFormed();
}
