import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { updatesOf } from "../../../src/lib/adapters/files/updates.js";
import { known, unknown } from "../../../src/lib/known.js";
import { type Updates, updateProgram } from "../../../src/lib/self/update.js";
import { makeFolder } from "../../folders.js";
import { failure } from "../failure.js";
import { filesOf, layOut, newKeys, packed, project, signed } from "./signed-bundle.js";

const { key, privateKey } = newKeys();
const isRoot = process.geteuid?.() === 0;
const old = () => layOut(signed(filesOf("1.0.0", { "dist/gone.txt": "1.0.0" }), privateKey));
const next = filesOf("2.0.0", { "dist/more/c.txt": "2.0.0" });
const oldFace = ["1.0.0", "1.0.0", "1.0.0", "1.0.0", null];
const newFace = ["2.0.0", "2.0.0", "2.0.0", "2.0.0", "2.0.0"];

/** Runs the program of a folder: what its files say of their version. */
function face(folder: string, more: readonly string[] = []): unknown {
	const run = spawnSync(process.execPath, [...more, join(folder, "bin", "run.cjs"), "ids", "none"], {
		encoding: "utf8",
	});
	if (run.status !== 0) return `${run.status} ${run.signal} ${run.stderr}`;
	return JSON.parse(run.stdout);
}

function built(source: string): string {
	const { outputFiles } = buildSync({
		...{ stdin: { contents: source, resolveDir: project, loader: "ts" }, bundle: true, write: false },
		...{ platform: "node", format: "cjs", external: ["native-reg", "koffi", "fflate"], logLevel: "error" },
	});
	return outputFiles[0]?.text ?? "";
}

let finishing: string;
beforeAll(() => {
	finishing = built(`export * from "./src/lib/adapters/disk/finish.ts";`);
});

describe("an update", () => {
	const found = {
		version: "1.0.0",
		folder: "/p",
		node: "v24",
		listed: 1,
		files: [],
		open: known(null),
		sums: new Map(),
	};
	const fake = (own: Partial<Updates> = {}): Updates => ({
		seen: async () => ({ ...found, signature: "valid" }),
		mayChange: async () => known(true),
		package: async () => null,
		read: async () => signed(next, privateKey),
		exchange: async () => ({ restart: false }),
		...own,
	});
	const plan = (updates: Updates) =>
		updateProgram(updates, { file: "f.zip", key, platform: "linux", arch: "x64" }).plan();

	it("is refused to an older version, and by who may not, from a package, in an open folder, or from sources", async () => {
		const newer = async () => ({ ...found, version: "2.0.1", signature: "valid" as const });
		expect(await failure(() => plan(fake({ seen: newer })))).toMatchObject({ kind: "conflict", code: "version-older" });
		const no = fake({ mayChange: async () => known(false) });
		expect(await failure(() => plan(no))).toMatchObject({ kind: "denied", code: "needs-administrator" });
		const dpkg = fake({ package: async () => "cfm" });
		expect(await failure(() => plan(dpkg))).toMatchObject({ code: "installed-by-package" });
		for (const open of [known("/p can be written by other users"), unknown("no answer")]) {
			const seen = async () => ({ ...found, signature: "valid" as const, open });
			expect(await failure(() => plan(fake({ seen })))).toMatchObject({ code: "program-open-to-others" });
		}
		const sources = async () => ({ ...found, signature: null, listed: null });
		expect(await failure(() => plan(fake({ seen: sources })))).toMatchObject({ code: "built-from-sources" });
	});

	it("writes only what differs, and cfm.exe last", async () => {
		const files = signed(filesOf("2.0.0", { "bin/cfm.exe": "x", "dist/z.txt": "same" }), privateKey);
		const sums = new Map([
			["dist/z.txt", sumIn(files, "dist/z.txt")],
			["dist/lost.txt", "0"],
		]);
		const seen = async () => ({ ...found, signature: "valid" as const, sums });
		const { put, remove } = await plan(fake({ read: async () => files, seen }));
		expect([...put.keys()]).not.toContain("dist/z.txt");
		expect([...put.keys()].slice(-3)).toEqual(["bin/cfm.exe", "SHA256SUMS", "SHA256SUMS.sig"]);
		expect(remove).toEqual(["dist/lost.txt"]);
	});
});

const sumIn = (files: ReadonlyMap<string, Uint8Array>, name: string): string =>
	Buffer.from(files.get("SHA256SUMS") as Uint8Array)
		.toString()
		.split("\n")
		.find((line) => line.endsWith(`  ${name}`))
		?.slice(0, 64) ?? "";

describe.runIf(isRoot)("an update of a folder", () => {
	const update = async (folder: string, file: string) => {
		const updates = updatesOf(folder, finishing);
		const operation = updateProgram(updates, { file, key, platform: "linux", arch: "x64" });
		const plan = await operation.plan();
		if (!operation.needed(plan)) return operation.answer(plan);
		return operation.answer(plan, await operation.apply(plan));
	};

	it.each(["cfm.zip", "cfm.tar.gz"])("makes it the new version, from %s; the second time nothing", async (name) => {
		const folder = old();
		expect(face(folder)).toEqual(oldFace);
		const file = packed(signed(next, privateKey), name);
		expect(await update(folder, file)).toMatchObject({
			outcome: "updated",
			after: "2.0.0",
			removed: 1,
		});
		expect(face(folder)).toEqual(newFace);
		expect(existsSync(join(folder, "dist", "gone.txt"))).toBe(false);
		expect(existsSync(join(folder, "update"))).toBe(false);
		execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: folder });
	});

	it("repairs what was changed", async () => {
		const folder = layOut(signed(next, privateKey));
		const file = packed(signed(next, privateKey), "cfm.zip");
		writeFileSync(join(folder, "dist", "a.txt"), "planted");
		expect(await update(folder, file)).toMatchObject({ outcome: "updated", after: "2.0.0" });
		expect(face(folder)).toEqual(newFace);
	});

	it("is one at a time", async () => {
		const folder = old();
		mkdirSync(join(folder, "update"));
		const stat = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ")[19];
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
		writeFileSync(join(folder, "update", "lock-0"), `${process.pid} ${stat} ${boot}`);
		const file = packed(signed(next, privateKey), "cfm.zip");
		expect(await failure(() => update(folder, file))).toMatchObject({ kind: "busy", code: "update-running" });
		// Of another process with this number, before the machine was started again.
		writeFileSync(join(folder, "update", "lock-0"), `${process.pid} ${stat} another-boot`);
		expect(await update(folder, file)).toMatchObject({ outcome: "updated" });
	});

	it.each([
		["is killed", "#!/bin/sh\nkill -9 $$\n", ""],
		["can't be started", "#!/nowhere\n", "could not start again"],
	])("that is finished, is no success where the program that goes on %s", (_, node, said) => {
		const folder = old();
		exchanged(folder, { KILL_IN_SWITCH: "9" }, filesOf("2.0.0", { "node/node": node }));
		expect(hasJournal(folder)).toBe(true);
		const run = spawnSync(process.execPath, [join(folder, "bin", "run.cjs"), "ids", "none"], { encoding: "utf8" });
		expect(run).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining(said) });
		expect(hasJournal(folder)).toBe(false);
	});

	it("is not finished by who may not, and says so in JSON, too", async () => {
		const folder = old();
		chmodSync(folder, 0o755);
		exchanged(folder, { KILL_IN_SWITCH: "9" });
		expect(hasJournal(folder)).toBe(true);
		const asNobody = (...words: string[]) =>
			spawnSync(
				"setpriv",
				[
					"--reuid=65534",
					"--regid=65534",
					"--clear-groups",
					process.execPath,
					join(folder, "bin", "run.cjs"),
					...words,
				],
				{
					encoding: "utf8",
				},
			);
		const words = asNobody("ids", "list");
		expect(words).toMatchObject({ status: 7, stdout: "", stderr: expect.stringContaining("was interrupted") });
		expect(JSON.parse(asNobody("ids", "list", "--json").stdout)).toMatchObject({
			error: { code: "update-interrupted" },
		});
		expect(face(folder)).toEqual(newFace);
	});
});

/**
 * Kills the process before its Nth call that changes names on the disk: counted from the first (`KILL_AT`), or from when the
 * journal gets its name (`KILL_IN_SWITCH`). After a call is before the next one.
 */
const killer = `
	const fs = require("node:fs");
	const { KILL_AT, KILL_IN_SWITCH } = process.env;
	let left = Number(KILL_AT ?? KILL_IN_SWITCH ?? 0);
	let isCounting = KILL_IN_SWITCH === undefined;
	for (const name of ["renameSync", "linkSync", "unlinkSync", "rmdirSync", "mkdirSync", "openSync"]) {
		const real = fs[name];
		fs[name] = (...words) => {
			if (String(words[1]).endsWith("switch.json")) isCounting = true;
			if (isCounting && String(words[0]).includes("program-") && --left === 0) process.kill(process.pid, "SIGKILL");
			return real(...words);
		};
	}
`;
let scripts: string;
beforeAll(() => {
	scripts = makeFolder("scripts");
	writeFileSync(join(scripts, "kill.cjs"), killer);
	const source = `
		import { readFileSync } from "node:fs";
		import { updatesOf } from "./src/lib/adapters/files/updates.ts";
		const { folder, put, remove, finishing } = JSON.parse(readFileSync(process.argv[2], "utf8"));
		const files = new Map(put.map(([name, text]) => [name, Buffer.from(text, "base64")]));
		updatesOf(folder, finishing).exchange({ before: "1.0.0", after: "2.0.0", put: files, remove })
			.then(() => console.log("done"), (error) => console.log(error.code ?? error.stack));
	`;
	writeFileSync(join(scripts, "exchange.cjs"), built(source));
});

type At = { KILL_AT?: string; KILL_IN_SWITCH?: string };

/** Runs a script with the killer. @returns whether it was killed, and what it said */
function killed(at: At, ...words: string[]): { killed: boolean; said: string } {
	const run = spawnSync(process.execPath, ["--require", join(scripts, "kill.cjs"), ...words], {
		encoding: "utf8",
		env: { ...process.env, ...at },
	});
	return { killed: run.signal === "SIGKILL", said: run.stdout.trim() };
}

/** Exchanges the files of a folder in a process of its own. */
function exchanged(folder: string, at: At = {}, files = next) {
	const job = join(scripts, "job.json");
	const put = [...signed(files, privateKey)].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]);
	writeFileSync(job, JSON.stringify({ folder, put, remove: ["dist/gone.txt"], finishing }));
	return killed(at, join(scripts, "exchange.cjs"), job);
}

const hasJournal = (folder: string) => existsSync(join(folder, "update", "switch.json"));

describe("an exchange that is killed", () => {
	it("before the journal is there, changes nothing, and the next one does all", () => {
		for (let at = 1; ; at += 4) {
			const folder = old();
			expect(exchanged(folder, { KILL_AT: String(at) })).toEqual({ killed: true, said: "" });
			if (hasJournal(folder)) break;
			expect(face(folder)).toEqual(oldFace);
			expect(exchanged(folder)).toEqual({ killed: false, said: "done" });
			expect(face(folder)).toEqual(newFace);
			expect(existsSync(join(folder, "update"))).toBe(false);
		}
	});

	it("at whatever call after it, is the new version at the next start", () => {
		for (let at = 2; ; at++) {
			const folder = old();
			const end = exchanged(folder, { KILL_IN_SWITCH: String(at) });
			const was = { at, journal: hasJournal(folder) };
			expect({ ...was, seen: face(folder) }).toEqual({ ...was, seen: newFace });
			expect(hasJournal(folder)).toBe(false);
			expect(existsSync(join(folder, "dist", "gone.txt"))).toBe(false);
			if (!end.killed) {
				expect(at).toBeGreaterThan(25);
				break;
			}
		}
	});

	it("also when the starts that finish it are killed, again and again", () => {
		const folder = old();
		exchanged(folder, { KILL_IN_SWITCH: "4" });
		let times = 0;
		for (; hasJournal(folder) && times < 100; times++) {
			killed({ KILL_AT: String(3 + (times % 3)) }, join(folder, "bin", "run.cjs"), "ids", "none");
		}
		expect(times).toBeGreaterThan(3);
		expect(face(folder)).toEqual(newFace);
	});

	it("goes back when a file can't be exchanged, wherever it is killed on the way", () => {
		for (let at = 2; ; at += 2) {
			const folder = old();
			// A folder in the place of a file that comes late.
			rmSync(join(folder, "dist", "b.txt"));
			mkdirSync(join(folder, "dist", "b.txt", "held"), { recursive: true });
			const end = exchanged(folder, { KILL_IN_SWITCH: String(at) });
			expect({ at, seen: face(folder) }).toEqual({ at, seen: ["1.0.0", "1.0.0", "1.0.0", null, null] });
			expect(existsSync(join(folder, "dist", "gone.txt"))).toBe(true);
			expect(existsSync(join(folder, "dist", "more", "c.txt"))).toBe(false);
			expect(hasJournal(folder)).toBe(false);
			if (!end.killed) {
				expect(end.said).toBe("update-failed");
				break;
			}
		}
	});
});
