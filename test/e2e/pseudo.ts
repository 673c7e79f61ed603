import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundlePrograms } from "../../scripts/bundles.mjs";
import { template } from "../../scripts/catalogue.mjs";
import type * as program from "../../src/main.js";
import { makeFolder } from "../folders.js";
import { root } from "./cfm.js";

/** Windows' own prefix for pseudo-locales; nothing that ships has it. */
export const pseudoName = "qps";

const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const accented = "áƀçðéƒğĥíĵķļɱñöþɋŕšţúṽŵẋýžÁƁÇÐÉƑĞĤÍĴĶĻṀÑÖÞɊŔŠŢÚṼŴẊÝŽ";

const accent = (text: string) => text.replace(/[A-Za-z]/g, (letter) => accented[plain.indexOf(letter)] ?? "");

/** `[Ŧęxţ …]`: readable, a third longer, with its values; no letter of it is ASCII. */
function pseudoText(english: string): string {
	const parts = english.split(/(\{\d+\})/).map((part, at) => (at % 2 === 1 ? part : accent(part)));
	return `[${parts.join("")} ${"ŧ".repeat(Math.ceil(english.length * 0.3))}]`;
}

/** The pseudo-language: a translation of every text, by machine. */
export function pseudoLanguage() {
	const entries = Object.entries(template(pseudoName)).map(([key, { context, english, text }]) => {
		const whole = context === undefined ? key : key.slice(context.length + 1);
		// Its first letter is a key to press.
		if (context === "answer") return [key, { text: accent(whole) }] as const;
		if (english === undefined) return [key, { text: pseudoText(whole) }] as const;
		const forms = Object.keys(text as Record<string, null>).map((form) => [form, pseudoText(english.other ?? "")]);
		return [key, { text: Object.fromEntries(forms) }] as const;
	});
	return { name: pseudoName, texts: Object.fromEntries(entries) };
}

/** A program in English and in the pseudo-language, in a folder of its own. */
export interface Program {
	/** `bin/run.cjs`, to be run. */
	script: string;
	/** The bundle's folder. */
	dist: string;
	/** Loads the pseudo-language's bundle into this process. */
	load(): typeof program;
	remove(): void;
}

export async function buildPseudo(): Promise<Program> {
	const folder = makeFolder("pseudo");
	const [dist, script] = [join(folder, "dist"), join(folder, "bin", "run.cjs")];
	mkdirSync(dist);
	for (const file of ["run.cjs", "reader.cjs"]) cpSync(join(root, "bin", file), join(folder, "bin", file));
	for (const name of ["vendor", "native"]) symlinkSync(join(root, "dist", name), join(dist, name), "junction");
	const names = ["en", pseudoName];
	await bundlePrograms(dist, undefined, names);
	await bundlePrograms(dist, pseudoLanguage(), names);
	return {
		script,
		dist,
		load: () => createRequire(script)(script).load(join(dist, `cfm.${pseudoName}.cjs`)),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}
