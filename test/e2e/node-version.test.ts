import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeScene, type Scene } from "../shape/scene.js";
import { cfm, root } from "./cfm.js";

const sentence = /^cfm needs Node 22\.14 or newer.* \(this is v(\d+\.\d+\.\d+)\): get it from .*\.\n$/;

let scene: Scene;
beforeAll(() => {
	scene = makeScene();
});
afterAll(() => scene.remove());

/** A Node of this machine that is too old for cfm; none on many machines. */
function oldNode(): string | undefined {
	const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
	return folders
		.map((folder) => join(folder, "node"))
		.find(
			(file) => existsSync(file) && /^v(1\d|20|21)\./.test(execFileSync(file, ["--version"], { encoding: "utf8" })),
		);
}

describe("on a Node that is too old", () => {
	/** Says that it is another Node, and tells of every native module and every file of the bundle. */
	const pretend = (version: string) => {
		const file = join(scene.folder, `pretend-${version}.cjs`);
		writeFileSync(
			file,
			`Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });
			Object.defineProperty(process, "version", { value: "v${version}" });
			const { dlopen } = process;
			process.dlopen = (...all) => { console.error("loaded " + all[1]); return dlopen.apply(process, all); };`,
		);
		return file;
	};

	it.each(["12.22.12", "18.20.8", "20.20.2", "22.13.1", "0.10.48"])("%s: one line, exit code 2", async (version) => {
		for (const words of [[], ["ids", "list"], ["ids", "list", "--json"], ["--version"], ["ids", "allocate", "ana"]]) {
			const ran = await cfm(scene, words, { preload: pretend(version) });
			expect(ran).toMatchObject({ code: 2, out: "" });
			expect(sentence.exec(ran.err)?.[1]).toBe(version);
		}
	});

	it.each(["22.14.0", "23.1.0", "24.0.0", "26.3.1", "100.0.0"])("%s is not", async (version) => {
		const ran = await cfm(scene, ["help", "exit-codes"], { preload: pretend(version) });
		expect(ran).toMatchObject({ code: 0, err: "" });
	});

	it("nothing but bin/run.cjs is needed to say so", async () => {
		const folder = join(scene.folder, "alone", "bin");
		mkdirSync(folder, { recursive: true });
		cpSync(join(root, "bin", "run.cjs"), join(folder, "run.cjs"));
		const ran = await cfm(scene, ["ids", "list"], { preload: pretend("20.20.2"), script: join(folder, "run.cjs") });
		expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringMatching(sentence) });
	});

	it("on Windows neither is one whose rmSync leaves folders behind", () => {
		const { refusal } = createRequire(import.meta.url)(join(root, "bin", "run.cjs")) as {
			refusal(version: string, platform: string): string | undefined;
		};
		for (const version of ["24.0.0", "24.11.1", "24.13.0"]) {
			expect(refusal(version, "win32")).toMatch(
				/^Node 24\.0 to 24\.13\.0 .* \(this is v24\.\d+\.\d\): get it from .*\.\n$/,
			);
			expect(refusal(version, "linux")).toBeUndefined();
		}
		for (const version of ["24.13.1", "24.14.0", "22.14.0", "26.0.0"])
			expect(refusal(version, "win32")).toBeUndefined();
		expect(refusal("22.13.1", "win32")).toMatch(sentence);
	});

	const old = oldNode();
	it.runIf(old !== undefined)(`the machine's own, ${old}: one line, exit code 2`, async () => {
		for (const words of [["ids", "list"], ["init", "--yes"], ["--version"]]) {
			const ran = await cfm(scene, words, { node: old as string });
			expect(ran).toMatchObject({ code: 2, out: "", err: expect.stringMatching(sentence) });
		}
		expect(existsSync(join(scene.home, "registry.db"))).toBe(false);
	});
});
