import { spawn } from "node:child_process";
import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readlinkSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { takeTurn } from "../../../../src/lib/adapters/browsers/turn.js";
import { folderName } from "../../../../src/lib/adapters/firefox/text.js";
import type { BrowserProfile, Edit } from "../../../../src/lib/webid/stores.js";
import { temporary } from "../../../folders.js";
import fc from "../../../property.js";
import { runningBrowser } from "../../../running-browser.js";
import { until } from "../../../until.js";
import { anyText } from "../any-text.js";
import { openLevel } from "../leveldb/library.js";
import { isRoot, memoryDisk, useFolder } from "../temp.js";
import { addLevelDb, addSqlite, addWebapps, dump, kinds, makeProfile, someContent } from "./profiles.js";

const at = useFolder(memoryDisk);
const options = { dryRun: false, now: new Date(), keepDays: 7 };
const stores = () => {
	mkdirSync(at("home"), { recursive: true, mode: 0o700 });
	return openBrowserStores(at("home"));
};
const profile = (kind: (typeof kinds)[number], content = someContent) => makeProfile(kind, content, at());
const [first, second, third] = Object.keys(someContent) as [string, string, string];
const fresh = "https://new.example";
const set = (origin: string, value: string): Edit => ({ origin, action: "set", value });
const known = (value: string | null) => ({ known: true, value });
const isMetadata = (name: string) => /^META/.test(name);

async function values(where: BrowserProfile, origins: readonly string[] | "all" = [first, second, third, fresh]) {
	const reading = await stores().stores.read(where, { origins });
	return Object.fromEntries(
		reading.stores.flatMap((store) => store.values.map(({ origin, value }) => [origin, value.known && value.value])),
	);
}

/** What is different, by name; Chromium's dates and sizes aside. */
function changed(before: Record<string, string>, after: Record<string, string>): string[] {
	const names = new Set([...Object.keys(before), ...Object.keys(after)]);
	return [...names].filter((name) => !isMetadata(name) && before[name] !== after[name]);
}

describe.each(kinds)("%s", (kind) => {
	it("tells the value of each site, and which sites have one", async () => {
		const where = await profile(kind);
		expect(await values(where)).toEqual({ [first]: "7", [second]: "8", [third]: null, [fresh]: null });
		expect(await values(where, "all")).toEqual({ [first]: "7", [second]: "8" });
		expect(await stores().stores.read(where, { origins: [first] })).toMatchObject({ state: "readable", why: null });
	});

	it("is set, also for a site never visited, and nothing else changes", async () => {
		const where = await profile(kind);
		const before = await dump(where, kind);
		const results = await stores().stores.edit(where, [set(first, "12"), set(fresh, "13"), set(second, "8")], options);
		expect(results).toMatchObject([
			{ origin: first, before: known("7"), after: known("12"), outcome: "done", why: null, stores: [kind] },
			{ origin: fresh, before: known(null), after: known("13"), outcome: "done" },
			{ origin: second, before: known("8"), after: known("8"), outcome: "already-so", backups: [] },
		]);
		expect(await values(where)).toEqual({ [first]: "12", [second]: "8", [third]: null, [fresh]: "13" });
		expect(changed(before, await dump(where, kind))).toHaveLength(2);
		expect(await stores().stores.edit(where, [set(first, "12")], options)).toMatchObject([{ outcome: "already-so" }]);
	});

	it("is removed, and what is cleared does not stay behind in the files", async () => {
		const where = await profile(kind, {
			[first]: { CFM_ID: "secret-1234567", other: "1" },
			[third]: { theme: "dark" },
		});
		const before = await dump(where, kind);
		const remove = (origin: string): Edit => ({ origin, action: "remove" });
		expect(await stores().stores.edit(where, [remove(first), remove(third)], options)).toMatchObject([
			{ outcome: "done", before: known("secret-1234567"), after: known(null) },
			{ outcome: "not-present", before: known(null), after: known(null) },
		]);
		expect(changed(before, await dump(where, kind))).toHaveLength(1);
		await stores().stores.edit(where, [{ origin: first, action: "clear" }], options);
		const left = readdirSync(where.path, { recursive: true, encoding: "utf8" }).map((name) => join(where.path, name));
		for (const file of left.filter((name) => statSync(name).isFile())) {
			expect(containsText(file, "secret-1234567"), file).toBe(false);
		}
	});

	it("loses a whole site and nothing of the others", async () => {
		const where = await profile(kind);
		const before = await dump(where, kind);
		expect(await stores().stores.edit(where, [{ origin: first, action: "clear" }], options)).toMatchObject([
			{ outcome: "done", before: known("7"), after: known(null) },
		]);
		const gone = changed(before, await dump(where, kind));
		expect(gone).toHaveLength(Object.keys(someContent[first] ?? {}).length);
		expect(await stores().stores.edit(where, [{ origin: first, action: "clear" }], options)).toMatchObject([
			{ outcome: "not-present" },
		]);
	});

	it("is as before when a backup is undone, but for what was stored since", async () => {
		const where = await profile(kind);
		const before = await dump(where, kind);
		const { stores: browser, backups } = stores();
		await browser.edit(where, [{ origin: first, action: "clear" }, set(fresh, "1"), set(third, "3")], options);
		const [backup] = await backups.list();
		expect(backup).toMatchObject({ store: kind, profile: where });
		expect(backup?.changes).toEqual([
			{ origin: first, before: "7", after: null, cleared: true },
			{ origin: fresh, before: null, after: "1", cleared: false },
			{ origin: third, before: null, after: "3", cleared: false },
		]);
		await browser.edit(where, [set(second, "88")], options);
		const results = await backups.restore(backup?.id ?? "", { ...options, whole: false });
		expect(results.map(({ outcome }) => outcome)).toEqual(["done", "done", "done"]);
		expect(await values(where)).toEqual({ [first]: "7", [second]: "88", [third]: null, [fresh]: null });
		expect(changed(before, await dump(where, kind))).toHaveLength(1);
		expect(await backups.list()).toHaveLength(3);
	});

	it("is put back whole", async () => {
		const where = await profile(kind);
		const before = await dump(where, kind);
		const { stores: browser, backups } = stores();
		await browser.edit(where, [{ origin: first, action: "clear" }, set(second, "9")], options);
		const id = (await backups.list())[0]?.id ?? "";
		await browser.edit(where, [set(second, "10")], options);
		expect(await backups.restore(id, { ...options, whole: true })).toMatchObject([
			{ outcome: "done", after: known("7") },
			{ outcome: "done", before: known("10"), after: known("8") },
		]);
		expect(await dump(where, kind)).toEqual(before);
	});

	it("is left alone by a dry run", async () => {
		const where = await profile(kind);
		const before = files(where.path);
		const dry = { ...options, dryRun: true };
		expect(await stores().stores.edit(where, [set(first, "12"), set(second, "8")], dry)).toMatchObject([
			{ outcome: "planned", before: known("7"), after: known("12"), backups: [] },
			{ outcome: "already-so" },
		]);
		expect(files(where.path)).toEqual(before);
		expect(await stores().backups.list()).toEqual([]);
	});

	it("takes any text a page may store", async () => {
		const where = await profile(kind, { [first]: { CFM_ID: "1", other: "2" } });
		const { stores: browser } = stores();
		const text = kind === "webappsstore" ? anyText.map((one) => one.toWellFormed().replaceAll("\0", "")) : anyText;
		await fc.assert(
			fc.asyncProperty(text, async (value) => {
				const [result] = await browser.edit(where, [set(first, value)], options);
				expect(result?.outcome).toMatch(/^(done|already-so)$/);
				expect((await values(where))[first]).toBe(value);
			}),
			{ numRuns: 12 },
		);
	});

	it.skipIf(!isRoot)("keeps owner and mode, and gives new files those of their folder", async () => {
		const where = await profile(kind);
		for (const path of [where.within, ...everything(where.within)]) chownSync(path, 1234, 1235);
		for (const path of [where.path, ...everything(where.path)])
			chmodSync(path, statSync(path).isDirectory() ? 0o700 : 0o640);
		await stores().stores.edit(
			where,
			[set(first, "12"), set(fresh, "1"), { origin: second, action: "clear" }],
			options,
		);
		for (const path of everything(where.path)) {
			const { uid, gid, mode } = statSync(path);
			expect([path, uid, gid]).toEqual([path, 1234, 1235]);
			expect(mode & 0o7, path).toBe(0);
			expect(mode & 0o700, path).toBeGreaterThanOrEqual(0o600);
		}
	});

	it("leaves nothing behind: no half-made file, no private copy", async () => {
		const where = await profile(kind);
		await stores().stores.edit(
			where,
			[set(first, "12"), set(fresh, "1"), { origin: second, action: "clear" }],
			options,
		);
		expect(everything(where.path).filter((name) => /dbtmp|cfm-/.test(name.slice(where.path.length)))).toEqual([]);
		expect(readdirSync(temporary).filter((name) => name.startsWith(`cfm-web-${process.pid}-`))).toEqual([]);
	});

	it("of an unknown version is left alone", async () => {
		const where = await profile(kind);
		await otherVersion(where, kind);
		const before = files(where.path);
		expect(await stores().stores.read(where, { origins: [first] })).toMatchObject({
			state: "unsupported",
			stores: [{ values: [{ origin: first, value: { known: false } }] }],
		});
		expect(await stores().stores.edit(where, [set(first, "12")], options)).toMatchObject([{ outcome: "refused" }]);
		expect(files(where.path)).toEqual(before);
	});

	it.skipIf(process.platform === "win32")("is read, not written, while the browser runs", async () => {
		const where = await profile(kind);
		const browser = runningBrowser();
		const lock = kind === "leveldb" || kind === "sqlite" ? [where.within, "SingletonLock"] : [where.path, "lock"];
		const target = lock[1] === "lock" ? `127.0.1.1:+${browser.pid}` : `${hostname()}-${browser.pid}`;
		symlinkSync(target, join(...(lock as [string, string])));
		try {
			expect(await stores().stores.read(where, { origins: [first] })).toMatchObject({ state: "running" });
			const before = files(where.path);
			expect(await stores().stores.edit(where, [set(first, "12"), set(second, "8")], options)).toMatchObject([
				{ outcome: "in-use", before: known("7"), after: known("7") },
				{ outcome: "already-so" },
			]);
			expect(files(where.path)).toEqual(before);
			expect(await stores().backups.list()).toEqual([]);
		} finally {
			await browser.end();
		}
		// A browser that crashed leaves its lock behind.
		expect(await stores().stores.edit(where, [set(first, "12")], options)).toMatchObject([{ outcome: "done" }]);
	});
});

describe.skipIf(process.platform === "win32")("a lock that a browser left behind", () => {
	it.each(["leveldb", "data.sqlite"] as const)("names another program by now: it is none (%s)", async (kind) => {
		const where = await profile(kind);
		const other = runningBrowser("/usr/bin/cat");
		const [folder, name, target] =
			kind === "leveldb"
				? [where.within, "SingletonLock", `${hostname()}-${other.pid}`]
				: [where.path, "lock", `127.0.1.1:+${other.pid}`];
		symlinkSync(target, join(folder, name));
		try {
			expect(await stores().stores.read(where, { origins: [first] })).toMatchObject({ state: "readable" });
			expect(await stores().stores.edit(where, [set(first, "12")], options)).toMatchObject([{ outcome: "done" }]);
		} finally {
			await other.end();
		}
	});
});

describe("a profile of Chromium", () => {
	it("with both stores is written in both, and said to be ambiguous", async () => {
		const where = await profile("leveldb");
		addSqlite(where.path, { [first]: { CFM_ID: "6" } });
		const reading = await stores().stores.read(where, { origins: [first] });
		expect(reading.stores.map(({ store, values: [value] }) => [store, value?.value])).toEqual([
			["leveldb", known("7")],
			["sqlite", known("6")],
		]);
		expect(await stores().stores.edit(where, [set(first, "7")], options)).toMatchObject([
			{ outcome: "ambiguous", after: known("7"), stores: ["leveldb", "sqlite"] },
		]);
		expect((await stores().stores.edit(where, [set(first, "7")], options))[0]?.outcome).toBe("already-so");
	});

	it("without a store gets one", async () => {
		const where = await profile("leveldb");
		rmSync(join(where.path, "Local Storage"), { recursive: true });
		expect(await stores().stores.read(where, { origins: [first] })).toEqual({
			state: "readable",
			why: null,
			stores: [],
		});
		expect(await stores().stores.edit(where, [{ origin: first, action: "remove" }], options)).toMatchObject([
			{ outcome: "not-present" },
		]);
		expect(existsSync(join(where.path, "Local Storage"))).toBe(false);
		expect(await stores().stores.edit(where, [set(first, "12")], options)).toMatchObject([{ outcome: "done" }]);
		expect(await values(where)).toMatchObject({ [first]: "12" });
	});

	it("with an empty folder for its store is refused, as the dry run says", async () => {
		const where = await profile("leveldb");
		rmSync(join(where.path, "Local Storage", "leveldb"), { recursive: true });
		mkdirSync(join(where.path, "Local Storage", "leveldb"));
		for (const dryRun of [true, false]) {
			expect(await stores().stores.edit(where, [set(first, "12")], { ...options, dryRun })).toMatchObject([
				{ outcome: "refused", why: expect.stringMatching(/empty store/), after: known(null) },
			]);
		}
		expect(readdirSync(join(where.path, "Local Storage", "leveldb"))).toEqual([]);
	});

	it("whose store is held by somebody is not written", async () => {
		const where = await profile("leveldb");
		const level = await openLevel(join(where.path, "Local Storage", "leveldb"), { createIfMissing: false });
		await level.close();
		const holder = spawn(process.execPath, ["-e", holding, join(where.path, "Local Storage", "leveldb")]);
		await new Promise((ready) => holder.stdout.once("data", ready));
		try {
			const [result] = await stores().stores.edit(where, [set(first, "12")], options);
			expect(result).toMatchObject({ outcome: "in-use" });
		} finally {
			holder.kill();
			await new Promise((ended) => holder.once("exit", ended));
		}
	});

	it("keeps third parties' areas, and finds web IDs of hosts that begin alike", async () => {
		const where = await profile("leveldb", { "https://x": { CFM_ID: "1" }, "https://x:8443": { CFM_ID: "2" } });
		await stores().stores.edit(where, [{ origin: "https://x", action: "clear" }], options);
		expect(await values(where, ["https://x", "https://x:8443"])).toEqual({ "https://x": null, "https://x:8443": "2" });
		expect(await dump(where, "leveldb")).toHaveProperty(["_https://sign.example/^0https://top.example\0\x01CFM_ID"]);
	});
});

const holding = `const { ClassicLevel } = require("${process.cwd()}/node_modules/classic-level");
const level = new ClassicLevel(process.argv[1]);
level.open().then(() => console.log("held"));
setInterval(() => level, 1000);`;

describe("a profile of Firefox", () => {
	it("that was never started is not written", async () => {
		const where = await profile("data.sqlite");
		rmSync(join(where.path, "storage.sqlite"));
		expect(await stores().stores.edit(where, [set(first, "1")], options)).toMatchObject([{ outcome: "unreachable" }]);
	});

	it("tells what waits in the older store, and does not write over it", async () => {
		const where = await profile("data.sqlite", {});
		addWebapps(join(where.path, "storage"), { [first]: { CFM_ID: "5", other: "1" } }, "ls-archive.sqlite");
		expect(await values(where)).toMatchObject({ [first]: "5", [second]: null });
		expect(await values(where, "all")).toEqual({ [first]: "5" });
		expect(await stores().stores.edit(where, [set(first, "12"), set(second, "1")], options)).toMatchObject([
			{ outcome: "refused" },
			{ origin: second },
		]);
		for (const action of ["remove", "clear"] as const) {
			const [result] = await stores().stores.edit(where, [{ origin: first, action }], options);
			expect(result).toMatchObject({ outcome: "refused", why: expect.stringContaining("Open the site once") });
		}
		mkdirSync(join(where.path, "storage", "default", folderName(first), "idb"), { recursive: true });
		expect(await values(where)).toMatchObject({ [first]: "5" });
	});
});

describe("a database of a browser that crashed", () => {
	it.each(["sqlite", "webappsstore"] as const)("(%s) is read and written with its log", async (kind) => {
		const where = await profile(kind);
		const file = kind === "sqlite" ? "LocalStorage" : "webappsstore.sqlite";
		const crashing = spawn(process.execPath, ["-e", crash, join(where.path, file), kind]);
		await new Promise((ended) => crashing.once("exit", ended));
		expect(statSync(join(where.path, `${file}-wal`)).size).toBeGreaterThan(0);
		expect(await values(where)).toMatchObject({ [first]: "77", [second]: "8" });
		const before = await dump(where, kind);
		expect(await stores().stores.edit(where, [set(second, "88")], options)).toMatchObject([{ outcome: "done" }]);
		expect(changed(before, await dump(where, kind))).toHaveLength(1);
		expect(await values(where)).toMatchObject({ [first]: "77", [second]: "88" });
		const database = new Database(join(where.path, file), { readonly: true });
		expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
		database.close();
	});
});

const crash = `const Database = require("${process.cwd()}/node_modules/better-sqlite3");
const [, file, kind] = process.argv;
const database = new Database(file);
database.pragma("journal_mode = WAL");
if (kind === "sqlite") database.prepare("UPDATE map_entries SET value = ? WHERE hex(value) = '0137'").run(Buffer.from("\\x0177", "latin1"));
else database.prepare("UPDATE webappsstore2 SET value = '77' WHERE value = '7'").run();
process.kill(process.pid, "SIGKILL");`;

describe.runIf(process.platform === "linux")("a second cfm", () => {
	it("waits for the first", async () => {
		const where = await profile("sqlite");
		const { stores: browser } = stores();
		const end = await takeTurn(at("home"));
		let ended = false;
		const editing = browser.edit(where, [set(first, "12")], options).then((results) => {
			expect(ended).toBe(true);
			return results;
		});
		// It opens the lock and is turned away in one go.
		await until("the second to have the lock open, too", () => timesOpen(at("home", "web.lock")) === 2);
		ended = true;
		end();
		expect(await editing).toMatchObject([{ outcome: "done" }]);
	});
});

describe("backups", () => {
	it("go when their time is over", async () => {
		const where = await profile("sqlite");
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(first, "12")], options);
		await browser.edit(where, [set(first, "13")], { ...options, keepDays: 1 });
		const [newest] = (await backups.list()).filter(({ changes }) => changes[0]?.after === "13");
		expect(await backups.removeExpired(new Date(options.now.getTime() + 2 * 86_400_000))).toEqual([newest?.id]);
		expect(await backups.list()).toHaveLength(1);
	});

	it.each(["none", "../../etc", ""])("that are not there (%s) are said to be", async (id) => {
		await expect(stores().backups.restore(id, { ...options, whole: false })).rejects.toMatchObject({
			kind: "not-found",
			code: "no-backup",
		});
	});

	it("are for administrators only", async () => {
		const where = await profile("sqlite");
		await stores().stores.edit(where, [set(first, "12")], options);
		expect(statSync(at("home", "web-backups")).mode & 0o77).toBe(0);
	});
});

/** How often this process has a file open. */
function timesOpen(file: string): number {
	const folder = "/proc/self/fd";
	return readdirSync(folder).filter((fd) => {
		try {
			return readlinkSync(join(folder, fd)) === file;
		} catch {
			return false; // closed meanwhile
		}
	}).length;
}

function everything(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.map((name) => join(folder, name))
		.filter((name) => existsSync(name));
}

/** Names, sizes, times: what would tell that anything was touched. */
function files(folder: string): string[] {
	return everything(folder).map((name) => {
		const { size, mtimeMs, ino } = statSync(name);
		return `${name} ${size} ${mtimeMs} ${ino}`;
	});
}

function containsText(file: string, text: string): boolean {
	const bytes = process.getBuiltinModule("node:fs").readFileSync(file);
	return bytes.includes(text) || bytes.includes(Buffer.from(text, "utf16le"));
}

async function otherVersion(where: BrowserProfile, kind: (typeof kinds)[number]): Promise<void> {
	if (kind === "leveldb") {
		await addLevelDb(where.path, {}, [[Buffer.from("VERSION"), Buffer.from("2")]]);
		return;
	}
	const file = {
		sqlite: "LocalStorage",
		webappsstore: "webappsstore.sqlite",
		"data.sqlite": "storage/default/https+++sign.example/ls/data.sqlite",
	}[kind];
	const database = new Database(join(where.path, file));
	if (kind === "sqlite") database.exec("UPDATE meta SET value = '2' WHERE key = 'version'");
	else database.pragma("user_version = 96");
	database.close();
	writeFileSync(join(where.within, "touched"), "");
}
