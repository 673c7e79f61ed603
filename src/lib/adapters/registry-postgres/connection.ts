import type { Secrets } from "../../registry/provider.js";

/** A row as the server tells it: numbers of every size are numbers, JSON is parsed. */
export type Row = Record<string, unknown>;

/** The answer to one statement. */
export interface Answer {
	rows: Row[];
	/** The rows it returned or changed. */
	count: number;
	/** What was done: `COMMIT`; or `ROLLBACK`, where a COMMIT came after a failure. */
	command: string;
}

/** A connection to the server that a registry is on. */
export interface Connection {
	/** Where the registry is, with nothing in it that is secret. */
	readonly location: string;
	/** The server that answered, for messages: `db1.example.com:5432`, or the folder of its socket. */
	readonly host: string;
	/** How often statements were sent while none was on its way: what the distance to the server is paid for. */
	readonly flights: number;
	/**
	 * Sends a statement, at once. Those that are sent before an answer is waited for travel together, and are done one after
	 * the other. A statement that is in a transaction that failed is refused with 25P02.
	 *
	 * @param values of `$1`, `$2` …
	 * @throws ServerRefusal, ConnectionLoss
	 */
	ask(sql: string, values?: readonly unknown[]): Promise<Answer>;
	/** Hears that the connection is lost, once, also while nothing is asked. */
	onLoss(hear: (loss: ConnectionLoss) => void): void;
	/** Waits for what was sent, and never fails. */
	close(): Promise<void>;
}

/** The server refused a statement. */
export class ServerRefusal extends Error {
	constructor(
		message: string,
		/** SQLSTATE: five characters. */
		readonly code: string,
		/** The server, and what it says beside. */
		readonly facts: { host: string; detail?: string | undefined },
	) {
		super(message);
	}
}

/**
 * There is no connection (any more): the server is starting, stopping or gone, the network is silent, none of the hosts takes
 * what was asked. It may be better in a moment. Whether what was sent last was done is not known.
 */
export class ConnectionLoss extends Error {
	constructor(
		/** The host that was asked, or all of them. */
		readonly host: string,
		message: string,
		cause?: unknown,
	) {
		super(message, { cause });
	}
}

/** What a connection is for. */
export interface ConnectionPurpose {
	/** Nothing is to be changed: a standby may answer, where the location allows it. */
	readonly: boolean;
	secrets: Secrets;
}
