/**
 * The independent reader: SQLite and LevelDB themselves, JavaScript's own parsers for preferences and
 * `Local State`, patterns for `profiles.ini`.
 * A folder a line on stdin, an answer a line on stdout: rows as texts, or null with the reason. What is damaged may end
 * this process or keep it busy for ever: whoever asks starts another one.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { runInNewContext } from "node:vm";
import Database from "better-sqlite3";
import { ClassicLevel } from "classic-level";

const hex = (value) => (Buffer.isBuffer(value) ? `x${value.toString("hex")}` : value === null ? "null" : String(value));

const textIn = (folder, name) => new TextDecoder().decode(readFileSync(join(folder, name)));

/** The folders that paths lead to, of those there are, and none outside. */
function foldersIn(folder, paths) {
	const own = realpathSync(folder);
	const rows = new Set();
	for (const path of paths) {
		if (path === "" || path.includes("\0")) continue;
		const whole = resolve(own, path);
		if (whole !== own && !whole.startsWith(`${own}/`)) continue;
		try {
			if (statSync(whole).isDirectory()) rows.add(whole);
		} catch {
			// not there, or too long to be
		}
	}
	return { rows: [...rows], sound: true };
}

/** @type {Record<string, (folder: string) => unknown>} */
const readers = {
	sqlite(folder) {
		const database = new Database(join(folder, "db"), { fileMustExist: true });
		try {
			database.defaultSafeIntegers(true);
			const all = (sql) => database.prepare(sql).raw().all();
			const areas = new Map(
				all("SELECT row_id, storage_key FROM maps NOT INDEXED").map(([id, key]) => [String(id), hex(key)]),
			);
			const rows = all("SELECT map_id, key, value, value_compression_type FROM map_entries").map(
				([id, key, value, compression]) =>
					[areas.get(String(id)) ?? "none", ...[key, value, compression].map(hex)].join(" "),
			);
			const sound = database.pragma("integrity_check(1)", { simple: true });
			return { rows, sound: sound === "ok" };
		} finally {
			database.close();
		}
	},
	async leveldb(folder) {
		const level = new ClassicLevel(folder, { keyEncoding: "buffer", valueEncoding: "buffer", createIfMissing: false });
		try {
			await level.open();
			const rows = [];
			for await (const [key, value] of level.iterator()) rows.push(`${hex(key)} ${hex(value)}`);
			return { rows, sound: true };
		} finally {
			await level.close();
		}
	},
	prefs(folder) {
		const rows = new Map();
		const note = (name, value) => rows.set(name, value);
		// JavaScript has escapes that Firefox refuses.
		const ours = /^(?:[^\\]|\\["'\\nr]|\\x(?!00)[\da-f]{2}|\\u(?!0000)[\da-f]{4})*$/i;
		const bare = readFileSync(join(folder, "prefs.js"), "utf8").replace(/"(?:[^"\\]|\\.)*"/g, (text) =>
			ours.test(text) ? '""' : "\\",
		);
		// JavaScript adds what Firefox asks for, and takes names and numbers that Firefox does not.
		if (!/^(\s|\/\/[^\n]*|user_pref\(\s*""\s*,\s*(""|true|false|[-+]?[1-9]\d*|0)\s*\)\s*;)*$/.test(bare))
			throw new Error("not as Firefox writes it");
		runInNewContext(readFileSync(join(folder, "prefs.js"), "utf8"), { user_pref: note, pref: note }, { timeout: 1000 });
		return { rows: [...rows].map(([name, value]) => JSON.stringify([name, value])), sound: true };
	},
	ini(folder) {
		const sections = new Map();
		let section;
		for (const line of textIn(folder, "profiles.ini").split(/\r|\n/)) {
			if (/^[;#]/.test(line)) continue;
			const [, heading, name] = /^[ \t]*(\[(?:([^\]]+)\]\s*$)?)/.exec(line) ?? [];
			const [, key, value] = /^[ \t]*([^=]+)=(.*)$/s.exec(line) ?? [];
			if (heading !== undefined) section = name;
			else if (key !== undefined && section !== undefined)
				sections.set(section, { ...sections.get(section), [`=${key}`]: value });
		}
		const paths = [...sections.values()].flatMap(({ "=Path": path, "=Default": standard }) =>
			path !== undefined ? [path] : standard === "1" || standard === undefined ? [] : [standard],
		);
		return foldersIn(folder, paths);
	},
	state(folder) {
		const state = JSON.parse(textIn(folder, "Local State"));
		const isObject = (value) => Object.prototype.toString.call(value) === "[object Object]";
		if (!isObject(state)) throw new Error("no object");
		const listed = isObject(state.profile) || Array.isArray(state.profile) ? (state.profile.info_cache ?? {}) : {};
		if (typeof listed !== "object") throw new Error("no list");
		return foldersIn(
			folder,
			Object.keys(listed).filter((name) => !/[/\\:]/.test(name) && !/^\.{0,2}$/.test(name)),
		);
	},
};

for await (const line of createInterface({ input: process.stdin })) {
	const { kind, folder } = JSON.parse(line);
	let answer;
	try {
		answer = await readers[kind](folder);
	} catch (error) {
		answer = { rows: null, why: String(error.cause ?? error) };
	}
	process.stdout.write(`${JSON.stringify(answer)}\n`);
}
