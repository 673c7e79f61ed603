/** What others do to cfm's files on Windows: folders that are not its own, network shares, files that somebody holds. */
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, done, everything, home, machineWithCli, Recorded, registryFile, whileHeld } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
let icacls: Recorded;
beforeAll(async () => {
	wine = await machineWithCli();
	await done(wine, ["ids", "allocate", "anna"]);
	icacls = await Recorded.put(wine, "C:\\windows\\system32\\icacls.exe");
});
afterAll(() => wine?.dispose());

const trusted = async (): Promise<string[]> =>
	Object.keys((await wine.registry("HKLM\\SOFTWARE\\cfm\\TrustedFolders"))?.values ?? {});

describe("the registry's folder", () => {
	test("becomes the administrators' when it is made, by SID, and is remembered", async () => {
		const folder = "C:\\Über uns\\neu Ł";
		await done(wine, ["init", "--yes", "--registry", `${folder}\\registry.db`]);
		const calls = icacls.calls();
		expect(calls.length).toBeGreaterThanOrEqual(2);
		for (const call of calls) expect(call).toContain(`"${folder}"`);
		expect(calls.join("\n")).toContain("*S-1-5-18:(OI)(CI)F");
		expect(calls.join("\n")).toContain("*S-1-5-32-544:(OI)(CI)F");
		expect(await trusted()).toContain(folder.toLowerCase());
	});

	test("is not believed when its access list could not be set", async () => {
		icacls.answer({ code: 5 });
		const file = "C:\\Über uns\\verwehrt\\registry.db";
		expect(await ask(wine, ["init", "--yes", "--registry", file])).toMatchObject({
			exitCode: 5,
			error: { code: "folder-not-protected" },
		});
		icacls.answer({ code: 0 });
		icacls.calls();
		expect(fs.existsSync(wine.path(file))).toBe(false);
		expect(await trusted()).not.toContain("c:\\über uns\\verwehrt");
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
		expect(icacls.calls()).toEqual([]);
		await done(wine, ["init", "--yes", "--adopt", "--registry", theirs]);
		expect(icacls.calls()).not.toEqual([]);
		expect(await done(wine, ["ids", "list", "--registry", theirs])).toMatchObject({ total: 1 });
	});

	test("is adopted when it is empty, too: icacls would fail over a pattern that fits nothing", async () => {
		const folder = "C:\\Über uns\\leer";
		fs.mkdirSync(wine.path(folder));
		const init = ["init", "--yes", "--registry", `${folder}\\registry.db`];
		expect(await ask(wine, init)).toMatchObject({ exitCode: 5, error: { code: "open-to-others" } });
		expect(icacls.calls()).toEqual([]);
		await done(wine, [...init, "--adopt"]);
		const calls = icacls.calls();
		expect(calls).toHaveLength(2);
		expect(calls.join("\n")).not.toContain('\\*"');
	});

	test("holds what was configured before there was a registry: adopted with it", async () => {
		const env = { CFM_HOME: "C:\\Über uns\\zuerst" };
		await ask(wine, ["config", "set", "install.timeout", "60", "--machine"], { env });
		expect(await ask(wine, ["init", "--yes"], { env })).toMatchObject({
			exitCode: 5,
			error: { code: "open-to-others" },
		});
		expect(await ask(wine, ["init", "--yes", "--adopt"], { env })).toMatchObject({ exitCode: 0 });
		icacls.calls();
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
			expect(icacls.calls()).toEqual([]);
			expect(answer).toMatchObject({ exitCode, error: { code } });
			expect(fs.existsSync(wine.path(file))).toBe(false);
		}
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
		const before = await everything(wine);
		const backup = "C:\\Über uns\\Kopie.db";
		await done(wine, ["registry", "backup", backup]);
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
