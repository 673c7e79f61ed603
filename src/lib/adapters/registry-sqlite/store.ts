import { statSync } from "node:fs";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type {
	CheckReport,
	Origin,
	Registry,
	RegistryInfo,
	RegistryTransaction,
	RegistryView,
} from "../../registry/port.js";
import { t } from "../../text.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { isBusy } from "../sqlite/result-code.js";
import { explain } from "./failures.js";
import { applicationId } from "./schema.js";
import { SqliteTransaction } from "./transaction.js";
import { SqliteView } from "./view.js";

/** How long a command waits for its turn; under heavy load waits of 13 s were measured. */
const patience = 30_000;

/** The registry on an open SQLite connection. */
export class SqliteRegistry implements Registry {
	private readonly statements: Statements;

	constructor(
		private readonly database: SqlDatabase,
		readonly location: string,
		private readonly copying: { backup(database: SqlDatabase, file: string): Promise<void> | void },
	) {
		this.statements = new Statements(database);
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

	async change<T>(origin: Origin, work: (transaction: RegistryTransaction) => Promise<T>): Promise<T> {
		await this.patiently(() => this.statements.sql("BEGIN IMMEDIATE").run());
		try {
			const earlier = this.storedAnswer(origin);
			if (earlier !== undefined) {
				this.database.exec("ROLLBACK");
				return earlier.answer as T;
			}
			const transaction = new SqliteTransaction(this.statements);
			const answer = await work(transaction);
			if (transaction.failure !== undefined) throw transaction.failure;
			if (origin.repeatable) {
				this.statements
					.sql("INSERT INTO requests (request_key, fingerprint, answer, at) VALUES (?, ?, ?, ?)")
					.run(origin.requestKey, origin.fingerprint, JSON.stringify(answer), new Date().toISOString());
			}
			this.statements.sql("COMMIT").run();
			return answer;
		} catch (error) {
			if (this.database.inTransaction) this.database.exec("ROLLBACK");
			throw explain(error, this.location);
		}
	}

	async answerTo(origin: Origin): Promise<{ answer: unknown } | undefined> {
		return this.patiently(async () => this.storedAnswer(origin));
	}

	async info(): Promise<RegistryInfo> {
		return this.read(async () => {
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
				journalMode: this.database.pragma("journal_mode", { simple: true }) as string,
				synchronous: synchronousName(this.database.pragma("synchronous", { simple: true }) as number),
			};
		});
	}

	async check(kinds: readonly RecordKind[]): Promise<CheckReport> {
		const { checkRegistry } = await import("./check.js");
		try {
			return await this.read(async () => checkRegistry(this.statements, kinds));
		} catch (error) {
			// Damage that a read runs into is what this look was for.
			if (!(error instanceof CfmError && error.code === "registry-damaged")) throw error;
			const problem = { code: "damaged-file", message: error.message } as const;
			return { problems: [problem], checked: { environments: 0, allocations: 0, events: 0 } };
		}
	}

	async backup(file: string): Promise<void> {
		try {
			await this.copying.backup(this.database, file);
		} catch (error) {
			throw explain(error, file);
		}
	}

	close(): void {
		if (this.database.inTransaction) this.database.exec("ROLLBACK");
		this.database.close();
	}

	private storedAnswer(origin: Origin): { answer: unknown } | undefined {
		if (!origin.repeatable) return undefined;
		const row = this.statements
			.sql("SELECT fingerprint, answer FROM requests WHERE request_key = +?")
			.get(origin.requestKey) as { fingerprint: string; answer: string } | undefined;
		if (row === undefined) return undefined;
		if (row.fingerprint !== origin.fingerprint) {
			throw new CfmError(
				"conflict",
				"request-id-reused",
				t`The request ID ${origin.requestKey} was already used for another request.`,
				{ hints: [t`Use a new ID for each request; repeat an ID only with the same command.`] },
			);
		}
		return { answer: JSON.parse(row.answer) };
	}

	private patiently<T>(attempt: () => T | Promise<T>): Promise<T> {
		return patiently(attempt, this.location);
	}
}

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
	if (version > registrySchema) {
		throw new CfmError(
			"conflict",
			"registry-newer",
			t`The registry ${location} was written by a newer cfm (schema ${version}; this version supports ${registrySchema}).`,
			{ hints: [t`Update cfm on this machine.`], data: { schema: version, known: registrySchema } },
		);
	}
	if (version < registrySchema) {
		throw new CfmError(
			"conflict",
			"registry-older",
			t`The registry ${location} was created by an older cfm (schema ${version}; this version needs ${registrySchema}).`,
			{ hints: [line("registry migrate")], data: { schema: version, known: registrySchema } },
		);
	}
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
