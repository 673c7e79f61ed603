import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants, hostname } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topics } from "../../src/commands.js";
import { completionScripts } from "../../src/lib/cli/completion/scripts.js";
import { exitCodes } from "../../src/lib/cli/exit-codes.js";
import { loadAll } from "../../src/main.js";
import { keptStreams } from "../lib/cli/streams-of.js";
import { makeScene, prepare, type Scene, wordsOf } from "../shape/scene.js";
import { atTerminal, cfm, enter, initialised } from "./cfm.js";
import { buildPseudo, type Program, pseudoName } from "./pseudo.js";

const definitions = await loadAll();
let program: Program;
let pseudo: ReturnType<Program["load"]>;
beforeAll(async () => {
	program = await buildPseudo();
	pseudo = program.load();
});
afterAll(() => program.remove());

/** Whether a text is in the pseudo-language. */
const isPseudo = (text: string) => text.includes("ŧ");

describe("the language of a run", () => {
	let scene: Scene;
	beforeAll(async () => {
		scene = await initialised();
	});
	afterAll(() => scene.remove());

	const help = async (words: string[], environment: Record<string, string> = {}) => {
		const { code, out } = await cfm(scene, words, { script: program.script, environment });
		expect(code).toBe(0);
		return isPseudo(out) ? pseudoName : "en";
	};

	it("is the flag's, else the variable's, the user's, the machine's, the system's", async () => {
		expect(await help([])).toBe("en");
		expect(await help([], { LANG: "qps_PLOC.UTF-8" })).toBe(pseudoName);
		expect(await help([], { LANG: "fr_CA.UTF-8" })).toBe("en");
		writeFileSync(join(scene.home, "config.json"), `{"lang":"${pseudoName}"}`, { mode: 0o600 });
		expect(await help([])).toBe(pseudoName);
		mkdirSync(join(scene.folder, "config", "cfm"), { recursive: true, mode: 0o700 });
		const user = join(scene.folder, "config", "cfm", "config.json");
		writeFileSync(user, '{"lang":"en"}', { mode: 0o600 });
		expect(await help([])).toBe("en");
		expect(await help([], { CFM_LANG: pseudoName })).toBe(pseudoName);
		expect(await help(["--lang", "en"], { CFM_LANG: pseudoName })).toBe("en");
		expect(await help(["--lang", pseudoName], { CFM_LANG: "en" })).toBe(pseudoName);
	});

	it.each([
		["--help"],
		["--help", "--json"],
		["ids"],
		["ids", "allocate", "--help"],
		["help", "exit-codes"],
		["help", "ids", "list"],
		["ids", "list", "--limit", "3"],
		["registry", "info"],
		["config", "list"],
	])("is accepted everywhere: cfm %s %s %s", async (...words) => {
		for (const line of [
			[...words, "--lang", pseudoName],
			[`--lang=${pseudoName}`, ...words],
		]) {
			const { code, out, err } = await cfm(scene, line, { script: program.script });
			const told = line.includes("--json") ? JSON.parse(out).result.text : out + err;
			expect([line, code, isPseudo(told)]).toEqual([line, 0, true]);
		}
	});

	it("is told where settings are told", async () => {
		const words = ["config", "get", "lang", "--lang", pseudoName, "--json"];
		const { out } = await cfm(scene, words, { script: program.script });
		expect(JSON.parse(out).result).toMatchObject({ value: pseudoName, source: "flag" });
	});

	it("that nobody built is a mistake by flag, which lists what there is, and English by variable", async () => {
		for (const words of [[], ["ids", "list"], ["ids", "list", "--help"], ["--version"], ["ids"]]) {
			const { code, out, err } = await cfm(scene, [...words, "--lang", "tlh"], { script: program.script });
			expect([words, code, out]).toEqual([words, 2, ""]);
			expect(err).toContain(`en, ${pseudoName}`);
		}
		expect(await help(["ids", "list", "--help"], { CFM_LANG: "tlh" })).toBe("en");
		expect(await help(["ids", "list", "--help"], { CFM_LANG: "!" })).toBe("en");
	});

	it("changes nothing that a script reads", async () => {
		await scene.run(["ids", "allocate", "CORP\\ana"]);
		for (const words of [
			["ids", "list", "--json"],
			["ids", "show", "nobody", "--json"],
		]) {
			const [english, other] = await Promise.all(
				["en", pseudoName].map((lang) => cfm(scene, [...words, "--lang", lang], { script: program.script })),
			);
			expect(other?.code).toBe(english?.code);
			const told = (text = "") => JSON.parse(text, (key, value) => (key === "message" ? "" : value));
			expect(told(other?.out)).toEqual(told(english?.out));
		}
	});

	it("of a notice is the recipients', whichever the run speaks", async () => {
		const letter = async (environment: Record<string, string>) => {
			const words = ["notify", "test", "--to", "ana@example.com", "--dry-run", "--json"];
			const { code, out } = await cfm(scene, words, { script: program.script, environment });
			expect(code).toBe(0);
			return (JSON.parse(out) as { result: { subject: string; letter: string } }).result;
		};
		const [english, plain] = [await letter({}), await letter({ CFM_NOTIFY_LANG: "tlh", CFM_LANG: pseudoName })];
		expect(isPseudo(english.letter)).toBe(false);
		expect(plain).toEqual(english);
		for (const one of [await letter({ CFM_NOTIFY_LANG: pseudoName }), await letter({ CFM_LANG: pseudoName })]) {
			expect(one.subject.endsWith("]")).toBe(true);
			expect(one.letter.split(/\n\n|\n- |\n(?=\[)/).every(isPseudo)).toBe(true);
		}
	});

	it("of a question is the language of its answer's keys", async () => {
		await scene.run(["ids", "allocate", "CORP\\eve"]);
		const line = `cfm ids release 'CORP\\eve' --lang ${pseudoName}`;
		const { code, screen } = await atTerminal(scene, line, [["ý/Ñ", `ý${enter}`]], { script: program.script });
		expect(code).toBe(0);
		expect(screen).toContain("ŧ");
	});
});

/** What no language changes: the words of commands, flags and what stands for their values. */
const names = new Set(["cfm", "COMMAND", "TOPIC", pseudoName]);
/** The words of a text. */
const wordsIn = (text: string) => text.match(/[\p{L}\p{M}]+/gu) ?? [];
for (const [id, { flags = {}, args = {}, examples }] of Object.entries(definitions)) {
	const values = Object.values(flags).flatMap((flag) => [
		...(flag.kind === "boolean" ? [] : [flag.value]),
		...(flag.kind === "text" ? (flag.choices ?? []) : []),
	]);
	const lines = examples.map(({ line }) => line);
	const told = [id, ...lines, ...Object.keys(args).map((name) => name.toUpperCase()), ...Object.keys(flags), ...values];
	for (const word of told.flatMap(wordsIn)) names.add(word);
}

const certificateWords = wordsIn(
	"CN O Ana Silva Ben Roy Example Root Authority EC P ecdsa with SHA digitalSignature contentCommitment CRL OCSP",
);

/** Names that only some commands say, and no JSON field of theirs. */
const alsoKnown: Readonly<Record<string, string[]>> = {
	"help exit-codes": [...Object.keys(exitCodes).flatMap(wordsIn), "kind"],
	"help json": wordsIn("ok true false result warnings error kind code message hints remedies data"),
	help: [
		...wordsIn("ok true false result warnings error kind code message hints remedies data"),
		...Object.keys(exitCodes).flatMap(wordsIn),
	],
	// The header of its CSV.
	"ids export": ["since", "until", "sid"],
	// A script is for a shell.
	completion: Object.values(completionScripts).flatMap(wordsIn),
	// What certificates and their standards call things.
	"certs inspect": certificateWords,
	"certs verify": certificateWords,
	"signatures check": [...certificateWords, ...wordsIn("Seal letter txt p7s")],
	"sign test": [...certificateWords, ...wordsIn("Trial ecdsa p12")],
	"tsa test": [...certificateWords, ...wordsIn("Seal Timestamps")],
	"certs list": certificateWords,
	"certs register": certificateWords,
	"certs show": certificateWords,
	"certs scan": certificateWords,
	"certs import": certificateWords,
	"certs set": certificateWords,
	"certs retire": certificateWords,
	// The zone of the scene, and what the vendor calls its product.
	"activations letter": wordsIn("CertifiO Desktop UTC"),
	"notify test": ["UTC"],
	"web set": ["done"],
	// What a machine that has it calls itself.
	"tokens list": ["SoftHSM"],
	"web backups restore": ["done"],
	"web steps": wordsIn(
		"Microsoft Edge Google Chrome Chromium Firefox localStorage setItem allow pasting autoriser le collage Application Local Storage storage Stockage",
	),
	"registry restore": ["before"],
	// Of whatever holds a port of this machine.
	audit: ["PID"],
	doctor: ["PID"],
	"users list": ["PID"],
	"users show": ["PID"],
	"ports reserve-block": wordsIn(
		"netsh int ipv excludedportrange protocol tcp startport numberofports store persistent",
	),
};

/** Whom this machine has, and what its system calls what it refuses: an example may be about all users. */
const ofThisMachine = [
	...wordsIn(readFileSync("/etc/passwd", "utf8")),
	...wordsIn(hostname()),
	...Object.keys(constants.errno),
	// The folders of a scene, and those of a client and a browser in a home.
	...wordsIn("cfm home work logs backups registry db data config local share Default"),
];

/** The English words of a text that are no names, nor cut by a narrow table. */
function englishIn(text: string, known: ReadonlySet<string> = new Set()): string[] {
	const english = wordsIn(text.replace(/\p{L}+…/gu, "")).filter(
		(word) => /^[A-Za-z]{2,}$/.test(word) && !names.has(word) && !known.has(word),
	);
	return [...new Set(english)];
}

/** Runs a command line in the pseudo-language, in this process, at a terminal that nobody answers. */
async function run(words: readonly string[], environment: Record<string, string> = {}) {
	const streams = keptStreams({ outIsTerminal: true, variables: { NO_COLOR: "1", ...environment } });
	const code = await pseudo.main(words, program.dist, streams);
	return { code, ...streams.written };
}

/** Rows of a drawn table are equally wide, whatever the language. */
function brokenTables(text: string): string[] {
	const tables = text.split(/^(?![│┌├└]).*$/m).map((part) => part.split("\n").filter((line) => line !== ""));
	return tables.filter((rows) => new Set(rows.map((row) => stringWidth(row))).size > 1).map((rows) => rows.join("\n"));
}

describe("in the pseudo-language", () => {
	it.each(["", "help exit-codes", "help json", ...Object.keys(definitions), ...Object.keys(topics)])(
		"the page of cfm %s has no English",
		async (id) => {
			const isPage = id === "" || id.startsWith("help ");
			const { out } = await run([...id.split(" ").filter(Boolean), ...(isPage ? [] : ["--help"])]);
			expect(isPseudo(out)).toBe(true);
			expect(englishIn(out, new Set(alsoKnown[id]))).toEqual([]);
		},
	);

	const examples = Object.entries(definitions).flatMap(([id, { examples, changes }]) =>
		examples.map(({ line }) => [line, id, changes !== undefined] as const),
	);
	it.each(examples)("%s says nothing in English, and its tables are whole", async (line, id, changes) => {
		const scene = makeScene();
		try {
			await prepare(scene, id, line);
			const words = wordsOf(line);
			const at = words.includes("--") ? words.indexOf("--") : words.length;
			const asJson = words
				.filter((word) => word !== "--json")
				.toSpliced(at, 0, "--json", ...(changes ? ["--dry-run"] : []));
			const told = await inFolder(scene, () => run(asJson, scene.environment));
			const { out, err } = await inFolder(scene, () => run(words, scene.environment));
			// What has no space in it is a name, a code or a path; what has one must be in the language.
			const known = new Set([
				...valuesIn(JSON.parse(told.out), scene.folder).flatMap(wordsIn),
				...ofThisMachine,
				...wordsIn(scene.folder),
				// What would be scheduled.
				...wordsIn(`${process.execPath} ${program.script} bin run cjs`),
			]);
			for (const word of alsoKnown[id] ?? []) known.add(word);
			// Where the result is JSON, or CSV, nothing is said to people.
			if (!words.includes("json") && !words.includes("--json")) expect(englishIn(out + err, known)).toEqual([]);
			expect(brokenTables(out)).toEqual([]);
		} finally {
			scene.remove();
		}
	});
});

function valuesIn(value: unknown, folder: string, key = ""): string[] {
	if (typeof value === "string")
		return value.includes(" ") && key !== "note" && !value.startsWith(folder) ? [] : [value];
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([name, one]) => valuesIn(one, folder, Array.isArray(value) ? key : name));
}

/** A command runs where its examples' files are, and its user's things are below a home of its own. */
async function inFolder<T>(scene: Scene, work: () => Promise<T>): Promise<T> {
	const [folder, home] = [process.cwd(), process.env.HOME];
	process.chdir(scene.work);
	process.env.HOME = scene.user;
	try {
		return await work();
	} finally {
		process.chdir(folder);
		if (home === undefined) delete process.env.HOME;
		else process.env.HOME = home;
	}
}
