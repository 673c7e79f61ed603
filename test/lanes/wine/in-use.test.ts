/** What others do to cfm's files on Windows: folders that are not its own, network shares, files that somebody holds. */
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, done, everything, home, inProcess, machineWithCli, registryFile, whileHeld } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
	await done(wine, ["ids", "allocate", "anna"]);
});
afterAll(() => wine?.dispose());

const trusted = async (): Promise<string[]> =>
	Object.keys((await wine.registry("HKLM\\SOFTWARE\\cfm\\TrustedFolders"))?.values ?? {});

describe("the registry's folder", () => {
	/** What others may; Wine writes an access list as the mode of a file, administrators being the group. */
	const mode = (path: string) => fs.statSync(wine.path(path)).mode & 0o007;

	test("is closed to others from the moment it is made, with those on the way to it, and is remembered", async () => {
		const folder = "C:\\Über uns\\neu Ł";
		await done(wine, ["init", "--yes", "--registry", `${folder}\\registry.db`]);
		expect([mode(folder), mode("C:\\Über uns")]).toEqual([0, 0]);
		expect(await trusted()).toContain(folder.toLowerCase());
	});

	test("is not believed when others can write it, or a file of it, or put another in its place; adopting ends that", async () => {
		const folder = "C:\\Über uns\\offen";
		const file = `${folder}\\registry.db`;
		await done(wine, ["init", "--yes", "--registry", file]);
		for (const [path, open, closed] of [
			[folder, 0o777, 0o700],
			[file, 0o666, 0o600],
			["C:\\Über uns", 0o777, 0o700],
		] as const) {
			fs.chmodSync(wine.path(path), open);
			for (const words of [
				["ids", "list"],
				["ids", "allocate", "x"],
				["init", "--yes"],
			]) {
				expect(await ask(wine, [...words, "--registry", file])).toMatchObject({
					exitCode: 5,
					error: { code: "open-to-others", message: expect.stringContaining(path), data: { path: folder } },
				});
			}
			fs.chmodSync(wine.path(path), closed);
		}
		fs.chmodSync(wine.path(folder), 0o777);
		fs.chmodSync(wine.path(file), 0o666);
		const { warnings } = await ask(wine, ["init", "--yes", "--adopt", "--registry", file]);
		expect(warnings).toEqual([
			expect.stringMatching(/could change the registry's folder; cfm has removed that access/),
		]);
		expect(mode(folder)).toBe(0);
		expect(await done(wine, ["ids", "list", "--registry", file])).toMatchObject({ total: 0 });
	});

	test("work is done below ProgramData, in folders that are closed and go, and never in a folder for all", async () => {
		const made = await inProcess(
			wine,
			{ "work-place.ts": ["elevatedWorkPlace"] },
			`return (await elevatedWorkPlace()).make("cfm-work-");`,
		);
		expect(made).toMatch(/^C:\\ProgramData\\cfm-work-[0-9a-f]{12}$/);
		expect(mode(String(made))).toBe(0);
		fs.rmSync(wine.path(String(made)), { recursive: true });
	});

	test("is not believed when somebody else made it, until it is adopted", async () => {
		const [mine, theirs] = ["C:\\ProgramData\\cfm", "C:\\ProgramData\\cfm\\registry.db"];
		fs.mkdirSync(wine.path(mine), { recursive: true });
		await done(wine, ["registry", "backup", theirs]);
		for (const words of [
			["ids", "list"],
			["ids", "allocate", "x"],
			["init", "--yes"],
		]) {
			const answer = await ask(wine, [...words, "--registry", theirs]);
			expect(answer).toMatchObject({ exitCode: 5, error: { code: "open-to-others", data: { path: mine } } });
		}
		await done(wine, ["init", "--yes", "--adopt", "--registry", theirs]);
		expect(await done(wine, ["ids", "list", "--registry", theirs])).toMatchObject({ total: 1 });
	});

	test("is adopted when it is empty, too", async () => {
		const folder = "C:\\Über uns\\leer";
		fs.mkdirSync(wine.path(folder));
		const init = ["init", "--yes", "--registry", `${folder}\\registry.db`];
		expect(await ask(wine, init)).toMatchObject({ exitCode: 5, error: { code: "open-to-others" } });
		await done(wine, [...init, "--adopt"]);
		expect(mode(folder)).toBe(0);
	});

	test("is a finding of doctor when it can't be believed, and none when it can (CFM-MACHINE-012)", async () => {
		const states = async () => {
			const only = ["CFM-MACHINE-012", "CFM-REG-001", "CFM-MACHINE-003"].flatMap((id) => ["--only", id]);
			const { exitCode, result } = await ask(wine, ["doctor", ...only]);
			const checks: { id: string; state: string }[] = result?.checks ?? [];
			return { exitCode, result, ...Object.fromEntries(checks.map(({ id, state }) => [id, state])) };
		};
		expect(await states()).toMatchObject({ exitCode: 0, "CFM-MACHINE-012": "fine", "CFM-REG-001": "fine" });
		fs.chmodSync(wine.path(home), 0o777);
		const open = await states();
		fs.chmodSync(wine.path(home), 0o700);
		expect(open).toMatchObject({
			...{ exitCode: 8, "CFM-MACHINE-012": "found", "CFM-REG-001": "unknown", "CFM-MACHINE-003": "fine" },
			result: {
				findings: [
					{ id: "CFM-MACHINE-012", remedies: [{ command: "init", flags: { adopt: true } }] },
					{ cause: "CFM-MACHINE-012" },
				],
			},
		});
	});

	test("holds what was configured before there was a registry: adopted with it", async () => {
		const env = { CFM_HOME: "C:\\Über uns\\zuerst" };
		await ask(wine, ["config", "set", "install.timeout", "60", "--machine"], { env });
		expect(await ask(wine, ["init", "--yes"], { env })).toMatchObject({
			exitCode: 5,
			error: { code: "open-to-others" },
		});
		expect(await ask(wine, ["init", "--yes", "--adopt"], { env })).toMatchObject({ exitCode: 0 });
		expect(await ask(wine, ["config", "get", "install.timeout"], { env })).toMatchObject({ result: { value: "60" } });
	});

	test.each(["C:\\", "C:\\users\\anna\\Documents"])("is never one that holds other things: %s", async (folder) => {
		fs.writeFileSync(wine.path("C:\\users\\anna\\Documents\\letter.txt"), "");
		const file = `${folder.replace(/\\$/, "")}\\registry.db`;
		for (const [more, exitCode, code] of [
			[[], 5, "open-to-others"],
			[["--adopt"], 4, "folder-not-ours"],
		] as const) {
			const answer = await ask(wine, ["init", "--yes", "--registry", file, ...more]);
			expect(answer).toMatchObject({ exitCode, error: { code } });
			expect(fs.existsSync(wine.path(file))).toBe(false);
		}
	});
});

describe("what is written for an administrator", () => {
	const folder = "C:\\Über uns\\Ausgabe";
	const list = `${folder}\\Liste.csv`;
	const all: [string[], string[]][] = [
		[["ids", "export", "--out-file", list], ["Liste.csv"]],
		[
			["web", "policy", "export", "--out-dir", `${folder}\\neu`, "--update-url", "https://intern.example/u.xml"],
			["neu"],
		],
		[["registry", "backup", `${folder}\\Kopie.db`], ["Kopie.db"]],
	];
	beforeAll(async () => {
		fs.mkdirSync(wine.path(folder), { recursive: true, mode: 0o700 });
		await done(wine, ["sites", "add", "https://sign.example"]);
	});

	test.each([
		["in which others can write", folder, 0o777],
		["that others can replace", "C:\\Über uns", 0o777],
	])("does not go into a folder %s", async (_, path, mode) => {
		fs.chmodSync(wine.path(path), mode);
		for (const [words] of all) {
			expect(await ask(wine, words)).toMatchObject({
				exitCode: 5,
				error: { code: "open-to-others", message: expect.stringContaining(path) },
			});
		}
		expect(await ask(wine, ["ids", "list"], { env: { CFM_LOG: `${folder}\\cfm.log` } })).toMatchObject({
			exitCode: 5,
			error: { code: "open-to-others" },
		});
		expect(fs.readdirSync(wine.path(folder))).toEqual([]);
		fs.chmodSync(wine.path(path), 0o700);
	});

	test("goes into one that is closed", async () => {
		for (const [words] of all) await done(wine, words);
		await done(wine, ["ids", "list"], { env: { CFM_LOG: `${folder}\\cfm.log` } });
		expect(fs.readdirSync(wine.path(folder)).sort()).toEqual([...all.flatMap(([, names]) => names), "cfm.log"].sort());
	});
});

describe("a registry on a network share", () => {
	const shared = "C:\\Freigabe";
	beforeAll(() => {
		fs.mkdirSync(wine.path(shared));
		wine.share("\\\\server\\daten ü", shared);
		fs.writeFileSync(wine.path(`${shared}\\there.db`), "");
	});

	test.each([
		"\\\\server\\daten ü\\registry.db",
		"\\\\server\\daten ü\\there.db",
		"//server/daten ü/neu/registry.db",
		"\\\\?\\UNC\\server\\daten ü\\registry.db",
		"\\\\fehlt\\daten\\registry.db",
	])("%s is refused, and nothing is made there", async (file) => {
		const commands = [
			["init", "--yes"],
			["ids", "allocate", "x"],
			["ids", "list"],
		];
		const answers = await Promise.all(commands.map((words) => ask(wine, [...words, "--registry", file])));
		const hints = expect.arrayContaining([expect.stringContaining("PostgreSQL")]);
		const refused = { exitCode: 2, error: { code: "registry-on-network", hints } };
		expect(answers).toMatchObject(commands.map(() => refused));
		expect(fs.readdirSync(wine.path(shared))).toEqual(["there.db"]);
	});
});

describe("a registry that another program holds", () => {
	test("against everybody: busy or denied, at once, and nothing is changed", async () => {
		const backup = "C:\\Über uns\\Kopie.db";
		await done(wine, ["registry", "backup", backup]);
		const before = await everything(wine);
		await whileHeld(wine, registryFile, 0, async () => {
			const commands = [
				["ids", "list"],
				["ids", "allocate", "x"],
				["registry", "check"],
				["init", "--yes"],
				["registry", "restore", backup, "--confirm", "registry.db"],
			];
			const answers = await Promise.all(commands.map((words) => ask(wine, words)));
			expect(answers.map(({ error }) => error?.kind)).toEqual(
				commands.map(() => expect.stringMatching(/^(busy|denied)$/)),
			);
			for (const { error } of answers) expect(error?.message).toContain(registryFile);
		});
		expect(await everything(wine)).toEqual(before);
	});

	test("against writers: it is read; a change is refused", async () => {
		const before = await everything(wine);
		await whileHeld(wine, registryFile, 1, async () => {
			expect(await done(wine, ["ids", "list"])).toEqual(before.list);
			expect((await ask(wine, ["ids", "allocate", "x"])).error?.kind).toMatch(/^(busy|denied)$/);
		});
		expect(await everything(wine)).toEqual(before);
	});

	test("only against being renamed, as backup programs do: all goes on, even a restore", async () => {
		await whileHeld(wine, registryFile, 3, async () => {
			await done(wine, ["ids", "allocate", "während"]);
			const restore = ["registry", "restore", "C:\\Über uns\\Kopie.db", "--confirm", "registry.db"];
			expect(await done(wine, restore)).toMatchObject({ forgotten: [{ user: "während" }] });
		});
		expect(await done(wine, ["registry", "check"])).toMatchObject({ total: 0 });
	});
});

describe("a file of cfm's that another program holds", () => {
	const left = (folder: string): string[] =>
		fs.readdirSync(wine.path(folder)).filter((name) => /unfinished|restoring/.test(name));

	test("the configuration: it keeps its values, whole", async () => {
		const set = (seconds: number) => ["config", "set", "install.timeout", String(seconds), "--machine"];
		await done(wine, set(10));
		const file = `${home}\\config.json`;
		await whileHeld(wine, file, 3, async () => {
			expect(await ask(wine, set(20))).toMatchObject({ exitCode: 5, error: { code: "file-not-writable" } });
		});
		expect(JSON.parse(fs.readFileSync(wine.path(file), "utf8"))).toEqual({ "install.timeout": 10 });
		expect(left(home)).toEqual([]);
		await whileHeld(wine, file, 0, async () => {
			const answer = await ask(wine, ["config", "list"]);
			expect(answer).toMatchObject({ exitCode: 5, error: { code: "file-not-readable" } });
			expect(answer.error?.message).toContain(file);
		});
	});

	test("a list that is written over, or read: it stays as it was", async () => {
		const file = "C:\\Über uns\\Liste.csv";
		fs.writeFileSync(wine.path(file), "User\r\nneu\r\n");
		await whileHeld(wine, file, 3, async () => {
			const answer = await ask(wine, ["ids", "export", "--out-file", file, "--force"]);
			expect(answer).toMatchObject({ exitCode: 5, error: { code: "file-not-writable" } });
		});
		expect(fs.readFileSync(wine.path(file), "utf8")).toBe("User\r\nneu\r\n");
		expect(left("C:\\Über uns")).toEqual([]);
		await whileHeld(wine, file, 0, async () => {
			const answer = await ask(wine, ["ids", "allocate", "--from", file]);
			expect(answer.error?.kind).toMatch(/^(busy|denied)$/);
			expect(answer.error?.message).toContain("Liste.csv");
		});
	});
});
