import { execFileSync } from "node:child_process";
import {
	closeSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeOutFile } from "../../../../src/lib/adapters/files/out-file.js";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { recordKinds } from "../../../../src/lib/record-kinds.js";
import type { Registry } from "../../../../src/lib/registry/registry.js";
import {
	anAllocation,
	anEnvironment,
	collect,
	environmentChange,
	everything,
	idChange,
	make,
} from "../../../contract/store.js";
import { makeFolder } from "../../../folders.js";
import { failure } from "../../failure.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const diskFull = { kind: "unavailable", code: "disk-full" };
const many = Array.from({ length: 900 }, (_, n) => idChange(null, anAllocation(n + 1, { note: "x".repeat(100) })));
const opened: Registry[] = [];
afterEach(() => {
	for (const registry of opened.splice(0)) registry.close();
});

async function aRegistry(file: string): Promise<Registry> {
	await createSqliteRegistry(file);
	const registry = await openSqliteRegistry(file, { readonly: false });
	opened.push(registry);
	await make(registry, [environmentChange(null, anEnvironment({ lastId: 1000 }))]);
	return registry;
}

describe.skipIf(!canMount())("on a disk that is full", () => {
	const disk = (...below: string[]) => at("disk", ...below);
	beforeEach(() => {
		mkdirSync(at("disk"));
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", at("disk")]);
	});
	afterEach(() => {
		for (const registry of opened.splice(0)) registry.close();
		execFileSync("umount", ["--lazy", at("disk")]);
	});

	/** Writes until nothing more fits. */
	function fill(): void {
		const handle = openSync(disk("filler"), "w");
		for (let size = 65_536; size >= 1; ) {
			try {
				writeSync(handle, Buffer.alloc(size));
			} catch {
				size = Math.floor(size / 2);
			}
		}
		closeSync(handle);
	}

	it("a change is refused, changes nothing, and works when there is room again", async () => {
		const registry = await aRegistry(disk("registry.db"));
		const before = await everything(registry);
		fill();
		const error = await failure(() => make(registry, many));
		expect(error).toMatchObject(diskFull);
		expect(error.hints).not.toHaveLength(0);
		expect(await everything(registry)).toEqual(before);
		rmSync(disk("filler"));
		expect((await registry.check(recordKinds)).problems).toEqual([]);
		await make(registry, [idChange(null, anAllocation(1))]);
		registry.close();
		const again = await openSqliteRegistry(disk("registry.db"), { readonly: true });
		expect(await again.read((view) => view.countAllocations({}))).toBe(1);
		again.close();
	});

	it("a change by somebody who comes then is refused, too", async () => {
		(await aRegistry(disk("registry.db"))).close();
		opened.length = 0;
		const before = readFileSync(disk("registry.db"));
		fill();
		const error = await failure(async () => {
			const registry = await openSqliteRegistry(disk("registry.db"), { readonly: false });
			opened.push(registry);
			await make(registry, many);
		});
		expect(error).toMatchObject(diskFull);
		expect(readFileSync(disk("registry.db"))).toEqual(before);
	});

	/** What lists, `check` and exports ask. */
	async function looks(file: string): Promise<unknown> {
		const registry = await openSqliteRegistry(file, { readonly: true });
		opened.push(registry);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
		return everything(registry);
	}

	it("lists and check work all the same", async () => {
		const registry = await aRegistry(disk("registry.db"));
		await make(registry, [idChange(null, anAllocation(1))]);
		const before = await everything(registry);
		registry.close();
		opened.length = 0;
		fill();
		expect(readdirSync(disk()).sort()).toEqual(["filler", "registry.db"]);
		expect(await looks(disk("registry.db"))).toEqual(before);
	});

	it("lists and check see also what a process that was killed left in the log of changes", async () => {
		const registry = await aRegistry(disk("registry.db"));
		await make(registry, [idChange(null, anAllocation(1))]);
		const before = await everything(registry);
		for (const part of ["", "-wal"]) copyFileSync(disk(`registry.db${part}`), disk(`killed.db${part}`));
		fill();
		expect(await looks(disk("killed.db"))).toEqual(before);
	});

	it("no half registry or backup is left behind", async () => {
		const registry = await aRegistry(at("registry.db"));
		await make(registry, many);
		fill();
		expect(await failure(() => createSqliteRegistry(disk("registry.db")))).toMatchObject(diskFull);
		expect(await failure(() => registry.backup(disk("copy.db")))).toMatchObject(diskFull);
		expect(readdirSync(disk())).toEqual(["filler"]);
	});

	it("no half export is left behind, nor one that looks whole", async () => {
		const pieces = (async function* () {
			yield "first\n";
			yield "x".repeat(700_000);
		})();
		const error = await failure(() => writeOutFile(disk("ids.csv"), pieces, { force: false }));
		expect(error).toMatchObject(diskFull);
		expect(readdirSync(disk())).toEqual([]);
	});
});

// As good as full, wherever no disk can be mounted: the system lets this process write no file longer than this.
describe.skipIf(!existsSync("/usr/bin/prlimit"))("with a limit on the size of files", () => {
	const limit = (bytes: string) =>
		execFileSync("/usr/bin/prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
	const ignored = () => {};
	beforeEach(() => void process.on("SIGXFSZ", ignored));
	afterEach(() => {
		limit("unlimited");
		process.off("SIGXFSZ", ignored);
	});

	it("lists and check work all the same", async () => {
		const registry = await aRegistry(at("registry.db"));
		await make(registry, many);
		const before = await everything(registry);
		registry.close();
		opened.length = 0;
		limit("1024");
		const again = await openSqliteRegistry(at("registry.db"), { readonly: true });
		expect((await again.check(recordKinds)).problems).toEqual([]);
		expect(await everything(again)).toEqual(before);
		const sorted = await again.read((view) => collect(view.allocations({ sort: "user", descending: true })));
		expect(sorted).toHaveLength(many.length);
		again.close();
	});

	it("a change that does not fit is refused, and changes nothing", async () => {
		const registry = await aRegistry(at("registry.db"));
		const before = await everything(registry);
		limit("65536");
		expect(await failure(() => make(registry, many))).toMatchObject(diskFull);
		limit("unlimited");
		expect(await everything(registry)).toEqual(before);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
		await make(registry, many);
	});
});

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
