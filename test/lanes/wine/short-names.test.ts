/** Short names (8.3), which Windows gives to what has a longer one: the same folder or file, whatever is named by one. */
import fs from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, believe, done, home, inProcess, installing, machineWithCli, noTraces, sha256, traces } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
/** What Windows calls a path whose every long name is replaced. */
async function short(path: string): Promise<string> {
	const told = (await inProcess(
		wine,
		{ "native.ts": ["loadWindows", "wide"] },
		`const windows = await loadWindows();
		const ask = windows.bind("kernel32", "uint32 __stdcall GetShortPathNameW(void *path, void *name, uint32 length)");
		const name = Buffer.alloc(1000);
		return name.toString("utf16le", 0, 2 * ask(wide(${JSON.stringify(path)}), name, 500));`,
	)) as string;
	expect(told).toMatch(/^C:\\[!-~]*~[!-~]*$/);
	return told;
}

beforeAll(async () => {
	wine = await machineWithCli({ user: "CONTOSO\\jürgen Łuka" });
	await done(wine, ["ids", "allocate", wine.user]);
	fs.mkdirSync(wine.path("C:\\Listen ü Ł"));
});
afterAll(() => wine?.dispose());

test("a registry is the same one, and as trusted", async () => {
	const [folder, long] = [await short(home), await done(wine, ["ids", "list"])];
	expect(await done(wine, ["ids", "list"], { env: { CFM_HOME: folder } })).toEqual(long);
	expect(await done(wine, ["ids", "list", "--registry", `${folder}\\registry.db`])).toEqual(long);
	expect(await done(wine, ["ids", "allocate", "CONTOSO\\neu"], { env: { CFM_HOME: folder } })).toMatchObject({
		allocations: [{ id: 2 }],
	});
	expect(await done(wine, ["init", "--yes"], { env: { CFM_HOME: folder } })).toMatchObject({ created: false });
	expect((await done(wine, ["registry", "check"])).total).toBe(0);
});

test("lists are read and written there", async () => {
	const folder = await short("C:\\Listen ü Ł");
	await done(wine, ["ids", "export", "--out-file", `${folder}\\Liste.csv`]);
	const written = fs.readFileSync(wine.path("C:\\Listen ü Ł\\Liste.csv"), "utf8");
	expect(written).toContain("CONTOSO\\jürgen Łuka");
	fs.writeFileSync(wine.path("C:\\Listen ü Ł\\Anwender und Anwenderinnen.csv"), "far\n");
	const list = await short("C:\\Listen ü Ł\\Anwender und Anwenderinnen.csv");
	expect(await done(wine, ["ids", "allocate", "--from", list])).toMatchObject({ allocations: [{ user: "far" }] });
	expect(await ask(wine, ["ids", "export", "--out-file", list])).toMatchObject({ exitCode: 4 });
});

test("an installer is the same one, and so is a client", async () => {
	const words = installing(wine, "ok");
	const installer = await short(words[3] ?? "");
	expect(
		await done(wine, ["install", "--silent", "--installer", installer, "--sha256", sha256(wine, words[3] ?? "")]),
	).toMatchObject({ outcome: "installed", id: 1 });
	const roaming = `${wine.profile}\\AppData\\Roaming`;
	const notarius = (await short(`${roaming}\\Notarius\\certifio-manager-se`)).split("\\").at(-1);
	believe(wine, { installFolder: `%APPDATA%\\Notarius\\${notarius}` });
	// Windows tells the folder's long name, and cfm then refuses the short one as it refuses a link; Wine tells what it was asked.
	expect(await done(wine, ["client", "show"])).toMatchObject({ installed: true, clientId: 1, verdict: "ok" });
	believe(wine, {});
	expect(await done(wine, ["uninstall", "--silent", "--yes"])).toMatchObject({ outcome: "uninstalled" });
	expect(await traces(wine, 24251)).toEqual(noTraces);
});
