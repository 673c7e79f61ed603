import { CfmError } from "../../errors.js";
import type { Stored } from "../../registry/kind.js";
import { t } from "../../text.js";
import type { Row } from "./connection.js";

/** What one column must hold. @throws CfmError unavailable `registry-damaged` where it holds something else */
export type Read<T> = (value: unknown, column: string) => T;

/** Makes a row of what the server tells, column by column; others that it tells are left out. */
export function reading<T extends object>(columns: { readonly [F in keyof T]-?: Read<T[F]> }): (row: Row) => T {
	const fields = Object.entries(columns) as [string, Read<unknown>][];
	return (row) => {
		const made: Row = {};
		for (const [field, read] of fields) made[field] = read(row[field], field);
		return made as T;
	};
}

export const text: Read<string> = (value, column) => (typeof value === "string" ? value : refuse(column));

export const number: Read<number> = (value, column) => (typeof value === "number" ? value : refuse(column));

export const truth: Read<boolean> = (value, column) => (typeof value === "boolean" ? value : refuse(column));

export function orNull<T>(read: Read<T>): Read<T | null> {
	return (value, column) => (value === null ? null : read(value, column));
}

export function oneOf<T extends string>(...words: readonly T[]): Read<T> {
	return (value, column) => words.find((word) => word === value) ?? refuse(column);
}

/** A row of a record kind, which reads its own columns. */
export function stored(row: Row): Record<string, Stored> {
	const made: Record<string, Stored> = {};
	for (const [column, value] of Object.entries(row)) {
		if (value !== null && typeof value !== "string" && typeof value !== "number") refuse(column);
		made[column] = value;
	}
	return made;
}

/** The number that `SELECT count(*) AS n`, or another sum, gives. */
export const counted = ([row]: readonly Row[]): number => number(row?.n, "n");

function refuse(column: string): never {
	throw new CfmError(
		"unavailable",
		"registry-damaged",
		t`The server keeps in ${column} what cfm does not: the registry was changed without it.`,
	);
}
