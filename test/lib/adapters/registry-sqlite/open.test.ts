import { existsSync, readFileSync, renameSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { openCopy } from "../../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { replaceSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/restore.js";
import { recordKinds, registrySchema } from "../../../../src/lib/record-kinds.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	collect,
	environmentChange,
	everything,
	idChange,
	make,
} from "../../../contract/store.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const open = (readonly = false) => openSqliteRegistry(at("registry.db"), { readonly });

it("is durable on every open: synchronous=FULL, write-ahead log, read back from the connection", async () => {
	await createSqliteRegistry(at("registry.db"));
	for (const readonly of [false, true]) {
		const registry = await open(readonly);
		expect(await registry.info()).toMatchObject({
			journalMode: "wal",
			synchronous: "full",
			kind: "sqlite",
			schema: registrySchema,
		});
		registry.close();
	}
});

it("leaves one file behind when everybody has gone", async () => {
	await createSqliteRegistry(at("registry.db"));
	const registry = await open();
	await make(registry, [environmentChange(null, anEnvironment())]);
	expect(existsSync(at("registry.db-wal"))).toBe(true);
	registry.close();
	expect(existsSync(at("registry.db-wal"))).toBe(false);
	expect(existsSync(at("registry.db-shm"))).toBe(false);
});

it("is opened by what it is, not by its name", async () => {
	await createSqliteRegistry(at("Büro & Söhne 100%.db"));
	const registry = await openSqliteRegistry(at("Büro & Söhne 100%.db"), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment())]);
	registry.close();
});

it("init does not remove the registry that another init has put in place meanwhile", async () => {
	await createSqliteRegistry(at("theirs.db"));
	const theirs = await openSqliteRegistry(at("theirs.db"), { readonly: false });
	await make(theirs, [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
	theirs.close();
	const ours = createSqliteRegistry(at("registry.db"));
	while (!existsSync(at(`registry.db.unfinished-${process.pid}`))) await null;
	renameSync(at("theirs.db"), at("registry.db"));
	expect(await ours).toMatchObject({ created: false });
	const registry = await open();
	expect((await everything(registry)).allocations).toHaveLength(1);
	registry.close();
});

const attribution = anAttribution({ command: "registry restore" });
const event = {
	of: "registry",
	action: "restore",
	environment: "",
	after: { backup: "copy.db", forgotten: 1 },
} as const;

async function withBackup(): Promise<void> {
	await createSqliteRegistry(at("registry.db"));
	const registry = await open();
	await make(registry, [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
	await registry.backup(at("copy.db"));
	await make(registry, [idChange(null, anAllocation(2)), idChange(anAllocation(1), null)]);
	registry.close();
}

/** Replaces the registry by a copy, and nothing else. @returns where the old content is */
async function restore(copyFile: string): Promise<string> {
	const copy = await openCopy(copyFile);
	try {
		const decide = async () => ({ event, changes: [] });
		return (await replaceSqliteRegistry(at("registry.db"), copy, attribution, decide)).kept ?? "";
	} finally {
		copy.close();
	}
}

it("goes back to a copy in one transaction, says so in the log, and keeps what was there", async () => {
	await withBackup();
	const witness = await open(true);
	const view = await witness.snapshot();
	const kept = await restore(at("copy.db"));
	expect((await collect(view.allocations({}))).map(({ id }) => id)).toEqual([2]);
	witness.close();
	const restored = await open();
	const { allocations, events } = await everything(restored);
	expect(allocations.map(({ id }) => id)).toEqual([1]);
	expect(events.at(-1)).toMatchObject({
		action: "restore",
		before: { events: 4, written: 4 },
		after: event.after,
		seq: 3,
	});
	expect((await restored.check(recordKinds)).problems).toEqual([]);
	await make(restored, [idChange(null, anAllocation(3))]);
	restored.close();
	const old = await openSqliteRegistry(kept ?? "", { readonly: true });
	expect((await everything(old)).allocations.map(({ id }) => id)).toEqual([2]);
	old.close();
});

it("takes the place of a registry that is too damaged to be opened, and keeps that too", async () => {
	await withBackup();
	const { writeFileSync } = await import("node:fs");
	const ruin = Buffer.alloc(8192, "ruined ");
	writeFileSync(at("registry.db"), ruin, { mode: 0o600 });
	const kept = await restore(at("copy.db"));
	expect(readFileSync(kept ?? "")).toEqual(ruin);
	const restored = await open();
	expect((await everything(restored)).allocations.map(({ id }) => id)).toEqual([1]);
	expect((await restored.check(recordKinds)).problems).toEqual([]);
	restored.close();
});

it("leaves everything as it was when the copy is none", async () => {
	await withBackup();
	const before = await everything(await open());
	const { writeFileSync } = await import("node:fs");
	writeFileSync(at("bad.db"), "no copy");
	await expect(restore(at("bad.db"))).rejects.toMatchObject({
		name: "CfmError",
	});
	await expect(restore(at("none.db"))).rejects.toMatchObject({
		name: "CfmError",
		kind: "not-found",
	});
	expect(await everything(await open())).toEqual(before);
});

it("takes one of an older schema up to date only by a migration: its number is in the file", async () => {
	await createSqliteRegistry(at("registry.db"));
	const database = new Database(at("registry.db"), { readonly: true });
	expect(database.pragma("application_id", { simple: true })).toBe(0x63666d31);
	expect(database.pragma("user_version", { simple: true })).toBe(registrySchema);
	database.close();
});
