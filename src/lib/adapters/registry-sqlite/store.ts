import { statSync } from "node:fs";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Look } from "../../registry/look.js";
import type { Outbox } from "../../registry/outbox.js";
import { changedMeanwhile, wrongSchema } from "../../registry/refusals.js";
import type {
	Attribution,
	CheckReport,
	Registry,
	RegistryInfo,
	RegistryTransaction,
	RegistryView,
} from "../../registry/registry.js";
import type { StoredAnswer } from "../../registry/stored-answer.js";
import { t } from "../../text.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { isBusy } from "../sqlite/result-code.js";
import { applicationId } from "./application-id.js";
import { damaged, explain, explainBackup, explainStatement } from "./failures.js";
import { SqliteTransaction } from "./transaction.js";
import { SqliteView } from "./view.js";

/** How long a command waits for its turn; under heavy load waits of 13 s were measured. */
const patience = 30_000;

/** What a store can do beside reading and changing rows. */
export interface StoreTools {
	/** Writes a copy of it to a file. */
	backup(database: SqlDatabase, file: string): Promise<void> | void;
	/** @param location its file; undefined for a copy that somebody looks at */
	check(statements: Statements, kinds: readonly RecordKind[], location: string | undefined): Promise<CheckReport>;
}

/** What there is to know of an open file, beside its connection; nothing of one in memory. */
export interface OpenFile {
	/** Whether the file that is open is no longer the one of that name: nobody would ever see what is written to it. */
	isReplaced?(): boolean;
	/** Why nothing may be changed. */
	refusal?: CfmError | undefined;
	/** Hears that the connection is closed. */
	closed?(): void;
	/** Whether it is a copy that somebody looks at. */
	isCopy?: boolean;
}

/** The registry on an open SQLite connection. */
export class SqliteRegistry implements Registry {
	private readonly statements: Statements;
	private isClosed = false;

	constructor(
		private readonly database: SqlDatabase,
		readonly location: string,
		private readonly tools: StoreTools,
		private readonly file: OpenFile = {},
	) {
		this.statements = new Statements(database, (error) => explainStatement(error, location));
	}

	get doubt(): CfmError | undefined {
		return this.file.refusal;
	}

	async read<T>(work: (view: RegistryView) => Promise<T>): Promise<T> {
		return this.patiently(async () => {
			this.database.exec("BEGIN");
			try {
				return await work(new SqliteView(this.statements));
			} finally {
				// After an error such as damage SQLite has ended the transaction itself.
				if (this.database.inTransaction) this.database.exec("COMMIT");
			}
		});
	}

	async snapshot(): Promise<RegistryView> {
		return this.patiently(async () => {
			this.database.exec("BEGIN");
			try {
				// BEGIN alone takes no lock: the first look does, and may find the store busy.
				this.statements.sql("SELECT count(*) FROM environments").get();
			} catch (error) {
				this.database.exec("ROLLBACK");
				throw error;
			}
			return new SqliteView(this.statements);
		});
	}

	async change<T>(attribution: Attribution, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
		if (this.file.refusal !== undefined) throw this.file.refusal;
		await this.patiently(() => this.statements.sql("BEGIN IMMEDIATE").run());
		try {
			if (this.file.isReplaced?.())
				throw changedMeanwhile(t`The registry ${this.location} was replaced by another file.`);
			const earlier = await this.storedAnswer(attribution);
			if (earlier !== undefined) {
				this.database.exec("ROLLBACK");
				return earlier.answer as T;
			}
			const transaction = new SqliteTransaction(this.statements);
			const answer = await work(transaction);
			if (transaction.failure !== undefined) throw transaction.failure;
			if (attribution.repeatable) {
				const { answerToKeep } = await import("../../registry/stored-answer.js");
				const kept = answerToKeep(attribution, answer);
				this.statements
					.sql("INSERT INTO answers (request_key, fingerprint, answer, at, hash) VALUES (?, ?, ?, ?, ?)")
					.run(kept.request_key, kept.fingerprint, kept.answer, kept.at, kept.hash);
			}
			this.statements.sql("COMMIT").run();
			return answer;
		} catch (error) {
			if (this.database.inTransaction) this.database.exec("ROLLBACK");
			throw explain(error, this.location);
		}
	}

	async keepLook(look: Look): Promise<void> {
		// A copy in memory, or what is to stay as it is for whoever restores it.
		if (this.file.refusal !== undefined || this.file.isCopy || this.file.isReplaced?.() === true) return;
		const { keepLook } = await import("./looks.js");
		// Whoever is busy now is not waited for.
		this.statements.sql("BEGIN IMMEDIATE").run();
		try {
			keepLook(this.statements, look);
			this.statements.sql("COMMIT").run();
		} finally {
			if (this.database.inTransaction) this.database.exec("ROLLBACK");
		}
	}

	readonly outbox: Outbox = {
		claim: (claims) => this.alone(async () => (await outbox()).claim(this.statements, claims)),
		take: (asked) => this.alone(async () => (await outbox()).take(this.statements, asked)),
		settle: (outcome) => this.alone(async () => (await outbox()).settle(this.statements, outcome)),
		ran: (run) => this.alone(async () => (await outbox()).ran(this.statements, run)),
	};

	/** One durable transaction that no event tells of. */
	private async alone<T>(work: () => Promise<T>): Promise<T> {
		if (this.file.refusal !== undefined) throw this.file.refusal;
		await this.patiently(() => this.statements.sql("BEGIN IMMEDIATE").run());
		try {
			if (this.file.isReplaced?.())
				throw changedMeanwhile(t`The registry ${this.location} was replaced by another file.`);
			const answer = await work();
			this.statements.sql("COMMIT").run();
			return answer;
		} catch (error) {
			if (this.database.inTransaction) this.database.exec("ROLLBACK");
			throw explain(error, this.location);
		}
	}

	async answerTo(attribution: Attribution): Promise<{ answer: unknown } | undefined> {
		return this.patiently(async () => this.storedAnswer(attribution));
	}

	async info(): Promise<RegistryInfo> {
		return this.read(async (view) => {
			const count = (table: string) =>
				(this.statements.sql(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n;
			return {
				location: this.location,
				kind: "sqlite",
				schema: this.database.pragma("user_version", { simple: true }) as number,
				sqliteVersion: (this.statements.sql("SELECT sqlite_version() AS v").get() as { v: string }).v,
				sizeBytes: statSync(this.location).size,
				environments: count("environments"),
				allocations: count("allocations"),
				events: count("events"),
				identity: await view.identity(),
				journalMode: this.database.pragma("journal_mode", { simple: true }) as string,
				synchronous: synchronousName(this.database.pragma("synchronous", { simple: true }) as number),
			};
		});
	}

	async check(kinds: readonly RecordKind[]): Promise<CheckReport> {
		return this.read(() => this.tools.check(this.statements, kinds, this.file.isCopy ? undefined : this.location));
	}

	async backup(file: string): Promise<void> {
		try {
			await this.tools.backup(this.database, file);
		} catch (error) {
			throw explainBackup(error, this.location, file);
		}
	}

	async close(): Promise<void> {
		if (this.isClosed) return;
		this.isClosed = true;
		if (this.database.inTransaction) this.database.exec("ROLLBACK");
		this.database.close();
		this.file.closed?.();
	}

	/** @throws CfmError unavailable `registry-damaged` when the answer is not what was kept: it may be another user's */
	private async storedAnswer(attribution: Attribution): Promise<{ answer: unknown } | undefined> {
		if (!attribution.repeatable) return undefined;
		const row = this.statements.sql("SELECT * FROM answers WHERE request_key = +?").get(attribution.requestKey) as
			| StoredAnswer
			| undefined;
		if (row === undefined) return undefined;
		const { answerKept } = await import("../../registry/stored-answer.js");
		return answerKept(row, attribution, () => damaged(this.location));
	}

	private patiently<T>(attempt: () => T | Promise<T>): Promise<T> {
		return patiently(attempt, this.location);
	}
}

const outbox = () => import("./outbox.js");

/**
 * Runs what the store may refuse for a moment, until it works or 30 s are over.
 *
 * The pause is random, 5 to 50 ms: with a fixed one, many processes wake together and the slowest starves.
 *
 * @throws CfmError busy `registry-busy` after the deadline
 */
export async function patiently<T>(attempt: () => T | Promise<T>, location: string): Promise<T> {
	const deadline = Date.now() + patience;
	for (;;) {
		try {
			return await attempt();
		} catch (error) {
			if (!isBusy(error) || Date.now() >= deadline) throw explain(error, location);
		}
		await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 45));
	}
}

/**
 * Makes a new connection safe to use: durable commits, our file, our schema.
 *
 * better-sqlite3 opens an existing WAL database with synchronous=NORMAL, under which a power loss forgets IDs that were
 * acknowledged: FULL is set on every open and read back.
 *
 * @throws CfmError conflict `registry-newer`, `registry-older`; unavailable `registry-damaged`; fault `not-durable`
 */
export function prepare(database: SqlDatabase, location: string, options: { readonly: boolean }): void {
	const version = database.pragma("user_version", { simple: true }) as number;
	const application = database.pragma("application_id", { simple: true }) as number;
	if (application !== applicationId) {
		throw new CfmError("unavailable", "not-a-registry", t`The file ${location} is not a cfm registry.`, {
			hints: [
				{
					say: t`Specify another file, or create a registry there:`,
					line: line("init", [], { registry: { fill: "FILE" } }),
				},
			],
			data: { registry: location },
		});
	}
	if (version !== registrySchema) throw wrongSchema(location, version, registrySchema);
	// Whoever only looks needs no disk for it, which may be full.
	if (options.readonly) database.pragma("temp_store = MEMORY");
	database.pragma("synchronous = FULL");
	if (!options.readonly && database.pragma("synchronous", { simple: true }) !== 2) {
		throw new CfmError("fault", "not-durable", t`SQLite did not take synchronous=FULL for ${location}.`);
	}
}

/** A registry of ours whose schema has grown since it was made. */
export function isOlder(database: SqlDatabase): boolean {
	const version = database.pragma("user_version", { simple: true }) as number;
	return database.pragma("application_id", { simple: true }) === applicationId && version < registrySchema;
}

function synchronousName(level: number): string {
	return ["off", "normal", "full", "extra"][level] ?? String(level);
}
