/** The main job on win32, but for the installation: a registry, IDs for users, lists in and out, settings, copies. */
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, cliFolder, done, events, everything, home, inProcess, registryFile } from "./cli.js";
import { freshPrefix, type Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await freshPrefix();
	wine.installCli(cliFolder);
});
afterAll(() => wine?.dispose());

const names = ["CONTOSO\\Jürgen Łuka", "łucja@contoso.example", "Zoë van der Berg", "CONTOSO\\o'neill"];

describe("the registry", () => {
	test("is not made by a command that only looks: exit 3, and the hint names cfm init", async () => {
		expect(await ask(wine, ["ids", "list"])).toMatchObject({
			exitCode: 3,
			error: { code: "no-registry", hints: ["cfm init"], data: { registry: registryFile } },
		});
		expect(fs.existsSync(wine.path(home))).toBe(false);
	});

	test("is made by cfm init, which asks nobody off a terminal and can be run twice", async () => {
		expect(await ask(wine, ["init"])).toMatchObject({ exitCode: 2, error: { code: "agreement-needed" } });
		expect(await done(wine, ["init", "--yes", "--dry-run"])).toMatchObject({ created: true, dryRun: true });
		expect(fs.existsSync(wine.path(registryFile))).toBe(false);
		const init = ["init", "--range", "1-1000", "--quarantine-days", "7"];
		expect(await done(wine, init)).toMatchObject({
			registry: registryFile,
			created: true,
			environments: [{ name: "default", firstId: 1, lastId: 1000, portBase: 24250, quarantineDays: 7 }],
			total: 1,
			outcome: "added",
		});
		expect(await done(wine, init)).toMatchObject({ created: false, outcome: "already-so" });
	});

	test("is where the flag says, else the variable, else %ProgramData%", async () => {
		const where = async (words: string[], env: Record<string, string | undefined>) =>
			(await ask(wine, ["config", "get", "registry", ...words], { env })).result;
		expect(await where([], {})).toMatchObject({ value: registryFile, source: "default" });
		expect(await where([], { CFM_HOME: undefined })).toMatchObject({ value: "C:\\ProgramData\\cfm\\registry.db" });
		expect(await where([], { CFM_REGISTRY: "D:\\é.db" })).toMatchObject({
			value: "D:\\é.db",
			source: "environment",
			origin: "CFM_REGISTRY",
		});
		const elsewhere = ["ids", "list", "--registry", "C:\\nirgends ü\\r.db"];
		expect(await ask(wine, elsewhere)).toMatchObject({
			exitCode: 3,
			error: { data: { registry: "C:\\nirgends ü\\r.db" } },
		});
	});
});

describe("IDs", () => {
	test("are given to names of every kind, the lowest first, once each", async () => {
		const { allocations, total } = await done(wine, ["ids", "allocate", ...names]);
		expect(total).toBe(4);
		expect(allocations).toEqual(
			names.map((user, at) => ({ user, id: at + 1, port: 24251 + at, state: "allocated", created: true })),
		);
		const again = await done(wine, ["ids", "allocate", "contoso\\JÜRGEN łuka", "ŁUCJA@contoso"]);
		expect(again.allocations).toMatchObject([
			{ user: names[0], id: 1, created: false },
			{ user: names[1], id: 2, created: false },
		]);
	});

	test("are refused whole when one of them cannot be", async () => {
		const before = await everything(wine);
		const refused = [
			[["neu", "CONTOSO\\"], 2, "bad-user"],
			[["neu", "NEU"], 2, "duplicate-user"],
			[["neu", "--id", "1"], 4, "id-taken"],
			[["neu", "--id", "1001"], 4, "id-out-of-range"],
			[["neu", "--id", "0x10"], 2, "bad-flag-value"],
			[["neu", "--note", "a", "--note", "b"], 2, "bad-command-line"],
			[["neu", "--environment", "süd"], 3, "no-environment"],
		] as const;
		const answers = await Promise.all(refused.map(([words]) => ask(wine, ["ids", "allocate", ...words])));
		expect(answers).toMatchObject(refused.map(([, exitCode, code]) => ({ exitCode, error: { code } })));
		expect(await done(wine, ["ids", "allocate", "neu", "--dry-run"])).toMatchObject({ allocations: [{ id: 5 }] });
		expect(await everything(wine)).toEqual(before);
	});

	test("are listed and shown, as text and as JSON, with the same exit codes", async () => {
		const env = { CFM_HOME: home };
		const text = await wine.run(["ids", "list", "--user", "*ł*", "--sort", "user"], { env });
		expect(text).toEqual({
			exitCode: 0,
			stdout:
				"USER\tID\tPORT\tSTATE\tENVIRONMENT\tUNTIL\tNOTE\n" +
				"CONTOSO\\Jürgen Łuka\t1\t24251\tallocated\tdefault\t\t\n" +
				"łucja@contoso.example\t2\t24252\tallocated\tdefault\t\t\n",
			stderr: "",
		});
		expect(await done(wine, ["ids", "show", "zoë VAN der berg"])).toMatchObject({ allocations: [{ id: 3 }] });
		expect(await done(wine, ["ids", "show", "3"])).toMatchObject({ allocations: [{ user: names[2] }] });
		const nobody = await wine.run(["ids", "show", "nïemand"], { env });
		expect(nobody).toMatchObject({ exitCode: 3, stdout: "" });
		expect(nobody.stderr).toMatch(/^Error: .*nïemand.*\n {2}Try: cfm ids allocate nïemand\n$/);
	});

	test("wait for activations whose days are counted in the zone that is named, by whatever name Windows has for it", async () => {
		const add = ["activations", "add", "zoë VAN der berg", "--approved", "2026-03-01", "--zone"];
		expect(await done(wine, [...add, "Eastern Standard Time"])).toMatchObject({
			activations: [
				{ zone: "America/New_York", safeUntil: "2026-03-16T05:00:00.000Z", latestEnd: "2026-03-17T04:00:00.000Z" },
			],
		});
		// Two zones in one process, and then the machine's own again.
		expect(await done(wine, [...add, "Tokyo Standard Time", "--product", "cloud"])).toMatchObject({
			activations: [{ zone: "Asia/Tokyo", safeUntil: "2026-03-15T15:00:00.000Z" }],
		});
		const { stdout } = await wine.run(["activations", "show", "zoë VAN der berg", "--product", "desktop"], {
			env: { CFM_HOME: home },
		});
		expect(stdout).toContain("2026-03-16 01:00 America/New_York");
		const code = `
			const midnight = () => new Date(2026, 0, 15).toISOString();
			const own = midnight();
			const there = inZone("Asia/Tokyo", midnight);
			return { there, isBack: midnight() === own };
		`;
		expect(await inProcess(wine, { "../../calendar/day.js": ["inZone"] }, code)).toMatchObject({
			...{ there: "2026-01-14T15:00:00.000Z", isBack: true },
		});
	});

	test("are moved, released, reserved, and every event says who, where and what", async () => {
		const user = "CONTOSO\\o'neill";
		expect(await ask(wine, ["ids", "move", user, "--id", "40"])).toMatchObject({ exitCode: 2 });
		expect(await done(wine, ["ids", "move", user, "--id", "40", "--yes"])).toMatchObject({
			allocations: [{ id: 40, previousId: 4, port: 24290 }],
		});
		await done(wine, ["ids", "release", user, "--yes"]);
		await done(wine, ["ids", "reserve", "50-52,60", "--note", "für später"]);
		expect(await done(wine, ["ids", "list", "--state", "reserved"])).toMatchObject({ total: 4 });
		expect(await done(wine, ["ids", "list", "--state", "quarantined"])).toMatchObject({
			allocations: [
				{ user, id: 4 },
				{ user, id: 40 },
			],
		});
		const of = await events(wine, user);
		expect(of.map(({ action, id, actor }) => [action, id, actor])).toEqual([
			["allocate", 4, "CONTOSO\\anna"],
			["move", 4, "CONTOSO\\anna"],
			["move", 40, "CONTOSO\\anna"],
			["release", 40, "CONTOSO\\anna"],
		]);
		expect(of[0].machine).toBe(await wine.evaluate('return require("node:os").hostname()'));
	});
});

describe("lists", () => {
	const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, "utf16le");

	test("come in as PowerShell 5.1 writes them: #TYPE, quotes, UTF-16", async () => {
		const csv = '#TYPE Selected.User\r\n"SamAccountName","Mail"\r\n"müller","m@x"\r\n"Świąt, Ewa","e@x"\r\n';
		fs.mkdirSync(wine.path("C:\\Listen ü"), { recursive: true });
		fs.writeFileSync(wine.path("C:\\Listen ü\\a b.csv"), utf16(csv));
		const from = ["ids", "allocate", "--from", "C:\\Listen ü\\a b.csv", "--column", "SamAccountName"];
		const bad = await ask(wine, from);
		expect(bad).toMatchObject({ exitCode: 2, error: { data: { lines: [{ line: 4 }] } } });
		fs.writeFileSync(wine.path("C:\\Listen ü\\a b.csv"), utf16(csv.replace("Świąt, Ewa", "Świąt Ewa")));
		expect(await done(wine, from)).toMatchObject({
			allocations: [{ user: "müller" }, { user: "Świąt Ewa" }],
			total: 2,
		});
		const piped = await ask(wine, ["ids", "allocate", "--from", "-"], { stdin: "\uFEFFanna\r\nбрут\r\n" });
		expect(piped.result).toMatchObject({ allocations: [{ user: "anna" }, { user: "брут" }] });
	});

	test("go out as CSV with a path relative to where cfm is run, and are not written over unasked", async () => {
		const out = ["ids", "export", "--out-file", "..\\Ausgabe ü.csv"];
		const cwd = "C:\\Listen ü";
		expect(await ask(wine, out, { cwd })).toMatchObject({ exitCode: 0, result: { file: "C:\\Ausgabe ü.csv" } });
		const csv = fs.readFileSync(wine.path("C:\\Ausgabe ü.csv"), "utf8");
		expect(csv).toContain("\r\nCONTOSO\\Jürgen Łuka,1,24251,allocated,default,");
		expect(await ask(wine, out, { cwd })).toMatchObject({ exitCode: 4, error: { code: "file-exists" } });
		expect(fs.readFileSync(wine.path("C:\\Ausgabe ü.csv"), "utf8")).toBe(csv);
		expect(await ask(wine, [...out, "--force"], { cwd })).toMatchObject({ exitCode: 0 });
		expect(fs.readdirSync(wine.path("C:\\")).filter((name) => name.includes("unfinished"))).toEqual([]);
	});

	test("come back into another registry as they went out", async () => {
		const other = ["--registry", "C:\\Daten ü Ł\\zweite\\registry.db"];
		await done(wine, ["init", "--yes", ...other]);
		const csv = "ID;User\r\n7;CONTOSO\\Jürgen Łuka\r\n9;\r\n";
		expect(await ask(wine, ["ids", "import", "-", ...other], { stdin: csv })).toMatchObject({ result: { total: 2 } });
		expect(await done(wine, ["ids", "list", ...other])).toMatchObject({
			allocations: [
				{ id: 7, user: names[0], state: "allocated" },
				{ id: 9, user: null, state: "reserved" },
			],
		});
		const wrong = await ask(wine, ["ids", "import", "-", ...other], { stdin: "ID,User\r\n8,x\r\n7,y\r\n" });
		expect(wrong).toMatchObject({ exitCode: 2, error: { data: { lines: [{ line: 3 }] } } });
	});

	test("of thousands of users pass through the pipes whole", async () => {
		const other = ["--registry", "C:\\Daten ü Ł\\viele\\registry.db"];
		await done(wine, ["init", "--yes", ...other]);
		// More than a pipe holds, many times over. Wine takes 8 ms to try a port, and far longer on a busy machine.
		const users = Array.from({ length: 2000 }, (_, at) => `CONTOSO\\Müller Ł ${at + 1}`);
		const patient = { stdin: users.join("\r\n"), timeoutMs: 270_000 };
		const given = await ask(wine, ["ids", "allocate", "--from", "-", ...other], patient);
		expect(given.result.allocations.map(({ user }: { user: string }) => user)).toEqual(users);
		const { stdout } = await wine.run(["ids", "list", ...other]);
		expect(
			stdout
				.trimEnd()
				.split("\n")
				.slice(1)
				.map((line) => line.split("\t")[0]),
		).toEqual(users);
	});

	test("end without a fault when nobody reads on", async () => {
		const outcome = await wine.evaluate(`
			const { spawn } = require("node:child_process");
			const words = ["ids", "list", "--registry", "C:\\\\Daten ü Ł\\\\viele\\\\registry.db"];
			const child = spawn(process.execPath, [${JSON.stringify(`${cliFolder}\\bin\\run.cjs`)}, ...words]);
			let stderr = "";
			child.stderr.on("data", (chunk) => { stderr += chunk; });
			child.stdout.once("data", () => child.stdout.destroy());
			return new Promise((resolve) => child.once("close", (code) => resolve({ code, stderr })));
		`);
		expect(outcome).toEqual({ code: 0, stderr: "" });
	});
});

describe("settings", () => {
	test("keep Windows paths, made absolute, for the user and for the machine", async () => {
		const cwd = "C:\\Listen ü";
		const mine = `${wine.profile}\\AppData\\Roaming\\cfm\\config.json`;
		const set = (...words: string[]) => ask(wine, ["config", "set", ...words], { cwd });
		expect(await set("install.installer", "in st/ü.exe")).toMatchObject({
			result: { before: null, after: "C:\\Listen ü\\in st\\ü.exe", file: mine, changed: true },
		});
		expect(await set("install.installer", "\\Öl.exe", "--machine")).toMatchObject({
			result: { after: "C:\\Öl.exe", file: `${home}\\config.json` },
		});
		expect(await set("install.installer", "c:\\Öl.exe", "--machine", "--dry-run")).toMatchObject({
			result: { before: "C:\\Öl.exe", dryRun: true },
		});
		expect(await set("install.timeout", "0")).toMatchObject({ exitCode: 2, error: { code: "bad-setting" } });
		expect(await set("install.sha256", "abc")).toMatchObject({ exitCode: 2, error: { code: "bad-setting" } });
		expect(await set("install.instaler", "x")).toMatchObject({ exitCode: 3, error: { code: "no-setting" } });
		const listed = async () =>
			(await done(wine, ["config", "list"])).settings.find(({ key }: { key: string }) => key === "install.installer");
		expect(await listed()).toMatchObject({ value: "C:\\Listen ü\\in st\\ü.exe", source: "user", origin: mine });
		await set("install.installer", "--unset");
		expect(await listed()).toMatchObject({ value: "C:\\Öl.exe", source: "machine", origin: `${home}\\config.json` });
	});

	test("in a file that is no JSON are named, with the file", async () => {
		const file = `${wine.profile}\\AppData\\Roaming\\cfm\\config.json`;
		const before = fs.readFileSync(wine.path(file));
		fs.writeFileSync(wine.path(file), "install.timeout=3");
		const answer = await ask(wine, ["config", "list"]);
		expect(answer).toMatchObject({ exitCode: 2, error: { code: "bad-config-file" } });
		expect(answer.error?.message).toContain(file);
		fs.writeFileSync(wine.path(file), before);
	});
});

describe("environments", () => {
	test("are added, shown, set and removed", async () => {
		const add = ["environments", "add", "nord", "--range", "1-99", "--port-base", "30000", "--domain", "NORD"];
		expect(await done(wine, add)).toMatchObject({ environments: [{ name: "nord", domain: "NORD" }], outcome: "added" });
		expect(await done(wine, add)).toMatchObject({ outcome: "already-so" });
		expect(await ask(wine, ["environments", "add", "NORD", "--range", "5-6"])).toMatchObject({ exitCode: 4 });
		await done(wine, ["ids", "allocate", "jürgen", "--environment", "nord"]);
		expect(await ask(wine, ["ids", "show", "NORD\\Jürgen"])).toMatchObject({
			result: { allocations: [{ id: 1, port: 30001, environment: "nord" }] },
		});
		const set = ["environments", "set", "nord", "--range", "2-99", "--yes"];
		expect(await ask(wine, set)).toMatchObject({ exitCode: 4, error: { code: "ids-outside-range" } });
		expect(await done(wine, ["environments", "show", "nord"])).toMatchObject({ allocated: 1, free: 98, nextId: 2 });
		const remove = ["environments", "remove", "nord", "--confirm", "nord"];
		expect(await ask(wine, remove)).toMatchObject({ exitCode: 4 });
		await done(wine, ["ids", "release", "jürgen", "--environment", "nord", "--at-once", "--yes"]);
		expect(await ask(wine, remove.with(4, "süd"))).toMatchObject({
			exitCode: 2,
			error: { code: "wrong-confirmation" },
		});
		await done(wine, remove);
		expect(await done(wine, ["environments", "list"])).toMatchObject({ environments: [{ name: "default" }], total: 1 });
	});
});

describe("the registry's copies", () => {
	test("are made while it is used, and it can go back to one, which says what is forgotten", async () => {
		const copy = "C:\\Listen ü\\Kopie Ł.db";
		expect(await done(wine, ["registry", "check"])).toMatchObject({ problems: [], total: 0 });
		expect(await done(wine, ["registry", "backup", copy])).toMatchObject({ file: copy, registry: registryFile });
		expect(await ask(wine, ["registry", "backup", copy])).toMatchObject({
			exitCode: 4,
			error: { code: "file-exists" },
		});
		await done(wine, ["ids", "allocate", "zu spät"]);
		const restore = ["registry", "restore", copy];
		const forgotten = [{ user: "zu spät", environment: "default" }];
		expect(await done(wine, [...restore, "--dry-run"])).toMatchObject({ forgotten, total: 1, dryRun: true });
		expect(await ask(wine, restore)).toMatchObject({ exitCode: 2, error: { code: "agreement-needed" } });
		const { kept } = await done(wine, [...restore, "--confirm", "registry.db"]);
		expect(fs.existsSync(wine.path(kept))).toBe(true);
		// It is out on a client: nobody else gets it.
		expect((await done(wine, ["ids", "show", "zu spät"])).allocations).toMatchObject([{ state: "quarantined" }]);
		expect(await done(wine, ["registry", "check"])).toMatchObject({ total: 0 });
		expect(await done(wine, ["registry", "info"])).toMatchObject({
			registry: registryFile,
			kind: "sqlite",
			journalMode: "wal",
			environments: 1,
		});
	});

	test("are refused when they are damaged, and so is a damaged registry", async () => {
		const copy = wine.path("C:\\Listen ü\\Kopie Ł.db");
		const image = fs.readFileSync(copy);
		fs.writeFileSync(copy, image.fill(0x55, 4096, 12_288));
		const restore = ["registry", "restore", "C:\\Listen ü\\Kopie Ł.db", "--confirm", "registry.db"];
		expect(await ask(wine, restore)).toMatchObject({ exitCode: 7 });
		const damaged = `${home}\\damaged.db`;
		fs.copyFileSync(wine.path("C:\\Ausgabe ü.csv"), wine.path(damaged));
		expect(await ask(wine, ["ids", "list", "--registry", damaged])).toMatchObject({
			exitCode: 7,
			error: { code: "registry-damaged" },
		});
		expect(await ask(wine, ["ids", "list", "--registry", home])).toMatchObject({ exitCode: 2 });
		expect(await done(wine, ["registry", "check"])).toMatchObject({ total: 0 });
	});
});

test("changes are also told to the event log of Windows, where an administrator wants that", async () => {
	const env = { CFM_EVENT_LOG: "yes" };
	expect(await ask(wine, ["ids", "reserve", "900"], { env })).toMatchObject({ exitCode: 0, warnings: [] });
});
