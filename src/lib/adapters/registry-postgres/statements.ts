import type { Chunks } from "../../registry/registry.js";
import { type Connection, ConnectionLoss, type Row } from "./connection.js";
import { numbered } from "./dialect.js";
import { explain } from "./failures.js";

/** Rows in one chunk of a long list. */
const chunkSize = 1000;

/** Statements of one transaction on a connection. */
export class Statements {
	private cursors = 0;

	constructor(
		protected readonly connection: Connection,
		protected readonly location: string,
		/** Whoever reads after its question was answered cannot ask again: a connection that is lost is told as an error. */
		private readonly options: { tellsLoss: boolean } = { tellsLoss: false },
	) {}

	/** What a long list is read by: a cursor of this transaction, so that memory stays flat. */
	async *stream<T>(
		sql: string,
		values: readonly unknown[],
		limit: number | undefined,
		made: (row: Row) => T,
	): Chunks<T> {
		if (limit !== undefined && limit <= chunkSize) {
			const rows = await this.ask(sql, values);
			if (rows.length > 0) yield rows.map(made);
			return;
		}
		this.cursors += 1;
		const cursor = `list_${this.cursors}`;
		const fetch = () => this.ask(`FETCH ${chunkSize} FROM ${cursor}`);
		const opened = this.ask(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, values);
		let next = fetch();
		try {
			await Promise.all([opened, next]);
			for (;;) {
				const rows = await next;
				const isLast = rows.length < chunkSize;
				if (!isLast) next = fetch();
				if (rows.length > 0) yield rows.map(made);
				if (isLast) return;
			}
		} finally {
			// Where the transaction failed, or the connection is lost, there is nothing to close.
			next.catch(() => {});
			this.ask(`CLOSE ${cursor}`).catch(() => {});
		}
	}

	/** Sends one statement. */
	protected async ask(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
		try {
			return (await this.connection.ask(numbered(sql), values)).rows;
		} catch (error) {
			throw error instanceof ConnectionLoss && !this.options.tellsLoss ? error : explain(error, this.location);
		}
	}

	protected async one(sql: string, values: readonly unknown[] = []): Promise<Row | undefined> {
		return (await this.ask(sql, values))[0];
	}
}
