import { environmentOf, isSameRow, isSameValue, type RecordKind } from "./kind.js";
import type { RegistryView } from "./registry.js";

/** One record that is another in a backup: as it is now and as it would be after a restore; null where it is not there. */
export interface RecordDifference {
	/** The kind's name: `allocation`, `environment`, `installation`, `site` … */
	kind: string;
	environment: string;
	/** Whom or what it is about, as events say it. */
	subject: string;
	id: number | null;
	before: object | null;
	after: object | null;
}

/** A difference, with the kind that words it. */
export interface FoundDifference extends RecordDifference {
	of: RecordKind;
}

/**
 * Every record of every kind that is another in a backup, or only in one of the two; kind by kind, first those that are now.
 *
 * Each is looked up by its key: the two stores need not sort alike.
 */
export async function differences(
	then: RegistryView,
	now: RegistryView,
	kinds: readonly RecordKind[],
): Promise<FoundDifference[]> {
	const found: FoundDifference[] = [];
	for (const of of kinds) {
		const add = (here: object | null, there: object | null) => {
			const row = (here ?? there) as object;
			const environment = environmentOf(of, row);
			const [subject, id] = [of.subject(row), of.id?.(row) ?? null];
			found.push({ of, kind: of.name, environment, subject, id, before: here, after: there });
		};
		for await (const chunk of now.records(of, {})) {
			for (const row of chunk) {
				const other = await then.record(of, keyOf(of, row));
				if (!isSameRow(other, row)) add(row, other ?? null);
			}
		}
		for await (const chunk of then.records(of, {}))
			for (const row of chunk) if ((await now.record(of, keyOf(of, row))) === undefined) add(null, row);
	}
	return found;
}

/** The fields in which a record differs. */
export function changedFields({ before, after }: RecordDifference): string[] {
	if (before === null || after === null) return [];
	return Object.keys(before).filter(
		(field) => !isSameValue((before as Record<string, unknown>)[field], (after as Record<string, unknown>)[field]),
	);
}

function keyOf(kind: RecordKind, row: object): object {
	const fields = kind.environment === null ? kind.key : [kind.environment, ...kind.key];
	return Object.fromEntries(fields.map((field) => [field, (row as Record<string, unknown>)[field]]));
}
