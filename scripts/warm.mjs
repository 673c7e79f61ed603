// Two steps of the build that need a bundle itself: `help FILE` prints its bare help page; `cache FILE` writes V8's cached
// code of it, after the common commands have run, so that what they need is compiled in it. With the whole program comes
// that of the packages.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const { load, loaded, cacheFile } = require("../bin/run.cjs");
const [step, file] = process.argv.slice(2);
const dist = dirname(file);
const program = load(file);
/** `cfm` or `hot`, in whatever language. */
const [name] = basename(file).split(".");

/** What each bundle is mostly asked for. Nothing seldom: the cached code is read at every start and stays small. */
const common = {
	hot: [
		"ids allocate ana ben",
		"ids list",
		"ids list --json",
		"ids show ana",
		"ids show ana --json",
		"ids release ana --yes",
		"ids release ana",
	],
	cfm: ["environments list", "environments list --json", "ids reserve 7", "registry info", "ids list --mistake"],
};

if (step === "help") process.stdout.write(await program.bareHelp());
else {
	const home = mkdtempSync(join(tmpdir(), "cfm-build-"));
	try {
		mkdirSync(join(dist, "cache"), { recursive: true });
		// In a process of its own: what only `init` needs would make every start slower.
		const environment = { CFM_HOME: home, XDG_CONFIG_HOME: home };
		execFileSync(process.execPath, [join(dist, "..", "bin", "run.cjs"), "init", "--yes"], { env: environment });
		await run(common[name], home);
		keep([file]);
		if (basename(file) === "cfm.cjs") await warmPackages(home);
	} finally {
		rmSync(home, { recursive: true, force: true });
	}
}

/** Loads every package, and makes oclif do what it is for. */
async function warmPackages(home) {
	const files = readdirSync(join(dist, "vendor")).map((name) => join(dist, "vendor", name));
	for (const one of files) {
		// Loads its Windows binary with itself.
		if (!one.endsWith("koffi.cjs") || process.platform === "win32") load(one);
	}
	await run(["ids list --help", "ids"], home);
	keep(files);
}

async function run(lines, home) {
	for (const line of lines) await program.main(line.split(" "), dist, quiet(home));
}

function keep(files) {
	for (const one of files) if (loaded[one]) writeFileSync(cacheFile(one), loaded[one].createCachedData());
}

/** Streams that lead nowhere. */
function quiet(home) {
	const environment = { CFM_HOME: home, XDG_CONFIG_HOME: home };
	const nobody = { inIsTerminal: false, outIsTerminal: false, errIsTerminal: false };
	return { out: () => true, err() {}, ...nobody, columns: 100, environment };
}
