import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inRegistry } from "../../../src/lib/cli/hints.js";
import { loadAll } from "../../../src/main.js";
import { makeScene, type Scene, wordsOf } from "../../shape/scene.js";

const all = Object.entries(await loadAll());

describe("a command line for people", () => {
	it.each(all)("names the registry when its command takes one: cfm %s", (id, { flags }) => {
		const takesIt = flags !== undefined && "registry" in flags;
		expect(inRegistry(`cfm ${id}`, "x.db")).toBe(`cfm ${id}${takesIt ? " --registry x.db" : ""}`);
	});

	it.each([
		["cfm ids show 7 --environment south", true],
		["Say which: cfm sites add https://HOST", true],
		["No rule fits. Try: cfm ports list", true],
		["cfm registry restore BACKUP --registry other.db", false],
		["Name another file with --registry FILE, or: cfm init", true],
		["cfm environments set --help", false],
		["If it is one account: cfm environments set south --help (--domain)", false],
		["Run cfm init again.", false],
		["cfm runs as ana", false],
		["The registry is busy: another cfm holds it", false],
		["Say which: --site https://HOST", false],
	])("%s: %s", (text, isOne) => {
		expect(inRegistry(text, "x.db")).toBe(isOne ? `${text} --registry x.db` : text);
	});

	it("has the registry's name in quotation marks where it needs them", () => {
		expect(inRegistry("cfm init", "C:\\Program Data\\r.db")).toBe('cfm init --registry "C:\\Program Data\\r.db"');
	});

	it("stays as it is without the flag, and repeats no address with a password in it", () => {
		expect(inRegistry("cfm init", undefined)).toBe("cfm init");
		expect(inRegistry("cfm init", "postgres://cfm:secret@host/cfm")).toBe("cfm init");
	});
});

describe("with --registry", () => {
	let scene: Scene;
	let other: string;
	beforeEach(() => {
		scene = makeScene();
		other = join(scene.folder, "other one", "registry.db");
	});
	afterEach(() => scene.remove());

	const inOther = (line: string) => scene.run([...wordsOf(line), "--registry", other]);
	const flag = () => ` --registry "${other}"`;

	it("a hint acts on that registry as it is printed, in text and in JSON", async () => {
		const refused = await inOther("ids show 7");
		expect(refused).toMatchObject({ code: 3, err: expect.stringContaining(`Try: cfm init${flag()}\n`) });
		const [hint] = JSON.parse((await inOther("ids show 7 --json")).out).error.hints;
		expect(hint).toBe(`cfm init${flag()}`);
		expect((await scene.run([...wordsOf(hint), "--yes"])).code).toBe(0);
		expect((await inOther("ids list")).code).toBe(0);
		expect((await scene.run(["ids", "list"])).code).toBe(3);
	});

	it("so does what is said of a success, and of an empty list", async () => {
		expect((await inOther("init --yes")).out).toContain(`Next: cfm ids allocate USER${flag()}\n`);
		expect((await inOther("sites list")).err).toBe(`No site is cared for yet: cfm sites add https://HOST${flag()}\n`);
	});

	it("nothing is said of a registry that an environment variable names: it holds for the next command too", async () => {
		const environment = { ...scene.environment, CFM_REGISTRY: other };
		expect((await scene.run(["ids", "show", "7"], { environment })).err).toContain("Try: cfm init\n");
	});
});
