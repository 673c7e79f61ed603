import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Scene } from "../shape/scene.js";
import { cfm, initialised, json } from "./cfm.js";

let scene: Scene;
let userFile: string;
let machineFile: string;
beforeEach(async () => {
	scene = await initialised();
	machineFile = join(scene.home, "config.json");
	userFile = join(scene.folder, "config", "cfm", "config.json");
	mkdirSync(join(scene.folder, "config", "cfm"), { recursive: true, mode: 0o700 });
});
afterEach(() => scene.remove());

const put = (file: string, values: object) => writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
const get = async (key: string, environment = {}) =>
	(await json(scene, ["config", "get", key], { environment })).result;

describe("a setting", () => {
	it("comes from the environment variable, else the user, else the machine, else the default", async () => {
		const key = "install.timeout";
		expect(await get(key)).toMatchObject({ value: "300", source: "default", origin: null });
		put(machineFile, { [key]: 400 });
		expect(await get(key)).toMatchObject({ value: "400", source: "machine", origin: machineFile });
		put(userFile, { [key]: 500 });
		expect(await get(key)).toMatchObject({ value: "500", source: "user", origin: userFile });
		const environment = { CFM_INSTALL_TIMEOUT: "600" };
		expect(await get(key, environment)).toMatchObject({
			value: "600",
			source: "environment",
			origin: "CFM_INSTALL_TIMEOUT",
		});
		// An empty variable says nothing: so a batch file can take one back.
		expect(await get(key, { CFM_INSTALL_TIMEOUT: "" })).toMatchObject({ source: "user" });
	});

	it("comes from the flag before all: the environment that is meant", async () => {
		for (const name of ["flagged", "variable", "users", "machines"]) await scene.run(["environments", "add", name]);
		const allocate = async (user: string, words: string[] = [], environment = {}) =>
			(await json(scene, ["ids", "allocate", user, ...words], { environment })).result.environment;
		expect(await allocate("a")).toBe("default");
		put(machineFile, { environment: "machines" });
		expect(await allocate("b")).toBe("machines");
		put(userFile, { environment: "users" });
		expect(await allocate("c")).toBe("users");
		expect(await allocate("d", [], { CFM_ENVIRONMENT: "variable" })).toBe("variable");
		expect(await allocate("e", ["--environment", "flagged"], { CFM_ENVIRONMENT: "variable" })).toBe("flagged");
	});

	it("comes from the flag before all: the registry", async () => {
		const file = (name: string) => join(scene.home, `${name}.db`);
		for (const name of ["flag", "variable", "user", "machine"]) {
			expect((await json(scene, ["init", "--yes", "--registry", file(name)])).code).toBe(0);
		}
		const location = async (words: string[] = [], environment = {}) =>
			(await json(scene, ["registry", "info", ...words], { environment })).result.registry;
		expect(await location()).toBe(file("registry"));
		put(machineFile, { registry: file("machine") });
		expect(await location()).toBe(file("machine"));
		put(userFile, { registry: file("user") });
		expect(await location()).toBe(file("user"));
		const environment = { CFM_REGISTRY: file("variable") };
		expect(await location([], environment)).toBe(file("variable"));
		expect(await location(["--registry", file("flag")], environment)).toBe(file("flag"));
	});

	it("is listed with where it comes from", async () => {
		put(machineFile, { "install.retries": 7 });
		const { result } = await json(scene, ["config", "list"], { environment: { CFM_ENVIRONMENT: "north" } });
		const sources = Object.fromEntries(
			result.settings.map(({ key, source }: { key: string; source: string }) => [key, source]),
		);
		expect(sources).toMatchObject({ environment: "environment", "install.retries": "machine", registry: "default" });
	});

	it("that is wrong is told with its file or variable, and never passed over", async () => {
		put(machineFile, { "install.timeout": "soon" });
		expect((await json(scene, ["config", "list"])).error).toMatchObject({ kind: "usage", code: "bad-setting" });
		expect((await cfm(scene, ["config", "list"])).err).toContain(machineFile);
		writeFileSync(machineFile, "{ not JSON");
		expect((await json(scene, ["ids", "list"])).error).toMatchObject({ kind: "usage", code: "bad-config-file" });
		put(machineFile, {});
		const { error } = await json(scene, ["config", "get", "install.timeout"], {
			environment: { CFM_INSTALL_TIMEOUT: "0" },
		});
		expect(error.message).toContain("CFM_INSTALL_TIMEOUT");
	});
});

describe("cfm config set", () => {
	it("writes the user's file or the machine's, and is undone by --unset", async () => {
		for (const [file, words] of [
			[userFile, []],
			[machineFile, ["--machine"]],
		] as const) {
			const set = await json(scene, ["config", "set", "install.timeout", "60", ...words]);
			expect(set.result).toMatchObject({ key: "install.timeout", before: null, after: "60", file, changed: true });
			expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ "install.timeout": 60 });
			const again = await json(scene, ["config", "set", "install.timeout", "60", ...words]);
			expect(again.result).toMatchObject({ changed: false });
			const unset = await json(scene, ["config", "set", "install.timeout", "--unset", ...words]);
			expect(unset.result).toMatchObject({ before: "60", after: null, changed: true });
			expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({});
		}
	});

	it("makes a relative path whole", async () => {
		const { result } = await json(scene, ["config", "set", "install.installer", "setup.exe"]);
		expect(result.after).toBe(join(scene.work, "setup.exe"));
	});

	it.each([
		["install.timeout", "0"],
		["install.timeout", "x"],
		["install.timeout", "1.5"],
		["install.retries", "101"],
		["install.sha256", "abc"],
		["environment", " "],
		["nothing", "1"],
	])("refuses %s = %j and writes nothing", async (key, value) => {
		const { code } = await json(scene, ["config", "set", key, value]);
		expect([2, 3]).toContain(code);
		expect(existsSync(userFile)).toBe(false);
	});
});
