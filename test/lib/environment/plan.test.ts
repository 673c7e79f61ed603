import { describe, expect, it } from "vitest";
import { type Environment, listEnvironments, portOf } from "../../../src/lib/environment/environment.js";
import {
	defaults,
	type EnvironmentSettings,
	parseEnvironmentName,
	planAddEnvironment,
	planRemoveEnvironment,
	planSetEnvironment,
} from "../../../src/lib/environment/plan.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { now, resting, Stage } from "../registry/stage.js";

const commonPort = 24_250;
const add = (stage: Stage, name: string, settings: EnvironmentSettings = {}) =>
	stage.carry((view) => planAddEnvironment(view, { name, settings, commonPort }, now));
const set = (stage: Stage, settings: EnvironmentSettings, name = "default") =>
	stage.carry((view) => planSetEnvironment(view, { name, settings, commonPort }, now));

describe("adding an environment", () => {
	it("takes what was said, and defaults for the rest", async () => {
		const stage = await Stage.set();
		const plan = await add(stage, " lab ", { lastId: 50, note: "trials" });
		const lab = { name: "lab", ...defaults, lastId: 50, note: "trials" };
		expect(plan).toMatchObject({ before: null, after: lab, remarks: [] });
		expect(await stage.plan((view) => view.environment("lab"))).toEqual(lab);
		expect(await stage.plan((view) => view.free("lab"))).toEqual({ count: 50, first: 1 });
	});

	it.each<[string, EnvironmentSettings, string[]]>([
		["below the range", {}, []],
		["in it", { firstId: 0 }, ["0 (reserved)"]],
		["in it, under another rule", { portBase: 24_000, portStride: 10, lastId: 100 }, ["25 (reserved)"]],
		["between two IDs' ports", { portBase: 24_001, portStride: 10, lastId: 100 }, []],
		["above it", { portBase: 20_000, lastId: 4249 }, []],
		["the last one", { portBase: 20_000, lastId: 4250 }, ["4250 (reserved)"]],
		["the only one", { portStride: 0, firstId: 0, lastId: 0 }, ["0 (reserved)"]],
		["the only one's, which is not 0", { portStride: 0, firstId: 3, lastId: 3 }, ["3 (reserved)"]],
		["nobody's, with one ID elsewhere", { portBase: 30_000, portStride: 0, firstId: 3, lastId: 3 }, []],
	])("keeps out the ID whose port is the regular edition's: it is %s", async (_, settings, rows) => {
		const stage = await Stage.set();
		const plan = await add(stage, "lab", settings);
		expect(await stage.rows("lab")).toEqual(rows);
		for (const row of rows) {
			expect(portOf(plan.after as Environment, Number.parseInt(row, 10))).toBe(commonPort);
		}
	});

	it("twice is already so; with other values it is a conflict", async () => {
		const stage = await Stage.set();
		await add(stage, "lab", { lastId: 50 });
		expect((await add(stage, "LAB", { lastId: 50 })).changes).toEqual([]);
		expect((await add(stage, "lab")).changes).toEqual([]);
		const error = await failure(() => add(stage, "lab", { lastId: 60 }));
		expect(error).toMatchObject({ kind: "conflict", code: "environment-exists" });
		await expectRunnable(error);
		const said = { domains: [{ name: "CORP", aliases: ["corp.example.com"] }], quarantineDays: 30, note: "the lab" };
		const { hints } = await failure(() => add(stage, "lab", { lastId: 60, ...said }));
		const flags = { range: "1-60", domain: ["CORP=corp.example.com"], note: "the lab" };
		// The finished command: what was said, without what is so already.
		expect(hints).toContainEqual(expect.objectContaining({ line: expect.objectContaining({ words: ["lab"], flags }) }));
		expect(await stage.plan((view) => view.environment("lab"))).toMatchObject({ lastId: 50 });
	});

	it.each<[EnvironmentSettings, string]>([
		[{ firstId: 5, lastId: 4 }, "bad-id-range"],
		[{ firstId: 1, lastId: 2_147_483_648, portStride: 0 }, "bad-id-range"],
		[{ firstId: 1, lastId: 2, portStride: 0 }, "bad-port-rule"],
		[{ lastId: 41_286 }, "ports-out-of-range"],
		[{ portBase: 65_535, lastId: 1 }, "ports-out-of-range"],
		[{ portBase: 0, firstId: 0, lastId: 5 }, "ports-out-of-range"],
	])("with %j is refused as %s", async (settings, code) => {
		const stage = await Stage.set();
		expect(await failure(() => add(stage, "lab", settings))).toMatchObject({ kind: "usage", code });
		expect(await stage.plan((view) => view.environment("lab"))).toBeUndefined();
	});

	it("may use every port there is", async () => {
		const stage = await Stage.set();
		await add(stage, "lab", { lastId: 41_285 });
		await add(stage, "low", { portBase: 0, firstId: 1, lastId: 65_535 });
		const error = await failure(() => add(stage, "more", { lastId: 41_286 }));
		expect(said(error)).toEqual([
			expect.stringContaining("--range 1-41285"),
			expect.stringContaining("the highest ID is 41285"),
		]);
	});
});

describe("a name of an environment", () => {
	it.each(["default", "Farm-2", "a", "0", "ts.example.com", "Büro_3", "x".repeat(63)])("can be %s", (name) => {
		expect(parseEnvironmentName(` ${name} `)).toBe(name);
	});

	it.each(["", " ", "-x", "a b", "a/b", "a\\b", "x".repeat(64), "a\u0000", "*", "_x"])("cannot be %j", async (name) => {
		const error = await failure(() => parseEnvironmentName(name));
		expect(error).toMatchObject({ kind: "usage", code: "bad-environment-name" });
	});
});

describe("setting an environment", () => {
	it("changes what was said and leaves the rest", async () => {
		const stage = await Stage.set({ note: "old", domain: "CORP" });
		const plan = await set(stage, { quarantineDays: 7, note: "new" });
		expect(plan).toMatchObject({ before: { note: "old" }, after: { note: "new" }, remarks: [] });
		const after = await stage.plan((view) => view.environment("default"));
		expect(after).toMatchObject({ quarantineDays: 7, note: "new", domain: "CORP", lastId: 10 });
		expect((await set(stage, { quarantineDays: 7 })).changes).toEqual([]);
	});

	it("grows and shrinks over free IDs", async () => {
		const stage = await Stage.set({ firstId: 5 }, { 7: "CORP\\ana" });
		await set(stage, { firstId: 1, lastId: 20 });
		expect(await stage.plan((view) => view.free("default"))).toEqual({ count: 19, first: 1 });
		await set(stage, { firstId: 7, lastId: 7 });
		expect(await stage.plan((view) => view.free("default"))).toEqual({ count: 0, first: null });
	});

	it.each<[string, EnvironmentSettings]>([
		["an allocated ID", { firstId: 4 }],
		["a reserved ID", { firstId: 3 }],
		["an ID that rests", { lastId: 8 }],
	])("does not shrink over %s", async (_, settings) => {
		const stage = await Stage.set({}, { 2: "(reserved)", 3: "CORP\\ana", 9: `old until ${resting}` });
		const error = await failure(() => set(stage, settings));
		expect(error).toMatchObject({ kind: "conflict", code: "ids-outside-range" });
		await expectRunnable(error);
		expect(await stage.plan((view) => view.environment("default"))).toMatchObject({ firstId: 1, lastId: 10 });
	});

	it("says how many clients must be installed again when ports change", async () => {
		const stage = await Stage.set({}, { 2: "(reserved)", 3: "CORP\\ana", 4: "CORP\\ben", 9: `old until ${resting}` });
		const { remarks } = await set(stage, { portBase: 30_000 });
		expect(remarks).toEqual(["2 users get another port. Reinstall their clients."]);
		expect((await set(stage, { note: "x" })).remarks).toEqual([]);
	});

	it.each<[string, EnvironmentSettings, Record<number, string>, string[]]>([
		["when the range grows over it", { firstId: 0 }, {}, ["0 (reserved)"]],
		["when the rule gives it to another ID", { portBase: 24_247 }, {}, ["3 (reserved)"]],
		["when that ID is reserved already", { portBase: 24_247 }, { 3: "(reserved)" }, ["3 (reserved)"]],
		["when that ID rests", { portBase: 24_247 }, { 3: `old until ${resting}` }, ["3 (reserved)"]],
	])("keeps the regular edition's port out of use %s", async (_, settings, ids, rows) => {
		const stage = await Stage.set({}, ids);
		await set(stage, settings);
		expect(await stage.rows()).toEqual(rows);
	});

	it("refuses a rule that gives a user the regular edition's port", async () => {
		const stage = await Stage.set({}, { 3: "CORP\\ana" });
		const error = await failure(() => set(stage, { portBase: 24_247 }));
		expect(error).toMatchObject({ kind: "conflict", code: "common-port-taken" });
		await expectRunnable(error);
	});

	it.each<[EnvironmentSettings, string]>([
		[{ lastId: 50_000 }, "ports-out-of-range"],
		[{ firstId: 11 }, "bad-id-range"],
		[{ portStride: 0 }, "bad-port-rule"],
	])("with %j is refused as %s", async (settings, code) => {
		const stage = await Stage.set();
		expect(await failure(() => set(stage, settings))).toMatchObject({ kind: "usage", code });
	});

	it.each<[string, EnvironmentSettings, EnvironmentSettings, string[]]>([
		["a range", {}, { lastId: 50_000 }, ["--range 1-41285"]],
		["a rule", { lastId: 5000 }, { portStride: 10 }, ["--range 1-4128 --port-base 24250 --port-stride 10"]],
		["a base of 0", { firstId: 0 }, { portBase: 0 }, ["--range 1-10 --port-base 0 --port-stride 1"]],
		["a learned rule", { lastId: 5000 }, { portStride: 10, portRuleLearnedAt: now.toISOString() }, ["--range 1-4128"]],
		["a base above all", { firstId: 5 }, { portBase: 65_535 }, []],
		["one ID without a port", { firstId: 3, lastId: 3 }, { portBase: 0, portStride: 0 }, []],
	])(
		"whose ports would be out of range names the range that has room, and it can be set: %s",
		async (_, own, settings, words) => {
			const stage = await Stage.set(own);
			const error = await failure(() => set(stage, settings));
			expect(error.code).toBe("ports-out-of-range");
			const commands = said(error).filter((hint) => hint.startsWith("cfm "));
			expect(commands).toEqual(words.map((one) => `cfm environments set default ${one}`));
			await expectRunnable(error);
			const [, first, last] = /--range (\d+)-(\d+)/.exec(commands[0] ?? "") ?? [];
			if (last !== undefined) await set(stage, { ...settings, firstId: Number(first), lastId: Number(last) });
		},
	);

	it("of one that is not there is refused", async () => {
		const error = await failure(async () => set(await Stage.set(), { note: "x" }, "lab"));
		expect(error).toMatchObject({ kind: "not-found", code: "no-environment" });
		await expectRunnable(error);
	});
});

describe("removing an environment", () => {
	const remove = (stage: Stage, name = "default") => stage.carry((view) => planRemoveEnvironment(view, name));

	it("takes its reserved and resting IDs with it", async () => {
		const stage = await Stage.set({}, { 2: "(reserved)", 9: `old until ${resting}` });
		const plan = await remove(stage, "DEFAULT");
		expect(plan).toMatchObject({ before: { name: "default" }, after: null });
		expect(await stage.plan((view) => listEnvironments(view))).toEqual([]);
		expect((await stage.registry.check(recordKinds)).problems).toEqual([]);
	});

	it("is refused while users have IDs in it", async () => {
		const stage = await Stage.set({}, { 2: "(reserved)", 3: "CORP\\ana" });
		const error = await failure(() => remove(stage));
		expect(error).toMatchObject({ kind: "conflict", code: "environment-in-use", data: { allocated: 1 } });
		await expectRunnable(error);
	});

	it("is refused when it is not there", async () => {
		const error = await failure(async () => remove(await Stage.set(), "lab"));
		expect(error).toMatchObject({ kind: "not-found", code: "no-environment" });
	});
});
