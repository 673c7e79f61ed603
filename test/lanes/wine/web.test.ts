/** Web IDs on Windows: who has which profile, and reading and writing LevelDB beside a browser that may hold its lock. */
import fs from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { ClassicLevel } from "classic-level";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, done, home, machineWithCli, whileBrowserRuns, whileHeld } from "./cli.js";
import type { Wine } from "./setup.js";

const site = "https://sign.example.com";

let anna: Wine;
let dora: Wine;
beforeAll(async () => {
	anna = await machineWithCli({ user: "CONTOSO\\anna" });
	dora = await anna.as("CONTOSO\\dörte");
	await done(anna, ["ids", "allocate", anna.user, dora.user]);
	await done(anna, ["sites", "add", site]);
	// Each account of the lane has an HKLM of its own: what one machine would have in one is written into anna's.
	await listProfile("S-1-5-21-0-0-0-1001", "%SystemDrive%\\users\\dörte");
	await makeProfile(`${chrome(anna)}\\Default`, "9");
	await makeProfile(`${chrome(anna)}\\Ärzte & Söhne`, null);
	localState(chrome(anna), "Default", "Ärzte & Söhne");
	await makeProfile(`${dora.profile}\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default`, "2");
});
afterAll(() => anna?.dispose());

const chrome = (wine: Wine) => `${wine.profile}\\AppData\\Local\\Google\\Chrome\\User Data`;
const levelOf = (profile: string) => `${profile}\\Local Storage\\leveldb`;

async function listProfile(sid: string, folder: string): Promise<void> {
	await anna.evaluate(`
		const reg = require("native-reg");
		const list = "SOFTWARE\\\\Microsoft\\\\Windows NT\\\\CurrentVersion\\\\ProfileList\\\\" + ${JSON.stringify(sid)};
		const key = reg.createKey(reg.HKLM, list, reg.Access.ALL_ACCESS);
		reg.setValueEXPAND_SZ(key, "ProfileImagePath", ${JSON.stringify(folder)});
	`);
}

/** Makes, from Linux, a profile with a web ID or without. */
async function makeProfile(profile: string, webId: string | null): Promise<void> {
	const folder = anna.path(levelOf(profile));
	fs.mkdirSync(folder, { recursive: true });
	const level = new ClassicLevel(folder, { keyEncoding: "utf8", valueEncoding: "utf8" });
	await level.put("VERSION", "1");
	await level.put(`_${site}\0\x01draft`, "\x01mine");
	if (webId !== null) await level.put(`_${site}\0\x01CFM_ID`, `\x01${webId}`);
	await level.close();
}

function localState(userData: string, ...names: string[]): void {
	const info_cache = Object.fromEntries(names.map((name) => [name, {}]));
	fs.writeFileSync(anna.path(`${userData}\\Local State`), JSON.stringify({ profile: { info_cache } }));
}

async function contentOf(profile: string): Promise<string[]> {
	const copy = fs.mkdtempSync(path.join(path.dirname(anna.path("C:\\lane")), "copy-"));
	fs.cpSync(anna.path(levelOf(profile)), copy, { recursive: true });
	const level = new ClassicLevel(copy);
	const entries = await level.iterator().all();
	await level.close();
	fs.rmSync(copy, { recursive: true });
	return entries
		.filter(([key]) => key.startsWith("_"))
		.map(([key, value]) => `${key.split("\x01")[1]}=${value.slice(1)}`);
}

const rows = async (...words: string[]) =>
	(await done(anna, ["web", "list", ...words])).webIds.map((row: Record<string, unknown>) => [
		...[row.user, row.browser, row.profile, row.webId, row.verdict, row.state],
	]);

describe("profiles of all users", () => {
	test("are found by ProfileList and Local State, letters of all kinds included", async () => {
		expect(await rows()).toEqual([
			[anna.user, "chrome", "Default", "9", "mismatch", "readable"],
			[anna.user, "chrome", "Ärzte & Söhne", null, "missing", "readable"],
			// Wine knows no account of this SID. There is one ID of a dörte, but the folder may be another's.
			["dörte", "edge", "Default", "2", "unknown", "readable"],
		]);
	});

	test("that are not there are unreachable, not empty", async () => {
		await listProfile("S-1-5-21-0-0-0-1002", "C:\\users\\weg");
		const last = (await rows("--user", "weg")).at(-1);
		expect(last).toEqual(["weg", null, null, null, "unknown", "unreachable"]);
	});

	test("that lead out of the user's folder by a link that looks like a folder are denied", async () => {
		// To a program under Wine a link of Linux looks as a junction to a volume does to one on Windows.
		const profile = `${chrome(anna)}\\Profile 7`;
		await makeProfile("C:\\elsewhere", "77");
		fs.mkdirSync(anna.path(profile));
		fs.symlinkSync(anna.path("C:\\elsewhere\\Local Storage"), anna.path(`${profile}\\Local Storage`));
		localState(chrome(anna), "Default", "Ärzte & Söhne", "Profile 7");
		const seen = (await rows("--user", anna.user)).filter(([, , name]: string[]) => name === "Profile 7");
		expect(seen).toEqual([[anna.user, "chrome", "Profile 7", null, "unknown", "denied"]]);
		fs.rmSync(anna.path(profile), { recursive: true });
		localState(chrome(anna), "Default", "Ärzte & Söhne");
	});

	test("are followed where the policy moves them, with its variables", async () => {
		await anna.evaluate(`
			const reg = require("native-reg");
			const key = reg.createKey(reg.HKLM, "SOFTWARE\\\\Policies\\\\Vivaldi", reg.Access.ALL_ACCESS);
			reg.setValueSZ(key, "UserDataDir", "C:\\\\Moved\\\\\${user_name}");
		`);
		await makeProfile("C:\\Moved\\anna\\Default", "1");
		expect(await rows("--browser", "vivaldi", "--user", anna.user)).toEqual([
			[anna.user, "vivaldi", "Default", "1", "ok", "readable"],
		]);
	});
});

describe("a profile", () => {
	const profile = () => `${chrome(anna)}\\Default`;
	const set = () => ["web", "set", "--user", anna.user, "--browser", "chrome", "--all-sites", "--yes"];

	test("whose browser runs, as Chrome and Edge do, is read, and not written", async () => {
		const before = await contentOf(profile());
		await whileBrowserRuns(anna, "chromium", [chrome(anna), profile()], async () => {
			expect((await rows("--user", anna.user, "--browser", "chrome"))[0]).toEqual([
				...[anna.user, "chrome", "Default", "9", "mismatch", "running"],
			]);
			const answer = await ask(anna, set());
			expect(answer).toMatchObject({ exitCode: 9, error: { code: "web-ids-refused" } });
			const outcomes = answer.result.changes.map(({ outcome }: { outcome: string }) => outcome);
			expect(outcomes).toEqual(["in-use", "in-use"]);
		});
		expect(await contentOf(profile())).toEqual(before);
	});

	test("whose Firefox runs is read, and not written", async () => {
		const firefox = `${anna.profile}\\AppData\\Roaming\\Mozilla\\Firefox`;
		const own = `${firefox}\\Profiles\\x.default`;
		fs.mkdirSync(anna.path(own), { recursive: true });
		fs.writeFileSync(
			anna.path(`${firefox}\\profiles.ini`),
			"[Profile0]\nName=default\nIsRelative=1\nPath=Profiles/x.default\n",
		);
		const database = new Database(anna.path(`${own}\\webappsstore.sqlite`));
		database.exec(
			"CREATE TABLE webappsstore2 (originAttributes TEXT, originKey TEXT, scope TEXT, key TEXT, value TEXT)",
		);
		database.close();
		const states = async () =>
			(await rows("--user", anna.user, "--browser", "firefox")).map((row: unknown[]) => row[5]);
		expect(await states()).toEqual(["readable"]);
		await whileBrowserRuns(anna, "firefox", [own], async () => {
			expect(await states()).toEqual(["running"]);
			const words = ["web", "set", "--user", anna.user, "--browser", "firefox", "--all-sites", "--yes"];
			const answer = await ask(anna, words);
			expect(answer).toMatchObject({ exitCode: 9, result: { changes: [{ outcome: "in-use" }] } });
		});
		fs.rmSync(anna.path(firefox), { recursive: true });
	});

	test("whose LevelDB another program holds is read, and not written", async () => {
		const before = await contentOf(profile());
		await whileHeld(anna, `${levelOf(profile())}\\LOCK`, 0, async () => {
			expect((await rows("--user", anna.user, "--browser", "chrome"))[0]?.slice(3, 5)).toEqual(["9", "mismatch"]);
			const answer = await ask(anna, set());
			expect(answer).toMatchObject({ exitCode: 9 });
			expect(answer.result.changes[0]).toMatchObject({ profile: "Default", outcome: "in-use" });
		});
		expect(await contentOf(profile())).toEqual(before);
	});

	test("is set, and restored; the site's other keys stay", async () => {
		const answer = await done(anna, set());
		expect(answer.changes.map(({ after }: { after: string }) => after)).toEqual(["1", "1"]);
		expect(await contentOf(profile())).toEqual(["CFM_ID=1", "draft=mine"]);
		expect(await contentOf(`${chrome(anna)}\\Ärzte & Söhne`)).toEqual(["CFM_ID=1", "draft=mine"]);
		const { backups } = await done(anna, ["web", "backups", "list"]);
		expect(fs.existsSync(anna.path(`${home}\\web-backups`))).toBe(true);
		const ofDefault = backups.find(({ profile }: { profile: string }) => profile === "Default");
		await done(anna, ["web", "backups", "restore", ofDefault.id, "--yes"]);
		expect(await contentOf(profile())).toEqual(["CFM_ID=9", "draft=mine"]);
	});
});
