// Makes what the docs can take from the code: a page per command (docs/commands/), its index, and the tables between
// `<!-- generated: NAME -->` and `<!-- end -->` in the pages written by hand.
//
//   npm run docs                  write them (the bundle must have been built)
//   npm run docs -- --check       write nothing; exit 1 and name what is stale, missing, or points nowhere
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const commandsFolder = "docs/commands";
const findingsFolder = "docs/doctor";
const recipesFolder = "docs/recipes";
const samplesFolder = "test/shape/samples";
const isCheck = process.argv.includes("--check");

/** How much of a long answer a page shows. */
const linesShown = 14;

/** How wide a page's JSON is before it is broken into lines. */
const jsonWidth = 110;
/** How many entries of a list a page shows. */
const entriesShown = 1;

/** What the parts of a finding's remarks are called on its page. */
const findingParts = {
	"How it is found": "Found",
	"How to mend it": "Mend",
	"When to suppress it": "Suppress",
};

const bundle = join(root, "dist", "cfm.cjs");
if (!existsSync(bundle)) {
	console.error("There is no bundle yet: npm run build");
	process.exit(1);
}
const { load } = createRequire(import.meta.url)("../bin/run.cjs");
const definitions = await load(bundle).loadAll();
const { exitCodeMeanings } = await sourceModule("src/lib/cli/exit-codes.ts");
const { settingDefinitions } = await sourceModule("src/lib/settings/settings.ts");
const { windowsFacts } = await sourceModule("src/lib/self/windows-facts.ts");
const { findingKinds } = await sourceModule("src/lib/findings.ts");
const clientProfile = JSON.parse(readFileSync(join(root, "src/lib/client/client-profile.json"), "utf8"));

const common = commonOptions();

/** What nobody has seen comes first. */
const factKinds = ["unseen", "recorded", "run here"];

/** The generated tables, by the name between the marks. */
const tables = {
	"exit-codes": exitCodeTable,
	settings: settingTable,
	"client-profile": () => ["```json", JSON.stringify(clientProfile, null, 2), "```"],
	recipes: recipeTable,
	"not-yet-seen": factTable,
	beliefs: beliefTable,
	"first-day": firstDay,
};

const wanted = new Map();
for (const [id, definition] of Object.entries(definitions)) wanted.set(pageOf(id), page(id, definition));
wanted.set(`${commandsFolder}/README.md`, index());
for (const kind of findingKinds) wanted.set(`${findingsFolder}/${kind.id}.md`, findingPage(kind));
wanted.set(`${findingsFolder}/README.md`, findingIndex());
const recipes = globSync(`${recipesFolder}/*.ps1`, { cwd: root }).map((file) => file.replaceAll("\\", "/"));
for (const file of recipes.toSorted()) wanted.set(recipePage(file), recipe(file));
const written = globSync("docs/**/*.md", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
const byHand = (file) => ![commandsFolder, findingsFolder].some((one) => file.startsWith(`${one}/`)) && !isRecipe(file);
for (const file of written.filter(byHand)) wanted.set(file, filled(file));

const isOurs = (file) =>
	isRecipe(file) ||
	[commandsFolder, findingsFolder].some((one) => file.startsWith(`${one}/`) && !file.startsWith(`${one}/remarks/`));
const surplus = written.filter((file) => isOurs(file) && !wanted.has(file));
const stale = [...wanted].filter(([file, text]) => readDoc(file) !== text).map(([file]) => file);
if (isCheck) {
	const problems = [
		...stale.map((file) => `${file} is stale`),
		...surplus.map((file) => `${file} is about no command, finding or recipe`),
		...remarksWithoutCommand(),
		...remarkPartsLost(),
		...findingRemarkProblems(),
		...undocumentedCodes(),
		...deadLinks(["README.md", ...written]),
	];
	for (const problem of problems) console.error(problem);
	if (stale.length + surplus.length > 0) console.error("Bring the docs up to date: npm run docs");
	process.exitCode = problems.length === 0 ? 0 : 1;
} else {
	for (const file of stale) {
		mkdirSync(dirname(join(root, file)), { recursive: true });
		writeFileSync(join(root, file), wanted.get(file));
	}
	for (const file of surplus) rmSync(join(root, file));
	console.log(`${wanted.size} pages, ${stale.length} written, ${surplus.length} removed`);
}

/** `ids allocate` → docs/commands/ids/allocate.md, `init` → docs/commands/init.md */
function pageOf(id) {
	return `${commandsFolder}/${id.replaceAll(" ", "/")}.md`;
}

function page(id, definition) {
	const remarks = remarksOf(id);
	const sections = [
		[`# cfm ${id}`, "", `${definition.summary}.`, ...(definition.description ? ["", definition.description] : [])],
		fenced("powershell", usage(id, definition)),
		options(id, definition),
		remarks.text === "" ? [] : ["## Remarks", "", remarks.text],
		["## Examples", "", ...fenced("powershell", examplesOf(definition))],
		response(id),
		["## Exit codes", "", ...exitsOf(id, remarks.exits)],
		[`See also: ${seeAlso(id, remarks.seeAlso)}`],
	];
	const text = sections
		.filter((lines) => lines.length > 0)
		.map((lines) => lines.join("\n"))
		.join("\n\n");
	return `${madeFrom(remarksFile(id))}\n\n${text}\n`;
}

/** The page of a finding: what its declaration says, and the remarks about it. */
function findingPage(kind) {
	const remarks = readDoc(findingRemarksFile(kind.id));
	const remedies = (kind.remedies?.(kind.sample) ?? []).map(commandOf);
	const mending = remedies.length === 0 ? [] : ["", ...fenced("powershell", remedies.join("\n"))];
	const causes = (kind.dependsOn ?? []).map((id) => `[${id}](${id}.md)`);
	const sections = [
		[`# ${kind.id}: ${kind.title()}`, "", `**${kind.severity}**: ${remarks.split("\n## ", 1)[0].trim()}`],
		fenced("text", kind.text(kind.sample)),
		...remarks
			.split(/^(?=## )/m)
			.slice(1)
			.map((part) => [withLabel(part), ...(part.startsWith("## How to mend it\n") ? mending : [])]),
		causes.length === 0 ? [] : [`Listed below its cause: ${causes.join(", ")}.`],
		["[Findings](README.md)"],
	];
	const text = sections
		.filter((lines) => lines.length > 0)
		.map((lines) => lines.join("\n"))
		.join("\n\n");
	return `${madeFrom(findingRemarksFile(kind.id))}\n\n${text}\n`;
}

/** What a made page says about itself to whoever would edit it. */
function madeFrom(remarks) {
	return `<!-- from ${remarks} -->`;
}

/** `## How it is found` and its text → `**Found**: ` and the text. */
function withLabel(part) {
	const [, title, text] = /^## (.*)\n([\s\S]*)$/.exec(part);
	return `**${findingParts[title]}**: ${text.trim()}`;
}

/** A remedy as PowerShell takes it, as far as samples need it. */
function commandOf({ command, words, flags }) {
	const quoted = (word) => (/^[\w\\./:=@-]+$/.test(word) ? word : `'${word}'`);
	const said = Object.entries(flags)
		.filter(([name, value]) => name !== "environment" || value !== "default")
		.flatMap(([name, value]) =>
			[value].flat().map((one) => (one === true ? `--${name}` : `--${name} ${quoted(String(one))}`)),
		);
	return ["cfm", command, ...words.map(quoted), ...said].join(" ");
}

function findingIndex() {
	const head = [
		"# Findings",
		"",
		"Of `cfm doctor` and `cfm audit`. To hear no more of one: [doctor suppress](../commands/doctor/suppress.md).",
		"",
	];
	const rows = findingKinds.map((kind) => `- [${kind.id}](${kind.id}.md), ${kind.severity}: ${kind.title()}`);
	return `${[...head, ...rows].join("\n")}\n`;
}

function findingRemarksFile(id) {
	return `${findingsFolder}/remarks/${id}.md`;
}

/** Every finding has remarks with all parts, and no remarks are about nothing. */
function findingRemarkProblems() {
	const parts = Object.keys(findingParts);
	const known = new Set(findingKinds.map(({ id }) => findingRemarksFile(id)));
	const lacking = findingKinds.flatMap(({ id }) => {
		const [means, ...told] = readDoc(findingRemarksFile(id)).split(/^## /m);
		const missing = parts.filter(
			(part) => !told.some((one) => one.startsWith(`${part}\n`) && one.trim().length > part.length + 5),
		);
		return means.trim() === "" || missing.length > 0
			? [`${findingRemarksFile(id)} lacks: ${missing.join(", ") || "what it means"}`]
			: [];
	});
	const idle = written.filter((file) => file.startsWith(`${findingsFolder}/remarks/`) && !known.has(file));
	return [...lacking, ...idle.map((file) => `${file} is about no finding`)];
}

function usage(id, definition) {
	const words = Object.entries(definition.args ?? {}).map(([name, { required, many }]) => {
		const word = `${name.toUpperCase()}${many ? "..." : ""}`;
		return required ? word : `[${word}]`;
	});
	const needed = Object.entries(definition.flags)
		.filter(([, flag]) => flag.required)
		.map(([name, flag]) => `--${name} ${flag.value}`);
	return ["cfm", id, ...words, ...needed, "[options]"].join(" ");
}

/** Each with what it does before it, as a comment. */
function examplesOf({ examples }) {
	return examples.map(({ what, line }) => `# ${what}\n${line}`).join("\n");
}

function argumentRows(definition) {
	return Object.entries(definition.args ?? {}).map(([name, { summary, many }]) => [
		`\`${name.toUpperCase()}${many ? "..." : ""}\``,
		summary,
	]);
}

/** An option's row in a table. */
function optionRow(name, flag) {
	const value = flag.kind === "boolean" ? "" : ` ${flag.choices?.join("|") ?? flag.value}`;
	const { least, most } = flag;
	const range = least === undefined ? `up to ${most}` : `${least}–${most}`;
	const limits = most !== undefined ? range : least > 1 ? `from ${least}` : "";
	const about = [flag.summary, limits].filter((text) => text !== "").join("; ");
	return [`\`${flag.char === undefined ? "" : `-${flag.char}, `}--${name}${value}\``, about];
}

/** The options that commands have in common, by name, each as most of them have it. */
function commonOptions() {
	const rows = Object.values(definitions).flatMap(({ flags }) =>
		Object.entries(flags)
			.filter(([, flag]) => flag.common)
			.map(([name, flag]) => ({ name, row: optionRow(name, flag) })),
	);
	const most = (same) =>
		[...Map.groupBy(same, ({ row }) => row.join())].toSorted(([, a], [, b]) => b.length - a.length);
	return new Map([...Map.groupBy(rows, ({ name }) => name)].map(([name, same]) => [name, most(same)[0][1][0].row]));
}

/** Whether each command has this option: no page needs to name it. */
function isEverywhere(name) {
	return Object.values(definitions).every(({ flags }) => flags[name] !== undefined);
}

/** A command's arguments and own options as a table; those that it has in common with others by name. */
function options(id, definition) {
	const rows = Object.entries(definition.flags).map(([name, flag]) => ({ name, row: optionRow(name, flag) }));
	const isCommon = ({ name, row }) => definition.flags[name].common && common.get(name).join() === row.join();
	const own = [...argumentRows(definition), ...rows.filter((one) => !isCommon(one)).map(({ row }) => row)];
	const lines = own.map(([name, about]) => `- ${name}: ${about}`);
	const shared = rows.filter((one) => isCommon(one) && !isEverywhere(one.name)).map(({ name }) => `\`--${name}\``);
	const link = `[Common](${pathBetween(pageOf(id), `${commandsFolder}/README.md`)}#common-options)`;
	return [...(lines.length === 0 ? [] : [...lines, ""]), shared.length === 0 ? link : `${link}: ${shared.join(" ")}`];
}

function response(id) {
	const sample = (ending) => `${samplesFolder}/${id.replaceAll(" ", "-")}.${ending}`;
	const json = existsSync(join(root, sample("json"))) ? readDoc(sample("json")) : undefined;
	const text = existsSync(join(root, sample("txt"))) ? readDoc(sample("txt")) : undefined;
	if (json === undefined && text === undefined) return [];
	return [
		"## Response",
		...(text === undefined ? [] : ["", ...fenced("text", firstLines(text.trimEnd()))]),
		...(json === undefined
			? []
			: ["", `[\`--json\`](${pathBetween(pageOf(id), "docs/json.md")}):`, "", ...fenced("json", asJson(json))]),
	];
}

function firstLines(text) {
	const lines = text.split("\n");
	return lines.length <= linesShown ? text : [...lines.slice(0, linesShown - 4), "…"].join("\n");
}

/** An answer as a page shows it: what every answer has is left out, and long lists are cut. */
function asJson(text) {
	const { result, error, warnings } = JSON.parse(text);
	const told = { ...(result && { result }), ...(error && { error }), ...(warnings.length > 0 && { warnings }) };
	return laidOut(firstEntries(told), "", 0);
}

/** Objects in a list beyond the first ones go, but for those that have other fields. */
function firstEntries(value) {
	if (Array.isArray(value)) {
		const shapes = new Set();
		return value
			.filter((entry, at) => {
				if (entry === null || typeof entry !== "object") return true;
				const shape = Object.keys(entry).join();
				const isNew = !shapes.has(shape);
				shapes.add(shape);
				return at < entriesShown || isNew;
			})
			.map(firstEntries);
	}
	if (value === null || typeof value !== "object") return value;
	return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, firstEntries(one)]));
}

/** JSON with whatever fits on one line. */
function laidOut(value, indent, used) {
	const whole = onOneLine(value);
	if (value === null || typeof value !== "object" || indent.length + used + whole.length <= jsonWidth) return whole;
	const deeper = `${indent}  `;
	const lines = Array.isArray(value)
		? value.map((one) => `${deeper}${laidOut(one, deeper, 1)}`)
		: Object.entries(value).map(([key, one]) => {
				const name = `${JSON.stringify(key)}: `;
				return `${deeper}${name}${laidOut(one, deeper, name.length + 1)}`;
			});
	const [open, close] = Array.isArray(value) ? "[]" : "{}";
	return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function onOneLine(value) {
	if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
	if (value === null || typeof value !== "object") return JSON.stringify(value);
	const fields = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${onOneLine(one)}`);
	return `{${fields.join(", ")}}`;
}

/** Which codes of errors the exit codes have that are this command's own. */
function exitsOf(id, told) {
	const rows = exitCodeMeanings
		.filter(({ code }) => told.has(code))
		.map(({ code }) => `- **${code}**: ${told.get(code)}`);
	return [...rows, `- [others](${pathBetween(pageOf(id), "docs/exit-codes.md")})`];
}

function seeAlso(id, more) {
	const [noun, verb] = id.split(" ");
	const link = (file, text) => `[${text}](${pathBetween(pageOf(id), file)})`;
	const all = link(`${commandsFolder}/README.md`, verb === undefined ? "commands" : noun);
	const group = verb === undefined ? all : all.replace("README.md", `README.md#${noun}`);
	return `${[...new Set(more)]
		.map((other) => link(pageOf(other), other))
		.concat(group)
		.join(", ")}`;
}

/** The way from one page to another, as links write it. */
function pathBetween(from, to) {
	return relative(dirname(from), to).replaceAll("\\", "/");
}

function index() {
	const groups = Map.groupBy(Object.keys(definitions), (id) => (id.includes(" ") ? id.split(" ")[0] : ""));
	const lines = [...groups].flatMap(([noun, ids]) => [
		"",
		`## ${noun === "" ? "Without a noun" : noun}`,
		"",
		...ids.map((id) => `- [${id}](${pageOf(id).slice(commandsFolder.length + 1)}): ${definitions[id].summary}`),
	]);
	const head = [
		"# Commands",
		"",
		"`cfm COMMAND --help` says the same. Answers on these pages are cut: of a list in JSON, one entry of a kind is left; `ok` and empty `warnings` are left out.",
	];
	const everywhere = [...common.keys()].filter(isEverywhere).map((name) => `\`--${name}\``);
	const shared = [
		"",
		"## Common options",
		"",
		`Every command has ${everywhere.join(", ")} and \`--help\`; its page names the others it has. \`cfm --version\`: \`-v\`.`,
		"",
		...markdownTable(["option", "meaning"], [...common.values()]),
	];
	return `${[...head, ...lines, ...shared].join("\n")}\n`;
}

/** docs/recipes/x.ps1 → docs/recipes/x.md */
function recipePage(file) {
	return file.replace(/\.ps1$/, ".md");
}

function isRecipe(file) {
	return file.startsWith(`${recipesFolder}/`) && !file.endsWith("/README.md");
}

/** The page of a script, from its comment-based help: what Get-Help shows, with links and fences. */
function recipe(file) {
	const name = file.split("/").at(-1);
	const help = helpOf(readDoc(file));
	const text = (keyword) => prose(help.find((part) => part.keyword === keyword)?.text ?? "");
	const parameters = help.filter(({ keyword }) => keyword === "PARAMETER");
	const examples = help.filter(({ keyword }) => keyword === "EXAMPLE");
	const links = help.filter(({ keyword }) => keyword === "LINK").map((part) => `- [${part.text}](${part.text})`);
	const sections = [
		[`# ${name}`, "", text("SYNOPSIS")],
		[text("DESCRIPTION")],
		parameters.length === 0
			? []
			: [
					"## Parameters",
					"",
					...markdownTable(
						["parameter", "meaning"],
						parameters.map((part) => [`\`-${part.about}\``, part.text.replaceAll("\n", " ")]),
					),
				],
		[
			"## Examples",
			...examples.flatMap((part, at) => {
				const [code = "", ...remarks] = part.text.split("\n\n");
				return ["", `**Example ${at + 1}**`, "", ...fenced("powershell", code), ...remarks.flatMap((one) => ["", one])];
			}),
		],
		["## See also", "", ...links, `- [The script](${name})`, "- [All recipes](README.md)"],
	];
	const head = `<!-- Made by scripts/docs.mjs from the help in ${name} -->`;
	return `${[head, ...sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"))].join("\n\n")}\n`;
}

/** The parts of a script's comment-based help, in order. */
function helpOf(script) {
	const [, comment = ""] = /<#\n([\s\S]*?)#>/.exec(script) ?? [];
	return comment
		.split(/^\.(?=[A-Z])/m)
		.slice(1)
		.map((part) => {
			const [, keyword, about, text] = /^([A-Z]+)[ \t]*(\S*)\n([\s\S]*)$/.exec(part) ?? [];
			return { keyword, about, text: text.trim() };
		});
}

/** Help as Markdown: a paragraph that is one command line is fenced. */
function prose(text) {
	return text
		.split("\n\n")
		.map((part) => (/^(powershell\.exe|schtasks) [^\n]+$/.test(part) ? fenced("powershell", part).join("\n") : part))
		.join("\n\n");
}

function recipeTable() {
	const synopsis = (file) => helpOf(readDoc(file)).find(({ keyword }) => keyword === "SYNOPSIS")?.text ?? "";
	return markdownTable(
		["recipe", "what it does"],
		recipes.toSorted().map((file) => {
			const page = recipePage(file).split("/").at(-1);
			return [`[${page.replace(/\.md$/, "")}](${page})`, synopsis(file).replaceAll("\n", " ")];
		}),
	);
}

function remarksFile(id) {
	return `${commandsFolder}/remarks/${id.replaceAll(" ", "-")}.md`;
}

/**
 * What is written by hand about a command: remarks, then if need be `## Exit codes` with lines `- CODE: when`, and
 * `## See also` with lines `- COMMAND`.
 */
function remarksOf(id) {
	const [text = "", ...parts] = existsSync(join(root, remarksFile(id))) ? readDoc(remarksFile(id)).split(/^## /m) : [];
	const items = (title) =>
		parts
			.filter((part) => part.startsWith(`${title}\n`))
			.flatMap((part) => part.split(/^- /m).slice(1))
			.map((item) => item.trim().replace(/\s*\n\s*/g, " "));
	const exits = new Map(items("Exit codes").map((item) => [Number.parseInt(item, 10), item.replace(/^\d+:\s*/, "")]));
	return { text: text.trim(), exits, seeAlso: items("See also") };
}

function remarksWithoutCommand() {
	const known = new Set(Object.keys(definitions).map(remarksFile));
	return written
		.filter((file) => file.startsWith(`${commandsFolder}/remarks/`) && !known.has(file))
		.map((file) => `${file} is about no command`);
}

/** Parts of remarks that no page shows: a page takes what stands before the first of them, and these two. */
function remarkPartsLost() {
	const shown = ["Exit codes", "See also"];
	return Object.keys(definitions).flatMap((id) => {
		const titles = [...readDoc(remarksFile(id)).matchAll(/^## (.*)$/gm)].map(([, title]) => title);
		const lost = titles.filter((title) => !shown.includes(title));
		return lost.map((title) => `${remarksFile(id)}: no page shows "## ${title}"; write it with ###`);
	});
}

/** A page written by hand, its generated tables brought up to date. */
function filled(file) {
	return readDoc(file).replace(/(<!-- generated: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, from, name, to) => {
		if (!Object.hasOwn(tables, name)) throw new Error(`${file}: there is no generated table ${name}`);
		return `${from}\n${tables[name]().join("\n")}\n\n${to}`;
	});
}

function exitCodeTable() {
	return markdownTable(
		["code", "kind", "meaning"],
		exitCodeMeanings.map(({ code, kind, meaning }) => [String(code), kind === "" ? "" : `\`${kind}\``, meaning]),
	);
}

function settingTable() {
	const rows = Object.entries(settingDefinitions).map(([key, { variable, summary, fallback, least, most }]) => [
		`\`${key}\`, \`${variable}\``,
		[
			`${summary}${least === undefined ? "" : ` (${least} to ${most})`}`,
			...(fallback === undefined ? [] : [`\`${fallback}\``]),
			...(key === "registry" ? ["`registry.db` in the folder below"] : []),
		].join("; "),
	]);
	return markdownTable(["setting, variable", "meaning; default"], rows);
}

function factTable() {
	return factKinds.flatMap((kind, at) => [
		...(at === 0 ? [] : [""]),
		`## ${kind[0]?.toUpperCase()}${kind.slice(1)}`,
		"",
		...windowsFacts.filter(({ seen }) => seen === kind).map(({ what, rests }) => `- **${what}**: ${rests}`),
	]);
}

function beliefTable() {
	return markdownTable(
		["what", "what cfm does"],
		factsInOrder().map(({ what, does }) => [what, does.replaceAll("](", "](../")]),
	);
}

function factsInOrder() {
	return factKinds.flatMap((kind) => windowsFacts.filter(({ seen }) => seen === kind));
}

/** What must be tried by hand, numbered. */
function firstDay() {
	const who = { administrator: "elevated", user: "as a user", both: "both" };
	const steps = windowsFacts.flatMap(({ day = [] }) => day);
	return [...steps.map(({ as, try: line, expect }, at) => `${at + 1}. *${who[as]}*: ${line} → ${expect}`)];
}

/** Every code that the source throws must stand in docs/exit-codes.md: scripts match on it. */
function undocumentedCodes() {
	const told = readDoc("docs/exit-codes.md");
	const kinds = exitCodeMeanings.map(({ kind }) => kind).filter((kind) => kind !== "");
	// A message follows a code; another word in quotation marks, or the end of a list, makes it a list of outcomes.
	const thrown = [
		new RegExp(`"(?:${kinds.join("|")})",\\s*(?:[^"()]*\\?\\s*)?"([a-z][a-z\\d-]+)"(?!,?\\s*["\\]])`, "g"),
		/\b(?:conflict|badFlag|bad|columnError)\(\s*(?:table,\s*)?"([a-z][a-z\d-]+)"/g,
	];
	const codes = globSync("src/**/*.ts", { cwd: root }).flatMap((file) =>
		thrown.flatMap((throws) => [...readDoc(file).matchAll(throws)].map(([, code]) => code)),
	);
	return [...new Set(codes)]
		.filter((code) => !kinds.includes(code) && !told.includes(`\`${code}\``))
		.map((code) => `docs/exit-codes.md does not name the code ${code}`);
}

/** Links within the repository, and files of it that are named in the text, must be there. */
function deadLinks(files) {
	// Named although a fresh clone does not have it: it is built (npm run build:launcher).
	const built = ["bin/cfm.exe"];
	// The links of a command's remarks are those of its page.
	return files
		.filter((file) => existsSync(join(root, file)) && !/^docs\/(commands|doctor)\/remarks\//.test(file))
		.flatMap((file) => {
			const text = readDoc(file).replace(/^```[\s\S]*?^```/gm, "");
			const targets = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)]*))?\)/g)].map(([, to, anchor]) => ({
				to: to === "" ? file : relative(root, resolve(root, dirname(file), to)),
				anchor,
			}));
			const links = targets.map(({ to }) => to);
			const lost = targets.filter(
				({ to, anchor }) => anchor !== undefined && to.endsWith(".md") && !anchorsOf(to).has(anchor),
			);
			const named = [...text.matchAll(/`((?:src|bin|scripts|test|bench|docs|powershell)\/[\w./-]+\.\w+)`/g)].map(
				([, to]) => to,
			);
			return [
				...[...links, ...named].filter((to) => !existsSync(join(root, to)) && !built.includes(to)),
				...lost.map(({ to, anchor }) => `${to}#${anchor}`),
			].map((to) => `${file} points to ${to}, which is not there`);
		});
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(file) {
	const text = readDoc(file).replace(/^```[\s\S]*?^```/gm, "");
	const slugs = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
		heading
			.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, "")
			.trim()
			.replaceAll(" ", "-"),
	);
	return new Set(slugs.map((slug, at) => numbered(slug, slugs.slice(0, at).filter((other) => other === slug).length)));
}

/** The anchor of a heading that the page has had so often before. */
function numbered(slug, before) {
	return before === 0 ? slug : `${slug}-${before}`;
}

/** A module of the source that has no heavy imports, by a build in memory. */
async function sourceModule(file) {
	const { outputFiles } = await build({
		absWorkingDir: root,
		entryPoints: [file],
		bundle: true,
		write: false,
		format: "esm",
		platform: "node",
		logLevel: "warning",
	});
	return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

function markdownTable(heads, rows) {
	const line = (cells) => `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, "\\|")).join(" | ")} |`;
	return [line(heads), `|${heads.map(() => "---").join("|")}|`, ...rows.map(line)];
}

function fenced(language, text) {
	return [`\`\`\`${language}`, text, "```"];
}

/** A text file with LF, as it may have been checked out with CRLF; empty when it is not there. */
function readDoc(file) {
	return existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8").replaceAll("\r\n", "\n") : "";
}
