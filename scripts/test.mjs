// All tests: the fast ones, then the real lanes. Installs what a lane needs when it may (root on Debian), says which
// lane was skipped and why when it may not, and ends with one line of figures. In CI a skipped lane is a failure.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { provide } from "./provide.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const inCi = process.env.CI === "true";
const only = process.argv.slice(2);
const cache = join(root, ".cache");
const bin = (name) => join(root, "node_modules", ".bin", name);
/** A Debian package's program is there, or could be installed. */
const tools = (packages, programs) => () => provide(packages, programs);

/** What a lane's own `provision.sh` makes, and why it cannot. */
const provisioned = (lane) => () => {
	const { status, stdout } = spawnSync("sh", [join(root, "test", "lanes", lane, "provision.sh")], {
		encoding: "utf8",
		stdio: ["ignore", "pipe", "inherit"],
	});
	return status === 0 ? undefined : stdout.trim() || "provision.sh cannot run here";
};
/** Wine 10, compilers for Windows' programs, NSIS. */
const wine = provisioned("wine");
/** The .NET SDK, which builds the host for PowerShell's engine: its package is not in Debian itself. */
const dotnet = provisioned("powershell");

const lanes = [
	{
		name: "style",
		run: (tell) => command("biome check", bin("biome"), ["check", "--diagnostic-level=warn", "."], tell),
	},
	{ name: "types", run: (tell) => command("tsc", bin("tsc"), ["--noEmit"], tell) },
	{ name: "imports", run: (tell) => command("dependency-cruiser", bin("depcruise"), ["src"], tell) },
	{ name: "unused", run: (tell) => command("knip", bin("knip"), [], tell) },
	{
		name: "docs",
		run: (tell) => command("the docs pages are up to date", process.execPath, ["scripts/docs.mjs", "--check"], tell),
	},
	{ name: "unit", run: (tell) => vitest("unit", tell, { again: false }) },
	{
		name: "e2e",
		needs: tools(
			["python3-minimal", "util-linux", "passwd", "zsh", "fish", "less"],
			["python3", "setpriv", "useradd", "zsh", "fish", "less"],
		),
		run: (tell) => vitest("e2e", tell),
	},
	{
		name: "race",
		run: (tell) => command("16 processes allocate at once", process.execPath, ["test/checks/race.mjs"], tell),
	},
	// A tenth of what `npm run check:crash`, `check:power`, `check:fuzz` and `check:kills` do.
	{
		name: "crash",
		run: (tell) => command("50 kills", process.execPath, ["test/checks/crash.mjs", "--kills", "50"], tell),
	},
	{
		name: "power",
		needs: tools(["gcc", "libc6-dev"], ["cc"]),
		run: (tell) =>
			command("20 power losses", process.execPath, ["test/checks/power.mjs", "--rounds", "20", "--nth", "8"], tell),
	},
	{
		name: "fuzz",
		// The same inputs for everybody: a commit passes or does not. `npm run check:fuzz` takes others.
		run: (tell) => {
			const words = ["test/checks/fuzz.mjs", "--inputs", "2000", "--seed", "20261130"];
			return command("2000 bent files of browsers", process.execPath, words, tell);
		},
	},
	{
		name: "browsers",
		needs: tools(["chromium", "firefox-esr"], ["chromium", "firefox-esr"]),
		run: (tell) => vitest("browsers", tell),
	},
	{
		name: "signing",
		needs: tools(
			["softhsm2", "opensc", "openssl", "poppler-utils", "g++", "libc6-dev"],
			["softhsm2-util", "pkcs11-tool", "openssl", "pdfsig", "g++", "cc"],
		),
		run: (tell) => vitest("signing", tell),
	},
	{
		name: "mail",
		needs: tools(["exim4-daemon-light", "openssl"], ["exim4", "openssl"]),
		run: (tell) => vitest("mail", tell),
	},
	{
		name: "postgres",
		needs: tools(["postgresql", "pgbouncer", "openssl"], ["pg_ctlcluster", "pgbouncer", "openssl"]),
		run: (tell) => vitest("postgres", tell),
	},
	{ name: "wine", needs: wine, run: (tell) => vitest("wine", tell) },
	{ name: "powershell", needs: () => wine() ?? dotnet(), run: (tell) => vitest("powershell", tell) },
];

const totals = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
/** What failed, told once more at the end: of a long run often only the end is kept. */
const failures = [];
/** What failed once and passed when it was tried again: it is told, and it is work to be done. */
const unstable = [];

/** Lanes that mostly wait for what they start: the two rows of them run side by side, each lane after the one before. */
const rows = [
	["browsers", "signing", "mail", "postgres"],
	["wine", "powershell"],
];
const asked = lanes.filter(({ name }) => only.length === 0 || only.includes(name));
const waiting = asked.filter(({ name }) => rows.flat().includes(name));
for (const lane of asked.filter((one) => !waiting.includes(one))) if (isReady(lane)) await runLane(lane, show);
// One installs at a time; what cannot run is told before the hour is over.
const ready = waiting.filter(isReady);
const busy = rows.map((row) => ready.filter(({ name }) => row.includes(name))).filter((row) => row.length > 0);
await Promise.all(
	busy.map(async (row) => {
		for (const lane of row) await runLane(lane, busy.length > 1 ? (line) => show(`${lane.name} | ${line}`) : show);
	}),
);

show("");
for (const line of unstable) show(`UNSTABLE ${line}\n`);
for (const line of failures) show(`FAILED ${line}\n`);
for (const line of skipped) show(`Skipped ${line}`);
if (inCi && totals.skipped > 0) show("In CI nothing may be skipped.");
show(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 || (inCi && totals.skipped > 0) ? 1 : 0;

function show(line) {
	console.log(line);
}

/** Sees to what a lane needs; one that cannot run is noted. */
function isReady({ name, needs }) {
	show(`\n=== ${name}`);
	const reason = needs?.();
	if (reason === undefined) return true;
	skipped.push(`${name}: ${reason}`);
	totals.skipped += 1;
	return false;
}

/** Runs a lane, adds up what came of it, and ends with a line of its figures. */
async function runLane({ name, run }, tell) {
	const begun = Date.now();
	const counts = await run(tell);
	for (const key of Object.keys(totals)) totals[key] += counts[key];
	failures.push(...(counts.failures ?? []).map((line) => `${name}: ${line}`));
	unstable.push(...(counts.unstable ?? []).map((line) => `${name}: ${line}`));
	if (counts.skipped > 0) skipped.push(`${name}: ${counts.skipped} tests`);
	const seconds = Math.round((Date.now() - begun) / 1000);
	show(`=== ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${seconds} s`);
}

/** Runs a program and tells its lines as they come. @returns its exit code, null when a signal ended it */
function started(program, words, tell) {
	return new Promise((resolve, reject) => {
		const child = spawn(program, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", tell);
		child.on("error", reject);
		// What a test left running may hold the pipes open: they are not waited for.
		child.on("exit", (status) => {
			const given = setTimeout(() => {
				for (const stream of [child.stdout, child.stderr]) stream.destroy();
			}, 2000);
			child.on("close", () => {
				clearTimeout(given);
				resolve(status);
			});
		});
	});
}

/** One program that passes or fails as a whole. */
async function command(what, program, words, tell) {
	const isRight = (await started(program, words, tell)) === 0;
	tell(`${isRight ? "passed" : "FAILED"}: ${what}`);
	return { passed: isRight ? 1 : 0, failed: isRight ? 0 : 1, skipped: 0, failures: isRight ? [] : [what] };
}

/**
 * A vitest project, counted test by test. With real parts (Wine, browsers, servers) what a few files failed in is tried once
 * more: a machine that two of them share now and then refuses a start. What fails twice is ours; what passes then is named.
 */
async function vitest(project, tell, { again = true } = {}) {
	const first = await vitestOnce(project, tell);
	const files = [...new Set(first.failures.map(({ file }) => file))].filter(Boolean);
	if (!again || first.failed === 0 || files.length === 0 || files.length > 3) return toldOf(first);
	tell(`Tried again: ${files.join(", ")}`);
	const second = await vitestOnce(project, tell, files);
	const stays = ({ name }) => second.failures.some((one) => one.name === name || one.name === one.file);
	return toldOf({
		passed: first.passed + first.failed - second.failed,
		failed: second.failed,
		skipped: first.skipped,
		failures: second.failures,
		unstable: first.failures.filter((one) => !stays(one)),
	});
}

function toldOf({ failures, unstable = [], ...counts }) {
	const line = ({ name, why }) => `${name}\n${why}`;
	return { ...counts, failures: failures.map(line), unstable: unstable.map(line) };
}

async function vitestOnce(project, tell, files = []) {
	mkdirSync(cache, { recursive: true });
	const report = join(cache, `vitest-${project}.json`);
	rmSync(report, { force: true });
	const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
	const status = await started(bin("vitest"), ["run", "--project", project, ...reporters, ...files], tell);
	const nothing = { file: "", name: project, why: "vitest made no report" };
	if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, failures: [nothing] };
	const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites, testResults } =
		JSON.parse(readFileSync(report, "utf8"));
	return {
		passed: numPassedTests,
		// A file that cannot be loaded has no failed test, and a run can fail without one.
		failed: Math.max(numFailedTests, numFailedTestSuites > 0 || status !== 0 ? 1 : 0),
		skipped: numPendingTests + numTodoTests,
		failures: testResults.flatMap(failuresOf),
	};
}

/** The failed tests of one file, each with the head of its message; or the file itself, when it could not be loaded. */
function failuresOf({ name, status, message, assertionResults }) {
	const file = relative(root, name);
	const failed = assertionResults.filter((test) => test.status === "failed");
	if (failed.length === 0) return status === "failed" ? [{ file, name: file, why: head(message) }] : [];
	return failed.map((test) => ({
		file,
		name: `${file} > ${test.fullName}`,
		why: head(test.failureMessages.join("\n")),
	}));
}

function head(text) {
	return text.split("\n").slice(0, 12).join("\n");
}
