// All tests: the fast ones, then the real lanes. Installs what a lane needs when it may (root on Debian), says which
// lane was skipped and why when it may not, and ends with one line of figures. In CI a skipped lane is a failure.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
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
	{ name: "style", run: () => command("biome check", bin("biome"), ["check", "--diagnostic-level=warn", "."]) },
	{ name: "types", run: () => command("tsc", bin("tsc"), ["--noEmit"]) },
	{ name: "imports", run: () => command("dependency-cruiser", bin("depcruise"), ["src"]) },
	{ name: "unused", run: () => command("knip", bin("knip"), []) },
	{
		name: "docs",
		run: () => command("the docs pages are up to date", process.execPath, ["scripts/docs.mjs", "--check"]),
	},
	{ name: "unit", run: () => vitest("unit", { again: false }) },
	{
		name: "e2e",
		needs: tools(
			["python3-minimal", "util-linux", "passwd", "zsh", "fish", "less"],
			["python3", "setpriv", "useradd", "zsh", "fish", "less"],
		),
		run: () => vitest("e2e"),
	},
	{ name: "race", run: () => command("16 processes allocate at once", process.execPath, ["test/checks/race.mjs"]) },
	// A tenth of what `npm run check:crash`, `check:power`, `check:fuzz` and `check:kills` do.
	{ name: "crash", run: () => command("50 kills", process.execPath, ["test/checks/crash.mjs", "--kills", "50"]) },
	{
		name: "power",
		needs: tools(["gcc", "libc6-dev"], ["cc"]),
		run: () => command("20 power losses", process.execPath, ["test/checks/power.mjs", "--rounds", "20", "--nth", "8"]),
	},
	{
		name: "fuzz",
		// The same inputs for everybody: a commit passes or does not. `npm run check:fuzz` takes others.
		run: () =>
			command("2000 bent files of browsers", process.execPath, [
				"test/checks/fuzz.mjs",
				...["--inputs", "2000", "--seed", "20261130"],
			]),
	},
	{
		name: "browsers",
		needs: tools(["chromium", "firefox-esr"], ["chromium", "firefox-esr"]),
		run: () => vitest("browsers"),
	},
	{
		name: "signing",
		needs: tools(
			["softhsm2", "opensc", "openssl", "g++", "libc6-dev"],
			["softhsm2-util", "pkcs11-tool", "openssl", "g++", "cc"],
		),
		run: () => vitest("signing"),
	},
	{
		name: "mail",
		needs: tools(["exim4-daemon-light", "openssl"], ["exim4", "openssl"]),
		run: () => vitest("mail"),
	},
	{
		name: "postgres",
		needs: tools(["postgresql", "pgbouncer", "openssl"], ["pg_ctlcluster", "pgbouncer", "openssl"]),
		run: () => vitest("postgres"),
	},
	{ name: "wine", needs: wine, run: () => vitest("wine") },
	{ name: "powershell", needs: () => wine() ?? dotnet(), run: () => vitest("powershell") },
];

const totals = { passed: 0, failed: 0, skipped: 0 };
const skipped = [];
/** What failed, told once more at the end: of a long run often only the end is kept. */
const failures = [];
/** What failed once and passed when it was tried again: it is told, and it is work to be done. */
const unstable = [];
for (const lane of lanes) {
	if (only.length > 0 && !only.includes(lane.name)) continue;
	console.log(`\n=== ${lane.name}`);
	const reason = lane.needs?.();
	if (reason !== undefined) {
		skipped.push(`${lane.name}: ${reason}`);
		totals.skipped += 1;
		continue;
	}
	const started = Date.now();
	const counts = lane.run();
	for (const key of Object.keys(totals)) totals[key] += counts[key];
	failures.push(...(counts.failures ?? []).map((line) => `${lane.name}: ${line}`));
	unstable.push(...(counts.unstable ?? []).map((line) => `${lane.name}: ${line}`));
	if (counts.skipped > 0) skipped.push(`${lane.name}: ${counts.skipped} tests`);
	console.log(
		`=== ${lane.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${Math.round((Date.now() - started) / 1000)} s`,
	);
}
console.log("");
for (const line of unstable) console.log(`UNSTABLE ${line}\n`);
for (const line of failures) console.log(`FAILED ${line}\n`);
for (const line of skipped) console.log(`Skipped ${line}`);
if (inCi && totals.skipped > 0) console.log("In CI nothing may be skipped.");
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 || (inCi && totals.skipped > 0) ? 1 : 0;

/** One program that passes or fails as a whole. */
function command(what, program, words) {
	const { status } = spawnSync(program, words, { cwd: root, stdio: "inherit" });
	console.log(`${status === 0 ? "passed" : "FAILED"}: ${what}`);
	return {
		passed: status === 0 ? 1 : 0,
		failed: status === 0 ? 0 : 1,
		skipped: 0,
		failures: status === 0 ? [] : [what],
	};
}

/**
 * A vitest project, counted test by test. With real parts (Wine, browsers, servers) what a few files failed in is tried once
 * more: a machine that two of them share now and then refuses a start. What fails twice is ours; what passes then is named.
 */
function vitest(project, { again = true } = {}) {
	const first = vitestOnce(project);
	const files = [...new Set(first.failures.map(({ file }) => file))].filter(Boolean);
	if (!again || first.failed === 0 || files.length === 0 || files.length > 3) return toldOf(first);
	console.log(`Tried again: ${files.join(", ")}`);
	const second = vitestOnce(project, files);
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

function vitestOnce(project, files = []) {
	mkdirSync(cache, { recursive: true });
	const report = join(cache, `vitest-${project}.json`);
	rmSync(report, { force: true });
	const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
	const { status } = spawnSync(bin("vitest"), ["run", "--project", project, ...reporters, ...files], {
		cwd: root,
		stdio: "inherit",
	});
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
