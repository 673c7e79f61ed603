import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeScene, type Scene } from "../shape/scene.js";
import { cfm, initialised, json, type RunOptions } from "./cfm.js";

const Database = createRequire(import.meta.url)("better-sqlite3") as typeof import("better-sqlite3");

const scenes: Scene[] = [];
afterAll(() => {
	for (const scene of scenes) scene.remove();
});
async function scene(make: () => Scene | Promise<Scene> = initialised): Promise<Scene> {
	const made = await make();
	scenes.push(made);
	return made;
}

/** A file that Node loads first. */
function preload(where: Scene, code: string): string {
	const file = join(where.folder, "preload.cjs");
	writeFileSync(file, code);
	return file;
}

interface Case {
	exit: number;
	kind: string;
	code: string;
	words: string[];
	make?: () => Scene | Promise<Scene>;
	/** What else must be so; returns what is to be undone. */
	before?: (where: Scene) => undefined | (() => void) | Promise<undefined>;
	options?: (where: Scene) => RunOptions;
}

/** One case of every exit code, run twice: with and without --json. */
const cases: Case[] = [
	{
		exit: 1,
		kind: "fault",
		code: "unexpected",
		words: ["ids", "allocate", "CORP\\secret-name"],
		options: (where) => ({
			preload: preload(where, 'require("node:os").hostname = () => { throw new TypeError("the host has no name"); };'),
		}),
	},
	{ exit: 2, kind: "usage", code: "bad-user", words: ["ids", "allocate", "CORP\\"] },
	{ exit: 2, kind: "usage", code: "unknown-command", words: ["ids", "alocate"] },
	{ exit: 2, kind: "usage", code: "bad-command-line", words: ["ids", "list", "--bogus"] },
	{ exit: 2, kind: "usage", code: "bad-flag-value", words: ["ids", "list", "--limit", "x"] },
	{ exit: 2, kind: "usage", code: "bad-command-line", words: ["ids", "list", "--user", "a", "--user", "b"] },
	{ exit: 2, kind: "usage", code: "bad-command-line", words: ["ids", "show"] },
	{
		exit: 2,
		kind: "usage",
		code: "agreement-needed",
		words: ["ids", "release", "1"],
		before: async (where) => void (await where.run(["ids", "allocate", "ana"])),
	},
	{ exit: 3, kind: "not-found", code: "no-registry", words: ["ids", "list"], make: makeScene },
	{ exit: 3, kind: "not-found", code: "no-allocation", words: ["ids", "show", "CORP\\nobody"] },
	{ exit: 4, kind: "conflict", code: "id-out-of-range", words: ["ids", "allocate", "ana", "--id", "30000"] },
	{
		exit: 5,
		kind: "denied",
		code: "wrong-hash",
		words: ["install", "--silent", "--allocate", "--installer", "certifio-manager-se.exe", "--sha256", "0".repeat(64)],
	},
	// Root believes nothing that others could write; for anybody else the system itself refuses.
	...(process.geteuid?.() === 0
		? [
				{
					exit: 5,
					kind: "denied",
					code: "open-to-others",
					words: ["ids", "list"],
					before: (where: Scene) => void chmodSync(where.home, 0o777),
				},
			]
		: []),
	{
		exit: 6,
		kind: "busy",
		code: "registry-busy",
		words: ["ids", "allocate", "ana"],
		before: (where) => {
			const database = new Database(join(where.home, "registry.db"));
			database.exec("BEGIN IMMEDIATE");
			return () => database.close();
		},
		// Waiting is for 30 s: by this clock they are over in one.
		options: (where) => ({
			preload: preload(where, "const t = Date.now, s = t(); Date.now = () => s + (t() - s) * 30;"),
		}),
	},
	{
		exit: 7,
		kind: "unavailable",
		code: "registry-damaged",
		words: ["ids", "list"],
		make: makeScene,
		before: (where) => void writeFileSync(join(where.home, "registry.db"), "no registry".repeat(1000), { mode: 0o600 }),
	},
	{
		exit: 7,
		kind: "unavailable",
		code: "other-session",
		words: ["install", "--silent", "--user", "CORP\\somebody-else", "--installer", "certifio-manager-se.exe"],
	},
	{
		exit: 8,
		kind: "findings",
		code: "registry-problems",
		words: ["registry", "check"],
		before: async (where) => {
			await where.run(["ids", "allocate", "ana", "ben"]);
			const database = new Database(join(where.home, "registry.db"));
			database.exec("UPDATE allocations SET user = 'mallory' WHERE id = 2");
			database.close();
			return undefined;
		},
	},
	{
		exit: 9,
		kind: "partial",
		code: "lines-refused",
		words: ["ids", "allocate", "--from", "some.txt", "--keep-going"],
		before: (where) => void writeFileSync(join(where.work, "some.txt"), "ana\nCORP\\\nben\n"),
	},
];

describe.each(cases)("exit code $exit, $code: $words", ({ exit, kind, code, words, make, before, options }) => {
	let where: Scene;
	let undo: undefined | (() => void);
	beforeAll(async () => {
		where = await scene(make);
		undo = await before?.(where);
		return () => undo?.();
	});

	it("without --json: one error on stderr, with a way on", async () => {
		const ran = await cfm(where, words, options?.(where));
		expect(ran.code, ran.err).toBe(exit);
		expect(ran.err).toMatch(/^(Warning: .*\n)*Error: \S.*\n( {2}(?!Try:)\S.*\n)*( {2}Try: .*\n( {7}\S.*\n)*)?$/);
		expect(ran.err).not.toContain("    at ");
		if (exit !== 8 && exit !== 9) expect(ran.out).toBe("");
	});

	it("with --json: the same code, one object on stdout, nothing on stderr", async () => {
		const ran = await json(where, words, options?.(where));
		expect({ code: ran.code, err: ran.err }).toEqual({ code: exit, err: "" });
		expect(ran.ok).toBe(false);
		expect(ran.error).toEqual({
			kind,
			code,
			message: expect.stringMatching(/\S/),
			hints: expect.any(Array),
			remedies: expect.any(Array),
			data: expect.any(Object),
		});
		expect(ran.out).not.toMatch(/[^\n\x20-\x7e]/);
		if (exit === 8 || exit === 9) expect(ran.result).toMatchObject({ total: expect.any(Number) });
	});

	it("with --json --pretty: the same", async () => {
		const ran = await cfm(where, [...words, "--json", "--pretty"], options?.(where));
		expect({ code: ran.code, err: ran.err }).toEqual({ code: exit, err: "" });
		expect(JSON.parse(ran.out)).toMatchObject({ ok: false, error: { kind, code } });
	});
});

describe("exit code 0", () => {
	it("is one object with --json and an empty stderr, for the first run and the second", async () => {
		const where = await scene(makeScene);
		const lines = [
			"init --yes",
			"ids allocate ana",
			"ids reserve 5",
			"ids move ana --id 9 --yes",
			"ids release 5 --yes",
		];
		lines.push("environments add north", "environments set north --domain N --yes", "config set install.timeout 9");
		lines.push("ids list", "ids history", "registry check", "config list", "environments list", "registry info");
		for (const line of lines) {
			const ran = await json(where, line.split(" "));
			expect([line, ran.code, ran.ok, ran.err]).toEqual([line, 0, true, ""]);
			expect(ran.warnings).toEqual([]);
		}
		const again = ["init --yes", "ids allocate ana", "environments add north", "config set install.timeout 9"];
		again.push("ids move ana --id 9 --yes", "environments set north --domain N --yes");
		for (const line of again) {
			const ran = await json(where, line.split(" "));
			expect([line, ran.code, ran.err]).toEqual([line, 0, ""]);
		}
		expect((await json(where, ["ids", "list"])).result.total).toBe(2);
	});

	it("of a release repeated is: already so", async () => {
		const where = await scene();
		await where.run(["ids", "allocate", "ana"]);
		expect((await json(where, ["ids", "release", "ana", "--yes"])).result.allocations[0].changed).toBe(true);
		expect((await json(where, ["ids", "release", "ana", "--yes"])).result.allocations[0].changed).toBe(false);
	});
});

describe("a fault", () => {
	it("has its stack in a log, and the command line nowhere", async () => {
		const where = await scene();
		const ran = await json(where, ["ids", "allocate", "CORP\\secret-name", "--note", "secret-note"], {
			preload: preload(where, 'require("node:os").hostname = () => { throw new TypeError("the host has no name"); };'),
		});
		const log: string = ran.error.data.log;
		const text = readFileSync(log, "utf8");
		expect(text).toContain("TypeError: the host has no name\n    at ");
		expect(text + ran.out).not.toMatch(/secret-n/);
	});

	it("of the disk that stdout goes to is one line and no success", async () => {
		if (!existsSync("/dev/full")) return;
		const where = await scene();
		const script = join(where.folder, "full.cjs");
		writeFileSync(
			script,
			`const { openSync } = require("node:fs"); const { spawnSync } = require("node:child_process");
			const { status } = spawnSync(process.execPath, process.argv.slice(2), { stdio: ["ignore", openSync("/dev/full", "w"), "inherit"] });
			process.exitCode = status;`,
		);
		for (const words of [["ids", "allocate", "ana"], ["ids", "allocate", "ana", "--json"], ["--version"]]) {
			const program = join(import.meta.dirname, "..", "..", "bin", "run.cjs");
			const ran = await cfm(where, [program, ...words], { script });
			expect(ran.code, ran.err).not.toBe(0);
			expect(ran.err).not.toContain("    at ");
			expect(ran.err).toMatch(/^Error: .*\n( {2}Try: .*\n)?$/);
		}
	});
});

it("every exit code but 130 (prompts.test.ts) has a case", () => {
	expect([...new Set([0, ...cases.map(({ exit }) => exit)])].toSorted((a, b) => a - b)).toEqual([
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	]);
});
