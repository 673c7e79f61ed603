import type { Socket } from "node:net";
import type { Client } from "pg";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { answersAtAll } from "./answers.js";
import { type Answer, type Connection, ConnectionLoss, ServerRefusal } from "./connection.js";
import { type Endpoint, nameOf, type Target } from "./target.js";

/** Milliseconds that a server has for a farewell: the process has nothing more to say. */
const farewell = 1000;

/** What of the driver's connection its types do not tell. */
interface Wire {
	stream: Socket;
	on(event: "parameterStatus", hear: (status: { parameterName: string; parameterValue: string }) => void): void;
}

/** One connection by the driver. */
export class Session implements Connection {
	readonly host: string;
	flights = 0;
	private under = 0;
	private loss: ConnectionLoss | undefined;
	private readonly listeners: ((loss: ConnectionLoss) => void)[] = [];
	private silence: NodeJS.Timeout | undefined;
	/** What the server said of itself when we logged in. */
	private readonly statuses = new Map<string, string>();
	private readonly wire: Wire;

	/** @param client not connected yet */
	constructor(
		private readonly client: Client,
		readonly location: string,
		private readonly endpoint: Endpoint,
		private readonly patience: Target["patience"],
	) {
		this.host = nameOf(endpoint);
		this.wire = (client as unknown as { connection: Wire }).connection;
		this.wire.on("parameterStatus", ({ parameterName, parameterValue }) =>
			this.statuses.set(parameterName, parameterValue),
		);
		// Without a listener the process would die of it.
		client.on("error", (error) => this.lose(this.lossOf(error)));
		client.on("end", () => this.lose(this.lossOf(undefined)));
	}

	async ask(sql: string, values: readonly unknown[] = []): Promise<Answer> {
		if (this.loss !== undefined) throw this.loss;
		if (this.under === 0) this.flights += 1;
		this.under += 1;
		this.watch();
		try {
			const { rows, rowCount, command } = await this.client.query({ text: sql, values: [...values] });
			return { rows, count: rowCount ?? 0, command };
		} catch (error) {
			throw this.explain(error);
		} finally {
			this.under -= 1;
			this.watch();
		}
	}

	/** Whether nothing can be changed there: on a standby, or where the server's administrator has said so. */
	async isReadonly(): Promise<boolean> {
		const [standby, asks] = ["in_hot_standby", "default_transaction_read_only"].map((name) => this.statuses.get(name));
		if (standby !== undefined && asks !== undefined) return standby === "on" || asks === "on";
		// An older server, or a pooler before it.
		const { rows } = await this.ask(
			"SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on' AS is",
		);
		return rows[0]?.is === true;
	}

	onLoss(hear: (loss: ConnectionLoss) => void): void {
		this.listeners.push(hear);
	}

	async close(): Promise<void> {
		this.listeners.length = 0;
		if (this.loss !== undefined) return this.destroy();
		// That all is on its way is enough: the server needs longer for its own end, and nobody waits for that.
		const { stream } = this.wire;
		const sent = new Promise<void>((resolve) => {
			stream.once("finish", resolve);
			stream.once("close", resolve);
		});
		const limit = setTimeout(() => this.destroy(), farewell + (this.under > 0 ? this.patience : 0));
		this.client.end().catch(() => {});
		await sent;
		clearTimeout(limit);
		stream.unref();
	}

	/** Gives it up as it is. */
	destroy(): void {
		clearTimeout(this.silence);
		this.wire.stream.destroy();
	}

	/**
	 * As long as an answer is waited for: looks whether the server answers anybody. A statement may take as long as it takes,
	 * and a network that has gone silent says nothing of it for a quarter of an hour.
	 */
	private watch(): void {
		clearTimeout(this.silence);
		if (this.under === 0 || this.loss !== undefined) return;
		this.silence = setTimeout(async () => {
			const answers = await answersAtAll(this.endpoint, this.patience);
			if (this.under === 0 || this.loss !== undefined) return;
			if (answers) return this.watch();
			this.lose(new ConnectionLoss(this.host, t`${this.host} does not answer any more`));
			this.destroy();
		}, this.patience);
	}

	private lose(loss: ConnectionLoss): void {
		if (this.loss !== undefined) return;
		this.loss = loss;
		clearTimeout(this.silence);
		for (const hear of this.listeners.splice(0)) hear(loss);
	}

	private explain(error: unknown): unknown {
		if (this.loss !== undefined) return this.loss;
		const { message, detail } = error as Error & { detail?: string };
		const code = codeOf(error);
		// Stopped by an administrator, or by what happened to another process of the server.
		const isRefusal = "severity" in (error as object) && !/^(57P0[123]|08)/.test(code);
		return isRefusal ? new ServerRefusal(message, code, { host: this.host, detail }) : this.lossOf(error);
	}

	private lossOf(cause: unknown): ConnectionLoss {
		const why = codeOf(cause);
		if (why === "57P01" || why === "57P02") return new ConnectionLoss(this.host, t`${this.host} was stopped`, cause);
		return new ConnectionLoss(this.host, t`the connection to ${this.host} was lost`, cause);
	}
}
