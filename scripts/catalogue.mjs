// The catalogues of texts/, one file a language: `{ "KEY": { "places": […], "values": […], "text": … } }`. `text` is a
// translation with `{0}` … for the values, or an object with one for each plural form. The rest says what it is about; only
// the key and the text are read by the build.
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { categoriesOf, fault, textsOf } from "./language-plugin.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "texts");

/** All languages that are being translated. */
export function catalogues() {
	return globSync("*.json", { cwd: folder })
		.toSorted()
		.map((file) => {
			const [name, path] = [basename(file, ".json"), join(folder, file)];
			return { name, path, texts: JSON.parse(readFileSync(path, "utf8")) };
		});
}

/**
 * Every text of the source by its key, each once.
 *
 * @returns {Map<string, {text: import("./language-plugin.mjs").Text, places: string[]}>}
 * @throws when one key means two texts
 */
export function sourceTexts() {
	const all = new Map();
	const files = globSync("src/**/*.ts", { cwd: root }).map((file) => file.replaceAll("\\", "/"));
	for (const file of files.toSorted()) {
		for (const text of textsOf(file, readFileSync(join(root, file), "utf8"))) {
			const known = all.get(text.key) ?? { text, places: [] };
			if (JSON.stringify(known.text.english) !== JSON.stringify(text.english))
				throw new Error(`${file}:${text.line}: ${JSON.stringify(text.key)} is another text in ${known.places[0]}`);
			if (!known.places.includes(file)) known.places.push(file);
			all.set(text.key, known);
		}
	}
	return all;
}

/**
 * The catalogue of a language as it should be: all texts of the source, with the translations that are there already.
 *
 * @param {string} name the language
 * @param {Record<string, {text: unknown}>} texts what is translated
 * @returns {Record<string, {places: string[], values?: string[], context?: string, english?: Record<string, string>, text: unknown}>}
 */
export function template(name, texts = {}) {
	const entries = [...sourceTexts()].map(([key, { text, places }]) => {
		const isPlural = typeof text.english !== "string";
		const empty = isPlural ? Object.fromEntries(categoriesOf(name).map((form) => [form, null])) : null;
		return [
			key,
			{
				places,
				...(text.values.length === 0 ? {} : { values: text.values }),
				...(text.context === undefined ? {} : { context: text.context }),
				...(isPlural ? { english: text.english } : {}),
				text: Object.hasOwn(texts, key) ? texts[key].text : empty,
			},
		];
	});
	return Object.fromEntries(entries);
}

/** What a catalogue lacks, has wrong, and has too much, a line each. */
export function faults({ name, texts }) {
	const source = sourceTexts();
	const wrong = [...source].flatMap(
		([key, { text }]) => fault(text, Object.hasOwn(texts, key) ? texts[key].text : undefined, name) ?? [],
	);
	const surplus = Object.keys(texts).filter((key) => !source.has(key));
	return [...wrong, ...surplus.map((key) => `${name}: ${JSON.stringify(key)} is no text of cfm any more`)];
}
