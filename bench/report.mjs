/** Prints what was measured, one line at a time, and all of it again at the end. */

/** @typedef {import("./harness.mjs").Bar} Bar */
/** @typedef {import("./harness.mjs").Measured} Measured */

/** Decimals that tell a ratio from its bar. */
const decimals = 2;

export class Report {
	/** @type {{ name: string, measured: string, bar: string, holds: string }[]} */
	rows = [];
	missed = 0;

	/** @param {string} text */
	heading(text) {
		console.log(`\n${text}`);
	}

	/**
	 * A ratio of pairs, against its bar when it has one.
	 *
	 * @param {string} name
	 * @param {Measured} measured
	 * @param {Bar} [bar]
	 */
	ratio(name, { middle, low, high, pairs }, bar) {
		const unclear = bar !== undefined && isHeld(low, bar) !== isHeld(high, bar);
		const range = `${low.toFixed(decimals)} to ${high.toFixed(decimals)}, ${pairs} pairs`;
		this.#add(name, `${middle.toFixed(decimals)}x`, `(${range})`, bar, middle, unclear);
	}

	/**
	 * A number that was counted or taken once.
	 *
	 * @param {string} name
	 * @param {number} value
	 * @param {string} unit
	 * @param {Bar} [bar]
	 * @param {string} [remark]
	 */
	value(name, value, unit, bar, remark = "") {
		const text = Number.isInteger(value) ? String(value) : value.toFixed(decimals);
		this.#add(name, `${text}${unit}`, remark, bar, value, false);
	}

	/** @param {string} name @param {string} why */
	skipped(name, why) {
		console.log(`  ${name}: not measured, ${why}`);
		this.rows.push({ name, measured: `not measured: ${why}`, bar: "", holds: "-" });
	}

	/** All of it, as a table. */
	end() {
		const heading = { name: "COMPARISON", measured: "MEASURED", bar: "BAR", holds: "HOLDS" };
		const all = [heading, ...this.rows];
		const width = (/** @type {"name" | "measured" | "bar"} */ key) => Math.max(...all.map((row) => row[key].length));
		console.log("");
		for (const { name, measured, bar, holds } of all) {
			const cells = [name.padEnd(width("name")), measured.padStart(width("measured")), bar.padEnd(width("bar")), holds];
			console.log(cells.join("  ").trimEnd());
		}
		const barred = this.rows.filter(({ bar }) => bar !== "").length;
		console.log(`\n${barred - this.missed} of ${barred} bars held`);
	}

	/**
	 * @param {string} name
	 * @param {string} measured
	 * @param {string} remark
	 * @param {Bar | undefined} bar
	 * @param {number} value
	 * @param {boolean} unclear
	 */
	#add(name, measured, remark, bar, value, unclear) {
		const held = bar === undefined || isHeld(value, bar);
		if (!held) this.missed++;
		const told = bar === undefined ? "" : "most" in bar ? `<= ${bar.most}` : `>= ${bar.least}`;
		const holds = bar === undefined ? "-" : `${held ? "yes" : "NO"}${unclear ? ", within the noise" : ""}`;
		this.rows.push({ name, measured, bar: told, holds });
		console.log(`  ${[`${name}: ${measured}`, remark, told && `bar ${told}: ${holds}`].filter(Boolean).join("  ")}`);
	}
}

/** @param {number} value @param {Bar} bar */
function isHeld(value, bar) {
	return "most" in bar ? value <= bar.most : value >= bar.least;
}
