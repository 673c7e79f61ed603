// Makes the PowerShell module Cfm of the command definitions, in dist/powershell/Cfm (docs/decisions/0051): nothing of it is
// written by hand but what all cmdlets share (scripts/module/caller.ps1) and what they are called (scripts/module/names.mjs).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cmdletOf, moreExamples, pascal, rowsOf, shownOf } from "./module/names.mjs";

/** What a function cannot call a parameter: PowerShell's own variables. */
const taken = new Set([
	"Args",
	"Error",
	"Event",
	"Home",
	"Host",
	"Input",
	"Matches",
	"Pid",
	"Profile",
	"PSItem",
	"Sender",
	"This",
	"Trace",
]);

/** Flags that a cmdlet has otherwise, or that are for screens. */
const notForCmdlets = new Set([
	...["json", "pretty", "verbose", "lang", "output", "columns", "dry-run", "yes"],
	...["watch", "interval", "follow", "pass-through-codes"],
]);

/** What cfm can be asked for while somebody types. */
const offered = new Set(["browser-backup", "environment", "finding", "holder", "request", "setting", "site", "user"]);

/**
 * @param {{definitions: object, valueKind: Function, version: string, folder: string, root: string}} of the built program
 */
export function writeModule({ definitions, valueKind, version, folder, root }) {
	const cmdlets = cmdletsOf(definitions, valueKind);
	const byHand = (file) => readFileSync(join(root, "scripts", "module", file), "utf8");
	mkdirSync(folder, { recursive: true });
	const names = [...cmdlets.map(({ name }) => name), "Invoke-Cfm"];
	const files = {
		"Cfm.psm1": [byHand("import.ps1"), ...cmdlets.map(functionOf), completers(cmdlets), ""].join("\n"),
		"Cfm.caller.ps1": [byHand("caller.ps1"), specs(cmdlets), completions(cmdlets), ""].join("\n"),
		"Cfm.psd1": manifest(version, names),
		"Cfm.format.ps1xml": formats(cmdlets),
	};
	// With a byte order mark: without one Windows PowerShell 5.1 reads a file in the system's code page.
	for (const [file, text] of Object.entries(files)) {
		const lines = text.replaceAll("\n", "\r\n");
		writeFileSync(join(folder, file), file.endsWith("xml") ? lines : `\ufeff${lines}`);
	}
}

/** The cmdlets, each with the commands that it runs: Get-CfmId is `ids list`, and `ids show` where somebody is named. */
export function cmdletsOf(definitions, valueKind) {
	const byName = new Map();
	for (const [id, definition] of Object.entries(definitions)) {
		const called = cmdletOf(id);
		if (called === undefined) continue;
		const one = part(id, definition, called, definitions, valueKind);
		byName.set(called.name, [...(byName.get(called.name) ?? []), one]);
	}
	return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, parts]) => cmdlet(name, parts));
}

function part(id, definition, { type }, definitions, valueKind) {
	const noun = id.split(" ").slice(0, -1).join(" ");
	const list = definition.list;
	const rows = list?.rows ?? rowsOf[id] ?? definitions[`${noun} list`]?.list?.rows;
	const args = Object.entries(definition.args ?? {}).map(([name, arg]) => ({
		...{ name: parameterName(arg.many ? name.replace(/s$/, "") : name), flag: undefined, definition: arg },
		...{ kind: valueKind(name, arg), many: arg.many === true, required: arg.required === true },
	}));
	const flags = Object.entries(definition.flags)
		.filter(([name]) => !notForCmdlets.has(name))
		.map(([name, flag]) => ({
			...{
				name: name === "confirm" ? "ConfirmName" : parameterName(name),
				flag: name,
				definition: flag,
				kind: valueKind(name, flag),
			},
			...{ many: flag.multiple === true, required: flag.required === true },
		}));
	const gate = definition.flags.fix ? "Fix" : definition.flags.apply ? "Apply" : undefined;
	const danger = definition.flags["dry-run"] === undefined ? undefined : (definition.changes ?? "mild");
	const isOfChanges = rows === "changes";
	return {
		...{ id, definition, args, flags, danger, gate, rows },
		type: isOfChanges ? `${type}Change` : type,
		fields: list?.fields,
		instead: list?.instead,
		isBatch: args.length === 1 && args[0].many,
		readsFile: definition.flags.from !== undefined && definition.flags.column !== undefined,
	};
}

function parameterName(name) {
	const given = pascal(name);
	return taken.has(given) ? `${given}Name` : given;
}

function cmdlet(name, parts) {
	const sets = parts.map(({ id }) => (parts.length === 1 ? undefined : pascal(id.split(" ").at(-1))));
	const flags = new Set(parts.flatMap((one) => one.flags.map((flag) => flag.name)));
	const parameters = new Map();
	for (const [at, one] of parts.entries()) {
		// `activations list --user PATTERN` is about others than `activations show USER`.
		for (const arg of one.args) if (flags.has(arg.name)) arg.name = isPerson(arg) ? "Who" : `Which${arg.name}`;
		for (const [position, parameter] of [...one.args.entries(), ...one.flags.map((flag) => [undefined, flag])]) {
			const { places = [], parameter: before } = parameters.get(parameter.name) ?? {};
			if (before?.many) parameter.many = true;
			const place = { set: sets[at], position, part: one, isRequired: parameter.required };
			parameters.set(parameter.name, { parameter, places: [...places, place] });
		}
	}
	return { name, parts, sets, parameters: [...parameters.values()] };
}

const quoted = (text) => `'${text.replaceAll("'", "''").replace(/[‘’‚‛]/g, "$&$&")}'`;
const list = (names) => names.map((name) => `\t${quoted(name)}`).join(",\n");

function functionOf(one) {
	const danger = ["severe", "moderate", "mild"].find((level) => one.parts.some((part) => part.danger === level));
	const binding = [
		...(one.parts.length > 1 ? [`DefaultParameterSetName = ${quoted(one.sets[0])}`] : []),
		...(danger === undefined
			? []
			: ["SupportsShouldProcess", `ConfirmImpact = ${quoted(danger === "mild" ? "Medium" : "High")}`]),
	];
	const preferences = danger === undefined ? "$false $ConfirmPreference" : "$WhatIfPreference $ConfirmPreference";
	const types = [...new Set(one.parts.map((part) => part.type))].map((type) => `\t[OutputType(${quoted(type)})]`);
	return [
		`function ${one.name} {`,
		helpOf(one),
		`\t[CmdletBinding(${binding.join(", ")})]`,
		...types,
		"\tparam(",
		one.parameters.map((each) => parameterOf(each, one.sets, one.parameters)).join(",\n"),
		"\t)",
		`\tbegin { . $script:load; $cfmState = New-CfmState $PSCmdlet ${preferences} $PSBoundParameters; $ErrorActionPreference = $cfmState.errors }`,
		"\tprocess { Add-CfmInput $cfmState $PSBoundParameters $_ }",
		"\tend { Complete-CfmInput $cfmState }",
		"}",
		"",
	].join("\n");
}

/** What the shared part is told of each cmdlet, by its parameter set where it has several. */
function specs(cmdlets) {
	const entries = cmdlets.flatMap(({ name, parts, sets }) =>
		parts.map((part, at) => `\t${quoted(parts.length === 1 ? name : `${name}/${sets[at]}`)} = ${specOf(part)}`),
	);
	return ["$script:specs = @{", ...entries, "}", ""].join("\n");
}

/** What the shared part is told of a command. */
function specOf({ id, args, flags, danger, gate, rows, type, instead, isBatch, readsFile, definition }) {
	const odd = flags.filter(({ name, flag }) => kebab(name) !== flag);
	const entries = {
		words: `@(${id.split(" ").map(quoted).join(", ")})`,
		args: `@(${args.map(({ name }) => quoted(name)).join(", ")})`,
		data: readsFile && definition.flags.sid !== undefined ? "@('Sid')" : undefined,
		flags: odd.length === 0 ? undefined : `@{ ${odd.map(({ name, flag }) => `${name} = ${quoted(flag)}`).join("; ")} }`,
		danger: danger && quoted(danger),
		gate: gate && quoted(gate),
		rows: rows && quoted(rows),
		type: quoted(type),
		whole: quoted(`${type}Result`),
		instead: instead && `@(${[pascal(instead.flag), instead.rows, `${type}Range`].map(quoted).join(", ")})`,
		many: isBatch ? "$true" : undefined,
		holder: args.some(({ kind }) => kind === "holder") ? "$true" : undefined,
		column: isBatch && readsFile ? "'user'" : undefined,
		keepGoing: definition.flags["keep-going"] === undefined ? undefined : "$true",
	};
	const told = Object.entries(entries).filter(([, value]) => value !== undefined);
	return `@{ ${told.map(([key, value]) => `${key} = ${value}`).join("; ")} }`;
}

/** The shared part makes flags of parameters by the same rule. */
const kebab = (name) => name.replace(/(?<=.)([A-Z])/g, "-$1").toLowerCase();

const isPerson = ({ kind }) => kind === "user" || kind === "holder";

function parameterOf({ parameter, places }, sets, all) {
	const { name, definition, flag, many, kind } = parameter;
	const isFirst = places.some(({ position }) => position === 0);
	const isPiped = isFirst && kind !== "file" && kind !== "folder";
	const names = new Set(all.map((one) => one.parameter.name));
	const aliases = (isFirst && isPerson(parameter) ? ["User", "SamAccountName"] : []).filter((one) => !names.has(one));
	const lines = [];
	for (const { set, position, part, isRequired: isAsked } of places) {
		const isRequired = isAsked && kind !== "holder";
		const isByName = isPiped || (part.args.length > 0 && ["Environment", "Sid"].includes(name));
		const told = [
			...(isRequired ? ["Mandatory"] : []),
			...(position === undefined ? [] : [`Position = ${position}`]),
			...(isPiped ? ["ValueFromPipeline"] : []),
			...(isByName ? ["ValueFromPipelineByPropertyName"] : []),
		];
		lines.push([set, told]);
	}
	// In all sets alike: said once.
	const isAlike = places.length === sets.length && lines.every(([, told]) => told.join() === lines[0][1].join());
	const attributes = (isAlike ? [[undefined, lines[0][1]]] : lines)
		.map(([set, told]) => [...(set === undefined ? [] : [`ParameterSetName = ${quoted(set)}`]), ...told])
		.filter((told) => told.length > 0)
		.map((told) => `[Parameter(${told.join(", ")})]`);
	if (aliases.length > 0) attributes.push(`[Alias(${aliases.map(quoted).join(", ")})]`);
	if (kind === "holder") attributes.push("[AllowNull()]", "[AllowEmptyString()]", "[AllowEmptyCollection()]");
	if (definition.choices !== undefined) attributes.push(`[ValidateSet(${definition.choices.map(quoted).join(", ")})]`);
	return `\t\t${[...attributes, `[${typeOf({ definition, flag, many, kind })}]`].join(" ")} $${name}`;
}

function typeOf({ definition, many }) {
	if (definition.kind === "boolean") return "switch";
	if (definition.kind === "integer") return "int";
	// A date would arrive in the culture's form.
	if (definition.value === "TIME" || definition.value === "DATE") return "object";
	return many ? "string[]" : "string";
}

/** `<#` and `#>` would end the help, and so would a line that begins with a dot and a word. */
const forHelp = (text) => text.replaceAll("#>", "# >").replace(/^(\s*)\.(?=\w)/gm, "$1 .");

function helpOf(one) {
	const [first] = one.parts;
	const summaries = one.parts.map(({ definition }) => `${definition.summary}.`);
	const descriptions = one.parts.map(({ definition }) => definition.description).filter((text) => text !== undefined);
	const runs = `Runs ${one.parts.map(({ id }) => `"cfm ${id}"`).join(" or ")}.`;
	const more = moreExamples[one.name] ?? [];
	return [
		"\t<#",
		"\t.SYNOPSIS",
		`\t${forHelp(summaries[0])}`,
		"",
		"\t.DESCRIPTION",
		`\t${forHelp([...summaries.slice(1), ...descriptions, runs].join(" "))}`,
		...one.parameters.flatMap(({ parameter: { name, definition } }) => [
			"",
			`\t.PARAMETER ${name}`,
			`\t${forHelp(`${definition.summary}.`)}`,
		]),
		...[...examplesOf(one).map(({ line, what }) => [line, what]), ...more].flatMap(([line, what]) => [
			"",
			"\t.EXAMPLE",
			`\t${line}`,
			"",
			`\t${forHelp(`${what}.`)}`,
		]),
		"",
		"\t.LINK",
		`\tdocs/commands/${first.id.replaceAll(" ", "/")}.md`,
		"\t#>",
	].join("\n");
}

/** The examples of a cmdlet's commands, as it is called; what has no parameter for a word of them is left out. */
export function examplesOf(one) {
	return one.parts.flatMap((part) =>
		part.definition.examples.flatMap((example) => {
			const line = asCmdlet(one, part, example.line);
			return line === undefined ? [] : [{ ...example, of: example.line, id: part.id, line }];
		}),
	);
}

function asCmdlet({ name }, part, example) {
	if (/[|$;<>\n]/.test(example)) return undefined;
	const words = wordsOf(example).slice(1 + part.id.split(" ").length);
	const flags = Object.entries(part.definition.flags);
	const [args, told] = [[], []];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at];
		if (!word.startsWith("-") || word === "-") {
			args.push(word);
			continue;
		}
		const [front, ...rest] = word.split("=");
		const found = flags.find(([flag, { char }]) => front === `--${flag}` || front === `-${char}`);
		if (found === undefined) return undefined;
		const [flag, definition] = found;
		const value = definition.kind === "boolean" ? undefined : rest.length > 0 ? rest.join("=") : words[++at];
		if (flag === "dry-run") told.push("-WhatIf");
		else if (flag === "yes") told.push("-Confirm:$false");
		else if (flag === "confirm") told.push(`-ConfirmName ${word_(value)}`);
		else if (["json", "pretty", "verbose"].includes(flag)) continue;
		else if (notForCmdlets.has(flag)) return undefined;
		else told.push(value === undefined ? `-${parameterName(flag)}` : `-${parameterName(flag)} ${word_(value)}`);
	}
	const isMany = part.args.length === 1 && part.args[0].many;
	const given = isMany && args.length > 1 ? [args.map(word_).join(", ")] : args.map(word_);
	// Of one parameter several values stand together.
	const joined = told.filter(
		(text, at) => !told.slice(0, at).some((other) => other.split(" ")[0] === text.split(" ")[0]),
	);
	const whole = joined.map((text) => {
		const same = told.filter((other) => other.split(" ")[0] === text.split(" ")[0]);
		return same.length === 1
			? text
			: `${text.split(" ")[0]} ${same.map((other) => other.slice(other.indexOf(" ") + 1)).join(", ")}`;
	});
	return [name, ...given, ...whole].join(" ");
}

const word_ = (text) => (/^[A-Za-z0-9_\\./][\w\\./:+-]*$/.test(text) ? text : quoted(text));

/** The words of a documented line: of quotation marks it has double ones. */
function wordsOf(line) {
	return [...line.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ""));
}

/** The parameters of which cfm can be asked for values. */
function completedIn(cmdlets) {
	return cmdlets.flatMap(({ name, parameters }) =>
		parameters
			.filter(({ parameter }) => parameter.definition.choices === undefined && offered.has(parameter.kind))
			.map(({ parameter, places }) => ({ name, parameter, part: places.at(-1).part })),
	);
}

/** Completion with what there is. */
function completers(cmdlets) {
	const byParameter = new Map();
	for (const { name, parameter } of completedIn(cmdlets))
		byParameter.set(parameter.name, [...(byParameter.get(parameter.name) ?? []), name]);
	return [...byParameter]
		.map(
			([parameter, names]) =>
				`Register-ArgumentCompleter -CommandName ${names.map(quoted).join(", ")} -ParameterName ${parameter} -ScriptBlock $script:complete`,
		)
		.join("\n");
}

/** What cfm is asked for each. */
function completions(cmdlets) {
	const entries = completedIn(cmdlets).map(({ name, parameter, part }) => {
		const flag = parameter.flag === undefined ? "" : `; flag = ${quoted(parameter.flag)}`;
		const words = part.id.split(" ").map(quoted).join(", ");
		return `\t${quoted(`${name}/${parameter.name}`)} = @{ words = @(${words})${flag} }`;
	});
	return ["$script:completions = @{", ...entries, "}", ""].join("\n");
}

function manifest(version, names) {
	return `# Made by scripts/module.mjs
@{
	RootModule = 'Cfm.psm1'
	ModuleVersion = ${quoted(version)}
	GUID = '6d0f1f4e-1c9f-4c8e-9a52-3f6f3c1c7a11'
	Author = 'cfm'
	CompanyName = 'cfm'
	Copyright = 'MIT License'
	Description = 'Client IDs of CertifiO Manager - Server Edition: allocate, install, check'
	PowerShellVersion = '5.1'
	CompatiblePSEditions = @('Desktop', 'Core')
	FunctionsToExport = @(
${list(names)}
	)
	CmdletsToExport = @()
	VariablesToExport = @()
	AliasesToExport = @()
}
`;
}

/** Tables of the first fields of each row: whoever wants more asks Format-List. */
function formats(cmdlets) {
	const shown = new Map(Object.entries(shownOf));
	for (const { parts } of cmdlets) {
		for (const { type, fields, instead } of parts) {
			if (fields !== undefined && !shown.has(type)) shown.set(type, fields.slice(0, 6));
			if (instead !== undefined) shown.set(`${type}Range`, instead.fields.slice(0, 6));
		}
	}
	const views = [...shown]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([type, fields]) => {
			const headers = fields.map(
				(field) => `<TableColumnHeader><Label>${field[0].toUpperCase()}${field.slice(1)}</Label></TableColumnHeader>`,
			);
			const items = fields.map((field) => `<TableColumnItem><PropertyName>${field}</PropertyName></TableColumnItem>`);
			return `\t\t<View>
			<Name>${type}</Name>
			<ViewSelectedBy><TypeName>${type}</TypeName></ViewSelectedBy>
			<TableControl>
				<AutoSize/>
				<TableHeaders>${headers.join("")}</TableHeaders>
				<TableRowEntries><TableRowEntry><TableColumnItems>${items.join("")}</TableColumnItems></TableRowEntry></TableRowEntries>
			</TableControl>
		</View>`;
		});
	return `<?xml version="1.0" encoding="utf-8"?>
<Configuration>
	<ViewDefinitions>
${views.join("\n")}
	</ViewDefinitions>
</Configuration>
`;
}
