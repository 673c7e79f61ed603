import { execFileSync } from "node:child_process";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { openCopy } from "../../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { CfmError } from "../../../../src/lib/errors.js";
import { recordKinds } from "../../../../src/lib/record-kinds.js";
import {
	anAllocation,
	anEnvironment,
	collect,
	environmentChange,
	everything,
	idChange,
	make,
} from "../../../contract/store.js";
import fc from "../../../property.js";
import { failure } from "../../failure.js";
import { memoryDisk, useFolder } from "../temp.js";

const at = useFolder(memoryDisk);
const file = () => at("registry.db");
beforeEach(async () => {
	await createSqliteRegistry(file());
	const registry = await openSqliteRegistry(file(), { readonly: false });
	const rows = Array.from({ length: 40 }, (_, n) => anAllocation(n + 1, { note: `remark ${n}` }));
	await make(registry, [
		environmentChange(null, anEnvironment({ lastId: 60 })),
		...rows.map((row) => idChange(null, row)),
	]);
	registry.close();
});

const inAnyWay = async (action: (file: string) => Promise<unknown>) => {
	const before = existsSync(file()) && statSync(file()).isFile() ? readFileSync(file()) : undefined;
	const error = await failure(() => action(file()));
	if (before !== undefined) expect(readFileSync(file())).toEqual(before);
	return error;
};
const ways: [string, (file: string) => Promise<unknown>][] = [
	["to look at", async (name) => (await openSqliteRegistry(name, { readonly: true })).close()],
	["to change", async (name) => (await openSqliteRegistry(name, { readonly: false })).close()],
	["as a copy", async (name) => (await openCopy(name)).close()],
];

describe.each(ways)("a file opened %s", (_, open) => {
	it.each<[string, () => void, string, string]>([
		["that was written by a newer cfm", () => sql("PRAGMA user_version = 99"), "conflict", "registry-newer"],
		["of another program", () => sql("PRAGMA application_id = 7"), "unavailable", "not-a-registry"],
		["that is a plain SQLite file", () => anotherSqlite(), "unavailable", "not-a-registry"],
		["that is text", () => writeFileSync(file(), "not a database\n".repeat(1000)), "unavailable", "registry-damaged"],
		["whose first page is zeros", () => zeros(0, 4096), "unavailable", "registry-damaged"],
	])("%s is refused, and stays as it is", async (_what, damage, kind, code) => {
		damage();
		expect(await inAnyWay(open)).toMatchObject({ kind, code });
	});

	it("that is empty is refused", async () => {
		writeFileSync(file(), "");
		expect(await inAnyWay(open)).toMatchObject({ kind: "unavailable" });
	});

	it("that is a pipe or a device is refused at once", async () => {
		rmSync(file());
		execFileSync("mkfifo", [file()]);
		for (const name of [file(), "/dev/zero"])
			expect(await failure(() => open(name))).toMatchObject({ kind: "usage", code: "not-a-file" });
	});

	it("that is a folder is refused", async () => {
		rmSync(file());
		mkdirSync(file());
		expect((await inAnyWay(open)).kind).toMatch(/usage|unavailable/);
	});

	it("that is not there is refused, and not made", async () => {
		rmSync(file());
		const error = await failure(() => open(file()));
		expect(error).toMatchObject({ kind: "not-found" });
		expect(error.code).toMatch(/^(no-registry|file-not-found)$/);
		expect(readdirSync(at())).toEqual([]);
	});
});

describe("init", () => {
	it.each<[string, () => void]>([
		["a newer registry", () => sql("PRAGMA user_version = 99")],
		["another SQLite file", () => anotherSqlite()],
		["a text", () => writeFileSync(file(), "not a database\n".repeat(1000))],
	])("does not write over %s", async (_, put) => {
		put();
		await inAnyWay(createSqliteRegistry);
	});

	it("leaves a registry as it is, and an empty file that is not its own", async () => {
		const before = readFileSync(file());
		expect(await createSqliteRegistry(file())).toEqual({ created: false, aside: [] });
		expect(readFileSync(file())).toEqual(before);
		writeFileSync(at("empty.db"), "", { mode: 0o600 });
		await expect(createSqliteRegistry(at("empty.db"))).rejects.toMatchObject({ kind: "conflict", code: "file-exists" });
		expect(readFileSync(at("empty.db"), "utf8")).toBe("");
		expect(readdirSync(at()).filter((name) => name.includes("unfinished"))).toEqual([]);
	});
});

/** What anybody is told of a file: everything in it, or the error; and whether `check` finds something. */
async function told(name: string): Promise<{ content?: unknown; error?: unknown; found: boolean }> {
	let registry: Awaited<ReturnType<typeof openSqliteRegistry>> | undefined;
	try {
		registry = await openSqliteRegistry(name, { readonly: true });
		const found = (await registry.check(recordKinds)).problems.length > 0;
		try {
			return { content: await everything(registry), found };
		} catch (error) {
			return { error, found };
		}
	} catch (error) {
		return { error, found: true };
	} finally {
		registry?.close();
	}
}

describe("a damaged file", () => {
	const damaged = async (damage: (bytes: Buffer) => Buffer) => {
		for (const part of ["-wal", "-shm"]) rmSync(at(`copy.db${part}`), { force: true });
		writeFileSync(at("copy.db"), damage(readFileSync(file())), { mode: 0o600 });
		return told(at("copy.db"));
	};

	it("never tells anything wrong with a clean bill: some bytes changed anywhere", async () => {
		const whole = await told(file());
		const size = statSync(file()).size;
		let harmful = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.nat(size - 1),
				fc.integer({ min: 1, max: 255 }),
				fc.integer({ min: 1, max: 8 }),
				async (...flip) => {
					const [where, mask, length] = flip;
					const after = await damaged((bytes) => {
						for (let n = where; n < Math.min(size, where + length); n += 1) bytes[n] = (bytes[n] ?? 0) ^ mask;
						return bytes;
					});
					if (after.found) harmful += 1;
					else expect(after).toEqual(whole);
					if (after.error !== undefined) expect(after.error).toBeInstanceOf(CfmError);
				},
			),
			{ numRuns: 100 },
		);
		expect(harmful).toBeGreaterThan(8);
	});

	it("never tells anything wrong with a clean bill: cut short anywhere", async () => {
		const size = statSync(file()).size;
		for (let kept = 0; kept < size; kept += 2003) {
			const after = await damaged((bytes) => bytes.subarray(0, kept));
			expect(after.found, `cut at ${kept}`).toBe(true);
			if (after.error !== undefined) expect(after.error).toMatchObject({ name: "CfmError", kind: "unavailable" });
		}
	});

	it("is told as that, about that file, by rows that stream and by a backup", async () => {
		const { pageSize, page } = pageOf("events");
		const bytes = readFileSync(file());
		bytes.fill(0xff, (page - 1) * pageSize, page * pageSize);
		writeFileSync(file(), bytes);
		const registry = await openSqliteRegistry(file(), { readonly: true });
		const damage = { kind: "unavailable", code: "registry-damaged", message: expect.stringContaining(file()) };
		const view = await registry.snapshot();
		expect(await failure(() => collect(view.events({})))).toMatchObject(damage);
		registry.close();
		const again = await openSqliteRegistry(file(), { readonly: true });
		expect(await failure(() => again.backup(at("backup.db")))).toMatchObject(damage);
		expect(readdirSync(at()).filter((name) => name.startsWith("backup"))).toEqual([]);
		again.close();
	});

	it("is never a fault of cfm's own: rows that stream, backups and copies of one cut or bent anywhere", async () => {
		const whole = readFileSync(file());
		const bent = async (bytes: Buffer) => {
			for (const part of ["-wal", "-shm"]) rmSync(at(`bent.db${part}`), { force: true });
			writeFileSync(at("bent.db"), bytes, { mode: 0o600 });
			const copyOf = async () => {
				const copy = await openCopy(at("bent.db"));
				const { problems } = await copy.check(recordKinds);
				if (problems.length === 0) await everything(copy);
				copy.close();
			};
			const stream = async () => {
				const registry = await openSqliteRegistry(at("bent.db"), { readonly: true });
				try {
					const view = await registry.snapshot();
					await collect(view.events({}));
					await collect(view.allocations({ sort: "user" }));
				} finally {
					registry.close();
				}
			};
			const backup = async () => {
				const registry = await openSqliteRegistry(at("bent.db"), { readonly: true });
				rmSync(at("backup.db"), { force: true });
				await registry.backup(at("backup.db")).finally(() => registry.close());
			};
			for (const way of [copyOf, stream, backup]) {
				const error = await way().catch((thrown) => thrown);
				if (error !== undefined) expect(error).toMatchObject({ name: "CfmError", kind: "unavailable" });
			}
		};
		for (let size = 0; size < whole.length; size += 3001) await bent(whole.subarray(0, size));
		await fc.assert(
			fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (where, mask) => {
				const bytes = Buffer.from(whole);
				bytes[where] = (bytes[where] ?? 0) ^ mask;
				// The number of the schema is no damage.
				if (where < 60 || where >= 72) await bent(bytes);
			}),
			{ numRuns: 60 },
		);
	});

	it("is reported by check, page by page", async () => {
		const { pageSize, page } = pageOf("events");
		const after = await damaged((bytes) => bytes.fill(0xff, (page - 1) * pageSize, page * pageSize));
		expect(after.found).toBe(true);
	});

	it.each([
		["a trigger", "CREATE TRIGGER t AFTER INSERT ON allocations BEGIN DELETE FROM events; END"],
		["a table", "CREATE TABLE more (x)"],
		["a column", "ALTER TABLE environments ADD COLUMN more TEXT"],
		["no index any more", "DROP INDEX allocated_once"],
		["another name of a column", "ALTER TABLE events RENAME COLUMN note TO remark"],
	])("or one that was given %s is reported by check", async (_, change) => {
		sql(change);
		expect((await told(file())).found).toBe(true);
	});

	it("of which the log of the last changes is lost is found", async () => {
		const registry = await openSqliteRegistry(file(), { readonly: false });
		await make(registry, [idChange(null, anAllocation(50))]);
		copyFileSync(file(), at("copy.db"));
		registry.close();
		// The copy of the main file alone is a whole, older state: SQLite itself cannot tell. What is told is consistent.
		expect((await told(at("copy.db"))).found).toBe(false);
	});
});

function sql(text: string): void {
	const database = new Database(file());
	database.exec(text);
	database.close();
}

function anotherSqlite(): void {
	rmSync(file());
	const database = new Database(file());
	database.exec("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	database.close();
}

function zeros(from: number, to: number): void {
	writeFileSync(file(), readFileSync(file()).fill(0, from, to));
}

function pageOf(table: string): { pageSize: number; page: number } {
	const database = new Database(file(), { readonly: true });
	const pageSize = database.pragma("page_size", { simple: true }) as number;
	const row = database.prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = ?").get(table);
	database.close();
	return { pageSize, page: (row as { page: number }).page };
}
