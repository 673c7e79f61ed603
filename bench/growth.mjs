/** What reads everything: how it grows with the registry. */
import { closeSync, openSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { count, decades, program, summary, timed } from "./harness.mjs";

/** @param {import("./run.mjs").Bench} bench */
export async function growth({ folder, report, registries, rows, rounds = 3 }) {
	report.heading("Ten times the rows / a tenth of them");
	const copy = join(folder, "copy.db");
	const sizes = decades.filter((size) => size > 0 && size <= rows);
	for (const words of [
		["registry", "check"],
		["ids", "history"],
		["registry", "backup", copy],
	]) {
		/** @type {Map<number, number[]>} */
		const ratios = new Map(sizes.map((size) => [size, []]));
		const ms = (/** @type {number} */ size) => {
			const registry = registries.of(size);
			const stdout = openSync(join(folder, "out"), "w", 0o600);
			rmSync(copy, { force: true });
			const args = [program, ...words, "--registry", registry];
			const taken = timed({ args, home: dirname(registry), stdout }).ms;
			closeSync(stdout);
			return taken;
		};
		for (let round = 0; round < rounds; round++) {
			let before = ms(sizes[0] ?? 0);
			for (const size of sizes.slice(1)) {
				const taken = ms(size);
				ratios.get(size)?.push(taken / before);
				before = taken;
			}
		}
		const name = words.slice(0, 2).join(" ");
		for (const size of sizes.slice(1)) {
			report.ratio(`growth: ${name}, ${count(size)} / ${count(size / 10)} rows`, summary(ratios.get(size) ?? []));
		}
	}
	rmSync(copy, { force: true });
}
