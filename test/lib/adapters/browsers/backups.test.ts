import { execFileSync } from "node:child_process";
import {
	chmodSync,
	chownSync,
	cpSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile, Edit } from "../../../../src/lib/webid/stores.js";
import { makeFolder } from "../../../folders.js";
import { runningBrowser } from "../../../running-browser.js";
import { programsOfThisFile } from "../../folder-of-file.js";
import { isRoot, memoryDisk, useFolder } from "../temp.js";
import { dump, kinds, makeProfile } from "./profiles.js";

const at = useFolder(memoryDisk);
const now = new Date("2026-03-01T08:00:00Z");
const options = { dryRun: false, now, keepDays: 7 };
const whole = { ...options, whole: true };
const site = "https://sign.example";
const other = "https://other.example";
const content = { [site]: { CFM_ID: "1", draft: "old" }, [other]: { theme: "dark" } };
const stores = () => {
	mkdirSync(at("home"), { recursive: true, mode: 0o700 });
	return openBrowserStores(at("home"));
};
const set = (origin: string, value: string): Edit => ({ origin, action: "set", value });
const known = (value: string | null) => ({ known: true, value });
const isMetadata = (name: string) => /^META/.test(name);
const newest = async () => (await stores().backups.list()).find(({ restores }) => restores !== null);

/** All that is stored, but for Chromium's dates and sizes. */
async function stored(where: BrowserProfile, kind: (typeof kinds)[number]): Promise<Record<string, string>> {
	return Object.fromEntries(Object.entries(await dump(where, kind)).filter(([name]) => !isMetadata(name)));
}

describe.each(kinds)("the backup that a whole restore leaves (%s)", (kind) => {
	/** Set, then another key later, then the backup of the first put back whole. */
	async function restored() {
		const where = await makeProfile(kind, content, at());
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(site, "2")], options);
		const id = (await backups.list())[0]?.id ?? "";
		await browser.edit(where, [{ origin: site, action: "clear" }], options);
		await browser.edit(where, [set(site, "3")], options);
		const before = await stored(where, kind);
		expect(await backups.restore(id, whole)).toMatchObject([
			{ origin: site, before: known("3"), after: known("1"), outcome: "done", why: null },
		]);
		expect(await stored(where, kind)).not.toEqual(before);
		return { where, backups, id, before };
	}

	it("says what was and what became of it, and of which restore it is", async () => {
		const { id, where } = await restored();
		expect(await newest()).toMatchObject({
			...{ restores: id, profile: where, store: kind },
			changes: [{ origin: site, before: "3", after: "1", cleared: false }],
		});
	});

	it("is put back whole", async () => {
		const { where, backups, before } = await restored();
		expect(await backups.restore((await newest())?.id ?? "", whole)).toMatchObject([
			{ before: known("1"), after: known("3"), outcome: "done" },
		]);
		expect(await stored(where, kind)).toEqual(before);
	});

	it("is undone by its sites' keys", async () => {
		const { where, backups } = await restored();
		const results = await backups.restore((await newest())?.id ?? "", { ...options, whole: false });
		expect(results).toMatchObject([{ before: known("1"), after: known("3"), outcome: "done" }]);
		expect((await stores().stores.read(where, { origins: [site] })).stores[0]?.values[0]?.value).toEqual(known("3"));
	});

	it("is planned also where the web IDs agree, and says what is lost", async () => {
		const { backups, id } = await restored();
		const [planned] = await backups.restore(id, { ...whole, dryRun: true });
		expect(planned).toMatchObject({ before: known("1"), after: known("1"), outcome: "planned" });
		expect(planned?.why).toContain("returns to its state of 2026-03-01 08:00 UTC; what was stored since then is lost");
	});
});

describe("a whole restore", () => {
	it("of a profile that had no store before is refused in words, and leaves no backup", async () => {
		const where = await makeProfile("leveldb", {}, at());
		rmSync(join(where.path, "Local Storage"), { recursive: true });
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(site, "1")], options);
		const [backup] = await backups.list();
		const before = await dump(where, "leveldb");
		for (const dryRun of [true, false]) {
			const [result] = await backups.restore(backup?.id ?? "", { ...whole, dryRun });
			expect(result).toMatchObject({ outcome: "refused", backups: [] });
			expect(result?.why).toContain("no store before");
		}
		expect(await backups.list()).toHaveLength(1);
		expect(await dump(where, "leveldb")).toEqual(before);
	});

	it("of a backup whose files are gone is refused, and nothing is cleared", async () => {
		const where = await makeProfile("data.sqlite", content, at());
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(site, "2")], options);
		const id = (await backups.list())[0]?.id ?? "";
		rmSync(at("home", "web-backups", id, "files"), { recursive: true });
		const before = await dump(where, "data.sqlite");
		expect(await backups.restore(id, whole)).toMatchObject([{ outcome: "refused" }]);
		expect(await dump(where, "data.sqlite")).toEqual(before);
	});

	it("of what is damaged itself is refused, and leaves no backup", async () => {
		const where = await makeProfile("leveldb", content, at());
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(site, "2")], options);
		const id = (await backups.list())[0]?.id ?? "";
		// What was kept is damaged: that is seen before anything of the user's is touched.
		writeFileSync(at("home", "web-backups", id, "files", "CURRENT"), "MANIFEST-999999\n");
		const before = await dump(where, "leveldb");
		expect(await backups.restore(id, whole)).toMatchObject([{ outcome: "refused", backups: [] }]);
		expect(await backups.list()).toHaveLength(1);
		expect(await dump(where, "leveldb")).toEqual(before);
	});

	it("mends a store that is damaged", async () => {
		const where = await makeProfile("leveldb", content, at());
		const { stores: browser, backups } = stores();
		const before = await stored(where, "leveldb");
		await browser.edit(where, [set(site, "2")], options);
		const id = (await backups.list())[0]?.id ?? "";
		writeFileSync(join(where.path, "Local Storage", "leveldb", "CURRENT"), "MANIFEST-999999\n");
		expect(await backups.restore(id, whole)).toMatchObject([{ outcome: "done", before: { known: false } }]);
		expect(await stored(where, "leveldb")).toEqual(before);
	});

	it.skipIf(process.platform === "win32")("is not made while the browser runs", async () => {
		const where = await makeProfile("leveldb", content, at());
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(site, "2")], options);
		const running = runningBrowser();
		symlinkSync(`${hostname()}-${running.pid}`, join(where.within, "SingletonLock"));
		expect(await backups.restore((await backups.list())[0]?.id ?? "", whole)).toMatchObject([{ outcome: "in-use" }]);
		await running.end();
		expect(await backups.list()).toHaveLength(1);
	});
});

describe("backups of one command", () => {
	it("are one batch, also those of a restore, which are marked", async () => {
		const { stores: browser, backups } = stores();
		for (const batch of ["first", "second"]) {
			for (const kind of ["leveldb", "data.sqlite"] as const) {
				const where = await makeProfile(kind, content, at());
				await browser.edit(where, [set(site, "2")], { ...options, batch });
			}
		}
		const all = await backups.list();
		expect(all.map(({ batch, restores }) => [batch, restores]).toSorted()).toEqual([
			["first", null],
			["first", null],
			["second", null],
			["second", null],
		]);
		await backups.restore(all[0]?.id ?? "", { ...options, batch: "third", whole: false });
		expect(await newest()).toMatchObject({ batch: "third", restores: all[0]?.id });
	});

	it("that were made before there were batches have their time in common", async () => {
		const { stores: browser, backups } = stores();
		const where = await makeProfile("leveldb", content, at());
		await browser.edit(where, [set(site, "2")], { ...options, batch: "b" });
		const id = (await backups.list())[0]?.id ?? "";
		const file = at("home", "web-backups", id, "backup.json");
		const { batch: _batch, restores: _restores, ...old } = JSON.parse(readFileSync(file, "utf8"));
		writeFileSync(file, JSON.stringify(old));
		expect(await backups.list()).toMatchObject([{ batch: now.toISOString(), restores: null }]);
		writeFileSync(file, JSON.stringify({ ...old, changes: [], undo: [] }));
		await expect(backups.restore(id, whole)).rejects.toMatchObject({ code: "backup-damaged" });
	});
});

describe.each(kinds)("a backup that an early cfm wrote (%s)", (kind) => {
	/** As the first of them did: what undoes it among the rest, all files of the store, and nothing of batches. */
	async function early() {
		const where = await makeProfile(kind, content, at());
		const before = await stored(where, kind);
		const copy = makeFolder("as-it-was", at());
		cpSync(where.path, copy, { recursive: true });
		const { stores: browser, backups } = stores();
		await browser.edit(where, [set(site, "2")], options);
		const id = (await backups.list())[0]?.id ?? "";
		const own = at("home", "web-backups", id);
		const {
			batch: _batch,
			restores: _restores,
			...record
		} = JSON.parse(readFileSync(join(own, "backup.json"), "utf8"));
		const undo = JSON.parse(readFileSync(join(own, "undo.json"), "utf8"));
		writeFileSync(join(own, "backup.json"), JSON.stringify({ ...record, undo }));
		rmSync(join(own, "undo.json"));
		if (kind === "leveldb") {
			rmSync(join(own, "files"), { recursive: true });
			cpSync(join(copy, "Local Storage", "leveldb"), join(own, "files"), { recursive: true });
			for (const name of ["LOCK", "LOG", "LOG.old"]) rmSync(join(own, "files", name), { force: true });
		}
		return { where, browser, backups, id, before };
	}

	it("undoes its sites' keys", async () => {
		const { where, browser, backups, id } = await early();
		await browser.edit(where, [set(other, "8")], options);
		expect(await backups.list()).toContainEqual(expect.objectContaining({ id, batch: now.toISOString() }));
		expect(await backups.restore(id, { ...options, whole: false })).toMatchObject([
			{ origin: site, before: known("2"), after: known("1"), outcome: "done" },
		]);
		const { stores: read } = await browser.read(where, { origins: [site, other] });
		expect(read[0]?.values.map(({ value }) => value)).toEqual([known("1"), known("8")]);
	});

	it("is put back whole", async () => {
		const { where, backups, id, before } = await early();
		expect(await backups.restore(id, whole)).toMatchObject([{ after: known("1"), outcome: "done", why: null }]);
		expect(await stored(where, kind)).toEqual(before);
	});
});

describe("expired backups", () => {
	const later = new Date(now.getTime() + 8 * 86_400_000);

	it.skipIf(!isRoot)("that this user may not remove are left, and nothing fails for them", async () => {
		const { stores: browser } = stores();
		await browser.edit(await makeProfile("sqlite", content, at()), [set(site, "2")], options);
		const folder = at("home", "web-backups");
		for (const path of [at(), at("home"), folder]) chmodSync(path, 0o755);
		for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
			const path = join(entry.parentPath, entry.name);
			chmodSync(path, entry.isDirectory() ? 0o755 : 0o644);
		}
		expect(await asNobody(at("home"), later)).toEqual({ removed: [], listed: 1 });
		chmodSync(folder, 0o700);
		expect(await asNobody(at("home"), later)).toEqual({ removed: [], listed: "file-not-readable" });
		expect(await stores().backups.list()).toHaveLength(1);
		expect(await stores().backups.removeExpired(later)).toHaveLength(1);
	});

	it.skipIf(!isRoot)("in a folder that could be anybody's are not removed by root", async () => {
		const { stores: browser, backups } = stores();
		await browser.edit(await makeProfile("sqlite", content, at()), [set(site, "2")], options);
		chownSync(at("home"), 65_534, 65_534);
		expect(await backups.removeExpired(later)).toEqual([]);
		chownSync(at("home"), 0, 0);
		expect(await backups.removeExpired(later)).toHaveLength(1);
		expect(readdirSync(at("home", "web-backups"))).toEqual([]);
	});
});

const programs = programsOfThisFile("nobody");

/** What a user without rights removes, and still finds; in a process of its own, since root can only half become another. */
async function asNobody(home: string, when: Date): Promise<unknown> {
	const program = join(programs, "nobody-expired.cjs");
	const contents = `
		import { Kept } from "./src/lib/adapters/browsers/kept.js";
		process.setgroups([65534]);
		process.setgid(65534);
		process.setuid(65534);
		const [home, when] = process.argv.slice(2);
		const kept = new Kept(home);
		const listed = () => {
			try {
				return kept.list().length;
			} catch ({ code }) {
				return code;
			}
		};
		kept.removeExpired(new Date(when)).then((removed) => console.log(JSON.stringify({ removed, listed: listed() })));`;
	await build({
		stdin: { contents, resolveDir: join(import.meta.dirname, "../../../.."), loader: "ts" },
		...{ outfile: program, bundle: true, platform: "node", format: "cjs", packages: "external", logLevel: "warning" },
	});
	return JSON.parse(execFileSync(process.execPath, [program, home, when.toISOString()], { encoding: "utf8" }));
}
