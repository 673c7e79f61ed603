import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeScene, type Scene } from "../shape/scene.js";
import { atTerminal, cfm, ctrlC, enter, initialised, json } from "./cfm.js";

/** A terminal's line is drawn anew with every key: what counts is the text. */
const textOf = (screen: string) => screen.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "");

describe("cfm init at a terminal", () => {
	let scene: Scene;
	beforeAll(() => {
		scene = makeScene();
	});
	afterAll(() => scene.remove());

	it("Ctrl-C at a question is 130, and nothing is there", async () => {
		const first = await atTerminal(scene, "cfm init", [["Which range", ctrlC]]);
		expect(first.code).toBe(130);
		expect(textOf(first.screen)).toContain("Error: Cancelled. Nothing was changed.");
		const later = await atTerminal(scene, "cfm init", [
			["Which range", enter],
			["how many days", ctrlC],
		]);
		expect(later.code).toBe(130);
		expect((await cfm(scene, ["registry", "info"])).code).toBe(3);
	});

	it("asks until the answers are good, then makes what was answered", async () => {
		const { code, screen } = await atTerminal(scene, "cfm init > out.txt", [
			["Which range", `9-3${enter}`],
			["Not a range", `\u007f\u007f\u007f10-500${enter}`],
			["how many days", `many${enter}`],
			["whole number", `\u007f\u007f\u007f\u007f14${enter}`],
			["Which domain", `CORP${enter}`],
		]);
		expect(code).toBe(0);
		// The questions are on stderr: stdout is the result alone.
		const out = readFileSync(join(scene.work, "out.txt"), "utf8");
		expect(out).toContain("default\t10-500\t");
		expect(out).not.toMatch(/Which|\u001b/);
		expect(textOf(screen)).toContain("Which domain");
		const { result } = await json(scene, ["environments", "show"]);
		expect(result).toMatchObject({ firstId: 10, lastId: 500, quarantineDays: 14, domain: "CORP" });
	});

	it("takes the defaults for empty answers", async () => {
		const other = makeScene();
		try {
			const typing = [
				["Which range", enter],
				["how many days", enter],
				["Which domain", enter],
			] as const;
			expect((await atTerminal(other, "cfm init", typing)).code).toBe(0);
			const { result } = await json(other, ["environments", "show"]);
			expect(result).toMatchObject({ firstId: 1, lastId: 20_000, quarantineDays: 30, domain: null });
		} finally {
			other.remove();
		}
	});
});

describe("a change at a terminal", () => {
	let scene: Scene;
	beforeAll(async () => {
		scene = await initialised();
		await scene.run(["ids", "allocate", "ana"]);
		await scene.run(["environments", "add", "south"]);
	});
	afterAll(() => scene.remove());

	const stateOf = async (who: string) => (await json(scene, ["ids", "show", who])).result.allocations[0].state;

	it("shows what will be changed, and no is 130", async () => {
		for (const [keys, seen] of [
			[`n${enter}`, "No"],
			[enter, "No"],
			[ctrlC, "Cancelled"],
		] as const) {
			const { code, screen } = await atTerminal(scene, "cfm ids release ana", [["(y/N)", keys]]);
			expect(code).toBe(130);
			expect(textOf(screen)).toMatch(/ 1 {2}ana {2}-> quarantined/);
			expect(textOf(screen)).toContain(seen);
			expect(textOf(screen)).toContain("Error: Cancelled. Nothing was changed.");
		}
		expect(await stateOf("ana")).toBe("allocated");
	});

	it("is never asked with --json: that is a usage error even here", async () => {
		const { code, screen } = await atTerminal(scene, "cfm ids release ana --json");
		expect(code).toBe(2);
		expect(JSON.parse(screen)).toMatchObject({ ok: false, error: { code: "agreement-needed" } });
	});

	it("yes does it", async () => {
		expect((await atTerminal(scene, "cfm ids release ana", [["(y/N)", `y${enter}`]])).code).toBe(0);
		expect(await stateOf("ana")).toBe("quarantined");
	});

	it("that is severe wants the name", async () => {
		const cancelled = await atTerminal(scene, "cfm environments remove south", [
			["Type south", `y${enter}`],
			["That is not south", ctrlC],
		]);
		expect(cancelled.code).toBe(130);
		const { code } = await atTerminal(scene, "cfm environments remove south", [["Type south", `south${enter}`]]);
		expect(code).toBe(0);
		expect((await json(scene, ["environments", "list"])).result.total).toBe(1);
	});
});

describe("off a terminal", () => {
	let scene: Scene;
	beforeAll(async () => {
		scene = await initialised();
		await scene.run(["ids", "allocate", "ana"]);
	});
	afterAll(() => scene.remove());

	it.each([
		["init", "--yes"],
		["ids release ana", "--yes"],
		["ids move ana --id 9", "--yes"],
		["environments set default --domain CORP", "--yes"],
		["environments remove default", "--confirm"],
	])("cfm %s is a usage error that names %s, without a trace of a prompt", async (line, flag) => {
		const where = line === "init" ? makeScene() : scene;
		if (line.includes("remove")) {
			await scene.run(["environments", "add", "south"]);
			line = line.replace("default", "south");
		}
		try {
			for (const input of ["", "y\n", "yes\nyes\n"]) {
				const ran = await cfm(where, line.split(" "), { input });
				expect({ code: ran.code, out: ran.out }).toEqual({ code: 2, out: "" });
				expect(ran.err).toContain(flag);
				expect(ran.err).not.toMatch(/\u001b|\?25/);
			}
		} finally {
			if (where !== scene) where.remove();
		}
	});

	it("with stdin from a pipe but the rest a terminal, nothing is asked either", async () => {
		const { code, screen } = await atTerminal(scene, "echo y | cfm ids release ana");
		expect(code).toBe(2);
		expect(textOf(screen)).toContain("--yes");
	});

	it("piped words are never taken for arguments", async () => {
		for (const words of [
			["ids", "show"],
			["ids", "reserve"],
			["config", "get"],
			["ids", "allocate"],
		]) {
			const ran = await cfm(scene, words, { input: "ana\n" });
			expect([words.join(" "), ran.code]).toEqual([words.join(" "), 2]);
		}
	});
});
