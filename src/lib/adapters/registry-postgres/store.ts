import { keysOf } from "../../account/account.js";
import { environments } from "../../environment/environment.js";
import { CfmError } from "../../errors.js";
import type { Allocation } from "../../id/allocation.js";
import { isoTime } from "../../iso-time.js";
import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Look } from "../../registry/look.js";
import type { Claim, Outbox, TakenMail } from "../../registry/outbox.js";
import { registryMoved, wrongSchema } from "../../registry/refusals.js";
import type {
	Attribution,
	CheckReport,
	Given,
	Newcomer,
	Registry,
	RegistryInfo,
	RegistryTransaction,
	RegistryView,
	ServerStanding,
} from "../../registry/registry.js";
import { answerKept, answerToKeep, type StoredAnswer } from "../../registry/stored-answer.js";
import { wellFormedAttribution } from "../../registry/well-formed.js";
import { t } from "../../text.js";
import type { Connection } from "./connection.js";
import { ConnectionLoss } from "./connection.js";
import { numbered, postgres, sqlOf } from "./dialect.js";
import { explain, inDoubt } from "./failures.js";
import { putLook } from "./looks.js";
import { patiently } from "./patience.js";
import { stored } from "./read-rows.js";
import { toAnswer } from "./stored-rows.js";
import { PostgresTransaction } from "./transaction.js";
import { environmentRows, PostgresView } from "./view.js";

/** Environments that are read with the lock; whoever has more asks for the one that is meant. */
const readAhead = 20;

/** What `begin_change` answers. */
interface Begun {
	seq: number;
	schema: number;
	movedTo: string | null;
	answer: StoredAnswer | null;
}

/** Connects to the registry's server, and finds a registry there that this program can use. */
export interface Line {
	readonly location: string;
	/** @throws ConnectionLoss, CfmError */
	connect(): Promise<{ connection: Connection; movedTo: string | null; standing?: ServerStanding | undefined }>;
}

/** What a store can do beside reading and changing rows. */
export interface StoreTools {
	info(connection: Connection, location: string): Promise<RegistryInfo>;
	check(connection: Connection, view: PostgresView, kinds: readonly RecordKind[]): Promise<CheckReport>;
	/** Writes a copy of what the view sees to a file. */
	backup(view: PostgresView, file: string): Promise<void>;
}

/** The registry on a PostgreSQL server. */
export class PostgresRegistry implements Registry {
	private connection: Connection | undefined;
	private movedTo: string | null = null;
	private isClosed = false;
	standing: ServerStanding | undefined;

	constructor(
		private readonly line: Line,
		private readonly tools: StoreTools,
	) {}

	get location(): string {
		return this.line.location;
	}

	get doubt(): CfmError | undefined {
		return this.movedTo === null ? undefined : registryMoved(this.movedTo);
	}

	/** How often something was sent while nothing was on its way. */
	get flights(): number {
		return this.connection?.flights ?? 0;
	}

	/** Connects, with patience; to be called first. */
	async open(): Promise<this> {
		await patiently(() => this.connected(), this.location);
		return this;
	}

	async read<T>(work: (view: RegistryView) => Promise<T>): Promise<T> {
		return patiently(async () => {
			const connection = await this.connected();
			const begun = beginReading(connection);
			begun.catch(() => {});
			try {
				return await work(new PostgresView(connection, this.location));
			} finally {
				await begun.catch(() => {});
				connection.ask("COMMIT").catch(() => {});
			}
		}, this.location);
	}

	async snapshot(): Promise<RegistryView> {
		return patiently(async () => {
			const connection = await this.connected();
			// BEGIN alone sees nothing yet: the first look does.
			await Promise.all([beginReading(connection), connection.ask("SELECT FROM registry")]);
			return new PostgresView(connection, this.location, { tellsLoss: true });
		}, this.location);
	}

	async change<T>(attribution: Attribution, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
		/** A commit was sent and nothing came back. */
		let doubt: { loss: ConnectionLoss; first: number; answer: T } | undefined;
		try {
			return await patiently(async () => {
				const connection = await this.connected();
				try {
					const { transaction, begun } = await this.begin(connection, attribution);
					const earlier = this.keptAnswer(begun.answer, attribution);
					if (earlier !== undefined) {
						connection.ask("ROLLBACK").catch(() => {});
						return earlier.answer as T;
					}
					if (doubt !== undefined && (await isWritten(connection, doubt.first, attribution))) {
						// What is there may not be on the disk yet, nor on the standby: this commit waits until it is.
						await Promise.all([connection.ask("SELECT cfm.flush()"), connection.ask("COMMIT")]);
						return doubt.answer;
					}
					doubt = undefined;
					const answer = await work(transaction);
					const kept = attribution.repeatable ? answerToKeep(attribution, answer) : null;
					if (transaction.written > 0) doubt = { loss: nothing, first: begun.seq + 1, answer };
					await transaction.commit(attribution, kept);
					return answer;
				} catch (error) {
					if (error instanceof ConnectionLoss) {
						if (doubt !== undefined) doubt.loss = error;
						throw error;
					}
					doubt = undefined;
					connection.ask("ROLLBACK").catch(() => {});
					throw explain(error, this.location);
				}
			}, this.location);
		} catch (error) {
			const last = doubt as { loss: ConnectionLoss } | undefined;
			if (last === undefined || last.loss === nothing) throw error;
			throw inDoubt(last.loss, this.location, attribution);
		}
	}

	async give(newcomer: Newcomer, attribution: Attribution): Promise<Given | undefined> {
		const { environment, account, note, since } = newcomer;
		const { name, domain } = keysOf(account.spelling);
		const { actor, machine, command, requestKey } = wellFormedAttribution(attribution);
		const by = { at: isoTime(new Date()), actor, machine, command, requestKey, schema: registrySchema };
		const told = {
			environment,
			user: account.spelling,
			nameKey: name,
			domainKey: domain,
			sid: account.sid ?? null,
			note,
			since,
		};
		if (!account.spelling.isWellFormed() || note?.isWellFormed() === false) return undefined;
		const asked = [by, told].map((one) => JSON.stringify(one));
		/** All of it was sent and nothing came back. */
		let doubt: ConnectionLoss | undefined;
		try {
			return await patiently(async () => {
				const connection = await this.connected();
				try {
					const done = await giveOn(connection, asked, environment);
					doubt = undefined;
					return done;
				} catch (error) {
					if (!(error instanceof ConnectionLoss)) {
						doubt = undefined;
						throw explain(error, this.location);
					}
					doubt = error;
					throw error;
				}
			}, this.location);
		} catch (error) {
			throw doubt === undefined ? error : inDoubt(doubt, this.location, attribution);
		}
	}

	async keepLook(look: Look): Promise<void> {
		if (this.movedTo !== null) return;
		await putLook(await this.connected(), look);
	}

	readonly outbox: Outbox = {
		claim: async (claims) => {
			const told = claims.map((one) => ({ ...one, urgent: one.urgent ? 1 : 0, facts: JSON.stringify(one.facts) }));
			return Number(await this.done("claim_notices", told));
		},
		take: async (asked) => {
			const taken = (await this.done("take_mail", asked)) as (TakenMail & { claims: object[] }) | null;
			return taken === null ? undefined : { ...taken, claims: taken.claims.map(toTakenClaim) };
		},
		settle: async (outcome) => (await this.done("settle_mail", outcome)) === true,
		ran: async (run) => {
			await this.done("keep_run", run);
		},
	};

	/**
	 * Calls a function of the server that no event tells of; each can be called again when a connection was lost: a claim is
	 * there then, and a lease that nobody knows of runs out.
	 */
	private async done(name: string, told: object): Promise<unknown> {
		if (this.movedTo !== null) throw registryMoved(this.movedTo);
		return patiently(async () => {
			const connection = await this.connected();
			const { rows } = await connection.ask(`SELECT cfm.${name}($1::jsonb) AS done`, [
				JSON.stringify(told).toWellFormed(),
			]);
			return rows[0]?.done;
		}, this.location);
	}

	async answerTo(attribution: Attribution): Promise<{ answer: unknown } | undefined> {
		if (!attribution.repeatable) return undefined;
		return this.read(async () => {
			const connection = await this.connected();
			const { rows } = await connection
				.ask("SELECT request_key, fingerprint, answer, at, hash FROM cfm.answers WHERE request_key = $1", [
					attribution.requestKey,
				])
				.catch((error) => Promise.reject(explain(error, this.location)));
			return this.keptAnswer(rows[0] === undefined ? null : toAnswer(rows[0]), attribution);
		});
	}

	async info(): Promise<RegistryInfo> {
		return this.read(async () => this.tools.info(await this.connected(), this.location));
	}

	async check(kinds: readonly RecordKind[]): Promise<CheckReport> {
		return this.read(async (view) => this.tools.check(await this.connected(), view as PostgresView, kinds));
	}

	async backup(file: string): Promise<void> {
		await this.read(async (view) => this.tools.backup(view as PostgresView, file));
	}

	async close(): Promise<void> {
		if (this.isClosed) return;
		this.isClosed = true;
		await this.connection?.close();
	}

	/** The connection; another one where it was lost. */
	private async connected(): Promise<Connection> {
		if (this.connection !== undefined) return this.connection;
		const { connection, movedTo, standing } = await this.line.connect();
		this.movedTo = movedTo;
		this.standing = standing;
		this.connection = connection;
		connection.onLoss(() => {
			if (this.connection === connection) this.connection = undefined;
		});
		return connection;
	}

	/** Gets the lock, the answer that was kept, and what nearly everybody asks first: one flight. */
	private async begin(
		connection: Connection,
		{ requestKey, repeatable }: Attribution,
	): Promise<{ transaction: PostgresTransaction; begun: Begun }> {
		const [, , answered, environments] = await Promise.all([
			connection.ask("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
			connection.ask(ourTables),
			connection.ask("SELECT cfm.begin_change($1) AS begun", [repeatable ? requestKey : null]),
			connection.ask(numbered(`${environmentRows} LIMIT ${readAhead}`)),
		]);
		const begun = answered.rows[0]?.begun as Begun;
		if (begun.movedTo !== null) throw registryMoved(begun.movedTo);
		if (begun.schema !== registrySchema) throw wrongSchema(this.location, begun.schema, registrySchema);
		const transaction = new PostgresTransaction(connection, this.location);
		transaction.know(environments.rows);
		return { transaction, begun };
	}

	/** @throws CfmError unavailable `registry-damaged` when the answer is not what was kept: it may be another user's */
	private keptAnswer(row: StoredAnswer | null, attribution: Attribution): { answer: unknown } | undefined {
		if (row === null) return undefined;
		return answerKept(
			row,
			attribution,
			() =>
				new CfmError("unavailable", "registry-damaged", t`A stored answer of ${this.location} was changed.`, {
					data: { registry: this.location },
				}),
		);
	}
}

/** A claim as `take_mail` tells it. */
function toTakenClaim(told: object): Claim {
	const { urgent, facts, ...claim } = told as Omit<Claim, "urgent" | "facts"> & { urgent: number; facts: string };
	return { ...claim, urgent: urgent === 1, facts: JSON.parse(facts) as object };
}

/** Where no connection was lost. */
const nothing = new ConnectionLoss("", "");

/** Of this transaction only: behind a pooler the connection is another client's after it. */
const ourTables = "SET LOCAL search_path = pg_catalog, cfm";

async function beginReading(connection: Connection): Promise<void> {
	await Promise.all([connection.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), connection.ask(ourTables)]);
}

/** Whether the event with this number is this request's: asked under the lock, nobody is about to write it any more. */
async function isWritten(connection: Connection, seq: number, { requestKey }: Attribution): Promise<boolean> {
	const { rows } = await connection.ask("SELECT request_key FROM cfm.events WHERE seq = $1", [seq]);
	return rows[0]?.request_key === requestKey;
}

/** The ordinary allocation, and what makes it durable: one flight. @returns undefined where a planner must decide */
async function giveOn(
	connection: Connection,
	asked: readonly string[],
	environment: string,
): Promise<Given | undefined> {
	const [, , given, { rows }] = await Promise.all([
		connection.ask("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"),
		connection.ask(ourTables),
		connection.ask("SELECT cfm.give_newcomer($1::jsonb, $2::jsonb) AS given", asked),
		connection.ask(`${environmentRows} WHERE lower(environments.name) = $1`, [postgres.folded(environment)]),
		connection.ask("COMMIT"),
		connection.ask("SELECT cfm.flush()"),
	]);
	const done = given.rows[0]?.given as { after: string } | null;
	if (done === null || rows[0] === undefined) return undefined;
	const { row } = sqlOf(environments).read(stored(rows[0]));
	return { environment: row, allocation: JSON.parse(done.after) as Allocation };
}
