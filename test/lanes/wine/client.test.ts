/** Looking at clients, storing an ID, taking notes of where a client is, removing it: for two accounts of a machine. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	allTraces,
	ask,
	believe,
	clientFolder,
	clientKey,
	done,
	events,
	everything,
	home,
	installing,
	machineWithCli,
	noTraces,
	traces,
	trustToo,
	uninstallKey,
	whileHeld,
} from "./cli.js";
import { installerPath, project } from "./provision.js";
import type { Wine } from "./setup.js";

let anna: Wine;
let dora: Wine;
beforeAll(async () => {
	anna = await machineWithCli({ user: "CONTOSO\\anna" });
	dora = await anna.as("CONTOSO\\dörte");
	await trustToo(dora);
	await done(anna, ["ids", "allocate", "CONTOSO\\anna", "CONTOSO\\dörte", "CONTOSO\\weg"]);
});
afterAll(() => anna?.dispose());

/** A client as it should be, as `client show` tells it. */
const whole = (wine: Wine, id: number) => ({
	user: wine.user,
	folder: clientFolder(wine),
	installed: true,
	clientId: id,
	version: "2.1.0-standin",
	registered: true,
	running: true,
	port: 24250 + id,
	listening: true,
	unknown: [],
	allocatedId: id,
	verdict: "ok",
});

describe("two accounts, each with a client of its own", () => {
	test("without a client: listed because they have an ID, and shown as not installed", async () => {
		const none = {
			installed: false,
			clientId: null,
			port: null,
			running: false,
			unknown: [],
			verdict: "not-installed",
		};
		expect(await done(anna, ["client", "list"])).toMatchObject({ clients: [{ user: anna.user, ...none }], total: 1 });
		expect(await done(anna, ["client", "show"])).toMatchObject({ user: anna.user, allocatedId: 1, ...none });
		expect(await ask(anna, ["client", "set", "--yes"])).toMatchObject({ exitCode: 3, error: { code: "no-client" } });
		expect(await ask(anna, ["client", "show", "CONTOSO\\weg"])).toMatchObject({
			exitCode: 3,
			error: { code: "no-local-user", hints: ["cfm client list"] },
		});
		expect(await done(anna, ["client", "detect"])).toMatchObject({ observations: [], total: 0, changed: false });
		expect(await done(anna, ["uninstall", "--silent"])).toMatchObject({ outcome: "already-so" });
	});

	test("install side by side, in sessions of their own, and each sees its own client and port", async () => {
		const words = installing(anna, "ok");
		const [hers, theirs] = await Promise.all([done(anna, words), done(dora, words)]);
		expect(hers).toMatchObject({ user: anna.user, outcome: "installed", id: 1, port: 24251 });
		expect(theirs).toMatchObject({ user: dora.user, outcome: "installed", id: 2, port: 24252 });
		expect(await traces(anna, 24251)).toEqual(allTraces(1));
		expect(await traces(dora, 24252)).toEqual(allTraces(2));
		expect(await done(anna, ["client", "show"])).toEqual(whole(anna, 1));
		expect(await done(dora, ["client", "show"])).toEqual(whole(dora, 2));
		const installs = (await events(anna)).filter(({ action }) => action === "install");
		expect(installs.map(({ actor, subject, id }) => [actor, subject, id]).sort()).toEqual([
			[anna.user, anna.user, 1],
			[dora.user, dora.user, 2],
		]);
	});

	test("are both listed: whose registry is not loaded, of them is said what can't be determined", async () => {
		// Each account of the lane has an HKLM of its own: what one machine would have in one is written into anna's.
		await anna.evaluate(`
			const reg = require("native-reg");
			const list = "SOFTWARE\\\\Microsoft\\\\Windows NT\\\\CurrentVersion\\\\ProfileList\\\\S-1-5-21-0-0-0-1001";
			const key = reg.createKey(reg.HKLM, list, reg.Access.ALL_ACCESS);
			reg.setValueEXPAND_SZ(key, "ProfileImagePath", "%SystemDrive%\\\\users\\\\dörte");
		`);
		const { clients, total } = await done(anna, ["client", "list"]);
		expect(total).toBe(2);
		expect(clients[0]).toEqual(whole(anna, 1));
		expect(clients[1]).toMatchObject({
			folder: clientFolder(dora),
			installed: true,
			clientId: null,
			port: null,
			listening: null,
			// Windows knows no account of this SID, but the registry does, since her installation.
			allocatedId: 2,
			verdict: "unknown",
		});
		expect(clients[1].unknown).toEqual(expect.arrayContaining(["clientId", "version", "registered"]));
	});

	test("and whose registry is loaded, of them everything", async () => {
		await anna.evaluate(`
			const reg = require("native-reg");
			const key = (path) => reg.createKey(reg.HKU, "S-1-5-21-0-0-0-1001\\\\" + path, reg.Access.ALL_ACCESS);
			reg.setValueDWORD(key("Software\\\\Notarius\\\\certifio-manager-se"), "CFMID", 2);
			const entry = key("Software\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Uninstall\\\\certifio-manager-se");
			reg.setValueSZ(entry, "DisplayVersion", "2.0.9");
		`);
		const { clients } = await done(anna, ["client", "list"]);
		// Whether the other account's program runs and listens is asked of a file's share mode and of Windows' table of
		// sockets, which in the lane end at the account.
		const { user: _, running: __, listening: ___, unknown: ____, ...told } = whole(dora, 2);
		expect(clients[1]).toMatchObject({ ...told, version: "2.0.9" });
		expect(await done(anna, ["client", "show", "dörte"])).toEqual(clients[1]);
		const text = await anna.run(["client", "list"], { env: { CFM_HOME: home } });
		expect(text.stdout.split("\n")[1]).toBe("CONTOSO\\anna\tok\t1\t1\t24251\t2.1.0-standin\tyes\tyes");
		expect(text.stdout.split("\n")[2]).toMatch(/^dörte\tok\t2\t2\t24252\t2\.0\.9\t/);
	});
});

describe("with an administrator's rights", () => {
	test("the program touches no path of a user: processes that may only read do", async () => {
		const folder = wineFolder("C:\\spy");
		fs.copyFileSync(path.join(project, "test", "touched-paths.cjs"), path.join(folder, "spy.cjs"));
		const env = { NODE_OPTIONS: "--require C:\\spy\\spy.cjs", TOUCHED: "C:\\spy\\touched" };
		for (const words of [
			["client", "list"],
			["client", "show", "dörte"],
			["client", "detect"],
			["audit"],
			["doctor"],
		]) {
			fs.writeFileSync(path.join(folder, "touched"), "");
			const { error } = await ask(anna, words, { env });
			expect([undefined, "findings"], words.join(" ")).toContain(error?.code);
			const touched = fs.readFileSync(path.join(folder, "touched"), "utf8").split("\n");
			expect(touched).toContainEqual(expect.stringContaining(home));
			// Its own settings are in its own profile.
			const users = touched.filter((one) => /^(\\\\\?\\)?C:\\users\\/i.test(one) && !/\\cfm\\/i.test(one));
			expect(users, words.join(" ")).toEqual([]);
		}
	});

	test("a client's program that another program holds does not run", async () => {
		const program = `${clientFolder(dora)}\\certifio-manager-se.exe`;
		await whileHeld(anna, program, 0, async () => {
			expect((await done(anna, ["client", "show", "dörte"])).running).toBe(false);
			expect((await done(anna, ["client", "show"])).running).toBe(true);
		});
	});

	function wineFolder(folder: string): string {
		const made = anna.path(folder);
		fs.mkdirSync(made, { recursive: true });
		return made;
	}
});

describe("cfm client set", () => {
	test("stores the ID that is theirs after a move, and nobody else's", async () => {
		await done(anna, ["ids", "move", anna.user, "--id", "30", "--yes"]);
		expect(await done(anna, ["client", "show"])).toMatchObject({ clientId: 1, allocatedId: 30, verdict: "wrong-id" });
		expect(await ask(anna, ["client", "set"])).toMatchObject({ exitCode: 2, error: { code: "agreement-needed" } });
		for (const id of ["2", "31"]) {
			expect(await ask(anna, ["client", "set", "--id", id, "--yes"])).toMatchObject({ exitCode: 4 });
		}
		expect(await done(anna, ["client", "set", "--dry-run"])).toMatchObject({ before: 1, after: 30, dryRun: true });
		expect((await anna.registry(clientKey))?.values.CFMID).toBe("1");
		expect(await done(anna, ["client", "set", "--yes"])).toMatchObject({ before: 1, after: 30, changed: true });
		expect((await anna.registry(clientKey))?.values.CFMID).toBe("30");
		expect(await done(anna, ["client", "set", "--yes"])).toMatchObject({ before: 30, after: 30, changed: false });
		expect((await events(anna)).at(-1)).toMatchObject({
			action: "set-client",
			subject: anna.user,
			before: { id: 1 },
			after: { id: 30, outcome: "installed" },
		});
		// A number stays a number: the client would not find a text.
		const inKey = (body: string) =>
			anna.evaluate(`
				const reg = require("native-reg");
				const key = reg.openKey(reg.HKCU, ${JSON.stringify(clientKey.slice("HKCU\\".length))}, reg.Access.ALL_ACCESS);
				${body}
			`);
		await inKey('reg.setValueDWORD(key, "CFMID", 1);');
		expect(await done(anna, ["client", "set", "--yes"])).toMatchObject({ before: 1, after: 30, changed: true });
		const kept = 'return [reg.queryValueRaw(key, "CFMID").type === reg.ValueType.DWORD, reg.queryValue(key, "CFMID")];';
		expect(await inKey(kept)).toEqual([true, 30]);
		await inKey('reg.setValueSZ(key, "CFMID", "30");');
		// The client that runs still has its old port; installing again starts it with the new one.
		expect(await done(anna, ["client", "show"])).toMatchObject({ port: 24280, listening: false, running: true });
		const again = await done(anna, [...installing(anna, "ok"), "--reinstall"]);
		expect(again).toMatchObject({ outcome: "installed", client: { port: 24280, listening: true } });
		expect(await anna.listens(24251)).toBe(false);
	});
});

describe("cfm client detect", () => {
	test("sees what agrees with the client profile, and writes down what does not when told so", async () => {
		const agreeing = await done(anna, ["client", "detect"]);
		expect(agreeing).toMatchObject({
			user: anna.user,
			total: 3,
			changed: false,
			profile: `${home}\\client-profile.json`,
		});
		expect(agreeing.observations.map(({ about, agrees }: Record<string, unknown>) => [about, agrees])).toEqual([
			["uninstallKey", true],
			["installFolder", true],
			["clientId", true],
		]);
		const guess = {
			installFolder: "%LOCALAPPDATA%\\Notarius\\cfm-se",
			clientId: { key: "Software\\Notarius\\cfm-se", value: "Id" },
			uninstallKey: "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{GUID}",
		};
		believe(anna, { windows: guess });
		expect(await done(anna, ["client", "show"])).toMatchObject({ installed: false, clientId: null, registered: false });
		expect(await ask(anna, ["client", "detect", "--apply"])).toMatchObject({ exitCode: 2 });
		const detect = ["client", "detect", "--apply"];
		expect(await done(anna, [...detect, "--dry-run"])).toMatchObject({ changed: true, dryRun: true });
		expect(await done(anna, ["client", "show"])).toMatchObject({ installed: false });
		const { observations } = await done(anna, [...detect, "--yes"]);
		expect(observations).toHaveLength(3);
		const written = JSON.parse(fs.readFileSync(anna.path(`${home}\\client-profile.json`), "utf8"));
		expect(written).toMatchObject({
			verified: false,
			settleSeconds: 10,
			windows: {
				installFolder: "%APPDATA%\\Notarius\\certifio-manager-se",
				clientId: { key: "Software\\Notarius\\certifio-manager-se", value: "CFMID" },
				uninstallKey: uninstallKey.slice("HKCU\\".length),
			},
		});
		expect(await done(anna, ["client", "show"])).toEqual(whole(anna, 30));
		expect(await done(anna, [...detect, "--yes"])).toMatchObject({ changed: false });
	});

	test("is refused a client profile that is not one", async () => {
		for (const profile of [{ settleSeconds: "2" }, { windows: { executable: "..\\evil.exe" } }]) {
			believe(anna, profile);
			expect(await ask(anna, ["client", "list"])).toMatchObject({ exitCode: 2, error: { code: "bad-client-profile" } });
		}
		believe(anna, {});
	});
});

describe("cfm uninstall", () => {
	test("of another user is refused; unasked it removes nothing", async () => {
		const before = await everything(anna);
		expect(await ask(anna, ["uninstall", "--silent", "--yes", "--user", dora.user])).toMatchObject({
			exitCode: 7,
			error: { code: "other-session" },
		});
		expect(await ask(anna, ["uninstall", "--silent"])).toMatchObject({ exitCode: 2 });
		expect(await done(anna, ["uninstall", "--silent", "--dry-run"])).toMatchObject({
			outcome: "planned",
			dryRun: true,
		});
		expect(await traces(anna, 24280)).toEqual(allTraces(30));
		expect(await everything(anna)).toEqual(before);
	});

	test("whose uninstaller fails, or is not there, says so and records only that it was to run", async () => {
		const uninstaller = anna.path(`${clientFolder(anna)}\\uninstall.exe`);
		const kept = fs.readFileSync(uninstaller);
		const before = await everything(anna);
		// A stand-in installer without an ID gives up with 2, as an NSIS program that aborts.
		fs.copyFileSync(installerPath("ok"), uninstaller);
		const aborted = await ask(anna, ["uninstall", "--silent", "--yes"]);
		expect(aborted).toMatchObject({ exitCode: 7, error: { code: "uninstaller-failed" } });
		expect(aborted.error?.message).toContain("2");
		fs.rmSync(uninstaller);
		expect(await ask(anna, ["uninstall", "--silent", "--yes"])).toMatchObject({
			exitCode: 7,
			error: { code: "uninstaller-failed" },
		});
		const after = await everything(anna);
		const command = [`${clientFolder(anna)}\\uninstall.exe`, "/S"];
		const meant = { action: "client.uninstall", subject: anna.user, after: { phase: "intended", command } };
		const failed = {
			action: "client.uninstall",
			after: { phase: "done", installed: true, code: "uninstaller-failed" },
		};
		expect(after.history.events.slice(before.history.total)).toMatchObject([meant, failed, meant, failed]);
		expect({ ...after, history: null }).toEqual({ ...before, history: null });
		fs.writeFileSync(uninstaller, kept);
	});

	test("removes everything, and only of this account; the ID stays theirs; a second time it is already so", async () => {
		expect(await done(anna, ["uninstall", "--silent", "--yes"])).toMatchObject({
			user: anna.user,
			outcome: "uninstalled",
			returnCode: 0,
			client: { installed: false, clientId: null, registered: false, running: false },
		});
		expect(await traces(anna, 24280)).toEqual(noTraces);
		expect(await anna.registry("HKCU\\Software\\Notarius")).toBeNull();
		const startup = `${anna.profile}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\StartUp`;
		expect(fs.readdirSync(anna.path(startup)).filter((name) => name.includes("certifio"))).toEqual([]);
		expect(await traces(dora, 24252)).toEqual(allTraces(2));
		expect(await done(anna, ["ids", "show", anna.user])).toMatchObject({
			allocations: [{ id: 30, state: "allocated" }],
		});
		expect((await events(anna)).at(-1)).toMatchObject({
			action: "uninstall",
			before: { outcome: "installed" },
			after: { outcome: "uninstalled", path: null, returnCode: 0 },
		});
		const before = await everything(anna);
		expect(await done(anna, ["uninstall", "--silent", "--yes"])).toMatchObject({
			outcome: "already-so",
			returnCode: null,
		});
		expect(await everything(anna)).toEqual(before);
		expect(await done(dora, ["uninstall", "--silent", "--yes"])).toMatchObject({ outcome: "uninstalled" });
		expect(await traces(dora, 24252)).toEqual(noTraces);
		expect(await done(anna, ["registry", "check"])).toMatchObject({ total: 0 });
	});
});
