/** Files that a command opens besides what Node itself and the system open: to a virus scanner each is work. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFixture } from "./fixture.mjs";
import { isThere, program, timed } from "./harness.mjs";

const ofTheSystem = /^\/(proc|sys|etc|dev|lib|lib64|usr\/lib|usr\/lib64|usr\/share)(\/|$)/;

/** @param {import("./run.mjs").Bench} bench */
export async function files({ folder, report }) {
	report.heading("Files opened");
	if (!isThere("strace")) return report.skipped("files", "there is no strace");
	const fixture = await makeFixture(folder);
	const trace = join(folder, "trace");
	let number = 0;
	/** @type {(cases: import("./fixture.mjs").Case[], most: number) => void} */
	const measure = (cases, most) => {
		for (const { name, words, home, code, prepare } of cases) {
			prepare();
			const strace = ["-f", "-qq", "-e", "trace=open,openat,openat2", "-o", trace, process.execPath];
			timed({ program: "strace", args: [...strace, program, ...words(number++)], home, codes: [code] });
			const opened = openedIn(readFileSync(trace, "utf8"));
			report.value(`files: ${name}`, opened.length, "", { most });
		}
	};
	measure([...fixture.hot, ...fixture.durable], 8);
	measure(fixture.others, 40);
}

/**
 * What was opened with success, without what every Node opens.
 *
 * @param {string} trace
 */
function openedIn(trace) {
	const calls = trace.matchAll(/\bopen(?:at2?)?\((?:AT_FDCWD, )?"([^"]+)".* = \d+$/gm);
	return [...calls].map(([, path = ""]) => path).filter((path) => !ofTheSystem.test(path) && path !== process.execPath);
}
