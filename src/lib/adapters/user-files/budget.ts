import { t } from "../../text.js";
import { Unfit } from "./unfit.js";

/** More than all web IDs of any profile: a site each. */
const mostValues = 100_000;
/** More than Chromium lets a site store, several times. */
const mostBytes = 64 << 20;

/** What one reading of a store may keep in memory; what it looks at and lets go costs nothing. */
export class Budget {
	constructor(
		private values = mostValues,
		private bytes = mostBytes,
	) {}

	/** How many more bytes it may keep: no compressed value may become longer than that. */
	get left(): number {
		return this.bytes;
	}

	/** @throws Unfit unsupported, when it is used up */
	keep(length: number): void {
		this.values -= 1;
		this.bytes -= length;
		if (this.values < 0 || this.bytes < 0) {
			throw new Unfit("unsupported", t`the store holds more values for these sites than any browser stores`);
		}
	}

	/** @throws Unfit unsupported */
	replace(before: number, now: number): void {
		this.values += 1;
		this.bytes += before;
		this.keep(now);
	}
}
