/** Pester's tests (pester/*.Tests.ps1), each as a test of its own; Pester runs once an engine, before they are listed. */
import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell } from "./powershell.js";
import { here, project } from "./provision.js";

const run = `
	Import-Module Pester
	$configuration = New-PesterConfiguration
	$configuration.Run.Path = $PSScriptRoot
	$configuration.Run.PassThru = $true
	$configuration.Output.Verbosity = 'None'
	# Wine's users have no such key.
	$configuration.TestRegistry.Enabled = $false
	$told = Invoke-Pester -Configuration $configuration
	foreach ($test in $told.Tests) {
		[pscustomobject]@{ name = $test.ExpandedPath; result = "$($test.Result)"; why = "$($test.ErrorRecord -join [Environment]::NewLine)" }
	}
	# A file or a block that failed as a whole has no test that says so.
	foreach ($one in @($told.FailedContainers) + @($told.FailedBlocks)) {
		[pscustomobject]@{ name = "$one"; result = 'Failed'; why = "$($one.ErrorRecord -join [Environment]::NewLine)" }
	}`;

interface Told {
	name: string;
	result: string;
	why: string;
}

describeEach(engines())("Pester on %s", async (engine) => {
	const shell = await openPowerShell(engine);
	const told: Told[] = [];
	try {
		const copy = (from: string, to: string) =>
			fs.cpSync(from, shell.path(`${shell.folder}/${to}`.replaceAll("/", shell.wine ? "\\" : "/")), {
				recursive: true,
			});
		for (const name of fs.readdirSync(path.join(here, "pester"))) copy(path.join(here, "pester", name), name);
		copy(path.join(project, "docs", "recipes"), "recipes");
		// Tried twice under Wine, as all tests are there.
		for (let tries = engine === "wine" ? 2 : 1; tries > 0; tries -= 1) {
			const { objects, errors, console } = await shell.run(run, { timeoutMs: 900_000 });
			told.splice(0, told.length, ...(objects as Told[]));
			for (const { id, message } of errors) told.push({ name: id, result: "Failed", why: message });
			if (told.length === 0) told.push({ name: "the run", result: "Failed", why: console });
			if (told.every(({ result }) => result === "Passed")) break;
		}
	} finally {
		await shell.dispose();
	}
	test.each(told)("$name", ({ result, why }) => expect([result, why]).toEqual(["Passed", ""]));
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());
