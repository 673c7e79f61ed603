import { keysOf } from "../../account/account.js";
import { allocations } from "../../id/allocation.js";
import { isoTime } from "../../iso-time.js";
import { eventOf } from "../../registry/event-chain.js";
import { undoAction } from "../../registry/kind.js";
import { refuseForbiddenMove } from "../../registry/refusals.js";
import type { Attribution, Change, ChangeProgress, RegistryTransaction } from "../../registry/registry.js";
import { wellFormed, wellFormedAttribution } from "../../registry/well-formed.js";
import { type Answer, ConnectionLoss, type Row } from "./connection.js";
import { explain } from "./failures.js";
import { storedRows } from "./kinds.js";
import { PostgresView } from "./view.js";

/** Changes that are planned and not sent yet. */
interface Pending {
	by: object;
	changes: Change[];
}

/**
 * A view that can change what it sees; lives inside a transaction that has the lock.
 *
 * What is to be changed is sent with what comes next, a question or the commit: it takes no flight of its own. A change that
 * the server refuses is told by that, and the transaction cannot be committed.
 */
export class PostgresTransaction extends PostgresView implements RegistryTransaction {
	private pending: Pending[] = [];
	private failure: { error: unknown } | undefined;
	/** How many events it writes. */
	written = 0;

	async apply(asked: readonly Change[], attribution: Attribution, progress?: ChangeProgress): Promise<void> {
		if (asked.length === 0) return;
		const changes = asked.map(wellFormed);
		const { actor, machine, command, requestKey } = wellFormedAttribution(attribution);
		this.pending.push({ by: { at: isoTime(new Date()), actor, machine, command, requestKey }, changes });
		this.written += changes.length;
		this.forgetRows();
		for (const change of changes) {
			if (typeof change.of === "string" || change.action === undoAction(change.of)) continue;
			try {
				refuseForbiddenMove(change.of, change.before as object | null, change.after as object | null);
			} catch (error) {
				// That a row is no longer as it was is said before what it may not become.
				await this.send(null);
				this.failure ??= { error };
				throw error;
			}
		}
		progress?.(changes.length, changes.length);
	}

	/**
	 * Sends what is still to be changed, the answer to keep, and the commit.
	 *
	 * @throws what the server refused; ConnectionLoss: what became of it is not known
	 */
	async commit(attribution: Attribution, answer: object | null): Promise<void> {
		if (this.failure !== undefined) throw this.failure.error;
		if (this.pending.length === 0 && answer !== null)
			this.pending.push({ by: { requestKey: attribution.requestKey }, changes: [] });
		const sent = this.send(answer);
		const committed = this.connection.ask("COMMIT");
		const done = await Promise.allSettled([sent, committed]);
		if (this.failure !== undefined) throw (this.failure as { error: unknown }).error;
		for (const one of done) if (one.status === "rejected") throw one.reason;
		const { command } = (done[1] as PromiseFulfilledResult<Answer>).value;
		if (command !== "COMMIT") throw new Error(`the server answered ${command} to COMMIT`);
	}

	protected override ask(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
		// What fails here fails the question, too; `commit` says why.
		this.send(null).catch(() => {});
		return super.ask(sql, values);
	}

	/** Sends what is still to be changed, for what must see it made. */
	async send(answer: object | null = null): Promise<void> {
		const pending = this.pending.splice(0);
		await Promise.all(
			pending.map(async ({ by, changes }, at) => {
				const last = at === pending.length - 1;
				const values = [by, changes.map(told), last ? answer : null].map((one) => JSON.stringify(one));
				try {
					await this.connection.ask("SELECT cfm.apply_changes($1::jsonb, $2::jsonb, $3::jsonb)", values);
				} catch (error) {
					this.failure ??= { error: explained(error, this.location, changes) };
					throw this.failure.error;
				}
			}),
		);
	}
}

/** The loss of a connection stays what it is: whoever commits must know. */
function explained(error: unknown, location: string, changes: readonly Change[]): unknown {
	return error instanceof ConnectionLoss ? error : explain(error, location, changes);
}

/** A change as the server's function takes it: the event as it is hashed, and the rows that it is about. */
function told(change: Change): object {
	const { subject, id, before, after, note, action, environment } = eventOf(
		{ seq: 0, hash: "" },
		change,
		{ actor: "", machine: "", command: "", requestKey: "", repeatable: false, fingerprint: "" },
		"",
	);
	const event = { action, environment, subject, id, before, after, note };
	if (change.of === "act") return { kind: "act", ...event };
	if (change.of === "allocation") {
		const keys = change.after?.user === undefined || change.after.user === null ? undefined : keysOf(change.after.user);
		return {
			kind: allocations.name,
			...event,
			nameKey: keys?.name ?? null,
			domainKey: keys?.domain ?? null,
		};
	}
	const kind = change.of;
	return {
		kind: kind.name,
		...event,
		was: change.before && storedRows(kind, change.before),
		row: change.after && storedRows(kind, change.after),
	};
}
