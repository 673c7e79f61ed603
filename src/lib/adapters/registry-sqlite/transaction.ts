import { keysOf, parseAccount } from "../../account/account.js";
import { type Domain, needsTelling } from "../../account/domains.js";
import type { Installation } from "../../client/installation.js";
import type { Environment } from "../../environment/environment.js";
import { CfmError } from "../../errors.js";
import type { Allocation } from "../../id/allocation.js";
import { isoTime } from "../../iso-time.js";
import type { Change, ChangeProgress, Origin, RegistryTransaction } from "../../registry/port.js";
import type { Site } from "../../site/site.js";
import { t } from "../../text.js";
import { sqliteCode } from "../sqlite/result-code.js";
import { SqliteView } from "./view.js";

/** Loaded by whoever writes: a command that only looks starts faster without the hash. */
let chain: typeof import("./event-chain.js") | undefined;

/** A view that can change what it sees; lives inside one BEGIN IMMEDIATE. */
export class SqliteTransaction extends SqliteView implements RegistryTransaction {
	/** What `apply` failed with: half of its changes may be made, so the transaction must not be committed. */
	failure: unknown;

	async apply(changes: readonly Change[], origin: Origin, progress?: ChangeProgress): Promise<void> {
		if (changes.length === 0) return;
		try {
			for (const [at, change] of changes.entries()) {
				if (at % 1000 === 999) progress?.(at, changes.length);
				if (change.of === "allocation") this.applyAllocation(change);
				else if (change.of === "environment") {
					this.applyEnvironment(change.environment, change.before, change.after);
					this.forgetRows();
				} else if (change.of === "site") this.applySite(change);
				else if (change.of === "installation") this.applyInstallation(change.before, change.after);
			}
			chain ??= await import("./event-chain.js");
			chain.appendEvents(this.statements, changes, origin, isoTime(new Date()));
			this.forgetRows();
		} catch (error) {
			this.failure = error;
			throw error;
		}
	}

	private applyAllocation(change: Extract<Change, { of: "allocation" }>): void {
		const { environment, id, before, after } = change;
		if (before === null) {
			if (!this.intervals(environment).take(id))
				throw changedMeanwhile(t`ID ${id} of ${environment} is no longer free.`);
		} else if (!isSame(this.allocationNow(environment, id), before)) {
			throw changedMeanwhile(t`ID ${id} of ${environment} was changed by somebody else.`);
		}
		if (after === null) {
			this.statements
				.sql("DELETE FROM allocations WHERE environment = +? AND id = +?")
				.run(this.number(environment), id);
			this.intervals(environment).give(id);
		} else this.write(after, { isNew: before === null });
	}

	private write(allocation: Allocation, { isNew }: { isNew: boolean }): void {
		const account = allocation.user === null ? undefined : keysOf(allocation.user);
		try {
			this.statements
				.sql(isNew ? insertAllocation : insertOrUpdateAllocation)
				.run(
					this.number(allocation.environment),
					allocation.id,
					allocation.state,
					allocation.user,
					account?.name ?? null,
					account?.domain ?? null,
					allocation.sid,
					allocation.note,
					allocation.since,
					allocation.until,
				);
		} catch (error) {
			if (sqliteCode(error) !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
			throw changedMeanwhile(t`${allocation.user ?? ""} already has an ID in ${allocation.environment}.`);
		}
	}

	private applyEnvironment(name: string, before: Environment | null, after: Environment | null): void {
		const now = this.row(name);
		const number = now?.number;
		if (!isSame(now?.environment, before))
			throw changedMeanwhile(t`The environment ${name} was changed by somebody else.`);
		if (after === null) {
			// The administrator agreed to the end of an environment that nobody had an ID in.
			const held = this.statements.sql("SELECT 1 FROM allocations WHERE environment = +? AND state = 'allocated'");
			if (held.get(number) !== undefined) throw changedMeanwhile(t`Somebody has an ID in ${name} now.`);
			this.intervals(name).clear();
			for (const table of ["allocations", "installations", "sites", "learned_port_rules", "domains", "environments"]) {
				this.statements.sql(`DELETE FROM ${table} WHERE environment = +?`).run(number);
			}
			return;
		}
		const values = [
			after.name,
			after.firstId,
			after.lastId,
			after.portBase,
			after.portStride,
			after.quarantineDays,
			after.domain,
			after.note,
		];
		if (before === null) {
			this.statements
				.sql(
					`INSERT INTO environments (name, first_id, last_id, port_base, port_stride, quarantine_days, domain, note)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
				)
				.run(...values);
			this.writeLearned(name, after.portRuleLearnedAt);
			this.writeDomains(name, after.domains);
			return;
		}
		this.statements
			.sql(
				`UPDATE environments SET name = ?, first_id = ?, last_id = ?, port_base = ?, port_stride = ?, quarantine_days = ?,
				domain = ?, note = ? WHERE environment = +?`,
			)
			.run(...values, number);
		this.writeLearned(name, after.portRuleLearnedAt);
		this.writeDomains(name, after.domains);
		this.resize(name, before, after);
	}

	private writeLearned(name: string, at: string | null): void {
		const number = this.number(name);
		if (at === null) this.statements.sql("DELETE FROM learned_port_rules WHERE environment = +?").run(number);
		else {
			const learned = "INSERT OR REPLACE INTO learned_port_rules (environment, at) VALUES (?, ?)";
			this.statements.sql(learned).run(number, at);
		}
	}

	private writeDomains(name: string, domains: readonly Domain[]): void {
		const number = this.number(name);
		if (!needsTelling(domains)) this.statements.sql("DELETE FROM domains WHERE environment = +?").run(number);
		else {
			const named = "INSERT OR REPLACE INTO domains (environment, names) VALUES (?, ?)";
			this.statements.sql(named).run(number, JSON.stringify(domains));
		}
	}

	private applySite({ environment, origin, before, after }: Extract<Change, { of: "site" }>): void {
		const number = this.number(environment);
		const now = this.statements
			.sql("SELECT note, since FROM sites WHERE environment = +? AND origin = +?")
			.get(number, origin) as Pick<Site, "note" | "since"> | undefined;
		if (!isSame(now && { environment, origin, ...now }, before && { ...before, environment }))
			throw changedMeanwhile(t`The site ${origin} was changed by somebody else.`);
		if (after === null) {
			this.statements.sql("DELETE FROM sites WHERE environment = +? AND origin = +?").run(number, origin);
			return;
		}
		this.statements
			.sql("INSERT OR REPLACE INTO sites (environment, origin, note, since) VALUES (?, ?, ?, ?)")
			.run(number, after.origin, after.note, after.since);
	}

	/** Moves the ends of the range; what falls out of it must be free. */
	private resize(name: string, before: Environment, { firstId, lastId }: Environment): void {
		if (firstId === before.firstId && lastId === before.lastId) return;
		const number = this.number(name);
		const outside = this.statements
			.sql("SELECT id FROM allocations WHERE environment = +? AND id NOT BETWEEN +? AND +? LIMIT 1")
			.get(number, firstId, lastId) as { id: number } | undefined;
		if (outside !== undefined) {
			throw new CfmError("conflict", "ids-outside-range", t`ID ${outside.id} of ${name} is not free.`, {
				hints: [`cfm ids list --environment ${name}`],
			});
		}
		this.intervals(name).startAt(firstId);
	}

	private applyInstallation(before: Installation | null, after: Installation): void {
		const account = parseAccount(after.user);
		if (!isSame(this.installationNow(after.environment, after.machine, account), before))
			throw changedMeanwhile(t`What is known of ${after.user} on ${after.machine} was changed by somebody else.`);
		this.statements
			.sql(
				`INSERT OR REPLACE INTO installations (environment, machine, name_key, domain_key, user, id, outcome, version, path,
				installer_sha256, return_code, reboot_required, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			)
			.run(
				this.number(after.environment),
				after.machine,
				account.name,
				account.domain,
				after.user,
				after.id,
				after.outcome,
				after.version,
				after.path,
				after.installerSha256,
				after.returnCode,
				after.rebootRequired ? 1 : 0,
				after.at,
			);
	}

	private number(environment: string): number {
		const row = this.row(environment);
		if (row === undefined) throw changedMeanwhile(t`The environment ${environment} is no longer there.`);
		return row.number;
	}
}

const insertAllocation = `INSERT INTO allocations
	(environment, id, state, user, name_key, domain_key, sid, note, since, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Not INSERT OR REPLACE: that would delete the row of another ID of the same user. */
const insertOrUpdateAllocation = `${insertAllocation} ON CONFLICT (environment, id) DO UPDATE SET state = excluded.state,
	user = excluded.user, name_key = excluded.name_key, domain_key = excluded.domain_key, sid = excluded.sid,
	note = excluded.note, since = excluded.since, until = excluded.until`;

/** Field by field: the rows are flat, but for a list of domains. */
function isSame<T extends object>(now: T | undefined, expected: T | null): boolean {
	if (now === undefined || expected === null) return now === undefined && expected === null;
	return (Object.keys(expected) as (keyof T)[]).every(
		(key) => now[key] === expected[key] || JSON.stringify(now[key]) === JSON.stringify(expected[key]),
	);
}

function changedMeanwhile(message: string): CfmError {
	return new CfmError("conflict", "changed-meanwhile", message, {
		hints: [t`Nothing was changed. Look again, then run the command again.`],
	});
}
