import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openCopy } from "../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import { replaceSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/restore.js";
import { type BackupAnswer, backUp, backupsIn, lastBackup, newestOf } from "../../../src/lib/registry/backup.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	collect,
	environmentChange,
	idChange,
	make,
} from "../../contract/store.js";
import { useFolder } from "../adapters/temp.js";
import { failure } from "../failure.js";

const at = useFolder();
const now = new Date("2026-06-01T08:00:00.000Z");
const warnings: string[] = [];

async function aRegistry(name: string): Promise<Registry> {
	await createSqliteRegistry(at(name));
	const registry = await openSqliteRegistry(at(name), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment())]);
	return registry;
}

function backup(
	registry: Registry,
	own: { keep?: number; file?: string; dryRun?: boolean } = {},
): Promise<BackupAnswer> {
	const target = own.file === undefined ? { folder: at("share") } : { file: own.file };
	return backUp(
		{ target, keep: own.keep, machine: "TS 01", now },
		{
			...{ registries: sqliteRegistries, registry, attribution: anAttribution(), dryRun: own.dryRun ?? false },
			warn: (message) => void warnings.push(message),
		},
	);
}

beforeEach(() => {
	mkdirSync(at("share"), { mode: 0o700 });
	warnings.length = 0;
});
const inShare = () => readdirSync(at("share")).sort();

describe("backups into one folder", () => {
	it("of two registries, and two in one second, have names of their own", async () => {
		const [one, other] = [await aRegistry("one.db"), await aRegistry("other.db")];
		const files = [await backup(one), await backup(other), await backup(one)].map(({ file }) => basename(file));
		expect(new Set(files).size).toBe(3);
		for (const file of files) expect(file).toMatch(/^registry-TS_01-[\da-f]{8}-20260601T080000Z(-2)?\.db$/);
		expect(inShare()).toEqual(files.sort());
		for (const registry of [one, other]) registry.close();
	});

	it("are counted by what is in them: --keep leaves those of others, and those that somebody named", async () => {
		const [one, other] = [await aRegistry("one.db"), await aRegistry("other.db")];
		const theirs = basename((await backup(other)).file);
		// Another registry's, by a name like ours; ours by a name of somebody's.
		const [first] = [await backup(one)];
		renameSync(at("share", theirs), first.file.replace("0800", "0700"));
		await backup(one, { file: at("share", "before-update.db") });
		writeFileSync(at("share", "registry-TS_01-00000000-20260601T080000Z.db"), "no registry");
		const second = await backup(one);
		expect((await backup(one, { keep: 2, dryRun: true })).removed).toEqual([first.file]);
		const third = await backup(one, { keep: 2 });
		expect(third.removed).toEqual([first.file]);
		expect(inShare()).toEqual(
			[
				...["before-update.db", "registry-TS_01-00000000-20260601T080000Z.db"],
				...[second.file, third.file, first.file.replace("0800", "0700")].map((file) => basename(file)),
			].sort(),
		);
		for (const registry of [one, other]) registry.close();
	});

	it("never count the registry itself, nor what a link leads to", async () => {
		await createSqliteRegistry(at("share", "registry.db"));
		const registry = await openSqliteRegistry(at("share", "registry.db"), { readonly: false });
		await make(registry, [environmentChange(null, anEnvironment())]);
		symlinkSync(at("share", "registry.db"), at("share", "registry-a-12345678-20260601T080000Z.db"));
		const { removed, file } = await backup(registry, { keep: 1 });
		expect(removed).toEqual([]);
		registry.close();
		const { backups } = await backupsIn(sqliteRegistries, at("share"), at("share", "registry.db"));
		expect(backups.map((one) => one.file)).toEqual([file]);
	});
});

describe("the newest backup", () => {
	it("is the last one made, also after a restore has made the log shorter", async () => {
		const registry = await aRegistry("one.db");
		const old = await backup(registry);
		for (const id of [1, 2, 3, 4, 5]) await make(registry, [idChange(null, anAllocation(id))]);
		const long = await backup(registry);
		const copy = await openCopy(old.file);
		const event = { of: "registry", action: "restore", environment: "", after: { backup: "b", forgotten: 5 } } as const;
		await replaceSqliteRegistry(at("one.db"), copy, anAttribution(), async () => ({ event, changes: [] }));
		copy.close();
		const last = await backup(registry);
		const { backups } = await backupsIn(sqliteRegistries, at("share"), at("one.db"));
		expect(backups.map(({ file }) => file)).toEqual([last.file, long.file, old.file]);
		const identity = await registry.read((view) => view.identity());
		expect(newestOf(backups, at("share"), identity)).toMatchObject({ newest: { file: last.file }, among: 3 });
		registry.close();
	});

	it("of a registry that is gone is known when the folder has those of one; of several somebody must say", async () => {
		const one = await aRegistry("one.db");
		const { file } = await backup(one);
		const found = async () => (await backupsIn(sqliteRegistries, at("share"), at("gone.db"))).backups;
		expect(newestOf(await found(), at("share"), null).newest.file).toBe(file);
		const other = await aRegistry("other.db");
		await backup(other);
		const backups = await found();
		expect(await failure(async () => newestOf(backups, at("share"), null))).toMatchObject({
			code: "several-registries",
		});
		expect(await failure(async () => newestOf(backups, at("share"), "f".repeat(64)))).toMatchObject({
			code: "no-backup",
		});
		for (const registry of [one, other]) registry.close();
	});
});

it("a named file is never written over", async () => {
	const registry = await aRegistry("one.db");
	writeFileSync(at("mine.db"), "mine");
	expect(await failure(() => backup(registry, { file: at("mine.db") }))).toMatchObject({ code: "file-exists" });
	registry.close();
});

it("the log says when the last one was made, and a log that takes no event does not make a backup fail", async () => {
	const registry = await aRegistry("one.db");
	expect(await registry.read((view) => lastBackup(view, now))).toBeNull();
	const { file } = await backup(registry);
	const events = await registry.read((view) => collect(view.events({})));
	expect(events.at(-1)).toMatchObject({ action: "registry.backup", after: { file } });
	const later = new Date(Date.now() + 3.5 * 86_400_000);
	expect(await registry.read((view) => lastBackup(view, later))).toMatchObject({ file, ageDays: 3 });
	registry.close();
	const gone = await openSqliteRegistry(at("one.db"), { readonly: false });
	renameSync(at("one.db"), at("elsewhere.db"));
	expect((await backup(gone)).sizeBytes).toBeGreaterThan(0);
	expect(warnings).toEqual([expect.stringContaining("not in the event log")]);
	gone.close();
	rmSync(at("elsewhere.db"));
});
