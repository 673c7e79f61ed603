// Two steps of the build that need the bundle itself: `help` prints the bare help page; `cache` writes V8's cached code
// of every file, after the common commands have run, so that what they need is compiled in it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
const { load, loaded, cacheFile } = require("../bin/run.cjs");
const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist");
const program = load(join(dist, "cfm.cjs"));

if (process.argv[2] === "help") process.stdout.write(await program.bareHelp());
else {
	const home = mkdtempSync(join(tmpdir(), "cfm-build-"));
	try {
		mkdirSync(join(dist, "cache"), { recursive: true });
		const keep = (wanted) => {
			for (const [file, script] of Object.entries(loaded)) {
				if (file.endsWith(".cjs") && wanted(file)) writeFileSync(cacheFile(file), script.createCachedData());
			}
		};
		const isProgram = (file) => file === join(dist, "cfm.cjs");
		await runCommonCommands(home);
		keep(isProgram);
		// Only now what is seldom asked for: the program's own cache is read at every start and stays small.
		for (const name of readdirSync(join(dist, "vendor"))) {
			// Loads its Windows binary with itself.
			if (name !== "koffi.cjs" || process.platform === "win32") load(join(dist, "vendor", name));
		}
		for (const line of ["ids list --help", "ids", "ids list --mistake"])
			await program.main(line.split(" "), dist, quiet(home));
		keep((file) => !isProgram(file));
	} finally {
		rmSync(home, { recursive: true, force: true });
	}
}

async function runCommonCommands(home) {
	const environment = { CFM_HOME: home, XDG_CONFIG_HOME: home };
	// In a process of its own: what only `init` needs would make every start slower.
	execFileSync(process.execPath, [join(dist, "..", "bin", "run.cjs"), "init", "--yes"], { env: environment });
	for (const line of [
		"ids allocate ana ben",
		"ids list",
		"ids list --json",
		"ids show ana",
		"ids show ana --json",
		"ids release ana --yes",
		"ids release ana",
	]) {
		await program.main(line.split(" "), dist, quiet(home));
	}
}

/** Streams that lead nowhere. */
function quiet(home) {
	const environment = { CFM_HOME: home, XDG_CONFIG_HOME: home };
	const nobody = { inIsTerminal: false, outIsTerminal: false, errIsTerminal: false };
	return { out: () => true, err() {}, ...nobody, columns: 100, environment };
}
