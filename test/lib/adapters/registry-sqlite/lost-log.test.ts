import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	copyFileSync,
	existsSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { lostLogOf } from "../../../../src/lib/adapters/registry-sqlite/log-end.js";
import { readLog } from "../../../../src/lib/adapters/registry-sqlite/lost-log.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { recordKinds } from "../../../../src/lib/record-kinds.js";
import { anAllocation, anEnvironment, environmentChange, idChange, make } from "../../../contract/store.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const file = (part = "") => at(`registry.db${part}`);

/** Reads from a registry, and is killed: as SQLite in a process of its own leaves files behind. */
const reader = `
	const database = require("better-sqlite3")(process.argv[1]);
	database.prepare("SELECT count(*) FROM events").get();
	process.stdout.write("open");
	setInterval(() => {}, 1000);
`;

/** What a process leaves that acknowledged four changes and was killed then. */
beforeEach(async () => {
	await createSqliteRegistry(file());
	const registry = await openSqliteRegistry(file(), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment())]);
	for (const id of [1, 2, 3]) await make(registry, [idChange(null, anAllocation(id))]);
	for (const part of ["", "-wal", "-shm"]) copyFileSync(file(part), at(`kept.db${part}`));
	registry.close();
	for (const part of ["", "-wal", "-shm"]) renameSync(at(`kept.db${part}`), file(part));
});

const pageSize = 2048;
const frame = 24 + pageSize;
const flip = (frames: number) => {
	const log = readFileSync(file("-wal"));
	const where = 32 + frames * frame + 500;
	log[where] = (log[where] ?? 0) ^ 1;
	writeFileSync(file("-wal"), log);
};
const frames = () => (statSync(file("-wal")).size - 32) / frame;
const held = async () => {
	const registry = await openSqliteRegistry(file(), { readonly: true });
	try {
		return await registry.read((view) => view.countAllocations({}));
	} finally {
		registry.close();
	}
};

it("a log that is whole after a kill says nothing", async () => {
	expect(await held()).toBe(3);
	expect(existsSync(lostLogOf(file()))).toBe(false);
});

describe.each<[how: string, damage: () => void]>([
	["cut by a byte", () => truncateSync(file("-wal"), statSync(file("-wal")).size - 1)],
	["cut by half", () => truncateSync(file("-wal"), 32 + Math.floor(frames() / 2) * frame)],
	["emptied", () => truncateSync(file("-wal"), 0)],
	["deleted", () => rmSync(file("-wal"))],
	["flipped in its last page", () => flip(frames() - 1)],
	["flipped in the middle", () => flip(Math.floor(frames() / 2))],
	["flipped in its first page", () => flip(0)],
])("a log of changes that was %s", (_, damage) => {
	beforeEach(() => damage());

	it("is noticed by whoever comes first: nothing is changed until somebody decides", async () => {
		const left = existsSync(file("-wal")) ? readFileSync(file("-wal")) : Buffer.alloc(0);
		const registry = await openSqliteRegistry(file(), { readonly: false });
		const refused = { kind: "unavailable", code: "changes-lost" };
		expect(await failure(() => make(registry, [idChange(null, anAllocation(9))]))).toMatchObject(refused);
		registry.close();
		expect(readFileSync(lostLogOf(file()))).toEqual(left);
		const again = await openSqliteRegistry(file(), { readonly: false });
		expect(await failure(() => make(again, [idChange(null, anAllocation(9))]))).toMatchObject(refused);
		again.close();
		renameSync(lostLogOf(file()), at("looked-at"));
		const decided = await openSqliteRegistry(file(), { readonly: false });
		await decided.check(recordKinds).catch(() => {});
		decided.close();
	});

	it("is reported by check, also when somebody came before it", async () => {
		await held().catch(() => {});
		const registry = await openSqliteRegistry(file(), { readonly: true });
		const { problems } = await registry.check(recordKinds);
		expect(problems.map(({ code }) => code)).toContain("changes-lost");
		registry.close();
	});
});

it("a log that another process writes to meanwhile is never taken for a damaged one", async () => {
	const child = spawn(process.execPath, ["-e", reader, file()], {
		cwd: import.meta.dirname,
		stdio: ["ignore", "pipe", "inherit"],
	});
	await once(child.stdout, "data");
	for (let id = 4; id < 15; id += 1) {
		const registry = await openSqliteRegistry(file(), { readonly: false });
		await make(registry, [idChange(null, anAllocation(id))]);
		registry.close();
	}
	child.kill("SIGKILL");
	await once(child, "exit");
	expect(await held()).toBe(14);
	expect(existsSync(lostLogOf(file()))).toBe(false);
});

it("check finds changes behind a damaged place of a log that nothing else tells of", async () => {
	rmSync(file("-shm"));
	flip(0);
	const registry = await openSqliteRegistry(file(), { readonly: true });
	const { problems } = await registry.check(recordKinds).catch(() => ({ problems: [{ code: "changes-lost" }] }));
	expect(problems.map(({ code }) => code)).toContain("changes-lost");
	registry.close();
});

it("check counts as lost only changes that follow from one another: several power failures leave one each", () => {
	const whole = readFileSync(file("-wal"));
	const commits = Array.from({ length: frames() }, (_, at) => at).filter(
		(at) => whole.readUInt32BE(32 + at * frame + 4) > 0,
	);
	flip(0);
	expect(readLog(readFileSync(file("-wal")))?.changesBehind).toBe(commits.length);
	// The first page of each change is not what was there when the next was written.
	for (const last of commits.slice(0, -1)) flip(last + 1);
	expect(readLog(readFileSync(file("-wal")))).toMatchObject({ frames: 0, changesBehind: 1 });
});

it("what is no log is none, whatever is in it", () => {
	expect(readLog(Buffer.alloc(0))).toBeUndefined();
	expect(readLog(Buffer.alloc(5000, 0x37))).toBeUndefined();
	const log = readFileSync(file("-wal"));
	for (let size = 0; size < log.length; size += 333)
		expect(readLog(log.subarray(0, size))?.frames ?? 0).toBeLessThanOrEqual(frames());
	expect(readLog(log)).toMatchObject({ frames: frames(), changesBehind: 0, pageSize });
});
