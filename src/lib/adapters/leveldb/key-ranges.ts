/** Keys from one to another, which is not one of them. */
export interface KeyRange {
	from: Buffer;
	to: Buffer;
}

/** One key alone, as a range. */
export const only = (key: Buffer): KeyRange => ({ from: key, to: Buffer.concat([key, Buffer.of(0)]) });

/** Some ranges of keys, however many: sorted, so that one look is enough for the many entries that are in none. */
export class KeyRanges {
	private readonly sorted: KeyRange[] = [];

	constructor(ranges: readonly KeyRange[]) {
		for (const range of ranges.toSorted((a, b) => Buffer.compare(a.from, b.from))) {
			const last = this.sorted.at(-1);
			if (last === undefined || Buffer.compare(last.to, range.from) < 0) this.sorted.push({ ...range });
			else if (Buffer.compare(last.to, range.to) < 0) last.to = range.to;
		}
	}

	has(key: Buffer): boolean {
		return this.meets(key, key);
	}

	/** Whether some key from one to another, both of them included, is in a range. */
	meets(from: Buffer, upTo: Buffer): boolean {
		// The first range that ends behind `from`.
		let [low, high] = [0, this.sorted.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if (Buffer.compare((this.sorted[middle] as KeyRange).to, from) > 0) high = middle;
			else low = middle + 1;
		}
		const range = this.sorted[low];
		return range !== undefined && Buffer.compare(range.from, upTo) <= 0;
	}
}
