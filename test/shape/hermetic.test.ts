import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

// A test must pass on anybody's machine, however busy: it is handed what it needs, and waits for what happens.

const tests = join(import.meta.dirname, "..");
const sources = readdirSync(tests, { recursive: true, encoding: "utf8" })
	.filter((file) => /\.(ts|mjs)$/.test(file) && !file.endsWith("hermetic.test.ts"))
	.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(tests, file), "utf8")] as const);

/** What no test may hold, and the files that may, each for the reason beside it. */
const rules: [rule: string, pattern: RegExp, but: Record<string, string>][] = [
	["puts a module in another's place: hand the part in", /\bvi\.(do)?mock\(/, {}],
	[
		"waits for time to pass: wait for what happens, by test/until.ts",
		/from "node:timers\/promises"|new Promise\b[^;\n]*=> setTimeout\(|\bsleep [\d.]+\b/,
		{
			"until.ts": "asks again, and again",
			"lanes/powershell/powershell.ts": "asks again, and again",
			"lanes/browsers/values.test.ts": "what Chromium does after a minute can only be seen after a minute",
			"checks/harness.mjs": "kills at any moment",
		},
	],
	[
		"has a bound on how long something takes: that belongs in bench/",
		/expect\(\s*performance\.now\(\)/,
		{ "checks/fuzz/run.ts": "ends what hangs, after many times what it needs" },
	],
	[
		"makes its own folder for what is temporary: test/folders.ts does",
		/\btmpdir\(\)/,
		{ "folders.ts": "here", "checks/harness.mjs": "no vitest there", "checks/hermetic.mjs": "the machine's" },
	],
	[
		"tells the time as it is where the tests run",
		/\.(get(Hours|Minutes|Date|Day|Month|FullYear|TimezoneOffset)|toLocale\w*)\(/,
		{},
	],
	["makes or removes accounts of this machine", /\b(user|group)(add|del|mod)\b/, {}],
];

it.each(rules)("no test %s", (_, pattern, but) => {
	const found = sources.filter(([file, text]) => pattern.test(text) && !Object.hasOwn(but, file));
	expect(found.map(([file]) => file)).toEqual([]);
});

it("no end-to-end test or sample passes on what the tests were started with, but where programs are", () => {
	const passing = sources.filter(
		([file, text]) => /^(e2e|shape)\//.test(file) && /process\.env\b(?!\.PATH\b)/.test(text),
	);
	// A bundle that is loaded into this process has a machine of its own, which knows its user by HOME.
	expect(passing.map(([file]) => file)).toEqual(["e2e/languages.test.ts"]);
});
