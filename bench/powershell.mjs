/** A thousand calls from one PowerShell script, each against `node -e 0` called from the same loop. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { summary } from "./harness.mjs";

const root = join(import.meta.dirname, "..");
const lane = join(root, "test/lanes/powershell");

/** @param {import("./run.mjs").Bench} bench */
export async function powershell({ report, rounds }) {
	report.heading("A call from a loop in PowerShell / node -e 0 from the same loop");
	const { missingEngines, openPowerShell } = await laneModule();
	const missing = missingEngines().pwsh;
	if (missing !== undefined) return report.skipped("powershell: a call in a loop", missing);
	const shell = await openPowerShell("pwsh");
	try {
		const { objects, errors } = await shell.run(script, {
			parameters: { Count: rounds ?? 1000 },
			timeoutMs: 1_800_000,
		});
		if (errors.length > 0) throw new Error(errors[0].message);
		const [looks, changes] = objects;
		report.ratio("powershell: ids show --json | ConvertFrom-Json", summary(looks), { most: 1.45 });
		report.ratio("powershell: ids allocate --json | ConvertFrom-Json", summary(changes), { most: 1.8 });
	} finally {
		await shell.dispose();
	}
}

/** Pairs A B A B, as everywhere in this folder; the clock is PowerShell's, so its own work is in both. */
const script = `param([int] $Count)
	$clock = [Diagnostics.Stopwatch]::new()
	$null = cfm init --yes
	$null = cfm ids allocate ana
	$looks = [Collections.Generic.List[double]]::new()
	$changes = [Collections.Generic.List[double]]::new()
	foreach ($number in 0..$Count) {
		$clock.Restart(); $null = & node -e 0; $nothing = $clock.Elapsed.TotalMilliseconds
		$clock.Restart()
		$shown = cfm ids show ana --json | ConvertFrom-Json
		$look = $clock.Elapsed.TotalMilliseconds
		$clock.Restart()
		$given = cfm ids allocate "user$number" --json | ConvertFrom-Json
		$change = $clock.Elapsed.TotalMilliseconds
		if (-not ($shown.ok -and $given.ok)) { throw "call $($number): $($shown.error.message) $($given.error.message)" }
		# The first one reads from the disk.
		if ($number -gt 0) { $looks.Add($look / $nothing); $changes.Add($change / $nothing) }
	}
	, $looks; , $changes`;

/** The lane's helper, which is TypeScript and finds its files from where it stands. */
async function laneModule() {
	const outfile = join(root, ".cache/bench/powershell.mjs");
	await build({
		entryPoints: [join(lane, "powershell.ts")],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node22",
		define: { "import.meta.url": JSON.stringify(pathToFileURL(join(lane, "provision.ts")).href) },
		logLevel: "warning",
	});
	return import(pathToFileURL(outfile).href);
}
