import fs, { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { memoryDisk, useFolder } from "../temp.js";
import { kinds, makeProfile, someContent } from "./profiles.js";

// A power loss keeps what was synced before it, in any order else: a backup must be on the disk, under its name, before
// anything of the user's gets another name.

const told: string[] = [];
beforeAll(() => {
	const { fsyncSync, renameSync } = fs;
	vi.spyOn(fs, "fsyncSync").mockImplementation((handle) => {
		told.push(readlinkSync(`/proc/self/fd/${handle}`));
		fsyncSync(handle);
	});
	vi.spyOn(fs, "renameSync").mockImplementation((from, to) => {
		if (String(from).startsWith("/proc/")) told.push("the user's files change");
		renameSync(from, to);
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
			const first = told.indexOf("the user's files change");
			expect(first).toBeGreaterThan(0);
			expect(told.slice(0, first)).toEqual(expect.arrayContaining([folder, own, ...names]));
		};
		told.length = 0;
		const [edited] = await cfm.stores.edit(where, [{ origin, action: "set", value: "12" }], options);
		expect(edited?.outcome).toBe("done");
		backedUp([]);
		expect(told).toContain(at("home"));

		const before = readdirSync(folder);
		told.length = 0;
		const [id = ""] = edited?.backups ?? [];
		const restored = await cfm.backups.restore(id, { ...options, whole: true });
		expect(restored[0]?.outcome).toBe("done");
		backedUp(before);
	});
});
