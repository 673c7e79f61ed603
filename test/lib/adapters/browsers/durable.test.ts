import fs, { constants, mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { memoryDisk, useFolder } from "../temp.js";
import { kinds, makeProfile, someContent } from "./profiles.js";

// A power loss keeps what was synced before it, in any order else: a backup must be on the disk, under its name, before
// anything of the user's gets another name.

const told: string[] = [];
const changes = "the user's files change";
const nameOf = (handle: number) => readlinkSync(`/proc/self/fd/${handle}`);

beforeAll(async () => {
	const { fsyncSync, openSync, renameSync } = fs;
	vi.spyOn(fs, "fsyncSync").mockImplementation((handle) => {
		fsyncSync(handle);
		told.push(nameOf(handle));
	});
	const handle = await open("/dev/null");
	const { sync } = Object.getPrototypeOf(handle);
	await handle.close();
	vi.spyOn(Object.getPrototypeOf(handle), "sync").mockImplementation(async function (this: FileHandle) {
		await sync.call(this);
		told.push(nameOf(this.fd));
	});
	vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
		if (String(from).startsWith("/proc/")) told.push(changes);
		renameSync(from, to);
	});
	vi.spyOn(fs, "openSync").mockImplementation((path, flags, mode) => {
		const isNew = (Number(flags) & constants.O_CREAT) !== 0;
		// Under a name that no browser looks for nothing is changed yet.
		if (isNew && String(path).startsWith("/proc/") && !String(path).endsWith(".dbtmp")) told.push(changes);
		return openSync(path, flags, mode);
	});
	syncBuiltinESMExports();
});
afterAll(() => {
	vi.restoreAllMocks();
	syncBuiltinESMExports();
});

const at = useFolder(memoryDisk);

describe.runIf(process.platform === "linux").each(kinds)("%s", (kind) => {
	it("is changed, and restored, only when its backup is durable", async () => {
		const where = await makeProfile(kind, someContent, at());
		const [origin = ""] = Object.keys(someContent);
		mkdirSync(at("home"), { mode: 0o700 });
		const cfm = openBrowserStores(at("home"));
		const folder = at("home", "web-backups");
		const options = { dryRun: false, now: new Date(), keepDays: 7 };

		const backedUp = (before: readonly string[]) => {
			const id = readdirSync(folder).find((name) => !before.includes(name)) ?? "";
			const own = join(folder, id);
			const names = readdirSync(own, { recursive: true, encoding: "utf8" }).map((name) => join(own, name));
			expect(names.length).toBeGreaterThan(2);
			const first = told.indexOf(changes);
			expect(first).toBeGreaterThan(0);
			expect(told.slice(0, first)).toEqual(expect.arrayContaining([folder, own, ...names]));
		};
		told.length = 0;
		const [edited] = await cfm.stores.edit(where, [{ origin, action: "set", value: "12" }], options);
		expect(edited?.outcome).toBe("done");
		backedUp([]);
		expect(told).toContain(at("home"));
		// What Chromium's log takes is flushed once, and its name.
		if (kind === "leveldb") expect(told.slice(told.indexOf(changes))).toHaveLength(3);

		const before = readdirSync(folder);
		told.length = 0;
		const [id = ""] = edited?.backups ?? [];
		const restored = await cfm.backups.restore(id, { ...options, whole: true });
		expect(restored[0]?.outcome).toBe("done");
		backedUp(before);
	});
});
