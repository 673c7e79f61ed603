import { execFileSync } from "node:child_process";
import {
	chmodSync,
	chownSync,
	lchownSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	renameSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openCopy } from "../../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import type { Registry } from "../../../../src/lib/registry/registry.js";
import { anAllocation, anEnvironment, collect, environmentChange, idChange, make } from "../../../contract/store.js";
import { failure } from "../../failure.js";
import { programsOfThisFile } from "../../folder-of-file.js";
import { isRoot, useFolder } from "../temp.js";

const opened: Registry[] = [];
const open = async (file: string, options = { readonly: false }) => {
	const registry = await openSqliteRegistry(file, options);
	opened.push(registry);
	return registry;
};
afterEach(() => {
	for (const registry of opened.splice(0)) registry.close();
});
const ids = (registry: Registry) =>
	registry.read(async (view) => (await collect(view.allocations({}))).map(({ id }) => id));
const look = async (file: string) => ids(await open(file, { readonly: true }));
const give = async (file: string, id: number) => make(await open(file), [idChange(null, anAllocation(id))]);

const program = join(programsOfThisFile("nobody"), "nobody.cjs");
beforeAll(async () => {
	await build({
		entryPoints: [join(import.meta.dirname, "nobody.ts")],
		outfile: program,
		bundle: true,
		platform: "node",
		format: "cjs",
		external: ["better-sqlite3", "better-sqlite3/*"],
		logLevel: "warning",
	});
});
/** What a user without rights is answered: the IDs, or the kind and code of the error. */
const nobody = (action: "look" | "give" | "init", name: string): unknown =>
	JSON.parse(execFileSync(process.execPath, [program, action, name], { encoding: "utf8" }));

const at = useFolder();
const file = () => at("registry.db");
beforeEach(async () => {
	await createSqliteRegistry(file());
	const registry = await openSqliteRegistry(file(), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
	registry.close();
});

it("is made for its owner alone", async () => {
	const folder = at("new", "deep");
	await createSqliteRegistry(`${folder}/registry.db`);
	expect(lstatSync(folder).mode & 0o777).toBe(0o700);
	expect(lstatSync(`${folder}/registry.db`).mode & 0o777).toBe(0o600);
});

describe.skipIf(!isRoot)("somebody who may only read", () => {
	beforeEach(() => {
		chmodSync(at(), 0o755);
		chmodSync(file(), 0o644);
	});

	it("lists, and is denied a change, which changes nothing", async () => {
		const before = readFileSync(file());
		expect(nobody("look", file())).toEqual({ answer: [1] });
		expect(nobody("give", file())).toEqual({ kind: "denied", code: "registry-not-writable" });
		expect(readFileSync(file())).toEqual(before);
	});

	it("sees what was committed while an administrator works, and never less", async () => {
		await give(file(), 2); // stays open: ID 2 is in the write-ahead log only
		expect(nobody("look", file())).toEqual({ answer: [1, 2] });
	});

	it("is denied what is left of an administrator's work that ended hard, and not shown less", async () => {
		await give(file(), 2);
		const [main, log] = [readFileSync(file()), readFileSync(`${file()}-wal`)];
		mkdirSync(at("crashed"), { mode: 0o755 });
		writeFileSync(at("crashed", "registry.db"), main, { mode: 0o644 });
		writeFileSync(at("crashed", "registry.db-wal"), log, { mode: 0o644 });
		expect(nobody("look", at("crashed", "registry.db"))).toEqual({ kind: "denied", code: "registry-not-readable" });
	});

	it("is denied a registry that may not be read", () => {
		chmodSync(file(), 0o600);
		expect(nobody("look", file())).toMatchObject({ kind: "denied" });
	});

	it("is denied one in a folder that may not be entered, and not told that there is none", () => {
		chmodSync(at(), 0o700);
		expect(nobody("look", file())).toMatchObject({ kind: "denied" });
		expect(nobody("give", file())).toMatchObject({ kind: "denied" });
	});

	it("cannot make one beside it", () => {
		expect(nobody("init", at("other.db"))).toMatchObject({ kind: "denied" });
		expect(nobody("init", at("new", "other.db"))).toEqual({ kind: "denied", code: "folder-not-writable" });
	});

	it("makes and uses one in a folder of their own", () => {
		mkdirSync(at("own"), { mode: 0o755 });
		chownSync(at("own"), 65_534, 65_534);
		expect(nobody("init", at("own", "registry.db"))).toMatchObject({ answer: { created: true } });
		expect(nobody("init", at("own", "registry.db"))).toMatchObject({ answer: { created: false } });
		expect(nobody("look", at("own", "registry.db"))).toEqual({ answer: [] });
	});
});

describe.skipIf(!isRoot)("root does not trust", () => {
	const refused = { kind: "denied", code: "open-to-others" };

	it.each<[string, () => void]>([
		["a folder that all can write", () => chmodSync(at(), 0o777)],
		["a folder that a group can write", () => chmodSync(at(), 0o770)],
		["a file that all can write", () => chmodSync(file(), 0o606)],
		["a folder of somebody else", () => chownSync(at(), 1234, 0)],
		["a file of somebody else", () => chownSync(file(), 1234, 0)],
	])("%s", async (_, open) => {
		open();
		const error = await failure(() => look(file()));
		expect(error).toMatchObject(refused);
		expect(error.hints).not.toHaveLength(0);
		expect(await failure(() => give(file(), 2))).toMatchObject(refused);
	});

	it("a folder below one that all can write", async () => {
		mkdirSync(at("open"));
		chmodSync(at("open"), 0o777);
		mkdirSync(at("open", "cfm"), { mode: 0o700 });
		expect(await failure(() => createSqliteRegistry(at("open", "cfm", "registry.db")))).toMatchObject(refused);
	});

	it.each<[string, () => void]>([
		["of somebody else", () => chownSync(at("copy.db"), 1234, 0)],
		["that all can write", () => chmodSync(at("copy.db"), 0o606)],
		["behind a link of somebody else", () => replaceByTheirLink()],
	])("a backup %s", async (_, open) => {
		const registry = await openSqliteRegistry(file(), { readonly: true });
		await registry.backup(at("copy.db"));
		registry.close();
		(await openCopy(at("copy.db"))).close();
		open();
		const error = await failure(() => openCopy(at("copy.db")));
		expect(error).toMatchObject(refused);
		expect(JSON.stringify(error.hints)).toContain("install -m 600");
	});

	function replaceByTheirLink(): void {
		renameSync(at("copy.db"), at("real.db"));
		symlinkSync(at("real.db"), at("copy.db"));
		lchownSync(at("copy.db"), 1234, 0);
	}

	it("a link of somebody else, nor its own link to a file or folder of somebody else", async () => {
		symlinkSync(file(), at("theirs.db"));
		lchownSync(at("theirs.db"), 1234, 0);
		expect(await failure(() => look(at("theirs.db")))).toMatchObject(refused);
		mkdirSync(at("theirs"), { mode: 0o700 });
		await createSqliteRegistry(at("theirs", "registry.db"));
		chownSync(at("theirs"), 1234, 0);
		symlinkSync(at("theirs"), at("folder-link"));
		symlinkSync(at("theirs", "registry.db"), at("file-link.db"));
		expect(await failure(() => look(at("folder-link", "registry.db")))).toMatchObject(refused);
		expect(await failure(() => look(at("file-link.db")))).toMatchObject(refused);
	});
});

describe("a link to a registry", () => {
	it("is the registry: changes through both names are seen through both", async () => {
		symlinkSync(file(), at("link.db"));
		const [byName, byLink] = [await open(file()), await open(at("link.db"))];
		await make(byName, [idChange(null, anAllocation(2))]);
		await make(byLink, [idChange(null, anAllocation(3))]);
		expect([await ids(byName), await ids(byLink)]).toEqual([
			[1, 2, 3],
			[1, 2, 3],
		]);
	});

	it.skipIf(!isRoot)("does not show somebody who may only read less than there is", async () => {
		chmodSync(at(), 0o755);
		chmodSync(file(), 0o644);
		await give(file(), 2);
		const [main, log] = [readFileSync(file()), readFileSync(`${file()}-wal`)];
		mkdirSync(at("crashed"), { mode: 0o755 });
		writeFileSync(at("crashed", "registry.db"), main, { mode: 0o644 });
		writeFileSync(at("crashed", "registry.db-wal"), log, { mode: 0o644 });
		symlinkSync(at("crashed", "registry.db"), at("link.db"));
		expect(nobody("look", at("link.db"))).toEqual({ kind: "denied", code: "registry-not-readable" });
	});
});
