/** A small registry with all that the documented examples speak of, and the commands to be measured on it. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cfm, program, timed } from "./harness.mjs";

/** Commands that a machine's administrator, or a script, calls all day. */
const hot = new Set(["ids list", "ids show", "ids allocate", "ids release"]);

/** They would look at, or change, what is installed on this machine. */
const aboutThisMachine = new Set(["install", "uninstall", "client set", "client detect"]);

/** What is measured where the documented examples need more than the fixture has. */
const standIns = new Map([
	["ids reserve", "cfm ids reserve 101-110,142"],
	["install", "cfm install --silent --allocate --installer certifio-manager-se.exe --dry-run"],
]);

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {(number: number) => string[]} words of the command line; `number` makes a new name for a new run
 * @property {string} home where it runs
 * @property {number} code its exit code
 * @property {() => void} prepare to be called before each run
 * @property {Record<string, string>} [own] variables of its own
 */

/**
 * @param {string} folder
 * @returns {Promise<{ hot: Case[], durable: Case[], help: Case[], completion: Case[], find: Case[], others: Case[], unable: string[] }>}
 */
export async function makeFixture(folder) {
	const template = join(folder, "template");
	mkdirSync(template, { mode: 0o700 });
	fill(template);
	const fresh = (/** @type {string} */ home) => {
		rmSync(home, { recursive: true, force: true });
		cpSync(template, home, { recursive: true });
	};
	const steady = join(folder, "steady");
	fresh(steady);
	const many = Array.from({ length: 2000 }, (_, at) => `CORP\\leaver.${at}`);
	writeFileSync(join(steady, "leavers.txt"), `${many.join("\n")}\n`);
	cfm(steady, ["ids", "allocate", "--ignore-ports", "--from", "leavers.txt"]);
	cfm(steady, ["ids", "release", "CORP\\ben", "--yes"]);

	/** @type {(name: string, words: Case["words"]) => Case} */
	const on = (name, words) => ({ name, words, home: steady, code: 0, prepare() {} });
	const { cases, unable } = await others(join(folder, "examples"), fresh);
	return {
		hot: [
			on("--version", () => ["--version"]),
			on("bare help", () => []),
			on("ids list", () => ["ids", "list", "--limit", "20"]),
			on("ids show USER", () => ["ids", "show", "CORP\\ana"]),
			on("ids show ID --json", () => ["ids", "show", "1", "--json"]),
			on("ids allocate, had it already", () => ["ids", "allocate", "CORP\\ana"]),
			on("ids release --dry-run", () => ["ids", "release", "CORP\\ana", "--dry-run"]),
		],
		durable: [
			on("ids allocate, durable", (number) => ["ids", "allocate", `CORP\\newcomer.${number}`]),
			on("ids release, durable", (number) => ["ids", "release", `CORP\\leaver.${number}`, "--yes"]),
		],
		help: [on("ids list --help", () => ["ids", "list", "--help"]), on("ids", () => ["ids"])],
		completion: [completion(join(folder, "crowd"))],
		find: findAmong(join(folder, "hundred")),
		others: cases,
		unable,
	};
}

/**
 * The Tab key behind `cfm ids show user.1999`, among 20,000 users.
 *
 * @param {string} home
 * @returns {Case}
 */
function completion(home) {
	mkdirSync(home, { mode: 0o700 });
	cfm(home, ["init", "--yes", "--range", "1-30000"]);
	const users = Array.from({ length: 20_000 }, (_, at) => `CORP\\user.${at}\n`);
	writeFileSync(join(home, "users.txt"), users.join(""));
	cfm(home, ["ids", "allocate", "--ignore-ports", "--from", "users.txt"]);
	const words = () => ["completion", "suggest", "bash"];
	const own = { CFM_COMPLETION_LINE: "cfm ids show user.1999" };
	return { name: "completion of a user among 20,000", words, home, code: 0, prepare() {}, own };
}

/**
 * One user among 100,000 of four environments, and nobody, whose name begins as that of 25,000 users does: a port rule has no
 * room for so many IDs in one.
 *
 * @param {string} home
 * @returns {Case[]}
 */
function findAmong(home) {
	mkdirSync(home, { mode: 0o700 });
	cfm(home, ["init", "--yes", "--range", "1-30000"]);
	for (const environment of ["north", "south", "west", "default"]) {
		if (environment !== "default") cfm(home, ["environments", "add", environment, "--range", "1-30000"]);
		const users = Array.from({ length: 25_000 }, (_, at) => `CORP\\${environment}.${at}\n`);
		writeFileSync(join(home, "users.txt"), users.join(""));
		cfm(home, ["ids", "allocate", "--ignore-ports", "--from", "users.txt", "--environment", environment]);
	}
	return [
		{ name: "find one of 100,000", words: () => ["find", "south.19999"], home, code: 0, prepare() {} },
		{ name: "find nobody among 100,000", words: () => ["find", "south.99999"], home, code: 0, prepare() {} },
	];
}

/** @param {string} home */
function fill(home) {
	cfm(home, ["init", "--yes"]);
	const users = Array.from({ length: 17 }, (_, at) => `CORP\\user.${at}`);
	cfm(home, ["ids", "allocate", "--ignore-ports", "CORP\\ana", "CORP\\ben", ...users]);
	cfm(home, ["environments", "add", "south"]);
	cfm(home, ["registry", "backup", "copy.db"]);
	writeFileSync(
		join(home, "users.csv"),
		'"SamAccountName","Enabled"\r\n"CORP\\carl","True"\r\n"CORP\\dora","True"\r\n',
	);
	writeFileSync(join(home, "known.csv"), "user,id\nCORP\\emil,71\nCORP\\fay,72\n");
	writeFileSync(join(home, "certifio-manager-se.exe"), "#!/bin/sh\nexit 0\n", { mode: 0o700 });
}

/**
 * Of every other command the first documented example that works here, and mistakes.
 *
 * @param {string} home
 * @param {(home: string) => void} fresh
 */
async function others(home, fresh) {
	const { load } = createRequire(import.meta.url)(program);
	const product = load(join(program, "../../dist/cfm.cjs"));
	/** @type {Case[]} */
	const cases = [];
	const unable = [];
	const prepare = () => fresh(home);
	for (const [id, { examples }] of Object.entries(await product.loadAll())) {
		if (hot.has(id)) continue;
		if (process.platform === "win32" && aboutThisMachine.has(id)) continue;
		const runs = [...examples.map(({ line }) => line), standIns.get(id) ?? ""]
			.map(wordsOf)
			.filter((words) => words.length > 0)
			.find((words) => {
				prepare();
				return timed({ args: [program, ...words], home, codes: [...Array(10).keys()] }).code === 0;
			});
		if (runs === undefined) unable.push(id);
		else cases.push({ name: runs.join(" "), words: () => runs, home, code: 0, prepare });
	}
	for (const [words, code] of /** @type {const} */ ([
		[["ids", "list", "--limitt", "3"], 2],
		[["ids", "lst"], 2],
	])) {
		cases.push({ name: words.join(" "), words: () => [...words], home, code, prepare });
	}
	return { cases, unable };
}

/**
 * The words of an example after `cfm`; quotes keep words together.
 *
 * @param {string} line
 */
function wordsOf(line) {
	return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "").slice(1);
}
