import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { originMetadata } from "../../../../src/lib/adapters/firefox/origin-files.js";
import type { Edit } from "../../../../src/lib/webid/stores.js";
import { memoryDisk, useFolder } from "../temp.js";
import { addData, makeProfile } from "./profiles.js";

// What a site keeps in frames of others and in containers: read with it, written only by its own name.

const at = useFolder(memoryDisk);
const site = "https://sign.example";
const other = "https://other.example";
const options = { dryRun: false, now: new Date(), keepDays: 7 };
const known = (value: string | null) => ({ known: true, value });

const stores = () => {
	mkdirSync(at("home"), { recursive: true, mode: 0o700 });
	return openBrowserStores(at("home"));
};

describe.each(["leveldb", "sqlite"] as const)("an area of Chromium (%s)", (kind) => {
	// `makeProfile` gives every profile this one, with the web ID 99.
	const area = `${site}/^0https://top.example`;
	const profile = () => makeProfile(kind, { [site]: { CFM_ID: "7" }, [other]: { CFM_ID: "8" } }, at());

	it("is told with its site, and with no other; and with all that have a web ID", async () => {
		const where = await profile();
		const areas = [{ name: area, container: null, value: known("99") }];
		const read = async (origins: readonly string[] | "all") =>
			(await stores().stores.read(where, { origins })).stores[0] ?? { values: [], areas: [] };
		expect(await read([site])).toMatchObject({ state: "readable", values: [{ value: known("7") }], areas });
		expect((await read([other])).areas).toEqual([]);
		const all = await read("all");
		expect(all.areas).toEqual(areas);
		expect(all.values.map(({ origin }) => origin).toSorted()).toEqual([other, site]);
	});

	it("is set, undone and cleared by its own name, and its site is not", async () => {
		const where = await profile();
		const { stores: browser, backups } = stores();
		const edit = async (one: Edit) => (await browser.edit(where, [one], options))[0];
		const webIds = async () => {
			const [store] = (await browser.read(where, { origins: [site] })).stores;
			return [store?.values[0]?.value, store?.areas?.[0]?.value];
		};
		expect(await edit({ origin: area, action: "set", value: "12" })).toMatchObject({
			...{ origin: area, outcome: "done", before: known("99"), after: known("12") },
		});
		expect(await webIds()).toEqual([known("7"), known("12")]);
		const [backup] = await backups.list();
		expect(await backups.restore(backup?.id ?? "", { ...options, whole: false })).toMatchObject([{ outcome: "done" }]);
		expect(await webIds()).toEqual([known("7"), known("99")]);
		expect(await edit({ origin: area, action: "clear" })).toMatchObject({ outcome: "done" });
		// Nothing is left of it: not even its size.
		expect(await webIds()).toEqual([known("7"), undefined]);
	});
});

describe("an area of Firefox", () => {
	const work = "^userContextId=2";
	const frame = "^partitionKey=%28https%2Ctop.example%29";
	const profile = async () => {
		const where = await makeProfile("data.sqlite", { [site]: { CFM_ID: "7" } }, at());
		// Of these a folder's name is the site's, with what keeps it apart behind it.
		addData(where.path, { [`${site}${work}`]: { CFM_ID: "5" }, [`${site}${frame}`]: { theme: "dark" } });
		return where;
	};

	it("is told with its site; a container by its name", async () => {
		const where = await profile();
		const identities = [
			{ userContextId: 1, l10nId: "user-context-personal", public: true },
			{ userContextId: 2, name: "Signatures", public: true },
		];
		writeFileSync(join(where.path, "containers.json"), JSON.stringify({ version: 5, identities }));
		const read = async (origins: readonly string[] | "all") =>
			(await stores().stores.read(where, { origins })).stores[0]?.areas?.toSorted((a, b) => (a.name < b.name ? -1 : 1));
		const inWork = { name: `${site}${work}`, container: "Signatures", value: known("5") };
		expect(await read([site])).toEqual([{ name: `${site}${frame}`, container: null, value: known(null) }, inWork]);
		expect(await read([other])).toEqual([]);
		expect(await read("all")).toEqual([inWork]);
		for (const broken of ["{", "[]", JSON.stringify({ identities: [null, 7, { userContextId: 2 }] })]) {
			writeFileSync(join(where.path, "containers.json"), broken);
			expect((await read([site]))?.[1]).toMatchObject({ container: null, value: known("5") });
		}
	});

	it("is set and mended by its own name", async () => {
		const where = await profile();
		const name = `${site}${frame}`;
		const folder = join(where.path, "storage", "default", `https+++sign.example${frame}`);
		rmSync(join(folder, ".metadata-v2"));
		const edit: Edit = { origin: name, action: "set", value: "12" };
		expect(await stores().stores.edit(where, [edit], options)).toMatchObject([{ outcome: "done", after: known("12") }]);
		const { stores: read, state } = await stores().stores.read(where, { origins: [site] });
		expect([state, read[0]?.values[0]?.value]).toEqual(["readable", known("7")]);
		expect(read[0]?.areas).toContainEqual({ name, container: null, value: known("12") });
		// As Firefox ESR 153 writes it: suffix, base domain with suffix, site with suffix.
		const texts = (await originMetadata(name, new Date())).toString("latin1").split(/\0\0\0[^^]/);
		expect(texts.slice(-3).join("|")).toMatch(/sign\.example\^partitionKey=.*https:\/\/sign\.example\^partitionKey=/);
	});

	it("that belongs to another site is not told as this one's", async () => {
		const where = await profile();
		const sites = join(where.path, "storage", "default");
		renameSync(join(sites, `https+++sign.example${work}`), join(sites, `https+++sign.example^userContextId=3`));
		const { state, stores: read } = await stores().stores.read(where, { origins: [site] });
		expect(state).toBe("unsupported");
		expect(read[0]?.values[0]?.value).toEqual(known("7"));
		expect(read[0]?.areas).toContainEqual(
			expect.objectContaining({ name: `${site}^userContextId=3`, value: expect.objectContaining({ known: false }) }),
		);
	});
});

describe("an area of an older Firefox", () => {
	const work = "^userContextId=2";
	const frame = "^firstPartyDomain=top.example";
	const key = "elpmaxe.ngis.:https:443";
	/** As Firefox writes them (seen in ESR 153): attributes, key, and the older name of both. */
	const rows = [
		["", key, key, "CFM_ID", "7"],
		[work, key, `0:f:${work}:${key}`, "CFM_ID", "5"],
		[work, key, `0:f:${work}:${key}`, "theme", "dark"],
		[frame, key, `0:f:${frame}:${key}`, "theme", "light"],
		[work, "elpmaxe.rehto.:https:443", `0:f:${work}:elpmaxe.rehto.:https:443`, "CFM_ID", "6"],
	];

	async function profile(shape: "sites" | "scopes" = "sites") {
		const where = await makeProfile("webappsstore", {}, at());
		const database = new Database(join(where.path, "webappsstore.sqlite"));
		if (shape === "scopes") {
			database.exec("DROP TABLE webappsstore2; CREATE TABLE webappsstore2 (scope TEXT, key TEXT, value TEXT)");
		}
		for (const row of rows) {
			const values = shape === "sites" ? row : row.slice(2);
			database.prepare(`INSERT INTO webappsstore2 VALUES (${values.map(() => "?").join()})`).run(...values);
		}
		database.close();
		return where;
	}

	const content = (path: string) => {
		const database = new Database(path, { readonly: true });
		const all = database.prepare("SELECT * FROM webappsstore2").raw().all();
		database.close();
		return all as string[][];
	};

	it.each(["sites", "scopes"] as const)("is told with its site, by whatever the table tells it (%s)", async (shape) => {
		const where = await profile(shape);
		const identities = [{ userContextId: 2, name: "Signatures", public: true }];
		writeFileSync(join(where.path, "containers.json"), JSON.stringify({ version: 5, identities }));
		const read = async (origins: readonly string[] | "all") =>
			(await stores().stores.read(where, { origins })).stores[0] ?? { values: [], areas: [] };
		const inWork = { name: `${site}${work}`, container: "Signatures", value: known("5") };
		expect(await read([site])).toMatchObject({
			values: [{ origin: site, value: known("7") }],
			areas: [inWork, { name: `${site}${frame}`, container: null, value: known(null) }],
		});
		const all = await read("all");
		expect(all.values).toEqual([{ origin: site, value: known("7") }]);
		expect(all.areas).toEqual([inWork, { ...inWork, name: `${other}${work}`, value: known("6") }]);
	});

	it.each(["sites", "scopes"] as const)("is set, undone and cleared by its own name (%s)", async (shape) => {
		const where = await profile(shape);
		const file = join(where.path, "webappsstore.sqlite");
		const before = content(file).toSorted();
		const { stores: browser, backups } = stores();
		const edit = async (one: Edit) => (await browser.edit(where, [one], options))[0];
		expect(await edit({ origin: `${site}${work}`, action: "set", value: "12" })).toMatchObject({
			...{ outcome: "done", before: known("5"), after: known("12") },
		});
		const set = content(file);
		expect(set.toSorted()).toEqual(before.map((row) => row.map((one) => (one === "5" ? "12" : one))));
		expect(await edit({ origin: `${site}${frame}`, action: "set", value: "3" })).toMatchObject({ outcome: "done" });
		expect(content(file)).toContainEqual(
			[frame, key, `0:f:${frame}:${key}`, "CFM_ID", "3"].slice(shape === "sites" ? 0 : 2),
		);
		const list = await backups.list();
		for (const backup of list) {
			expect(await backups.restore(backup.id, { ...options, whole: false })).toMatchObject([{ outcome: "done" }]);
		}
		expect(content(file).toSorted()).toEqual(before);
		expect(await edit({ origin: `${site}${work}`, action: "clear" })).toMatchObject({ outcome: "done" });
		expect(content(file).map((row) => row.at(-1))).toEqual(["7", "light", "6"]);
	});

	it("that waits in what a newer Firefox takes over is told, and not set before the site was opened", async () => {
		const old = await profile();
		const where = await makeProfile("data.sqlite", { [other]: { CFM_ID: "8" } }, at());
		renameSync(join(old.path, "webappsstore.sqlite"), join(where.path, "storage", "ls-archive.sqlite"));
		const inWork = { name: `${site}${work}`, container: null, value: known("5") };
		const read = async (origins: readonly string[] | "all") =>
			(await stores().stores.read(where, { origins })).stores[0]?.areas;
		expect(await read([site])).toEqual([inWork, { name: `${site}${frame}`, container: null, value: known(null) }]);
		expect(await read("all")).toContainEqual(inWork);
		for (const one of [{ action: "set", value: "12" }, { action: "remove" }, { action: "clear" }] as const) {
			const [result] = await stores().stores.edit(where, [{ origin: `${site}${work}`, ...one }], options);
			expect(result).toMatchObject({ outcome: "refused", why: expect.stringContaining("Open the site once") });
		}
		addData(where.path, { [`${site}${work}`]: { CFM_ID: "9" } });
		expect(await read([site])).toContainEqual({ ...inWork, value: known("9") });
	});
});
