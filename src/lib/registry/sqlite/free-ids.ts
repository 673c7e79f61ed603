import type { FreeIds } from "../port.js";
import type { Statements } from "./database.js";

interface Interval {
	lo: number;
	hi: number;
}

/**
 * The free IDs of one environment, as intervals that never touch or overlap.
 *
 * Taking the lowest one is one look-up and one write, whatever is taken already; `environment` is its row's number.
 */
export class FreeIntervals {
	constructor(
		private readonly statements: Statements,
		private readonly environment: number,
	) {}

	lowest(count: number): number[] {
		if (count === 1) {
			// What nearly every allocation asks; a cursor costs more than the answer.
			const first = this.statements
				.sql("SELECT lo FROM free WHERE environment = +? ORDER BY lo LIMIT 1")
				.get(this.environment) as { lo: number } | undefined;
			return first === undefined ? [] : [first.lo];
		}
		const found: number[] = [];
		const intervals = this.statements.sql("SELECT lo, hi FROM free WHERE environment = +? ORDER BY lo LIMIT ?");
		// One interval nearly always holds them all; asking for `count` of them at once would read for nothing.
		for (const { lo, hi } of intervals.iterate(this.environment, count) as IterableIterator<Interval>) {
			for (let id = lo; id <= hi; id += 1) {
				found.push(id);
				if (found.length === count) return found;
			}
		}
		return found;
	}

	summary(): FreeIds {
		return this.statements
			.sql("SELECT coalesce(sum(hi - lo + 1), 0) AS count, min(lo) AS first FROM free WHERE environment = +?")
			.get(this.environment) as FreeIds;
	}

	has(id: number): boolean {
		const interval = this.atOrBelow(id);
		return interval !== undefined && interval.hi >= id;
	}

	/** Takes one ID out; false when it is not free. */
	take(id: number): boolean {
		// The lowest of an interval is what nearly every allocation takes: one write, no look.
		const first = this.statements.sql("UPDATE free SET lo = lo + 1 WHERE environment = +? AND lo = +? AND hi > lo");
		return first.run(this.environment, id).changes === 1 || this.takeBlock(id, id);
	}

	/** Puts a whole block back, joined with its neighbours. None of it may be free already. */
	give(lo: number, hi: number): void {
		const below = this.atOrBelow(lo);
		const above = this.statements
			.sql("SELECT lo, hi FROM free WHERE environment = +? AND lo = +?")
			.get(this.environment, hi + 1) as Interval | undefined;
		if (above !== undefined) this.remove(above.lo);
		const end = above?.hi ?? hi;
		if (below !== undefined && below.hi === lo - 1) this.setEnd(below.lo, end);
		else this.add(lo, end);
	}

	/** Takes a whole block out; false, and nothing taken, when not all of it is free. */
	takeBlock(lo: number, hi: number): boolean {
		const interval = this.atOrBelow(lo);
		if (interval === undefined || interval.hi < hi) return false;
		if (interval.lo === lo) this.remove(lo);
		else this.setEnd(interval.lo, lo - 1);
		if (interval.hi > hi) this.add(hi + 1, interval.hi);
		return true;
	}

	clear(): void {
		this.statements.sql("DELETE FROM free WHERE environment = +?").run(this.environment);
	}

	private atOrBelow(id: number): Interval | undefined {
		return this.statements
			.sql("SELECT lo, hi FROM free WHERE environment = +? AND lo <= +? ORDER BY lo DESC LIMIT 1")
			.get(this.environment, id) as Interval | undefined;
	}

	private add(lo: number, hi: number): void {
		this.statements.sql("INSERT INTO free (environment, lo, hi) VALUES (?, ?, ?)").run(this.environment, lo, hi);
	}

	private setEnd(lo: number, hi: number): void {
		this.statements.sql("UPDATE free SET hi = ? WHERE environment = +? AND lo = +?").run(hi, this.environment, lo);
	}

	private remove(lo: number): void {
		this.statements.sql("DELETE FROM free WHERE environment = +? AND lo = +?").run(this.environment, lo);
	}
}
