import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { originMetadata } from "../../../../src/lib/adapters/firefox/origin-files.js";
import type { BrowserProfile, Edit } from "../../../../src/lib/webid/stores.js";
import { addData, addWebapps, makeProfile } from "../browsers/profiles.js";
import { memoryDisk, useFolder } from "../temp.js";

const at = useFolder(memoryDisk);
const [site, fresh] = ["https://sign.example", "https://new.example"];
const known = (value: string | null) => ({ known: true, value });
const set = (origin: string): Edit => ({ origin, action: "set", value: "12" });
const clear = (origin: string): Edit => ({ origin, action: "clear" });

const stores = () => {
	mkdirSync(at("home"), { recursive: true, mode: 0o700 });
	return openBrowserStores(at("home")).stores;
};
const read = (where: BrowserProfile) => stores().read(where, { origins: [site] });
/** The outcome of a dry run and of the run, which must be the same but for what was done. */
async function edit(where: BrowserProfile, one: Edit) {
	const options = { now: new Date(), keepDays: 7 };
	const [dry] = await stores().edit(where, [one], { ...options, dryRun: true });
	const [run] = await stores().edit(where, [one], { ...options, dryRun: false });
	expect(dry?.outcome).toBe(run?.outcome === "done" ? "planned" : run?.outcome);
	return run;
}
const siteFolder = ({ path }: BrowserProfile, ...below: string[]) =>
	join(path, "storage", "default", "https+++sign.example", ...below);

describe("which store is live", () => {
	it("before Firefox 68 it is webappsstore.sqlite, though storage.sqlite is there (57)", async () => {
		const where = await makeProfile("webappsstore", { [site]: { CFM_ID: "7" } }, at());
		writeFileSync(join(where.path, "storage.sqlite"), "");
		mkdirSync(siteFolder(where, "idb"), { recursive: true });
		expect(await read(where)).toMatchObject({
			state: "readable",
			stores: [{ store: "webappsstore", values: [{ value: known("7") }] }],
		});
		expect(await edit(where, set(fresh))).toMatchObject({ outcome: "done", stores: ["webappsstore"] });
		expect(await edit(where, clear(site))).toMatchObject({ outcome: "done", before: known("7") });
		expect(existsSync(siteFolder(where, "ls"))).toBe(false);
	});

	it("from 68 it is each site's data.sqlite: the older store was taken over", async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" } }, at());
		addWebapps(where.path, { [site]: { CFM_ID: "5" } });
		expect(await read(where)).toMatchObject({ stores: [{ store: "data.sqlite", values: [{ value: known("7") }] }] });
		expect(await edit(where, set(fresh))).toMatchObject({ outcome: "done", stores: ["data.sqlite"] });
	});

	it("is read without storage.sqlite, and written only with it", async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" } }, at());
		rmSync(join(where.path, "storage.sqlite"));
		expect(await read(where)).toMatchObject({ state: "readable", stores: [{ values: [{ value: known("7") }] }] });
		for (const one of [set(site), set(fresh), clear(site)]) {
			expect(await edit(where, one)).toMatchObject({
				outcome: "unreachable",
				why: expect.stringMatching(/storage\.sqlite/),
			});
		}
	});

	it("is unknown when both hold something and the archive is missing: nothing is told, nothing is written", async () => {
		const where = await makeProfile("webappsstore", { [site]: { CFM_ID: "7" } }, at());
		addData(where.path, { [fresh]: { CFM_ID: "8" } });
		rmSync(join(where.path, "storage", "ls-archive.sqlite"));
		const why = expect.stringMatching(/can't determine which/);
		expect(await read(where)).toMatchObject({ state: "unsupported", why, stores: [] });
		for (const one of [set(site), clear(site)])
			expect(await edit(where, one)).toMatchObject({ outcome: "refused", why });
	});

	it("a site is not added where an older Firefox would not look for it", async () => {
		const where = await makeProfile("data.sqlite", {}, at());
		rmSync(join(where.path, "storage", "ls-archive.sqlite"));
		expect(await read(where)).toMatchObject({ stores: [{ values: [{ value: known(null) }] }] });
		expect(await edit(where, set(site))).toMatchObject({
			outcome: "refused",
			why: expect.stringMatching(/an older Firefox/),
		});
		expect(existsSync(siteFolder(where))).toBe(false);
	});
});

describe("what the profile says of its Firefox", () => {
	const says = ({ path }: BrowserProfile, version: number, prefs: Record<string, boolean> = {}) => {
		writeFileSync(join(path, "compatibility.ini"), `[Compatibility]\nLastVersion=${version}.0_2026/2026\n`);
		const lines = Object.entries(prefs).map(([name, on]) => `user_pref("${name}", ${on});`);
		writeFileSync(join(path, "prefs.js"), `// Mozilla User Preferences\n${lines.join("\n")}\n`);
	};
	/** Both stores hold a value, and there is no archive. */
	const both = async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" } }, at());
		rmSync(join(where.path, "storage", "ls-archive.sqlite"));
		addWebapps(where.path, { [site]: { CFM_ID: "5" }, [fresh]: { CFM_ID: "6" } });
		return where;
	};

	it("of an older one only webappsstore.sqlite is live, whatever lies in storage", async () => {
		const where = await both();
		says(where, 60);
		expect(await read(where)).toMatchObject({ stores: [{ store: "webappsstore", values: [{ value: known("5") }] }] });
	});

	it("of a newer one each site's own is, and what was not taken over is told as waiting", async () => {
		const where = await both();
		says(where, 140);
		const { stores: found } = await stores().read(where, { origins: [site, fresh] });
		expect(found).toMatchObject([{ store: "data.sqlite", values: [{ value: known("7") }, { value: known("6") }] }]);
		expect(await edit(where, set(fresh))).toMatchObject({ outcome: "refused" });
		expect(await edit(where, set("https://third.example"))).toMatchObject({ outcome: "done" });
	});

	it("a preference that nothing is taken over leaves the older store unread", async () => {
		const where = await both();
		says(where, 140, { "dom.storage.enable_migration_from_unsupported_legacy_implementation": false });
		const { stores: found } = await stores().read(where, { origins: [fresh] });
		expect(found).toMatchObject([{ store: "data.sqlite", values: [{ value: known(null) }] }]);
	});

	it("a preference for the older implementation makes it live", async () => {
		const where = await both();
		says(where, 140, { "dom.storage.enable_unsupported_legacy_implementation": true });
		expect(await read(where)).toMatchObject({ stores: [{ store: "webappsstore", values: [{ value: known("5") }] }] });
	});
});

describe("a site's folder without .metadata-v2", () => {
	it("is damaged, has no web ID for the page, and is mended by a set", async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "12", draft: "1" } }, at());
		rmSync(siteFolder(where, ".metadata-v2"));
		expect(await read(where)).toMatchObject({
			...{ state: "damaged", why: expect.stringMatching(/\.metadata-v2/) },
			stores: [{ values: [{ value: known(null) }] }],
		});
		expect(await edit(where, set(site))).toMatchObject({ outcome: "done", after: known("12") });
		expect(await read(where)).toMatchObject({ state: "readable", stores: [{ values: [{ value: known("12") }] }] });
		const metadata = readFileSync(siteFolder(where, ".metadata-v2"));
		expect(metadata.readBigInt64BE(0)).toBeGreaterThan(1_700_000_000_000_000n);
		expect(metadata.includes(site)).toBe(true);
	});

	it.each([
		["https://a.b.example.co.uk", "example.co.uk"],
		["http://localhost:8101", "localhost"],
		["http://192.0.2.7", "192.0.2.7"],
		["https://me.github.io", "me.github.io"],
	])("gets one with the base domain as group: %s", async (origin, group) => {
		const bytes = await originMetadata(origin, new Date());
		const length = bytes.readUInt32BE(21);
		expect(bytes.toString("utf8", 25, 25 + length)).toBe(group);
	});
});

describe("webappsstore.sqlite of older versions", () => {
	const older = async (version: number) => {
		const where = await makeProfile("webappsstore", {}, at());
		rmSync(join(where.path, "webappsstore.sqlite"));
		const database = new Database(join(where.path, "webappsstore.sqlite"));
		database.exec(`PRAGMA user_version = ${version};
			CREATE TABLE webappsstore2 (scope TEXT, key TEXT, value TEXT, secure INTEGER, owner TEXT);
			CREATE UNIQUE INDEX scope_key_index ON webappsstore2(scope, key);
			INSERT INTO webappsstore2 VALUES ('elpmaxe.ngis.:https:443', 'CFM_ID', '7', 0, ''), ('1:f:elpmaxe.ngis.:https:443', 'CFM_ID', '9', 0, '');`);
		database.close();
		return where;
	};

	it.each([0, 1])("%s: are read and written by their columns", async (version) => {
		const where = await older(version);
		expect(await read(where)).toMatchObject({ state: "readable", stores: [{ values: [{ value: known("7") }] }] });
		expect(await edit(where, set(site))).toMatchObject({ outcome: "done", after: known("12") });
		expect(await edit(where, set(fresh))).toMatchObject({ outcome: "done", after: known("12") });
		const database = new Database(join(where.path, "webappsstore.sqlite"), { readonly: true });
		expect(database.prepare("SELECT scope, value FROM webappsstore2 ORDER BY value, scope").all()).toEqual([
			{ scope: "elpmaxe.ngis.:https:443", value: "12" },
			{ scope: "elpmaxe.wen.:https:443", value: "12" },
			{ scope: "1:f:elpmaxe.ngis.:https:443", value: "9" },
		]);
		database.close();
	});
});

describe("a site's folder without its database", () => {
	it.each(["", "usage"])("gets one, with %j in it", async (rest) => {
		const where = await makeProfile("data.sqlite", {}, at());
		mkdirSync(siteFolder(where, "ls"), { recursive: true });
		if (rest !== "") writeFileSync(siteFolder(where, "ls", rest), "");
		expect(await edit(where, set(site))).toMatchObject({ outcome: "done", after: known("12") });
		expect(readdirSync(siteFolder(where, "ls")).sort()).toEqual(["data.sqlite", "usage"]);
		expect(readdirSync(where.path).filter((name) => name.startsWith("cfm-"))).toEqual([]);
	});

	it("is refused where a journal waits for it", async () => {
		const where = await makeProfile("data.sqlite", {}, at());
		mkdirSync(siteFolder(where, "ls"), { recursive: true });
		writeFileSync(siteFolder(where, "ls", "data.sqlite-journal"), "x");
		expect(await edit(where, set(site))).toMatchObject({ outcome: "refused", why: expect.stringMatching(/journal/) });
		expect(readdirSync(siteFolder(where, "ls"))).toEqual(["data.sqlite-journal"]);
	});
});

describe.skipIf(process.platform === "win32")("the link `lock`", () => {
	it("of another machine means that Firefox runs there", async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" } }, at());
		symlinkSync("192.0.2.77:+4193333", join(where.path, "lock"));
		const why = "Firefox runs on 192.0.2.77";
		expect(await read(where)).toMatchObject({ state: "running", why });
		expect(await edit(where, set(site))).toMatchObject({ outcome: "in-use", why });
	});

	const own = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []);
	it.each(["127.0.1.1", ...own.slice(0, 3)])(
		"of this one (%s), of a process that is gone, means nothing",
		async (address) => {
			const gone = spawn(process.execPath, ["-e", ""]);
			await new Promise((ended) => gone.once("exit", ended));
			const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" } }, at());
			symlinkSync(`${address}:+${gone.pid}`, join(where.path, "lock"));
			expect(await edit(where, set(site))).toMatchObject({ outcome: "done" });
		},
	);
});

describe("what a database may hold that Firefox did not write", () => {
	const change = (file: string, sql: string, ...values: unknown[]) => {
		const database = new Database(file);
		database.prepare(sql).run(...values);
		database.close();
	};

	it.each([
		["no row that names its site", "DELETE FROM database"],
		["a number for its site", "UPDATE database SET origin = x'00'"],
		["a value without a key", "UPDATE data SET key = NULL"],
	])("%s: damaged, of this site only", async (_, sql) => {
		const where = await makeProfile(
			"data.sqlite",
			{ [site]: { CFM_ID: "7", more: "1" }, [fresh]: { CFM_ID: "8" } },
			at(),
		);
		change(siteFolder(where, "ls", "data.sqlite"), sql);
		const {
			stores: [store],
		} = await stores().read(where, { origins: [site, fresh] });
		if (!sql.includes("key")) expect(store?.values).toMatchObject([{ value: { known: false } }, { value: known("8") }]);
		expect(await edit(where, clear(site))).toMatchObject({
			outcome: "refused",
			why: expect.stringMatching(/^data\.sqlite /),
		});
	});

	it("a value in a format of a later Firefox: unsupported, not damaged, of this site only", async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" }, [fresh]: { CFM_ID: "8" } }, at());
		change(siteFolder(where, "ls", "data.sqlite"), "UPDATE data SET compression_type = 2");
		for (const origins of [[site, fresh], "all"] as const) {
			const reading = await stores().read(where, { origins });
			expect(reading.state).toBe("unsupported");
			expect(reading.stores[0]?.values).toContainEqual({ origin: fresh, value: known("8") });
		}
		expect(await edit(where, clear(site))).toMatchObject({ outcome: "refused", why: expect.stringMatching(/format/) });
	});

	it.each([
		["webappsstore", "."],
		["data.sqlite", "storage"],
	] as const)("%s: an address that is none, and a value that is no text", async (kind, folder) => {
		const where = await makeProfile(kind, {}, at());
		const file = join(where.path, folder, kind === "webappsstore" ? "webappsstore.sqlite" : "ls-archive.sqlite");
		const insert = "INSERT INTO webappsstore2 VALUES ('', ?, ?, 'CFM_ID', ?)";
		change(file, insert, "moc.elpmaxe.:https:99999", "x", "1");
		change(file, insert, Buffer.from("elpmaxe.wen.:https:443"), "x", "2");
		change(file, insert, "elpmaxe.ngis.:https:443", "x", Buffer.from("7"));
		const value = { known: false, why: expect.stringMatching(/not (a )?text/) };
		for (const origins of ["all", [site]] as const) {
			expect(await stores().read(where, { origins })).toMatchObject({
				state: "damaged",
				stores: [{ values: [{ origin: site, value }] }],
			});
		}
		expect(await edit(where, set(site))).toMatchObject({ outcome: "refused" });
	});
});
