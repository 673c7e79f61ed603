// Finds the texts of a source file and puts those of another language in their place (docs/decisions/0019). What is a text:
//
//   t`ID ${id} belongs to ${user}.`                          key  ID {0} belongs to {1}.
//   t.in("verb")`Release`                                    key  verb|Release
//   plural(n, { one: "1 ID is free.", other: `${n} IDs are free.` })   key  {0} IDs are free.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import ts from "typescript";

/**
 * A text as it stands in the code: its key, its English (a plural's by form, `{0}` … for the values), and the values, as
 * they are written there. A plural's number is among them.
 *
 * @typedef {{key: string, english: string | Record<string, string>, values: string[], context?: string, line: number}} Text
 */

/**
 * Rewrites a source file text by text.
 *
 * @param {string} path for the parser's errors
 * @param {string} source TypeScript
 * @param {(text: Text) => string | Record<string, string> | undefined} translate what stands in a text's place, with
 *   `{0}` … for the values; undefined: its English
 * @returns {string} TypeScript without any marks: plain template literals, and for plurals a call with the language's forms
 */
export function rewrite(path, source, translate) {
	// Every file with a text imports the marks.
	if (!source.includes('/text.js";')) return source;
	const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);

	/** A node's source, with the texts in it rewritten. */
	const rewritten = (node) => {
		if (isText(node)) return text(node);
		if (isPlural(node)) return pluralOf(node);
		let out = "";
		let at = node.getStart(file);
		ts.forEachChild(node, (child) => {
			out += source.slice(at, child.getStart(file)) + rewritten(child);
			at = child.getEnd();
		});
		return out + source.slice(at, node.getEnd());
	};

	const text = (node) => {
		const context = contextOf(node.tag);
		const values = valuesOf([node.template]);
		const english = patternOf(node.template, values);
		const key = context === undefined ? english : `${context}|${english}`;
		const found = { key, english, values: [...values.keys()], ...(context === undefined ? {} : { context }) };
		return literal(translate({ ...found, line: lineOf(node) }) ?? english, values);
	};

	const pluralOf = (node) => {
		const [number, forms] = node.arguments;
		const { one, other } = formsOf(forms);
		// The number is a value too: another language's form for one thing may have to name it, as French for 0 and 1.
		const values = valuesOf([other, one], number);
		const english = { one: patternOf(one, values), other: patternOf(other, values) };
		const found = { key: english.other, english, values: [...values.keys()], line: lineOf(node) };
		const translated = translate(found) ?? english;
		const each = Object.entries(translated).map(([form, pattern]) => `${form}: ${literal(pattern, values)}`);
		return `plural(${rewritten(number)}, { ${each.join(", ")} })`;
	};

	const lineOf = (node) => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
	const problem = (node, what) => new Error(`${path}:${lineOf(node)}: ${what}`);

	const formsOf = (node) => {
		const forms = ts.isObjectLiteralExpression(node)
			? Object.fromEntries(node.properties.map((one) => [one.name?.getText(file), one.initializer]))
			: {};
		if (Object.keys(forms).toSorted().join() !== "one,other" || !Object.values(forms).every(isLiteral))
			throw problem(node, "a plural has the literal forms `one` and `other`");
		return forms;
	};

	/** The values of some literals, each with the code that makes it: what is written alike is one value. */
	const valuesOf = (literals, ...more) => {
		const nodes = [...literals.flatMap((one) => one.templateSpans?.map(({ expression }) => expression) ?? []), ...more];
		return new Map(nodes.map((node) => [node.getText(file), rewritten(node)]));
	};

	const patternOf = (node, values) => {
		const names = [...values.keys()];
		const parts = ts.isTemplateExpression(node)
			? [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)]
			: [node.text];
		if (parts.some((part) => /\{\d+\}/.test(part))) throw problem(node, "a text has braces that look like a value's");
		return parts.reduce(
			(pattern, part, at) => `${pattern}{${names.indexOf(node.templateSpans[at - 1].expression.getText(file))}}${part}`,
		);
	};

	/** The code of a pattern. */
	const literal = (pattern, values) => {
		const code = [...values.values()];
		const parts = pattern.split(/\{(\d+)\}/);
		const escaped = (part) => part.replace(/[`\\]|\$\{/g, "\\$&").replaceAll("\r", "\\r");
		return `\`${parts.map((part, at) => (at % 2 === 0 ? escaped(part) : `\${${code[Number(part)]}}`)).join("")}\``;
	};

	const contextOf = (tag) => (ts.isCallExpression(tag) ? tag.arguments[0].text : undefined);

	return source.slice(0, file.getStart(file)) + rewritten(file) + source.slice(file.getEnd());
}

const isMark = (node) => ts.isIdentifier(node) && node.text === "t";
const isLiteral = (node) => node !== undefined && (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node));

function isText(node) {
	if (!ts.isTaggedTemplateExpression(node)) return false;
	const { tag } = node;
	if (!ts.isCallExpression(tag)) return isMark(tag);
	const { expression, arguments: words } = tag;
	const isIn =
		ts.isPropertyAccessExpression(expression) && isMark(expression.expression) && expression.name.text === "in";
	return isIn && words.length === 1 && ts.isStringLiteralLike(words[0]);
}

function isPlural(node) {
	return ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "plural";
}

/**
 * The texts of a source file.
 *
 * @returns {Text[]}
 */
export function textsOf(path, source) {
	const texts = [];
	rewrite(path, source, (text) => void texts.push(text));
	return texts;
}

/**
 * Puts the texts of a language where the English stands. A text that the language lacks, or has wrong, fails the build.
 *
 * @param {{name: string, texts: Record<string, {text: unknown}>}} [language] none: English, without the marks
 */
export function inLanguage(language) {
	return {
		name: "language",
		setup({ onLoad, initialOptions }) {
			onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
				const errors = [];
				const file = relative(initialOptions.absWorkingDir ?? ".", path);
				const contents = rewrite(path, readFileSync(path, "utf8"), (text) => {
					if (language === undefined) return undefined;
					const { text: translated } = Object.hasOwn(language.texts, text.key) ? language.texts[text.key] : {};
					const wrong = fault(text, translated, language.name);
					if (wrong !== undefined) errors.push({ text: wrong, location: { file, line: text.line } });
					return wrong === undefined ? translated : undefined;
				});
				return { contents, loader: "ts", errors };
			});
		},
	};
}

/**
 * What is wrong with a translation; undefined when nothing is.
 *
 * @param {Text} text
 * @param {unknown} translated
 * @param {string} name the language's
 */
export function fault({ key, english, values }, translated, name) {
	const told = (what) => `${name}: ${JSON.stringify(key)} ${what}`;
	if (translated === undefined || translated === null) return told("has no translation");
	const forms = typeof english === "string" ? { other: english } : english;
	const theirs = typeof english === "string" ? { other: translated } : translated;
	const needed = typeof english === "string" ? ["other"] : categoriesOf(name);
	for (const form of needed)
		if (typeof theirs[form] !== "string" || theirs[form] === "") return told(`lacks the form "${form}"`);
	for (const [form, text] of Object.entries(theirs)) {
		if (!needed.includes(form)) return told(`has the form "${form}", which the language has not`);
		const named = placeholders(text);
		const unknown = named.find((one) => Number(one) >= values.length);
		if (unknown !== undefined) return told(`names a value {${unknown}} that there is not`);
		// What is one thing need not be counted: English for one names what every form must.
		const missing = placeholders(forms.one ?? forms.other).find((one) => !named.includes(one));
		if (missing !== undefined) return told(`leaves out the value {${missing}}`);
	}
	return undefined;
}

function placeholders(text) {
	return [...text.matchAll(/\{(\d+)\}/g)].map(([, number]) => number);
}

const categoryOrder = ["zero", "one", "two", "few", "many", "other"];

/** A locale that stands for the pseudo-language of the tests: one with many forms. */
const ruleOf = (name) => new Intl.PluralRules(name.startsWith("qps") ? "pl" : name);

/** The plural forms that whole numbers take in a language. */
export function categoriesOf(name) {
	const { small, large, million } = pluralRule(name);
	const used = new Set([...small, ...large, String(million)]);
	return categoryOrder.filter((_, at) => used.has(String(at)) || at === 5);
}

/**
 * A language's rule for whole numbers as `plural` wants it. The engine's own tables would cost as much as a whole look-up
 * when they are first asked, so they are asked here.
 */
export function pluralRule(name) {
	const rule = ruleOf(name);
	const digit = (number) => categoryOrder.indexOf(rule.select(number));
	const hundred = (from) => Array.from({ length: 100 }, (_, at) => digit(from + at)).join("");
	const [small, large, million] = [hundred(0), hundred(100), digit(1_000_000)];
	for (const from of [200, 1000, 2100, 10_000, 123_400, 1_000_100])
		if (hundred(from) !== large) throw new Error(`the plural rule of ${name} looks at more than two digits`);
	return { small, large, million };
}
