import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	appendFileSync,
	chmodSync,
	chownSync,
	lchownSync,
	mkdirSync,
	readdirSync,
	rmSync,
	symlinkSync,
	truncateSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { childrenOf, isThere, statOf } from "../processes.js";
import type { Scene } from "../shape/scene.js";
import { until } from "../until.js";
import { accountsOf, initialised, json, root } from "./cfm.js";
import { batch, log, writeStore } from "./hostile-files.js";
import { kinds } from "./hostile-kinds.js";

// Whatever a user makes of their files is that profile's state, and the next user is served. The built program, with the
// readers it starts: as root they have no right but to read, as anybody else only their limits.

const site = "https://sign.example.com";
const key = `_${site}\0\x01CFM_ID`;
const isRoot = process.getuid?.() === 0;

let scene: Scene;
beforeEach(async () => {
	scene = await initialised();
	for (const [at, name] of ["mallory", "zoe"].entries()) {
		appendFileSync(scene.accounts, `${name}:x:${20_001 + at}:${20_001 + at}::${join(scene.folder, name)}:/bin/sh\n`);
		await json(scene, ["ids", "allocate", name, "--id", String(21 + at)]);
		mkdirSync(profile(name), { recursive: true });
	}
	await json(scene, ["sites", "add", site]);
	writeStore(level("zoe"), { logs: { 3: log([batch(key, "\x015")]) } });
	give("zoe");
	chmodSync(scene.folder, 0o711);
});
afterEach(() => scene.remove());

const profile = (user: string, name = "Default") => join(scene.folder, user, ".config/google-chrome", name);
const level = (user: string, name = "Default") => join(profile(user, name), "Local Storage", "leveldb");
/** As root: to the user whose it is. */
function give(user: string): void {
	const uid = user === "mallory" ? 20_001 : 20_002;
	if (isRoot) execFileSync("chown", ["-hR", `${uid}:${uid}`, join(scene.folder, user)]);
}
/** No kind is one of time: a slow machine changes no state. */
const unhurried = { CFM_WEB_PROFILE_TIMEOUT: "100", CFM_WEB_USER_TIMEOUT: "300" };

/** A store that takes a tenth of a second to read, or more: 150 MB of nothing, which take no room. */
function makeSlow(folder: string): void {
	writeStore(folder, { logs: { 3: log([batch(key, "\x0121")]) } });
	truncateSync(join(folder, "000003.log"), 150 * 2 ** 20);
}

interface Change {
	user: string;
	outcome: string;
	why: string | null;
	before: string | null;
	after: string | null;
}

interface Row {
	user: string;
	state: string;
	why: string | null;
	webId: string | null;
	verdict: string;
	profile: string;
}

async function listed(words: readonly string[], environment: Record<string, string>) {
	const ran = await json(scene, ["web", "list", "--user", "mallory", "--user", "zoe", ...words], { environment });
	const rows: Row[] = ran.result.webIds;
	return {
		...ran,
		mallorys: rows.filter(({ user }) => user === "mallory"),
		zoes: rows.filter(({ user }) => user === "zoe"),
	};
}

async function set(environment: Record<string, string>) {
	const words = ["web", "set", "--user", "mallory", "--user", "zoe", "--all-sites", "--yes"];
	const changes: Change[] = (await json(scene, words, { environment })).result.changes;
	const of = (name: string) => changes.filter(({ user }) => user === name);
	return { mallorys: of("mallory"), zoes: of("zoe") };
}

const zoeIsRead = [{ webId: "5", expectedId: 22, verdict: "mismatch", state: "readable" }];
const zoeIsWritten = [{ before: "5", after: "22", outcome: "done" }];

describe("a hostile profile", () => {
	it.for(kinds.filter(({ asRoot }) => isRoot || !asRoot))("$of: $what", async (kind, context) => {
		const { read, write, words = [], make } = kind;
		const environment = { ...unhurried, ...kind.environment };
		give("mallory");
		const database = join(profile("mallory"), "LocalStorage");
		const place = { userData: profile("mallory", ""), profile: profile("mallory"), level: level("mallory"), database };
		const undo = make({ ...place, site, key });
		if (typeof undo === "string") return context.skip(undo);
		try {
			// Nobody may touch what never answers.
			if (typeof undo !== "function") give("mallory");
			const { code, mallorys, zoes } = await listed(words, environment);
			expect([code, mallorys]).toMatchObject([0, read]);
			for (const row of mallorys) {
				if (row.state !== "readable") expect(row).toMatchObject({ webId: null, verdict: "unknown" });
			}
			expect(zoes).toMatchObject(zoeIsRead);
			const changes = await set(environment);
			expect(changes.mallorys).toMatchObject(write);
			expect(changes.zoes).toMatchObject(zoeIsWritten);
		} finally {
			if (typeof undo === "function") undo();
		}
	});

	it("time: profiles that each take long take no more than the time of one user", async () => {
		for (let at = 0; at < 150; at += 1) makeSlow(level("mallory", `P${at}`));
		give("mallory");
		const environment = { CFM_WEB_USER_TIMEOUT: "3" };
		const why = expect.stringContaining("3 s (web.user-timeout)");
		const { mallorys, zoes } = await listed([], environment);
		expect(mallorys.length).toBeGreaterThan(149);
		expect(mallorys.at(-1)).toMatchObject({ state: "failed", why });
		expect(zoes).toMatchObject(zoeIsRead);
		const changes = await set(environment);
		expect(changes.mallorys.at(-1)).toMatchObject({ outcome: "failed", why });
		expect(changes.zoes).toMatchObject(zoeIsWritten);
	});
});

describe.runIf(isRoot)("as root", () => {
	it("--profile-dir does not follow a user's link into another user's profile", async () => {
		rmSync(profile("mallory"), { recursive: true });
		symlinkSync(profile("zoe"), profile("mallory"));
		for (const part of readdirSync(join(scene.folder, "zoe"), { recursive: true })) {
			chownSync(join(scene.folder, "zoe", String(part)), 20_002, 20_002);
		}
		lchownSync(profile("mallory"), 20_001, 20_001);
		chmodSync(scene.folder, 0o755);
		const words = (path: string) => ["web", "list", "--profile-dir", path, "--browser-kind", "chromium", "--discover"];
		const { code, error } = await json(scene, words(profile("mallory")));
		expect([code, error.code, error.data.realPath]).toEqual([5, "link-of-user", profile("zoe")]);
		expect(error.message).toContain(profile("zoe"));
		expect((await json(scene, words(profile("zoe")))).result.webIds).toMatchObject([{ webId: "5" }]);
		// A user's link to what is their own is theirs to make, and an administrator's is meant.
		lchownSync(profile("mallory"), 20_002, 20_002);
		expect((await json(scene, words(profile("mallory")))).code).toBe(0);
		lchownSync(profile("mallory"), 0, 0);
		expect((await json(scene, words(profile("mallory")))).code).toBe(0);
	});
});

describe("readers", () => {
	it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
		"end with the program, also by %s in the middle",
		async (signal) => {
			for (let at = 0; at < 300; at += 1) {
				makeSlow(level("mallory", `P${at}`));
			}
			const words = ["--require", accountsOf(scene), join(root, "bin", "run.cjs"), "web", "list", "--user", "mallory"];
			const program = spawn(process.execPath, words, { env: scene.environment, stdio: "ignore" });
			const ended = once(program, "exit");
			const readers = await until("a reader works", () => {
				const found = childrenOf(program.pid as number).filter(isBusy);
				return found.length > 0 && found;
			});
			program.kill(signal);
			expect(await ended).toEqual([null, signal]);
			await until("its readers have ended", () => readers.every((pid) => !isThere(pid)));
		},
	);
});

/** It has worked for longer than a start takes: half a second of a processor, in hundredths. */
const isBusy = (pid: number) => Number(statOf(pid)?.[11]) > 50;
