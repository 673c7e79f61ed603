import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { folderName } from "../../../../src/lib/adapters/firefox/text.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { memoryDisk, useFolder } from "../temp.js";
import { addData, dump, makeProfile } from "./profiles.js";

// `web repair` of databases: what of them can be read becomes a new one, which SQLite itself finds sound.

const at = useFolder(memoryDisk);
const site = "https://sign.example";
const frame = { sqlite: `${site}/^0https://top.example`, webappsstore: `${site}^userContextId=2` };
const options = { dryRun: false, now: new Date(), keepDays: 7 };
const kinds = ["sqlite", "webappsstore", "data.sqlite"] as const;
type Kind = (typeof kinds)[number];

const stores = () => {
	mkdirSync(at("home"), { recursive: true, mode: 0o700 });
	return openBrowserStores(at("home"));
};

/** So much that it fills many pages, the web ID among the rest. */
const rest = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`key-${n}`, String(n).repeat(40)]));
const content = { [site]: { ...rest, CFM_ID: "7" }, "https://other.example": { ...rest, CFM_ID: "8" } };

function fileOf({ path }: BrowserProfile, kind: Kind, of = site): string {
	if (kind === "sqlite") return join(path, "LocalStorage");
	if (kind === "webappsstore") return join(path, "webappsstore.sqlite");
	return join(path, "storage", "default", folderName(of), "ls", "data.sqlite");
}

const webIds = async (where: BrowserProfile) => {
	const read = await stores().stores.read(where, { origins: Object.keys(content) });
	return [read.stores[0]?.state, ...(read.stores[0]?.values.map(({ value }) => value) ?? [])];
};

/** Overwrites a page of the file that says a text, or all that do. */
function spoil(file: string, text: string): void {
	const bytes = readFileSync(file);
	const size = bytes.readUInt16BE(16) === 1 ? 65_536 : bytes.readUInt16BE(16);
	const found = bytes.indexOf(text);
	expect(found).toBeGreaterThan(0);
	bytes.fill(0xab, Math.floor(found / size) * size, (Math.floor(found / size) + 1) * size);
	writeFileSync(file, bytes);
}

function soundness(file: string): unknown {
	const database = new Database(file, { readonly: true });
	const found = database.pragma("integrity_check", { simple: true });
	database.close();
	return found;
}

describe.each(kinds)("a damaged %s", (kind) => {
	it("with a page that says nothing any more keeps what is in the others", async () => {
		const where = await makeProfile(kind, content, at());
		const before = await dump(where, kind);
		const file = fileOf(where, kind);
		spoil(file, "150".repeat(40));
		const cfm = stores();
		const planned = await cfm.repair(where, { ...options, dryRun: true });
		expect(planned).toMatchObject({
			outcome: "planned",
			stores: [kind],
			why: expect.stringMatching(/^Lost is .*page \d+/),
		});
		const damaged = readFileSync(file);
		const done = await cfm.repair(where, options);
		expect(done).toMatchObject({ outcome: "done", backups: [expect.any(String)] });
		expect(soundness(file)).toBe("ok");
		const after = await dump(where, kind);
		const [was, is] = [Object.entries(before), Object.entries(after)];
		// A page or two of entries is what is lost, and nothing is made up.
		expect(is.length).toBeGreaterThan(was.length * 0.5);
		expect(is.length).toBeLessThan(was.length);
		if (kind !== "sqlite") for (const [name, value] of is) expect(before[name]).toBe(value);
		expect((await webIds(where))[0]).toBe("readable");
		expect(await cfm.repair(where, options)).toMatchObject({ outcome: "already-so", why: null });
		const [id = ""] = done.backups;
		const kept = join(at("home"), "web-backups", id, "files", kind === "data.sqlite" ? folderName(site) : "");
		expect(readFileSync(join(kept, file.split("/").at(-1) ?? "")).equals(damaged)).toBe(true);
	});

	it.each([
		["whose end is missing", (file: string) => truncateSync(file, Math.floor(statSync(file).size * 0.7))],
		["whose beginning is gone", (file: string) => writeFileSync(file, readFileSync(file).fill(0, 0, 4096))],
		["that is something else", (file: string) => writeFileSync(file, "something else".repeat(1000))],
		["that is too short for one", (file: string) => writeFileSync(file, "S")],
	])("%s is sound afterwards, and takes a web ID", async (_, damage) => {
		const where = await makeProfile(kind, content, at());
		damage(fileOf(where, kind));
		expect((await webIds(where))[0]).not.toBe("readable");
		expect(await stores().repair(where, options)).toMatchObject({ outcome: "done" });
		expect(soundness(fileOf(where, kind))).toBe("ok");
		const [state, own] = await webIds(where);
		expect(state).toBe("readable");
		expect([
			{ known: true, value: "7" },
			{ known: true, value: null },
		]).toContainEqual(own);
		const edit = { origin: site, action: "set", value: "12" } as const;
		expect(await stores().stores.edit(where, [edit], options)).toMatchObject([{ outcome: "done" }]);
		expect((await webIds(where))[1]).toEqual({ known: true, value: "12" });
	});

	it("is not touched where it is sound, or of another version", async () => {
		const where = await makeProfile(kind, content, at());
		const file = fileOf(where, kind);
		const before = readFileSync(file);
		expect(await stores().repair(where, options)).toMatchObject({ outcome: "already-so", why: null });
		const database = new Database(file);
		if (kind === "sqlite") database.exec("UPDATE meta SET value = '9' WHERE key = 'version'");
		else database.pragma("user_version = 99");
		database.close();
		const newer = readFileSync(file);
		expect(newer.equals(before)).toBe(false);
		expect((await stores().repair(where, options)).outcome).toBe(kind === "data.sqlite" ? "already-so" : "refused");
		spoil(file, "150".repeat(40));
		const spoilt = readFileSync(file);
		expect((await stores().repair(where, options)).outcome).not.toBe("done");
		expect(readFileSync(file).equals(spoilt)).toBe(true);
	});
});

it.each(["sqlite", "webappsstore"] as const)(
	"an index that does not fit its table is mended (%s), areas stay",
	async (kind) => {
		const where = await makeProfile(kind, content, at());
		const file = fileOf(where, kind);
		const database = new Database(file);
		if (kind === "webappsstore") {
			database
				.prepare("INSERT INTO webappsstore2 VALUES ('^userContextId=2', 'elpmaxe.ngis.:https:443', 'x', 'CFM_ID', '9')")
				.run();
		}
		const index = kind === "sqlite" ? "maps_by_storage_key" : "origin_key_index";
		const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_master WHERE name = ?").get(index) as {
			rootpage: number;
		};
		const size = database.pragma("page_size", { simple: true }) as number;
		database.close();
		const bytes = readFileSync(file);
		// An empty leaf in place of the index.
		bytes.fill(0, (rootpage - 1) * size, rootpage * size);
		bytes[(rootpage - 1) * size] = 10;
		bytes.writeUInt16BE(size === 65_536 ? 0 : size, (rootpage - 1) * size + 5);
		writeFileSync(file, bytes);
		expect(soundness(file)).not.toBe("ok");
		expect(await stores().repair(where, options)).toMatchObject({ outcome: "done" });
		expect(soundness(file)).toBe("ok");
		const [store] = (await stores().stores.read(where, { origins: [site] })).stores;
		expect(store?.values).toEqual([{ origin: site, value: { known: true, value: "7" } }]);
		expect(store?.areas).toContainEqual(
			expect.objectContaining({ name: frame[kind], value: { known: true, value: expect.any(String) } }),
		);
	},
);

it("sites of Firefox without their metadata are mended, and all that are damaged at once", async () => {
	const where = await makeProfile("data.sqlite", content, at());
	const other = "https://third.example:8443";
	addData(where.path, { [other]: { CFM_ID: "9" }, [`${site}^userContextId=2`]: { CFM_ID: "5" } });
	rmSync(join(where.path, "storage", "default", folderName(other), ".metadata-v2"));
	for (const name of [site, `${site}^userContextId=2`]) truncateSync(fileOf(where, "data.sqlite", name), 1500);
	const result = await stores().repair(where, options);
	expect(result).toMatchObject({ outcome: "done" });
	for (const name of [site, other, `${site}^userContextId=2`]) expect(result.why).toContain(`${name}: `);
	const read = await stores().stores.read(where, { origins: [site, other] });
	expect(read.stores[0]).toMatchObject({ state: "readable", values: [{}, { value: { known: true, value: "9" } }] });
});

it.each(kinds)("a damaged one with more than a gigabyte of nothing is not copied, and stays (%s)", async (kind) => {
	const where = await makeProfile(kind, content, at());
	const file = fileOf(where, kind);
	spoil(file, "150".repeat(40));
	truncateSync(file, 1.5 * 2 ** 30);
	const result = await stores().repair(where, options);
	expect(result).toMatchObject({ outcome: "refused", why: expect.stringContaining("larger than any browser's store") });
	expect(statSync(file).size).toBe(1.5 * 2 ** 30);
});
