import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dialectOf, typedLine, Voice } from "../../../src/lib/cli/hints.js";
import { argv, line } from "../../../src/lib/command-line.js";
import { loadAll } from "../../../src/main.js";
import { makeScene, type Scene, wordsOf } from "../../shape/scene.js";

const all = Object.entries(await loadAll());

/** The voice of a command that was typed with these flags. */
const voice = (flags: Parameters<typeof line>[2]) => new Voice(() => line("ids show", ["7"], flags));

describe("a command for people", () => {
	it.each(all)("names the registry when its command takes one: cfm %s", (id, { flags }) => {
		const takesIt = flags !== undefined && "registry" in flags;
		expect(voice({ registry: "x.db" }).text(line(id))).toBe(`cfm ${id}${takesIt ? " --registry x.db" : ""}`);
	});

	it.each([
		[line("ids show", ["7"], { environment: "south" }), "cfm ids show 7 --environment south --registry x.db"],
		[
			{ say: "Add one:", line: line("sites add", [{ fill: "https://HOST" }]) },
			"Add one: cfm sites add https://HOST --registry x.db",
		],
		[
			line("registry restore", [{ fill: "BACKUP" }], { registry: "y.db" }),
			"cfm registry restore BACKUP --registry y.db",
		],
		[line("environments set", [], { help: true }), "cfm environments set --help"],
		[line("", [], { help: true }), "cfm --help"],
		[{ again: { force: true } }, "cfm ids show 7 --registry x.db --force"],
		["cfm runs as ana", "cfm runs as ana"],
	])("%j", (hint, text) => expect(voice({ registry: "x.db" }).text(hint)).toBe(text));

	it("has the registry's name in quotation marks where it needs them", () => {
		expect(voice({ registry: "/a b/r.db" }).text(line("init"))).toBe("cfm init --registry '/a b/r.db'");
	});

	it.each([
		[{}, "default", "cfm ids show 7"],
		[{}, "Default", "cfm ids show 7"],
		[{}, "Farm", "cfm ids show 7 --environment Farm"],
		[{ environment: "default" }, "default", "cfm ids show 7 --environment default"],
		[{ environment: "Farm" }, "default", "cfm ids show 7 --environment default"],
	])("with %j typed, one about %s is %s", (flags, environment, text) => {
		expect(voice(flags).text(line("ids show", ["7"], { environment }))).toBe(text);
	});
});

it("a list of all environments is one of the usual one only when that is said", () => {
	expect(voice({}).text(line("ids list", [], { environment: "default" }))).toBe("cfm ids list --environment default");
});

describe("the command that was typed", () => {
	it("is repeated with other flags, without those that say how it answers", () => {
		const request = {
			args: { users: ["ana", "ben"] },
			flags: { id: 7, json: true, pretty: true, yes: false, note: undefined, site: [] },
		};
		const typed = typedLine("ids allocate", request as never);
		expect(new Voice(() => typed).text({ again: { "ignore-ports": true, id: undefined } })).toBe(
			"cfm ids allocate ana ben --ignore-ports",
		);
	});

	it("keeps no address to itself that may hold a password", () => {
		const request = { args: {}, flags: { registry: "postgres://cfm:secret@host/cfm" } };
		const typed = typedLine("ids list", request as never);
		expect(new Voice(() => typed).text(line("init"))).toBe("cfm init");
		expect(new Voice(() => typed).text({ again: { json: true } })).toBe("cfm ids list --json");
	});

	it("is not repeated with a flag that its command does not have", () => {
		const voice = new Voice(
			() => line("install"),
			(flag) => flag === "silent",
		);
		expect(voice.text({ again: { silent: undefined } })).toBe("cfm install");
		expect(voice.text({ again: { silent: undefined, "ignore-ports": true } })).toBeUndefined();
	});

	it("is not said where it could not be read", () => {
		expect(new Voice().text({ say: "To go on:", line: { again: { yes: true } } })).toBeUndefined();
	});
});

describe("whose reading it is", () => {
	const machines =
		"C:\\Program Files\\WindowsPowerShell\\Modules;C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\Modules";
	const [windows, seven] = ["WindowsPowerShell", "PowerShell"].map(
		(name) => `C:\\Users\\ana\\Documents\\${name}\\Modules;${machines}`,
	);
	it.each<[string, NodeJS.Platform, NodeJS.ProcessEnv, string]>([
		["elsewhere, whatever stands there", "linux", { PROMPT: "$P$G", PSModulePath: seven }, "sh"],
		["Windows, where nothing tells", "win32", {}, "powershell"],
		["a scheduled task", "win32", { PSModulePath: machines }, "powershell"],
		["Windows PowerShell", "win32", { PSModulePath: windows }, "powershell"],
		["PowerShell 7", "win32", { PSModulePath: seven }, "powershell"],
		["cmd.exe", "win32", { PROMPT: "$P$G", PSModulePath: machines }, "cmd"],
		["PowerShell that cmd.exe started", "win32", { PROMPT: "$P$G", PSModulePath: windows }, "powershell"],
		["cmd.exe that PowerShell started", "win32", { CFM_PARENT: "cmd.exe", PROMPT: "$P$G", PSModulePath: seven }, "cmd"],
		["PowerShell without its user's modules", "win32", { CFM_PARENT: "pwsh.exe", PROMPT: "$P$G" }, "powershell"],
		["PowerShell of a service", "win32", { CFM_PARENT: "PowerShell.EXE", PROMPT: "$P$G" }, "powershell"],
		["Git's bash that cmd.exe started", "win32", { CFM_PARENT: "bash.exe", PROMPT: "$P$G" }, "sh"],
		["a program in a window of cmd.exe", "win32", { CFM_PARENT: "python.exe", PROMPT: "$P$G" }, "cmd"],
		["a program called like nothing", "win32", { CFM_PARENT: "constructor" }, "powershell"],
		["elsewhere, whoever says what", "linux", { CFM_PARENT: "cmd.exe" }, "sh"],
	])("%s", (_, platform, environment, dialect) => expect(dialectOf(platform, environment)).toBe(dialect));
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
	const flag = () => ` --registry '${other}'`;

	it("a hint acts on that registry as it is printed, in text and in JSON", async () => {
		const refused = await inOther("ids show 7");
		expect(refused).toMatchObject({ code: 3, err: expect.stringContaining(`Try: cfm init${flag()}\n`) });
		const { hints, remedies } = JSON.parse((await inOther("ids show 7 --json")).out).error;
		expect(hints).toEqual([`cfm init${flag()}`]);
		expect((await scene.run([...argv(remedies[0]), "--yes"])).code).toBe(0);
		expect((await inOther("ids list")).code).toBe(0);
		expect((await scene.run(["ids", "list"])).code).toBe(3);
	});

	it("so does what is said of a success, and of an empty list", async () => {
		expect((await inOther("init --yes")).out).toContain(`Next: cfm ids allocate USER${flag()}\n`);
		expect((await inOther("sites list")).err).toBe(
			`No site is managed yet. Add one: cfm sites add https://HOST${flag()}\n`,
		);
	});

	it("nothing is said of a registry that an environment variable names: it holds for the next command too", async () => {
		const environment = { ...scene.environment, CFM_REGISTRY: other };
		expect((await scene.run(["ids", "show", "7"], { variables: environment })).err).toContain("Try: cfm init\n");
	});
});
