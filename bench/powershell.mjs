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
		await moduleRows(shell, report, rounds);
	} finally {
		await shell.dispose();
	}
}

/**
 * The module Cfm: a cmdlet in a loop, a pipeline of users against one call with a file, an import against that of a module with
 * as many functions that do nothing, each in a process of its own.
 *
 * @param {{run(script: string, options: object): Promise<{objects: any[], errors: {message: string}[]}>}} shell
 * @param {import("./report.mjs").Report} report
 * @param {number | undefined} rounds
 */
async function moduleRows(shell, report, rounds) {
	report.heading("The PowerShell module");
	const measured = async (/** @type {string} */ text, /** @type {number} */ count) => {
		const { objects, errors } = await shell.run(text, { parameters: { Count: count }, timeoutMs: 3_600_000 });
		if (errors.length > 0) throw new Error(errors[0]?.message);
		return summary(objects[0]);
	};
	report.ratio("module: Get-CfmId / node -e 0", await measured(cmdletInLoop, rounds ?? 1000), { most: 1.6 });
	report.ratio("module: 1,000 users | New-CfmId / --from", await measured(pipeline, rounds ?? 15), { most: 2 });
	report.ratio("module: Import-Module / an empty one", await measured(imports, rounds ?? 31), { most: 1.5 });
}

const cmdletInLoop = `param([int] $Count)
	Import-Module Cfm
	$clock = [Diagnostics.Stopwatch]::new()
	$ratios = [Collections.Generic.List[double]]::new()
	$null = New-CfmId ana -ErrorAction SilentlyContinue
	foreach ($number in 0..$Count) {
		$clock.Restart(); $null = & node -e 0; $nothing = $clock.Elapsed.TotalMilliseconds
		$clock.Restart(); $shown = Get-CfmId ana; $look = $clock.Elapsed.TotalMilliseconds
		if (-not $shown.id) { throw "call $number gave nothing" }
		if ($number -gt 0) { $ratios.Add($look / $nothing) }
	}
	, $ratios`;

const pipeline = `param([int] $Count)
	Import-Module Cfm
	$clock = [Diagnostics.Stopwatch]::new()
	$ratios = [Collections.Generic.List[double]]::new()
	$list = [IO.Path]::GetTempFileName()
	foreach ($number in 0..$Count) {
		foreach ($name in "one$number", "two$number") { $null = cfm environments add $name --range 1-5000 --json }
		$users = foreach ($user in 1..1000) { "user$number-$user" }
		[IO.File]::WriteAllLines($list, [string[]] $users)
		$clock.Restart(); $null = cfm ids allocate --from $list --environment "one$number" --json; $file = $clock.Elapsed.TotalMilliseconds
		$clock.Restart(); $given = $users | New-CfmId -Environment "two$number"; $piped = $clock.Elapsed.TotalMilliseconds
		if (@($given).Count -ne 1000) { throw "$(@($given).Count) of 1,000" }
		if ($number -gt 0) { $ratios.Add($piped / $file) }
	}
	[IO.File]::Delete($list)
	, $ratios`;

const imports = `param([int] $Count)
	$module = (Get-Module -ListAvailable Cfm)[0]
	$folder = Join-Path ([IO.Path]::GetTempPath()) "cfm-bench-$PID"
	$empty = Join-Path $folder 'Empty'
	$null = New-Item -ItemType Directory $empty
	$functions = $module.ExportedFunctions.Keys | ForEach-Object { "function $_ {\`n}" }
	Set-Content (Join-Path $empty 'Empty.psm1') ($functions -join "\`n")
	$manifest = (Get-Content -Raw $module.Path).Replace('Cfm.psm1', 'Empty.psm1')
	Set-Content (Join-Path $empty 'Empty.psd1') $manifest
	# The lane's pwsh is a library that dotnet runs.
	$shell = @((Get-Process -Id $PID).Path)
	if ([IO.Path]::GetFileNameWithoutExtension($shell[0]) -eq 'dotnet') { $shell += [Environment]::GetCommandLineArgs()[0] }
	function Measure-Import([string] $Path) {
		$said = & $shell[0] @($shell | Select-Object -Skip 1) -NoProfile -Command "\`$clock = [Diagnostics.Stopwatch]::StartNew(); Import-Module '$Path'; \`$clock.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)"
		[double]::Parse($said, [cultureinfo]::InvariantCulture)
	}
	$ratios = [Collections.Generic.List[double]]::new()
	foreach ($number in 0..$Count) {
		$nothing = Measure-Import (Join-Path $empty 'Empty.psd1')
		$own = Measure-Import $module.Path
		if ($number -gt 0) { $ratios.Add($own / $nothing) }
	}
	Remove-Item -Recurse $folder
	, $ratios`;

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
