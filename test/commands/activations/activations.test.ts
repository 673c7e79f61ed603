import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeScene, recentDay, type Scene } from "../../shape/scene.js";

let scene: Scene;
beforeEach(async () => {
	scene = makeScene();
	await scene.run(["init", "--yes", "--domain", "CORP"]);
});
afterEach(() => scene.remove());

async function json(words: readonly string[]) {
	const { code, out } = await scene.run([...words, "--json"]);
	return {
		code,
		out,
		...(JSON.parse(out) as { result?: Record<string, never>; error?: { code: string }; warnings: string[] }),
	};
}
const file = (content: string) => {
	const path = join(scene.work, "list.csv");
	writeFileSync(path, content);
	return path;
};

describe("what looks like a secret is refused, is not repeated, and is nowhere afterwards", () => {
	const secret = "48151623";
	it.each([
		["a word too many", ["activations", "step", "CORP\\ana", "number-entered", secret]],
		["two words too many", ["activations", "renew", "CORP\\ana", secret, "--mailed", recentDay, "CMTJ-8VOR-VFNS"]],
		["in a step's place", ["activations", "step", "CORP\\ana", secret]],
		[
			"a flag that is not there",
			["activations", "step", "CORP\\ana", "number-entered", `--reference-number=${secret}`],
		],
		["a flag's word", ["activations", "complete", "CORP\\ana", "--password", secret]],
		["a note", ["activations", "cancel", "CORP\\ana", "--note", `number ${secret}`]],
		["a note with a user", ["activations", "add", "CORP\\ben", "--approved", recentDay, "--note", secret]],
	])("%s", async (_, words) => {
		await scene.run(["activations", "add", "CORP\\ana", "--approved", recentDay]);
		for (const more of [[], ["--json"], ["--verbose"]]) {
			const { code, out, err } = await scene.run([...words, ...more]);
			expect(code).toBe(2);
			expect(out + err).not.toContain(secret);
			expect(out + err).not.toContain("VFNS");
		}
		const { result } = await json(["activations", "list"]);
		expect(result).toMatchObject({ total: 1, activations: [{ step: "approved" }] });
		expect((await scene.run(["ids", "history", "--json"])).out).not.toContain(secret);
	});

	it.each(["reference number", "Authorization Code", "password", "réponse 1"])(
		"a file with a column %s, whole",
		async (column) => {
			const path = file(`user,approved,${column}\nCORP\\ana,${recentDay},${secret}\n`);
			const { code, out, error } = await json(["activations", "add", "--from", path]);
			expect([code, error?.code]).toEqual([2, "secret-refused"]);
			expect(out).not.toContain(secret);
		},
	);

	it("a note in a file, on its line", async () => {
		const path = file(`user,approved,note\nCORP\\ana,${recentDay},fine\nCORP\\ben,${recentDay},${secret}\n`);
		const { code, out, error } = await json(["activations", "add", "--from", path]);
		expect([code, error?.code]).toEqual([2, "bad-input-lines"]);
		expect(out).toContain("line 3");
		expect(out).not.toContain(secret);
	});
});

describe("a list of approvals", () => {
	it("is recorded with each user's own date, note and subscription; all or nothing", async () => {
		const path = file(
			`SamAccountName,approved,subscription,note\nana,${recentDay},2099-01-31,new\nben,,,\ncy,2099-01-01,,\ndan,32.1.2026,,\nana,${recentDay},,\n`,
		);
		const words = ["activations", "add", "--from", path, "--domain", "CORP"];
		const refused = await json(words);
		expect([refused.code, refused.error?.code]).toEqual([2, "bad-input-lines"]);
		for (const line of [3, 4, 5]) expect(refused.out).toContain(`line ${line}`);
		expect((await json(["activations", "list"])).result).toMatchObject({ total: 0 });
		const partly = await json([...words, "--keep-going", "--approved", recentDay]);
		expect(partly.code).toBe(9);
		expect(partly.result).toMatchObject({
			total: 2,
			activations: [
				{ user: "CORP\\ana", note: "new", subscriptionUntil: "2099-01-31" },
				{ user: "CORP\\ben", note: null },
			],
			refused: [{ line: 4 }, { line: 5 }, { line: 6 }],
		});
	});

	it("may be plain, with one date for all", async () => {
		const path = file("CORP\\ana\nCORP\\ben\n");
		expect((await json(["activations", "add", "--from", path])).error?.code).toBe("bad-input-lines");
		expect((await json(["activations", "add", "--from", path, "--approved", recentDay])).result).toMatchObject({
			total: 2,
		});
	});
});

describe("what is recorded", () => {
	it("late is expired, with a warning; every answer says that it is an inventory", async () => {
		const late = await json(["activations", "add", "CORP\\ana", "--approved", "2026-01-15"]);
		expect(late.result).toMatchObject({ activations: [{ state: "expired" }], inventoryOnly: true });
		expect(late.warnings).toEqual([expect.stringContaining("have expired already")]);
		const due = await json(["activations", "due"]);
		expect([due.code, due.error?.code]).toEqual([8, "activations-due"]);
		expect(due.result).toMatchObject({ total: 1, due: [{ what: "codes", state: "expired" }], inventoryOnly: true });
		for (const words of [["list"], ["show", "ana"], ["letter", "ana"], ["complete", "ana"]])
			expect((await json(["activations", ...words])).result).toMatchObject({ inventoryOnly: true });
		expect((await json(["activations", "due"])).code).toBe(0);
	});

	it("is undone: the last step, and the approval itself", async () => {
		await scene.run(["activations", "add", "CORP\\ana", "--approved", recentDay]);
		await scene.run(["activations", "complete", "CORP\\ana"]);
		expect((await json(["undo", "latest", "--yes"])).code).toBe(0);
		expect((await json(["activations", "show", "ana"])).result).toMatchObject({
			activation: { step: "approved", endedAt: null },
		});
		await scene.run(["activations", "cancel", "CORP\\ana"]);
		await scene.run(["undo", "latest", "--yes"]);
		await scene.run(["activations", "add", "CORP\\ben", "--approved", recentDay, "--request-id", "added"]);
		expect((await json(["undo", "added", "--yes"])).code).toBe(0);
		expect((await json(["activations", "list"])).result).toMatchObject({
			activations: [{ user: "CORP\\ana", step: "approved" }],
		});
		expect((await json(["registry", "check"])).result).toMatchObject({ problems: [] });
	});

	it("is on the page of the user, without an ID too, and on the screen that tells how all stands", async () => {
		await scene.run(["ids", "allocate", "CORP\\ana"]);
		await scene.run(["activations", "add", "ana", "--approved", recentDay]);
		await scene.run(["activations", "add", "CORP\\zoe", "--approved", "2026-01-15"]);
		const ana = await json(["users", "show", "CORP\\ana"]);
		expect(ana.result).toMatchObject({ activations: [{ user: "CORP\\ana", state: "valid" }] });
		const page = await scene.run(["users", "show", "CORP\\zoe"]);
		expect(page.out).toContain("CFM-ACT-003");
		expect(page.out).toContain("Next step");
		expect((await json(["status"])).result).toMatchObject({
			activations: [{ environment: "default", open: 2, due: 1, expired: 1 }],
			next: expect.arrayContaining([expect.objectContaining({ command: "activations due" })]),
		});
		expect((await scene.run(["status"])).out).toContain("2 open activations in default; due: 1, expired: 1.");
	});

	it("counts in the zone of the setting, by its Windows name too, and never in one that there is not", async () => {
		expect((await json(["config", "set", "activations.zone", "Nowhere Time"])).error?.code).toBe("bad-zone");
		expect((await json(["config", "set", "activations.zone", "Tokyo Standard Time"])).result).toMatchObject({
			after: "Asia/Tokyo",
		});
		const { result } = await json(["activations", "add", "CORP\\ana", "--approved", "2026-01-15"]);
		expect(result).toMatchObject({ activations: [{ zone: "Asia/Tokyo", runsFrom: "2026-01-14T15:00:00.000Z" }] });
		expect(
			(await json(["activations", "add", "CORP\\ben", "--approved", recentDay, "--zone", "+05:00"])).error?.code,
		).toBe("bad-setting");
	});
});
