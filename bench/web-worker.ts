/**
 * Makes profiles of Chromium and reads them through the product's own code: `node web-worker.mjs TASK-AS-JSON` says how
 * long it took as one JSON line.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isolatedBrowsers } from "../src/lib/adapters/browsers/isolated.js";
import { openBrowserStores } from "../src/lib/adapters/browsers/open.js";
import { accessKey, entryKey, metaKey } from "../src/lib/adapters/chromium/origin-key.js";
import { encodeText } from "../src/lib/adapters/chromium/text.js";
import { cages, lookAtMachine, megabyte } from "../src/lib/adapters/isolation/cage.js";
import { Reader } from "../src/lib/adapters/isolation/reader.js";
import type { BrowserProfile, BrowserStores } from "../src/lib/webid/stores.js";
import { openLevel } from "../test/lib/adapters/leveldb/library.js";

type Task =
	/** A profile with so many sites, `each` bytes stored by every one. */
	| { do: "make"; folder: string; sites: number; each: number }
	/** So many copies of one. */
	| { do: "multiply"; folder: string; into: string; count: number }
	/** In turn: copy the store, read one site's web ID from it. */
	| { do: "turns"; folder: string; copy: string; turns: number }
	/** Of all profiles in a folder, a hundred at a time: copies the stores, and reads a web ID of each. */
	| { do: "all"; folder: string; copy: string }
	/** Of all profiles in a folder, a hundred at a time: copies the stores, and has two readers read a web ID of each. */
	| { do: "apart"; folder: string; copy: string; program: string }
	/** In turn: copy the store, change one site's web ID in it, with its backup and the look afterwards. */
	| { do: "set"; folder: string; copy: string; turns: number; home: string };

const task = JSON.parse(process.argv[2] ?? "") as Task;
const { stores } = openBrowserStores("/nowhere");
const site = (n: number) => `https://site-${n}.example`;
const storeOf = (folder: string) => join(folder, "Default", "Local Storage", "leveldb");

const answer = await carryOut();
console.log(JSON.stringify(answer));

async function carryOut(): Promise<unknown> {
	if (task.do === "make") return make(task.folder, task.sites, task.each);
	if (task.do === "multiply") {
		for (let n = 0; n < task.count; n += 1) cpSync(task.folder, join(task.into, `user-${n}`), { recursive: true });
		return {};
	}
	if (task.do === "turns") {
		const ratios: number[] = [];
		for (let turn = 0; turn < task.turns; turn += 1) {
			const copied = await timed(() => copyStore(task.folder, task.copy));
			const read = await timed(() => readOne(task.folder));
			if (turn > 2) ratios.push(read / copied);
		}
		return { ratios };
	}
	if (task.do === "set") return setInTurns(task);
	const folders = readdirSync(task.folder).map((name) => join(task.folder, name));
	const apart = task.do === "apart" ? readersApart(task.program) : undefined;
	// A reader that starts, and a second one that comes with work, are no part of any of the hundreds.
	if (apart !== undefined) await readEach(folders.slice(0, 100), apart.stores, 2);
	const ratios: number[] = [];
	for (let from = 0; from < folders.length; from += 100) {
		const some = folders.slice(from, from + 100);
		let copied = 0;
		for (const folder of some) copied += await timed(() => copyStore(folder, task.copy));
		ratios.push((await timed(() => readEach(some, apart?.stores ?? stores, apart === undefined ? 1 : 2))) / copied);
	}
	return { ratios, peak: peakOfAll() };
}

/** As many at a time as there are readers. */
async function readEach(folders: readonly string[], from: BrowserStores, atOnce: number): Promise<undefined> {
	const left = [...folders];
	const one = async () => {
		for (let folder = left.pop(); folder !== undefined; folder = left.pop()) await readOne(folder, from);
	};
	await Promise.all(Array.from({ length: atOnce }, one));
	return undefined;
}

/** The readers of the built program, with their limits, as `web list` starts them. */
function readersApart(program: string) {
	const memory = 200;
	const facts = lookAtMachine([program, "reader.cjs", String(memory)]);
	const source: Parameters<typeof isolatedBrowsers>[1] = {
		ways: cages(facts, { memory: memory * megabyte }),
		start: (cage) => new Reader(cage),
		waysToWrite: () => [],
		waysToEdit: () => [],
	};
	const limits = { profileSeconds: 60, userSeconds: 3600, memoryMegabytes: memory, answerMegabytes: 1 };
	return isolatedBrowsers(limits, source, "/nowhere");
}

/** In kilobytes: the peaks of this process and of those it started, together; as if all had come at once. */
function peakOfAll(): number {
	const peaks = [process.resourceUsage().maxRSS];
	for (const name of readdirSync("/proc")) {
		if (!/^\d+$/.test(name)) continue;
		try {
			const status = readFileSync(`/proc/${name}/status`, "latin1");
			if (/^PPid:\s*(\d+)/m.exec(status)?.[1] !== String(process.pid)) continue;
			peaks.push(Number(/^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? 0));
		} catch {
			// it has ended
		}
	}
	return peaks.reduce((sum, one) => sum + one, 0);
}

async function setInTurns(task: Extract<Task, { do: "set" }>): Promise<unknown> {
	mkdirSync(task.home, { mode: 0o700 });
	const { stores } = openBrowserStores(task.home);
	const ratios: number[] = [];
	for (let turn = 0; turn < task.turns; turn += 1) {
		const copied = await timed(() => copyStore(task.folder, task.copy));
		const value = String(turn + 1000);
		const before = new Set(readdirSync(storeOf(task.folder)));
		const done = await timed(async () => {
			const edits = [{ origin: site(7), action: "set", value }] as const;
			const [result] = await stores.edit(profileIn(task.folder), edits, {
				dryRun: false,
				now: new Date(),
				keepDays: 1,
			});
			if (result?.outcome !== "done") throw new Error(JSON.stringify(result));
			return undefined;
		});
		if (turn > 2) ratios.push(done / copied);
		// A browser would merge the new log into a table: the next change must not find a store of logs.
		for (const name of readdirSync(storeOf(task.folder))) {
			if (!before.has(name)) rmSync(join(storeOf(task.folder), name));
		}
	}
	return { ratios };
}

/** As Chromium does it: tables of what does not fit into 64 KB of log. */
async function make(folder: string, sites: number, each: number): Promise<unknown> {
	mkdirSync(storeOf(folder), { recursive: true });
	const level = await openLevel(storeOf(folder), { createIfMissing: true, writeBufferSize: 65_536 });
	await level.put(Buffer.from("VERSION"), Buffer.from("1"));
	for (let n = 0; n < sites; n += 1) {
		const filling = randomBytes(Math.ceil((each * 3) / 4)).toString("base64");
		await level.batch([
			{ type: "put", key: entryKey(site(n), "CFM_ID"), value: encodeText(String(n)) },
			{ type: "put", key: entryKey(site(n), "filling"), value: encodeText(filling) },
			{ type: "put", key: metaKey(site(n)), value: Buffer.from([8, 1, 16, 1]) },
			{ type: "put", key: accessKey(site(n)), value: Buffer.from([8, 1]) },
		]);
	}
	await level.close();
	return {};
}

/** Byte for byte, by the system. The copy goes again, outside of the time. */
function copyStore(folder: string, copy: string): () => void {
	mkdirSync(copy);
	for (const name of readdirSync(storeOf(folder))) copyFileSync(join(storeOf(folder), name), join(copy, name));
	return () => rmSync(copy, { recursive: true });
}

async function readOne(folder: string, from: BrowserStores = stores): Promise<undefined> {
	const { stores: read } = await from.read(profileIn(folder), { origins: [site(7)] });
	const value = read[0]?.values[0]?.value;
	if (!value?.known || value.value !== "7") throw new Error(`read ${JSON.stringify(read)}`);
}

function profileIn(folder: string): BrowserProfile {
	return {
		user: null,
		sid: null,
		browser: "chromium",
		kind: "chromium",
		name: "Default",
		path: join(folder, "Default"),
		within: folder,
		userData: folder,
	};
}

async function timed(work: () => Promise<undefined> | (() => void)): Promise<number> {
	const begun = performance.now();
	const after = await work();
	const ms = performance.now() - begun;
	after?.();
	return ms;
}
