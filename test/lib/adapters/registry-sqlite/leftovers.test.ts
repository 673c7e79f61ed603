import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { alone } from "../../../../src/lib/adapters/registry-sqlite/alone.js";
import { openCopy } from "../../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { leftovers, removeLeftovers } from "../../../../src/lib/adapters/registry-sqlite/leftovers.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { replaceSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/restore.js";
import { recordKinds } from "../../../../src/lib/record-kinds.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	environmentChange,
	everything,
	idChange,
	make,
} from "../../../contract/store.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const file = (part = "") => at(`registry.db${part}`);
const event = { of: "registry", action: "restore", environment: "", after: { backup: "b", forgotten: 0 } } as const;

/** A registry with a backup; its log of changes is left behind, as after a kill, and its file is lost. */
async function lostFile(): Promise<Buffer> {
	await createSqliteRegistry(file());
	const registry = await openSqliteRegistry(file(), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
	await registry.backup(at("copy.db"));
	await make(registry, [idChange(null, anAllocation(2))]);
	for (const part of ["-wal", "-shm"]) copyFileSync(file(part), at(`kept${part}`));
	registry.close();
	rmSync(file());
	for (const part of ["-wal", "-shm"]) renameSync(at(`kept${part}`), file(part));
	return readFileSync(file("-wal"));
}

it.each(["init", "restore"])(
	"%s never takes the log of a registry that is gone for its own, and keeps it",
	async (how) => {
		const log = await lostFile();
		let aside: string[] = [];
		if (how === "init") ({ aside } = await createSqliteRegistry(file()));
		else {
			const copy = await openCopy(at("copy.db"));
			const decide = async () => ({ event, changes: [] });
			({ aside } = await replaceSqliteRegistry(file(), copy, anAttribution(), decide));
			copy.close();
		}
		expect(aside.map((name) => name.replace(/^.*\.leftover-\w+/, ""))).toEqual(["-wal", "-shm"]);
		expect(readFileSync(aside[0] ?? "")).toEqual(log);
		const registry = await openSqliteRegistry(file(), { readonly: false });
		const { allocations } = await everything(registry);
		expect(allocations.map(({ id }) => id)).toEqual(how === "init" ? [] : [1]);
		const { problems, remarks } = await registry.check(recordKinds);
		expect(problems).toEqual([]);
		expect(remarks).toHaveLength(2);
		registry.close();
	},
);

it("what killed processes were writing is told by check, and removed by the next run; what a running one writes stays", async () => {
	await createSqliteRegistry(file());
	const { pid: dead } = spawnSync(process.execPath, ["-e", ""]);
	const gone = [`registry.db.unfinished-${dead}`, `copy.db.unfinished-${dead}@${hostname().replace(/[^\w.-]/g, "_")}`];
	const more = [`registry.db.unfinished-${dead}-wal`, `registry.db.restoring-${dead}`];
	const stays = [
		`registry.db.unfinished-${process.pid}`,
		`copy.db.unfinished-${dead}@elsewhere`,
		"registry.db.unfinished-x",
	];
	for (const name of [...gone, ...more, ...stays]) writeFileSync(at(name), "");
	expect(leftovers(at())).toEqual([...gone, ...more].map((name) => at(name)).sort());
	const registry = await openSqliteRegistry(file(), { readonly: true });
	const { problems, remarks } = await registry.check(recordKinds);
	expect(problems).toEqual([]);
	expect(remarks).toHaveLength(4);
	registry.close();
	removeLeftovers(at());
	expect(readdirSync(at()).sort()).toEqual(["registry.db", ...stays].sort());
});

it("only one at a time makes or replaces a registry, and nothing is left of the lock", async () => {
	let inside = 0;
	let most = 0;
	const work = async () => {
		inside += 1;
		most = Math.max(most, inside);
		await new Promise((resolve) => setImmediate(resolve));
		inside -= 1;
	};
	await Promise.all(Array.from({ length: 8 }, () => alone(file(), work)));
	await expect(alone(file(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
	await alone(file(), work);
	expect(most).toBe(1);
	expect(existsSync(file(".lock"))).toBe(false);
});

it("a registry that was replaced by another file is not changed by whoever has the old one open", async () => {
	await createSqliteRegistry(file());
	const old = await openSqliteRegistry(file(), { readonly: false });
	await make(old, [environmentChange(null, anEnvironment())]);
	renameSync(file(), at("moved.db"));
	const refused = { kind: "conflict", code: "changed-meanwhile" };
	expect(await failure(() => make(old, [idChange(null, anAllocation(1))]))).toMatchObject(refused);
	await createSqliteRegistry(file());
	expect(await failure(() => make(old, [idChange(null, anAllocation(1))]))).toMatchObject(refused);
	old.close();
});

it("a registry whose tables somebody changed is moved aside by a restore: a hidden trigger does not survive it", async () => {
	await createSqliteRegistry(file());
	const registry = await openSqliteRegistry(file(), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
	await registry.backup(at("copy.db"));
	await make(registry, [idChange(null, anAllocation(2))]);
	registry.close();
	hideTrigger();
	const copy = await openCopy(at("copy.db"));
	let seen: number | undefined;
	const { kept } = await replaceSqliteRegistry(file(), copy, anAttribution(), async (now) => {
		seen = await now?.countAllocations({});
		return { event, changes: [] };
	});
	copy.close();
	expect(seen).toBe(2);
	expect(existsSync(kept ?? "")).toBe(true);
	const restored = await openSqliteRegistry(file(), { readonly: false });
	expect((await restored.check(recordKinds)).problems).toEqual([]);
	expect((await everything(restored)).allocations).toEqual([anAllocation(1)]);
	restored.close();
});

it.each(["sqlite_y", "sqlite_stat1", "sqlite_autoindex_gaps_1"])(
	"check finds a trigger that is called %s",
	async (name) => {
		await createSqliteRegistry(file());
		hideTrigger(name);
		const registry = await openSqliteRegistry(file(), { readonly: true });
		expect((await registry.check(recordKinds)).problems.map(({ code }) => code)).toContain("schema-changed");
		registry.close();
	},
);

/** Puts a trigger into the schema that SQLite lets nobody make. */
function hideTrigger(name = "sqlite_y"): void {
	const script = `
		const database = require("better-sqlite3")(process.argv[1]);
		database.unsafeMode();
		database.pragma("writable_schema = ON");
		const sql = "CREATE TRIGGER " + process.argv[2] + " AFTER INSERT ON allocations BEGIN DELETE FROM events WHERE seq = 1; END";
		database.prepare("INSERT INTO sqlite_schema VALUES ('trigger', ?, 'allocations', 0, ?)").run(process.argv[2], sql);
		database.close();`;
	const { status, stderr } = spawnSync(process.execPath, ["-e", script, file(), name], {
		cwd: import.meta.dirname,
		encoding: "utf8",
	});
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
}
