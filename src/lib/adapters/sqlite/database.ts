/** A prepared statement, as much of it as the registry uses (better-sqlite3's own shape). */
export interface SqlStatement {
	get(...parameters: unknown[]): unknown;
	all(...parameters: unknown[]): unknown[];
	run(...parameters: unknown[]): { changes: number };
	iterate(...parameters: unknown[]): IterableIterator<unknown>;
}

/** An open SQLite connection. The adapter that opens it is the only importer of the library. */
export interface SqlDatabase {
	prepare(sql: string): SqlStatement;
	exec(sql: string): void;
	pragma(text: string, options?: { simple?: boolean }): unknown;
	close(): void;
	readonly inTransaction: boolean;
}

/**
 * A statement per SQL text, prepared on first use.
 *
 * Texts compare with `+?`, not `?`: better-sqlite3's SQLite is built with STAT4, and prepares a statement anew at every
 * run when the planner looked at a bare parameter (5 to 17 us each time, ten times what the look-up itself takes).
 */
export class Statements {
	private readonly prepared = new Map<string, SqlStatement>();

	/** @param explained what is thrown for an error that a statement ended with */
	constructor(
		readonly database: SqlDatabase,
		readonly explained: (error: unknown) => unknown = (error) => error,
	) {}

	sql(text: string): SqlStatement {
		let statement = this.prepared.get(text);
		if (statement === undefined) {
			statement = this.explaining(text);
			this.prepared.set(text, statement);
		}
		return statement;
	}

	private explaining(text: string): SqlStatement {
		const { explained } = this;
		const tried = <T>(work: () => T): T => {
			try {
				return work();
			} catch (error) {
				throw explained(error);
			}
		};
		const own = tried(() => this.database.prepare(text));
		return {
			get: (...parameters) => tried(() => own.get(...parameters)),
			all: (...parameters) => tried(() => own.all(...parameters)),
			run: (...parameters) => tried(() => own.run(...parameters)),
			*iterate(...parameters) {
				try {
					yield* own.iterate(...parameters);
				} catch (error) {
					throw explained(error);
				}
			},
		};
	}
}
