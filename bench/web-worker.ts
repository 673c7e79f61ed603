/**
 * Makes profiles of Chromium and reads them through the product's own code: `node web-worker.mjs TASK-AS-JSON` says how
 * long it took as one JSON line.
 */
import { randomBytes } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openBrowserStores } from "../src/lib/adapters/browsers/open.js";
import { accessKey, entryKey, metaKey } from "../src/lib/adapters/chromium/origin-key.js";
import { encodeText } from "../src/lib/adapters/chromium/text.js";
import { openLevel } from "../src/lib/adapters/leveldb/library.js";
import type { BrowserProfile } from "../src/lib/webid/ports.js";

type Task =
	/** A profile with so many sites, `each` bytes stored by every one. */
	| { do: "make"; folder: string; sites: number; each: number }
	/** So many copies of one. */
	| { do: "multiply"; folder: string; into: string; count: number }
	/** In turn: copy the store, read one site's web ID from it. */
	| { do: "turns"; folder: string; copy: string; turns: number }
	/** Of all profiles in a folder, a hundred at a time: copies the stores, and reads a web ID of each. */
	| { do: "all"; folder: string; copy: string }
	/** Reads a web ID of each, and does nothing else. */
	| { do: "read-all"; folder: string };

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
	const folders = readdirSync(task.folder).map((name) => join(task.folder, name));
	if (task.do === "read-all") {
		for (const folder of folders) await readOne(folder);
		return { peak: process.resourceUsage().maxRSS };
	}
	const ratios: number[] = [];
	for (let from = 0; from < folders.length; from += 100) {
		let [copied, read] = [0, 0];
		for (const folder of folders.slice(from, from + 100)) {
			copied += await timed(() => copyStore(folder, task.copy));
			read += await timed(() => readOne(folder));
		}
		ratios.push(read / copied);
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

async function readOne(folder: string): Promise<undefined> {
	const profile: BrowserProfile = {
		user: null,
		sid: null,
		browser: "chromium",
		kind: "chromium",
		name: "Default",
		path: join(folder, "Default"),
		within: folder,
		userData: folder,
	};
	const { stores: read } = await stores.read(profile, { origins: [site(7)] });
	const value = read[0]?.values[0]?.value;
	if (!value?.known || value.value !== "7") throw new Error(`read ${JSON.stringify(read)}`);
}

async function timed(work: () => Promise<undefined> | (() => void)): Promise<number> {
	const begun = performance.now();
	const after = await work();
	const ms = performance.now() - begun;
	after?.();
	return ms;
}
