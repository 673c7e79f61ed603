/** The module Cfm against the CLI: each example of each cmdlet runs, and its objects are what `--json` prints, field by field. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cmdletsOf, examplesOf } from "../../../scripts/module.mjs";
import { valueKind } from "../../../src/lib/cli/value-kinds.js";
import { loadAll } from "../../../src/main.js";
import { makeScene, me, preparation, type Scene, wordsOf } from "../../shape/scene.js";
import { isWhole } from "../../whole.js";
import { installerPath } from "../wine/provision.js";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";

interface Part {
	id: string;
	rows?: string;
	danger?: string;
	instead?: { flag: string; rows: string };
}

interface Example {
	id: string;
	/** As the command is called, and as the cmdlet is. */
	of: string;
	line: string;
}

/** What came of an example: by the CLI its answer, by the cmdlet its objects and errors. */
interface Told {
	line: string;
	failed?: string;
	cli: string;
	objects: string;
	errors: string[];
}

interface Cmdlet {
	name: string;
	parts: Part[];
}

const cmdlets = cmdletsOf(await loadAll(), valueKind) as unknown as Cmdlet[];

/** Where both need the same: the one runs in a folder of cfm's own, the other in a copy of it. */
const walk = `
	Import-Module Cfm
	function Get-Plain($Value) {
		if ($Value -is [DateTime]) { return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ') }
		if ($Value -is [array]) { return , @($Value | ForEach-Object { Get-Plain $_ }) }
		if ($Value -is [Management.Automation.PSCustomObject]) {
			$plain = [ordered]@{}
			foreach ($property in $Value.PSObject.Properties) { $plain[$property.Name] = Get-Plain $property.Value }
			return [pscustomobject] $plain
		}
		$Value
	}
	$cases = ([IO.File]::ReadAllText("$PSScriptRoot/module-cases.json") | ConvertFrom-Json).cases
	foreach ($case in $cases) {
		$env:CFM_HOME = $case.home
		$null = $ExecutionContext.SessionState.Path.SetLocation($case.work)
		$failed = $null
		foreach ($line in $case.before) {
			$words = @($line.words)
			$said = & cfm @words 2>&1
			if ($LASTEXITCODE -ne 0) { $failed = "cfm $words ended with $LASTEXITCODE\`: $said"; break }
		}
		if ($failed) { [pscustomobject]@{ line = $case.line; failed = $failed }; continue }
		$cli = $null
		if ($case.compared) { $words = @($case.words); $cli = "$(& cfm @words)" }
		$global:Error.Clear()
		$objects = @(& ([scriptblock]::Create($case.line)) 2>$null 3>$null)
		$errors = @($global:Error)
		[pscustomobject]@{
			line = $case.line; cli = $cli; errors = @($errors | ForEach-Object { "$($_.FullyQualifiedErrorId)" })
			objects = ConvertTo-Json -InputObject @($objects | ForEach-Object { Get-Plain $_ }) -Depth 30 -Compress
		}
	}`;

/** Examples whose cmdlets end with an error where the lane runs them, and why; those of the CLI do, too. */
const endsBadly: Record<string, string> = {
	"Restore-CfmWebBackup": "no-backup",
	"Protect-CfmPort": "not-windows|block-not-reserved",
	"Get-CfmToken": "module-missing",
	"Test-CfmToken": "module-missing",
	"Test-CfmSign": "module-missing",
	"Test-CfmTsa": "tsa-unreachable",
	"Remove-CfmClient": "client-installed",
	"Measure-CfmPortRule": "too-few-clients",
	"Test-CfmProgram": "not-windows|windows-differs",
};

describeEach(engines())("the module on %s", (engine) => {
	const separator = engine === "wine" ? "\\" : "/";
	let shell: PowerShell;
	let scene: Scene;
	const at = (name: string) => `${shell.folder}${separator}${name}`;

	beforeAll(async () => {
		shell = await openPowerShell(engine);
		scene = makeScene();
	});
	afterAll(async () => {
		scene?.remove();
		await shell?.dispose();
	});

	/** A start takes its time: one example a command, and under Wine of each 16th cmdlet. All: npm run check:powershell. */
	const usedOf = (examples: Example[], cmdlet: number) => {
		if (isWhole) return examples;
		if (engine === "wine" && cmdlet % 16 > 0) return [];
		return examples.filter((one, at) => examples.findIndex(({ id }) => id === one.id) === at);
	};

	const makeCases = () =>
		cmdlets.flatMap((cmdlet, index) =>
			usedOf(examplesOf(cmdlet) as Example[], index).map((example, number) => {
				const own = `${cmdlet.name}-${number}`;
				const [home, work] = [at(`home-${own}`), at(`work-${own}`)];
				// A second try begins anew.
				for (const folder of [home, work]) fs.rmSync(shell.path(folder), { recursive: true, force: true });
				fs.cpSync(scene.home, shell.path(home), { recursive: true });
				fs.chmodSync(shell.path(home), 0o700);
				fs.cpSync(scene.work, shell.path(work), { recursive: true });
				if (shell.wine !== undefined) {
					fs.copyFileSync(installerPath("no-start"), shell.path(`${work}${separator}certifio-manager-se.exe`));
				}
				const part = cmdlet.parts.find(({ id }) => id === example.id) as Part;
				const inPlace = (words: string[]) =>
					words.map((word) => {
						const here = word.startsWith("{work}") ? word.replaceAll("/", separator).replace("{work}", work) : word;
						return here === me() && shell.wine !== undefined ? shell.wine.user : here;
					});
				return {
					...{ line: example.line, home, work, part, name: cmdlet.name },
					before: preparation(example.id, example.of).map((words) => ({ words: inPlace(words) })),
					words: [...wordsOf(example.of).filter((word) => word !== "--json"), "--json"],
					// What changes something, or writes a file, can be asked for once.
					compared: part.danger === undefined && !/-Out(File|Dir)\b/.test(example.line),
				};
			}),
		);

	test("documented examples run; what reads gives what the CLI gives", async () => {
		const cases = makeCases();
		shell.put("module-cases.json", JSON.stringify({ cases }));
		await shell.wine?.evaluate(`
			const reg = require("native-reg");
			const key = reg.createKey(reg.HKLM, "SOFTWARE\\\\cfm\\\\TrustedFolders", reg.Access.ALL_ACCESS);
			for (const folder of ${JSON.stringify(cases.map(({ home }) => home.toLowerCase()))}) reg.setValueSZ(key, folder, "");
		`);
		const { objects, errors } = await shell.run(walk, {
			timeoutMs: 1_800_000,
			preferences: { ConfirmPreference: "None" },
			env: { CFM_INSTALLER_SHA256: shell.wine === undefined ? undefined : sha256(installerPath("no-start")) },
		});
		const wrong: unknown[] = errors.map(({ id, message }) => [id, message]);
		const told = new Map((objects as Told[]).map((one) => [one.line, one]));
		for (const { line, part, name, compared } of cases) {
			const one = told.get(line);
			if (one === undefined || one.failed !== undefined) wrong.push([line, one]);
			else {
				const ids = [one.errors ?? []].flat();
				const bad = new RegExp(`^cfm\\.(${endsBadly[name] ?? "-"}),`);
				if (ids.some((id) => !bad.test(id))) wrong.push([line, ids]);
				else if (compared && ids.length === 0) {
					const difference = differs(part, line, JSON.parse(one.cli), JSON.parse(one.objects));
					if (difference !== undefined) wrong.push([line, difference]);
				}
			}
		}
		expect(wrong).toEqual([]);
	}, 1_900_000);
});

function sha256(file: string): string {
	return createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}

/** What the cmdlet gave otherwise than the CLI; undefined when it is the same. */
function differs(part: Part, line: string, answer: { result?: Record<string, unknown> }, objects: unknown): unknown {
	const { result } = answer;
	// It failed as a whole, and the cmdlet said nothing of it.
	if (result === undefined) return answer;
	const rows = part.instead !== undefined && /-Ranges\b/.test(line) ? part.instead.rows : part.rows;
	const isList = rows !== undefined && Array.isArray(result[rows]) && result.total !== undefined;
	const environment = result.environment;
	const expected = isList
		? (result[rows] as object[]).map((row) => (environment && !("environment" in row) ? { ...row, environment } : row))
		: [result];
	// Of two looks at a machine the instants and the durations differ; two signatures by ECDSA may not be equally long.
	const still = (name: string, value: unknown) => {
		if (["seconds", "milliseconds", "sizeBytes"].includes(name)) return `<${name}>`;
		return typeof value === "string" && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? "<instant>" : value;
	};
	// And what other programs listen on comes and goes: of listeners, those are compared that both looks have seen.
	const inBoth = (rows: unknown, others: unknown) => {
		if (!part.id.startsWith("ports ") || !Array.isArray(rows) || !Array.isArray(others)) return rows;
		const ports = new Set(others.map(({ port }) => port));
		return rows.filter(({ port }) => ports.has(port));
	};
	const told = JSON.stringify(inBoth(objects, expected), still);
	const wanted = JSON.stringify(inBoth(expected, objects), still);
	return told === wanted ? undefined : { told: told.slice(0, 600), expected: wanted.slice(0, 600) };
}

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());
