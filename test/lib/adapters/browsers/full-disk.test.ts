import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import type { Edit } from "../../../../src/lib/webid/stores.js";
import { makeFolder } from "../../../folders.js";
import { isRoot, memoryDisk, useFolder } from "../temp.js";
import { dump, kinds, makeProfile } from "./profiles.js";

const at = useFolder(memoryDisk);
const options = { dryRun: false, now: new Date(), keepDays: 7 };
const edits: Edit[] = [
	{ origin: "https://sign.example", action: "set", value: "12" },
	{ origin: "https://sign.example:8443", action: "clear" },
];

describe.skipIf(!canMount())("on a disk that is full", () => {
	const disk = (...below: string[]) => at("disk", ...below);
	beforeEach(() => {
		mkdirSync(disk());
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk()]);
	});
	afterEach(() => execFileSync("umount", ["--lazy", disk()]));

	it.each(kinds)(
		"%s is as it was, or has all of the change",
		async (kind) => {
			const outcomes = new Set<string>();
			for (let free = 0; free <= 260; free += 20) {
				const profile = await makeProfile(kind, undefined, disk());
				const before = await dump(profile, kind);
				fill(free);
				const results = await openBrowserStores(at("cfm")).stores.edit(profile, edits, options);
				rmSync(disk("filling"));
				for (const { outcome, why } of results) {
					outcomes.add(outcome);
					if (outcome === "failed") expect(why).toMatch(/disk is full/);
				}
				const written = results.filter(({ outcome }) => outcome === "done").length;
				if (written === 0) expect(await dump(profile, kind)).toEqual(before);
				const [value] = (await openBrowserStores(at("cfm")).stores.read(profile, { origins: ["https://sign.example"] }))
					.stores;
				expect(value?.values[0]?.value).toEqual({ known: true, value: results[0]?.outcome === "done" ? "12" : "7" });
				expect(readdirSync(profile.within, { recursive: true, encoding: "utf8" }).filter(isLeftOver)).toEqual([]);
				rmSync(profile.within, { recursive: true });
			}
			expect([...outcomes].sort()).toEqual(["done", "failed"]);
		},
		60_000,
	);

	it("for the backups nothing is written", async () => {
		const profile = await makeProfile("leveldb", undefined, at());
		const before = await dump(profile, "leveldb");
		mkdirSync(disk("cfm"), { mode: 0o700 });
		fill(4);
		expect(await openBrowserStores(disk("cfm")).stores.edit(profile, edits, options)).toMatchObject([
			{ outcome: "failed" },
			{ outcome: "failed" },
		]);
		expect(await dump(profile, "leveldb")).toEqual(before);
	});

	function fill(free: number): void {
		const { bavail, bsize } = statfsSync(disk());
		const handle = openSync(disk("filling"), "wx");
		const block = Buffer.alloc(4096, 1);
		for (let left = bavail * bsize - free * 1024; left >= block.length; left -= block.length) {
			if (writeSync(handle, block) < block.length) break;
		}
		closeSync(handle);
	}
});

const isLeftOver = (name: string) => /dbtmp|cfm-\d/.test(name);

function canMount(): boolean {
	if (!isRoot) return false;
	const folder = makeFolder("mount");
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "ignore" });
		execFileSync("umount", [folder]);
		return true;
	} catch {
		console.warn("SKIPPED: a full disk needs the right to mount one (CAP_SYS_ADMIN).");
		return false;
	} finally {
		rmSync(folder, { recursive: true });
	}
}
