/** The recipes are held to Windows PowerShell 5.1 by their syntax tree, and their help is what the pages say. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";
import { project } from "./provision.js";

const recipes = path.join(project, "docs", "recipes");
const names = fs.readdirSync(recipes).filter((name) => name.endsWith(".ps1"));
/** Every cmdlet and parameter that a recipe may use; each was looked up in the documentation of 5.1. */
const cmdlets: Record<string, string[]> = Object.assign(
	{},
	...Object.values(JSON.parse(fs.readFileSync(path.join(recipes, "cmdlets.json"), "utf8")) as Record<string, object>),
);

/** What the module calls besides its own functions; each was looked up in the documentation of 5.1. */
const ofModule = [
	...["ConvertFrom-Json", "ForEach-Object", "Join-Path", "New-Object"],
	...["Register-ArgumentCompleter", "Select-Object", "Sort-Object", "Update-FormatData", "Where-Object"],
];

/** What of a script 5.1 cannot parse or does not have, and what it calls, by 7's own parser. */
const look = `param([string] $File)
	$tokens = $null; $errors = $null
	$tree = [Management.Automation.Language.Parser]::ParseFile($File, [ref] $tokens, [ref] $errors)
	$newer = @($errors | ForEach-Object { "error: $($_.Message)" })
	foreach ($node in $tree.FindAll({ $true }, $true)) {
		$why = switch ($node.GetType().Name) {
			'TernaryExpressionAst' { 'ternary' }
			'PipelineChainAst' { '&& or ||' }
			'PipelineAst' { if ($node.Background) { 'background &' } }
			'BinaryExpressionAst' { if ("$($node.Operator)" -eq 'QuestionQuestion') { '??' } }
			'AssignmentStatementAst' { if ("$($node.Operator)" -eq 'QuestionQuestionEquals') { '??=' } }
			'MemberExpressionAst' { if ($node.NullConditional) { '?.' } }
			'InvokeMemberExpressionAst' { if ($node.NullConditional) { '?.()' } }
			'IndexExpressionAst' { if ($node.NullConditional) { '?[]' } }
			'ScriptBlockAst' { if ($null -ne $node.CleanBlock) { 'clean block' } }
			'VariableExpressionAst' { if ($node.VariablePath.UserPath -in 'IsWindows', 'IsLinux', 'IsMacOS', 'IsCoreCLR', 'PSStyle', 'EnabledExperimentalFeatures') { '$' + $node.VariablePath.UserPath } }
			'StringConstantExpressionAst' { if ($node.Extent.Text -match '\`[eu]') { 'escape of 7' } }
			'ExpandableStringExpressionAst' { if ($node.Extent.Text -match '\`[eu]') { 'escape of 7' } }
		}
		if ($why) { $newer += "$($node.Extent.StartLineNumber): $why" }
	}
	$functions = @($tree.FindAll({ $args[0].GetType().Name -eq 'FunctionDefinitionAst' }, $true) | ForEach-Object { $_.Name })
	$calls = @(foreach ($call in $tree.FindAll({ $args[0].GetType().Name -eq 'CommandAst' }, $true)) {
		$name = $call.GetCommandName()
		if ($null -eq $name -or $functions -contains $name) { continue }
		$parameters = @($call.CommandElements | Where-Object { $_.GetType().Name -eq 'CommandParameterAst' } | ForEach-Object { $_.ParameterName })
		$values = @($call.CommandElements | Where-Object { $_.GetType().Name -ne 'CommandParameterAst' }).Count - 1
		$encodings = @(for ($at = 0; $at -lt $call.CommandElements.Count - 1; $at++) {
			if ("$($call.CommandElements[$at].ParameterName)" -eq 'Encoding') { $call.CommandElements[$at + 1].Extent.Text }
		})
		[pscustomobject]@{ name = $name; parameters = $parameters; values = $values; encodings = $encodings }
	})
	$help = $tree.GetHelpContent()
	[pscustomobject]@{
		newer = $newer; calls = $calls; functions = $functions
		requires = "$($tree.ScriptRequirements.RequiredPSVersion)"
		parameters = @($tree.ParamBlock.Parameters | ForEach-Object { $_.Name.VariablePath.UserPath })
		synopsis = "$($help.Synopsis)".Trim(); description = "$($help.Description)".Trim()
		explained = @(if ($null -ne $help) { $help.Parameters.GetEnumerator() | ForEach-Object { $_.Key } }); examples = @($help.Examples).Count
	}`;

interface Looked {
	newer: string[];
	calls: { name: string; parameters: string[]; values: number; encodings: string[] }[];
	functions: string[];
	requires: string;
	parameters: string[];
	synopsis: string;
	description: string;
	explained: string[];
	examples: number;
}

describeEach(engines())("by the parser of PowerShell on %s", (engine) => {
	let shell: PowerShell;
	beforeAll(async () => {
		shell = await openPowerShell(engine);
	});
	afterAll(() => shell?.dispose());

	const lookAt = async (name: string, content: string | Uint8Array): Promise<Looked> => {
		const { objects, errors } = await shell.run(look, { parameters: { File: shell.put(name, content) } });
		expect(errors).toEqual([]);
		return objects[0] as Looked;
	};

	test("what 7 added is seen", async () => {
		const additions = `
			$a = $true ? 1 : 2
			$b = $null ?? 3
			$b ??= 4
			cfm a && cfm b
			cfm c &
			\${a}?.Length
			\${a}?[0]
			\${a}?.ToString()
			"\`e[0m"
			$IsWindows
			function f { clean { } }`;
		const { newer } = await lookAt("newer.ps1", additions);
		expect(newer.map((line) => line.replace(/^\d+: /, "")).toSorted()).toEqual(
			[
				"ternary",
				"??",
				"??=",
				"&& or ||",
				"background &",
				"?.",
				"?[]",
				"?.()",
				"escape of 7",
				"$IsWindows",
				"clean block",
			].toSorted(),
		);
	});

	test("the module has nothing that 5.1 lacks", async () => {
		const called = new Set<string>();
		for (const name of ["Cfm.psm1", "Cfm.caller.ps1"]) {
			const bytes = fs.readFileSync(path.join(project, "dist", "powershell", "Cfm", name));
			const { newer, calls } = await lookAt(name, bytes);
			expect(newer).toEqual([]);
			expect(bytes.subarray(0, 3).toString("hex")).toBe("efbbbf");
			for (const { name: one } of calls) if (!one.includes("-Cfm")) called.add(one);
			const joins = calls.filter((one) => one.name === "Join-Path");
			expect(joins.map(({ values }) => values)).toEqual(joins.map(() => 2));
		}
		expect([...called].toSorted()).toEqual(ofModule.toSorted());
	});

	test.each(names)("%s", async (name) => {
		const bytes = fs.readFileSync(path.join(recipes, name));
		const looked = await lookAt(name, bytes);
		expect(looked.newer).toEqual([]);
		expect(looked.requires).toBe("5.1");

		// 5.1 reads a file without a mark in the system's code page.
		const isAscii = bytes.every((byte) => byte < 128);
		expect(isAscii || bytes.subarray(0, 3).toString("hex") === "efbbbf").toBe(true);

		for (const { name: called, parameters, values, encodings } of looked.calls) {
			if (called === "cfm" || called.includes("-Cfm")) continue;
			expect(Object.keys(cmdlets), `${called} is in cmdlets.json`).toContain(called);
			for (const parameter of parameters) expect(cmdlets[called], `${called} -${parameter}`).toContain(parameter);
			// Join-Path of 5.1 takes two.
			if (called === "Join-Path") expect(values).toBe(2);
			for (const encoding of encodings) expect(["UTF8", "Unicode", "ASCII"]).toContain(encoding);
		}

		// The page is made from the same help that PowerShell shows.
		expect(looked.explained.map((one) => one.toLowerCase()).toSorted()).toEqual(
			looked.parameters.map((one) => one.toLowerCase()).toSorted(),
		);
		const page = fs.readFileSync(path.join(recipes, name.replace(/\.ps1$/, ".md")), "utf8");
		const words = (text: string) => text.replace(/\s+/g, " ");
		expect(words(page)).toContain(words(looked.synopsis));
		expect(words(page).replaceAll("`", "")).toContain(words(looked.description).replaceAll("`", "").slice(0, 80));
		expect(looked.examples).toBeGreaterThan(0);
		expect(page.match(/^\*\*Example \d+\*\*/gm)).toHaveLength(looked.examples);
	});
});

test("no cmdlet is listed that no recipe uses", () => {
	const all = names.map((name) => fs.readFileSync(path.join(recipes, name), "utf8")).join("\n");
	for (const cmdlet of Object.keys(cmdlets)) expect(all).toContain(cmdlet);
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());
