import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Message } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { categoriesOf, fault, inLanguage, pluralRule, rewrite, textsOf } from "../../scripts/language-plugin.mjs";
import { makeFolder } from "../folders.js";

const marks = 'import { plural, t } from "./text.js";\n';
/** Code that has `#{` where a template has its values: in a string, the real thing looks like a mistake. */
const real = (code: string) => marks + code.replaceAll("#{", "${");
const found = (code: string) => textsOf("a.ts", real(code));
const written = (code: string, texts: Record<string, string | Record<string, string>> = {}) =>
	rewrite("a.ts", real(code), ({ key }) => texts[key])
		.slice(marks.length)
		.replaceAll("${", "#{");

describe("the texts of a source file", () => {
	it("have their English as the key, with numbers for the values, and tell where they stand", () => {
		expect(found("t`ID #{id} belongs to #{user.name}.`")).toEqual([
			{ key: "ID {0} belongs to {1}.", english: "ID {0} belongs to {1}.", values: ["id", "user.name"], line: 2 },
		]);
	});

	it("name a value that is written twice once", () => {
		expect(found("t`#{id}: ID #{id} of #{user}`")).toMatchObject([
			{ key: "{0}: ID {0} of {1}", values: ["id", "user"] },
		]);
	});

	it("are told apart by their context", () => {
		expect(found('[t`Release`, t.in("verb")`Release`]').map(({ key, context }) => [key, context])).toEqual([
			["Release", undefined],
			["verb|Release", "verb"],
		]);
	});

	it("are read as they are meant, escapes and all", () => {
		expect(found("t`DOMAIN\\\\name, \\`x\\`, \\u2013\\#{y`")[0]?.key).toBe("DOMAIN\\name, `x`, –${y");
	});

	it("have the number of a plural among the values, named or not", () => {
		expect(found("plural(n, { one: `1 ID of #{who}`, other: `#{n} IDs of #{who}` })")).toMatchObject([
			{ key: "{0} IDs of {1}", english: { one: "1 ID of {1}", other: "{0} IDs of {1}" }, values: ["n", "who"] },
		]);
		expect(found('plural(n, { one: "One ID", other: "Many IDs" })')).toMatchObject([
			{ key: "Many IDs", values: ["n"] },
		]);
	});

	it("are found inside the values of others, in functions, and in types' company", () => {
		const code = "const f = <T,>(x: T): string => cond ? t`a #{g(t`b #{x as string}`)}` : (t`c` satisfies string);";
		expect(found(code).map(({ key }) => key)).toEqual(["b {0}", "a {0}", "c"]);
	});

	it("are none where the marks are not imported", () => {
		expect(textsOf("a.ts", "const t = String.raw; t`no text`")).toEqual([]);
	});

	it.each([
		["plural(n, forms)", "literal forms"],
		["plural(n, { one: `1`, other: f() })", "literal forms"],
		["plural(n, { other: `x` })", "literal forms"],
		["t`{0} is no value`", "braces"],
	])("are refused when nobody could translate them: %s", (code, why) => {
		expect(() => found(code)).toThrow(why);
	});
});

describe("a source file in another language", () => {
	it("is plain template literals, with the values in the other language's order", () => {
		const texts = { "ID {0} belongs to {1}.": "{1} possède l'ID {0}." };
		expect(written("f(t`ID #{a.id} belongs to #{b}.`); // stays", texts)).toBe(
			"f(`#{b} possède l'ID #{a.id}.`); // stays",
		);
	});

	it("is English without the marks where nothing is said", () => {
		expect(written("f(t`A \\`b\\` \\\\n #{x}`, t`plain`);")).toBe("f(`A \\`b\\` \\\\n #{x}`, `plain`);");
	});

	it("escapes what a translation has that code would read", () => {
		expect(written("t`Home`", { Home: ["`$", "{x}\r"].join("") })).toBe("`\\`\\#{x}\\r`");
	});

	it("has texts within texts translated each", () => {
		const texts = { "a {0}": "A {0}!", "b {0}": "{0} B" };
		expect(written("t`a #{f(t`b #{x}`)}`", texts)).toBe("`A #{f(`#{x} B`)}!`");
	});

	it("has all forms of a plural", () => {
		const texts = { "{0} IDs": { one: "{0} ID", few: "{0} IDy", many: "{0} IDów", other: "{0} ID-" } };
		expect(written('plural(all.length, { one: "1 ID", other: `#{all.length} IDs` })', texts)).toBe(
			"plural(all.length, { one: `#{all.length} ID`, few: `#{all.length} IDy`, many: `#{all.length} IDów`, other: `#{all.length} ID-` })",
		);
	});
});

describe("a translation", () => {
	const [sentence, ids] = [
		{ key: "ID {0} of {1}", english: "ID {0} of {1}", values: ["id", "user"], line: 1 },
		{ key: "{0} IDs of {1}", english: { one: "1 ID of {1}", other: "{0} IDs of {1}" }, values: ["n", "user"], line: 1 },
	];

	it.each([
		[undefined, "no translation"],
		[null, "no translation"],
		["", 'lacks the form "other"'],
		["ID {0}", "leaves out the value {1}"],
		["ID {0} de {1} ({2})", "names a value {2}"],
	])("of a sentence is refused: %j", (text, why) => {
		expect(fault(sentence, text, "fr")).toContain(why);
	});

	it.each([
		["{0} ID de {1}", 'lacks the form "one"'],
		[{ one: "{0} ID de {1}", other: "{0} IDs de {1}" }, 'lacks the form "many"'],
		[{ one: "a {1}", many: "b {1}", few: "c {1}", other: "d {1}" }, 'has the form "few"'],
		[{ one: "{0} ID", many: "{0} d'ID de {1}", other: "{0} ID de {1}" }, "leaves out the value {1}"],
	])("of a plural is refused: %j", (text, why) => {
		expect(fault(ids, text, "fr")).toContain(why);
	});

	it("that says the same in its own order is taken", () => {
		expect(fault(sentence, "{1}: ID {0}", "fr")).toBeUndefined();
		expect(fault(ids, { one: "{0} ID de {1}", many: "{0} d'ID de {1}", other: "{0} ID de {1}" }, "fr")).toBeUndefined();
	});
});

/** Builds a file, in memory, as it would be for a language. */
async function built(entry: string, language: { name: string; texts: Record<string, { text: unknown }> }) {
	const { outputFiles } = await build({
		entryPoints: [entry],
		bundle: true,
		write: false,
		format: "esm",
		logLevel: "silent",
		define: { CFM_PLURAL_RULE: JSON.stringify(pluralRule(language.name)) },
		plugins: [inLanguage(language)],
	});
	return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? "").toString("base64")}`);
}

const textFile = join(import.meta.dirname, "..", "..", "src", "lib", "text.ts");

describe("the plural rule", () => {
	it.each([
		["en", ["one", "other"]],
		["fr", ["one", "many", "other"]],
		["pl", ["one", "few", "many", "other"]],
		["ar", ["zero", "one", "two", "few", "many", "other"]],
		["ja", ["other"]],
	])("of %s has the forms %j", (name, forms) => {
		expect(categoriesOf(name)).toEqual(forms);
	});

	it.each(["fr", "de", "es", "it", "pt", "pl", "cs", "ru", "sl", "lt", "lv", "ar", "cy", "he", "ga", "mt", "br", "ja"])(
		"of %s is what the engine knows of the language",
		async (name) => {
			const { plural } = await built(textFile, { name, texts: {} });
			const forms = Object.fromEntries(["zero", "one", "two", "few", "many", "other"].map((form) => [form, form]));
			const engine = new Intl.PluralRules(name);
			const numbers = [...Array.from({ length: 1300 }, (_, at) => at), 20_000, 99_999, 1_000_000, 1_000_001, 3_000_000];
			expect(numbers.map((number) => plural(number, forms))).toEqual(numbers.map((number) => engine.select(number)));
		},
	);

	it("is refused where the last two digits do not tell", () => {
		expect(() => pluralRule("kw")).toThrow("more than two digits");
	});
});

describe("a bundle in another language", () => {
	let folder: string;
	let file: string;
	beforeAll(() => {
		folder = makeFolder("language");
		file = join(folder, "src", "main.ts");
		mkdirSync(join(folder, "src"));
		writeFileSync(
			file,
			`import { plural, t } from ${JSON.stringify(textFile.replace(/ts$/, "js"))};
			export const hello = t\`Hello \${"ana"}\`;
			export const ids = [0, 1, 2].map((n) => plural(n, { one: "1 ID", other: \`\${n} IDs\` }));`,
		);
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	const ids = { text: { one: "{0} identifiant", many: "{0} d'identifiants", other: "{0} identifiants" } };

	it("says everything in it", async () => {
		const { hello, ids: told } = await built(file, {
			name: "fr",
			texts: { "Hello {0}": { text: "Bonjour {0}" }, "{0} IDs": ids },
		});
		expect(hello).toBe("Bonjour ana");
		expect(told).toEqual(["0 identifiant", "1 identifiant", "2 identifiants"]);
	});

	it("is not built when a text is missing, and the place is named", async () => {
		const failure = (await built(file, { name: "fr", texts: { "{0} IDs": ids } }).catch((error) => error)) as {
			errors: Message[];
		};
		expect(failure.errors).toMatchObject([
			{ text: 'fr: "Hello {0}" has no translation', location: { file: expect.stringMatching(/main\.ts$/), line: 2 } },
		]);
	});
});
