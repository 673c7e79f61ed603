import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile, Edit } from "../../../../src/lib/webid/ports.js";
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
