import type { Environment } from "../../environment/environment.js";
import type { FreeIds } from "../../registry/registry.js";
import type { Statements } from "../sqlite/database.js";

interface Interval {
	lo: number;
	hi: number;
}

/** What an environment's lowest free ID follows from; null where there is no gap, and where no ID is held. */
export interface Edges {
	/** The lowest ID of the lowest gap. */
	gap: number | null;
	/** The highest ID that is held. */
	highest: number | null;
}

/** Two columns that tell the `Edges` of an environment. @param environment an SQL expression for its row's number */
export const edges = (environment: string) =>
	`(SELECT lo FROM gaps WHERE gaps.environment = ${environment} ORDER BY lo LIMIT 1) AS gap,
	(SELECT id FROM allocations WHERE allocations.environment = ${environment} ORDER BY id DESC LIMIT 1) AS highest`;

/**
 * The free IDs of one environment: the gaps below the highest ID that is held, as intervals that never touch or overlap,
 * and everything above it.
 *
 * What is above needs no row, so that taking the lowest ID of a range without gaps, as nearly every allocation does,
 * writes nothing here. Whoever takes an ID calls `take` before the row of the ID is written, whoever gives one back calls
 * `give` when the row is gone. One object is for one transaction: it remembers what it has read.
 */
export class FreeIntervals {
	/**
	 * @param environment the number of its row
	 * @param range what its IDs are from
	 * @param edges as they were read with the row; undefined when they must be read
	 */
	constructor(
		private readonly statements: Statements,
		private readonly environment: number,
		private readonly range: Pick<Environment, "firstId" | "lastId">,
		private edges?: Edges | undefined,
	) {}

	lowest(count: number): number[] {
		if (count === 1) return this.first();
		const found: number[] = [];
		const gaps = this.statements.sql("SELECT lo, hi FROM gaps WHERE environment = +? ORDER BY lo LIMIT ?");
		// One gap often holds them all, as often there is none; asking for `count` of them at once would read for nothing.
		for (const { lo, hi } of gaps.iterate(this.environment, count) as IterableIterator<Interval>) {
			for (let id = lo; id <= hi; id += 1) {
				found.push(id);
				if (found.length === count) return found;
			}
		}
		for (let id = this.firstAbove(); id <= this.range.lastId && found.length < count; id += 1) found.push(id);
		return found;
	}

	summary(): FreeIds {
		const gaps = this.statements.sql("SELECT coalesce(sum(hi - lo + 1), 0) AS count FROM gaps WHERE environment = +?");
		const { count } = gaps.get(this.environment) as { count: number };
		return { count: count + this.range.lastId + 1 - this.firstAbove(), first: this.first()[0] ?? null };
	}

	has(id: number): boolean {
		if (id >= this.firstAbove()) return id <= this.range.lastId;
		return (this.atOrBelow(id)?.hi ?? -1) >= id;
	}

	/** Takes one out; false when it is not free. To be called before its row is written. */
	take(id: number): boolean {
		const above = this.firstAbove();
		if (id < above) return this.takeFromGap(id);
		if (id > this.range.lastId) return false;
		const { gap } = this.edge();
		if (id > above) this.add(above, id - 1);
		this.edges = { gap: gap ?? (id > above ? above : null), highest: id };
		return true;
	}

	/** Puts one back that was held. To be called when its row is gone. */
	give(id: number): void {
		// The row that is gone counts no more.
		this.edges = undefined;
		const above = this.firstAbove();
		if (id >= above) {
			// It was the highest that was held: what is free below it is no gap any more.
			this.write("DELETE FROM gaps WHERE environment = +? AND lo >= +?", this.environment, above);
			return;
		}
		const gapBelow = this.atOrBelow(id);
		const gapAbove = this.statements
			.sql("SELECT lo, hi FROM gaps WHERE environment = +? AND lo = +?")
			.get(this.environment, id + 1) as Interval | undefined;
		if (gapAbove !== undefined) this.remove(gapAbove.lo);
		const end = gapAbove?.hi ?? id;
		if (gapBelow?.hi === id - 1) this.setEnd(gapBelow.lo, end);
		else this.add(id, end);
	}

	/** Moves the start of the range, with the gap that is there. No ID below it may be held. */
	startAt(firstId: number): void {
		const held = this.statements
			.sql("SELECT id AS lowest FROM allocations WHERE environment = +? ORDER BY id LIMIT 1")
			.get(this.environment) as { lowest: number } | undefined;
		if (held === undefined) return;
		const { lowest } = held;
		this.write("DELETE FROM gaps WHERE environment = +? AND lo < +?", this.environment, lowest);
		if (firstId < lowest) this.add(firstId, lowest - 1);
	}

	clear(): void {
		this.write("DELETE FROM gaps WHERE environment = +?", this.environment);
	}

	/** The lowest one, if any. */
	private first(): number[] {
		const first = this.edge().gap ?? this.firstAbove();
		return first <= this.range.lastId ? [first] : [];
	}

	/** The lowest ID above all that are held. */
	private firstAbove(): number {
		const { highest } = this.edge();
		return highest === null ? this.range.firstId : highest + 1;
	}

	private edge(): Edges {
		this.edges ??= this.statements.sql(`SELECT ${edges("+?")}`).get(this.environment, this.environment) as Edges;
		return this.edges;
	}

	private takeFromGap(id: number): boolean {
		// The lowest of a gap is what is mostly taken: one write, no look.
		const shorten = "UPDATE gaps SET lo = lo + 1 WHERE environment = +? AND lo = +? AND hi > lo";
		if (this.write(shorten, this.environment, id) === 1) return true;
		const gap = this.atOrBelow(id);
		if (gap === undefined || gap.hi < id) return false;
		if (gap.lo === id) this.remove(id);
		else this.setEnd(gap.lo, id - 1);
		if (gap.hi > id) this.add(id + 1, gap.hi);
		return true;
	}

	private atOrBelow(id: number): Interval | undefined {
		return this.statements
			.sql("SELECT lo, hi FROM gaps WHERE environment = +? AND lo <= +? ORDER BY lo DESC LIMIT 1")
			.get(this.environment, id) as Interval | undefined;
	}

	private add(lo: number, hi: number): void {
		this.write("INSERT INTO gaps (environment, lo, hi) VALUES (?, ?, ?)", this.environment, lo, hi);
	}

	private setEnd(lo: number, hi: number): void {
		this.write("UPDATE gaps SET hi = ? WHERE environment = +? AND lo = +?", hi, this.environment, lo);
	}

	private remove(lo: number): void {
		this.write("DELETE FROM gaps WHERE environment = +? AND lo = +?", this.environment, lo);
	}

	/** @returns how many rows were changed */
	private write(sql: string, ...parameters: number[]): number {
		this.edges = undefined;
		return this.statements.sql(sql).run(...parameters).changes;
	}
}
