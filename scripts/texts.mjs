// The texts for people and their translations (docs/translating.md).
//
//   npm run texts                      how many there are, and what each catalogue in texts/ lacks or has too much (exit 1)
//   npm run texts -- LANGUAGE          bring texts/LANGUAGE.json up to date: new texts are added, to be translated, and old
//                                      ones taken away; makes the file when there is none
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogues, faults, sourceTexts, template } from "./catalogue.mjs";

const [name] = process.argv.slice(2);
if (name !== undefined) {
	const path = join(dirname(fileURLToPath(import.meta.url)), "..", "texts", `${name}.json`);
	const texts = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `${JSON.stringify(template(name, texts), null, "\t")}\n`);
}
console.log(`${sourceTexts().size} texts`);
for (const catalogue of catalogues()) {
	const found = faults(catalogue);
	for (const one of found) console.error(one);
	console.log(`${catalogue.name}: ${found.length === 0 ? "complete" : `${found.length} to be done`}`);
	if (found.length > 0) process.exitCode = 1;
}
