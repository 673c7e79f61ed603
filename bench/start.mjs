/** Whole commands, from start to end, against Node starting for nothing. */
import { makeFixture } from "./fixture.mjs";
import { pairs, program, timed } from "./harness.mjs";

/** @param {import("./run.mjs").Bench} bench */
export async function start({ folder, report, rounds }) {
	const fixture = await makeFixture(folder);
	let number = 0;
	/** @param {import("./fixture.mjs").Case} one */
	const ratio = ({ words, home, code, prepare, own }) => {
		prepare();
		const nothing = timed({ args: ["-e", "0"], home }).ms;
		return timed({ args: [program, ...words(number++)], home, codes: [code], own }).ms / nothing;
	};
	/** @type {(heading: string, cases: import("./fixture.mjs").Case[], count: number, most: number) => void} */
	const measure = (heading, cases, count, most) => {
		report.heading(heading);
		for (const one of cases)
			report.ratio(
				`start: ${one.name}`,
				pairs(() => ratio(one), count, { most }),
				{ most },
			);
	};
	measure("Hot commands / node -e 0", fixture.hot, rounds ?? 41, 1.35);
	measure("One durable change as a whole process / node -e 0", fixture.durable, rounds ?? 41, 1.45);
	measure("Help pages / node -e 0", fixture.help, rounds ?? 41, 1.5);
	// 150 ms where Node itself takes 37.
	measure("Completion / node -e 0", fixture.completion, rounds ?? 21, 4);
	measure("Find among 100,000 / node -e 0", fixture.find, rounds ?? 21, 2.8);
	measure("Other commands / node -e 0", fixture.others, rounds ?? 11, 2.8);
	if (fixture.unable.length > 0) report.skipped(`start: ${fixture.unable.join(", ")}`, "no example works here");
}
