import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	chownSync,
	existsSync,
	lchownSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { BrowserProfile } from "../../src/lib/webid/stores.js";
import { kinds, makeProfile, someContent } from "../lib/adapters/browsers/profiles.js";
import { childrenOf, isThere, wordsOf } from "../processes.js";
import type { Scene } from "../shape/scene.js";
import { until } from "../until.js";
import { accountsOf, initialised, json, root } from "./cfm.js";

// The built program, with all the processes it starts to change a profile. As root the profile is another user's: what
// changes its files has no more rights than that user.

const isRoot = process.getuid?.() === 0;
const owner = isRoot ? 20_002 : process.getuid?.();
const site = "https://sign.example";

let scene: Scene;
beforeEach(async () => {
	scene = await initialised();
	// A user can get to their own home; nothing in it is open to others.
	chmodSync(scene.folder, 0o711);
	mkdirSync(join(scene.folder, "zoe"), { mode: 0o700 });
});
afterEach(() => scene.remove());

const everything = (folder: string) => [
	folder,
	...readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
];
const leftovers = (folder: string) =>
	readdirSync(folder, { recursive: true }).filter((name) => /\.dbtmp$|cfm-/.test(String(name)));

function give(folder: string): void {
	if (owner !== undefined) for (const path of everything(folder)) lchownSync(path, owner, owner);
}

const web = async (profile: BrowserProfile, verb: string[], more: string[]) =>
	json(scene, ["web", ...verb, "--profile-dir", profile.path, "--browser-kind", profile.kind, ...more]);
const webIdOf = async (profile: BrowserProfile) =>
	(await web(profile, ["list"], ["--site", site])).result.webIds[0]?.webId;

it.each(kinds)("%s is changed as its user, and put back", async (kind) => {
	const profile = await makeProfile(kind, someContent, join(scene.folder, "zoe"));
	give(join(scene.folder, "zoe"));
	const set = await web(profile, ["set"], ["--site", site, "--id", "31", "--yes"]);
	expect(set.result.changes).toMatchObject([
		{ before: "7", after: "31", outcome: "done", backups: [expect.any(String)] },
	]);
	expect(await webIdOf(profile)).toBe("31");
	const [id] = set.result.changes[0].backups;
	const undone = await json(scene, ["web", "backups", "restore", id, "--yes"]);
	expect(undone.result.changes).toMatchObject([{ before: "31", after: "7", outcome: "done" }]);
	const cleared = await web(profile, ["clear"], ["--site", site, "--everything", "--yes"]);
	expect(cleared.result.changes).toMatchObject([{ before: "7", after: null, outcome: "done" }]);
	expect(await webIdOf(profile)).toBe(null);
	const whole = await json(scene, ["web", "backups", "restore", "latest", "--whole", "--yes"]);
	expect(whole.result.changes).toMatchObject([{ before: null, after: "7", outcome: "done" }]);
	expect(await webIdOf(profile)).toBe("7");
	expect(leftovers(profile.path)).toEqual([]);
	for (const path of everything(profile.path)) expect([path, statSync(path).uid]).toEqual([path, owner]);
});

it("a site that a profile never saw, and a profile that never stored anything, get their files from their user", async () => {
	const firefox = await makeProfile("data.sqlite", someContent, join(scene.folder, "zoe"));
	const chromium = await makeProfile("leveldb", {}, join(scene.folder, "zoe"));
	const fresh = { ...chromium, path: join(chromium.within, "Profile 1") };
	mkdirSync(join(fresh.path, "Local Storage"), { recursive: true });
	give(join(scene.folder, "zoe"));
	for (const profile of [firefox, fresh]) {
		const { result } = await web(profile, ["set"], ["--site", "https://new.example", "--id", "31", "--yes"]);
		expect(result.changes).toMatchObject([{ before: null, after: "31", outcome: "done" }]);
		expect(leftovers(profile.path)).toEqual([]);
		for (const path of everything(profile.path)) expect([path, statSync(path).uid]).toEqual([path, owner]);
	}
});

it("a damaged store is repaired as its user: what is lost is told first, and the web IDs that could be read stay", async () => {
	const profile = await makeProfile("leveldb", someContent, join(scene.folder, "zoe"));
	const level = join(profile.path, "Local Storage", "leveldb");
	writeFileSync(join(level, "CURRENT"), "nothing");
	give(join(scene.folder, "zoe"));
	const list = async () => (await web(profile, ["list"], ["--site", site])).result.webIds;
	expect(await list()).toMatchObject([{ state: "damaged", webId: null }]);
	const before = readdirSync(level).sort();
	const planned = await web(profile, ["repair"], ["--dry-run"]);
	const why = expect.stringMatching(/^Lost is what stood in the damaged parts \(CURRENT names no manifest\)\. /);
	expect(planned.result.changes).toMatchObject([
		{ site: null, outcome: "planned", why, stores: [{ store: "leveldb" }] },
	]);
	expect(readdirSync(level).sort()).toEqual(before);
	const repaired = await web(profile, ["repair"], ["--yes"]);
	expect(repaired.result.changes).toMatchObject([{ outcome: "done", why, backups: [expect.any(String)] }]);
	expect(await list()).toMatchObject([{ state: "readable", webId: "7" }]);
	expect((await web(profile, ["repair"], ["--yes"])).result.changes).toEqual([]);
	expect(leftovers(profile.path)).toEqual([]);
	for (const path of everything(profile.path)) expect([path, statSync(path).uid]).toEqual([path, owner]);
	// No browser can read what was damaged: it is kept, and not put back.
	const [id] = repaired.result.changes[0].backups;
	const { code, error } = await json(scene, ["web", "backups", "restore", id, "--yes"]);
	expect([code, error.code]).toEqual([7, "backup-damaged"]);
});

it.each([
	["sqlite", "LocalStorage"],
	["webappsstore", "webappsstore.sqlite"],
	["data.sqlite", "storage/default/https+++sign.example/ls/data.sqlite"],
] as const)("a damaged database (%s) is repaired as its user, by all the processes", async (kind, name) => {
	const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`key-${n}`, String(n).repeat(40)]));
	const profile = await makeProfile(kind, { [site]: { CFM_ID: "7", ...many } }, join(scene.folder, "zoe"));
	truncateSync(join(profile.path, name), Math.floor(statSync(join(profile.path, name)).size * 0.7));
	give(join(scene.folder, "zoe"));
	const list = async () => (await web(profile, ["list"], ["--site", site])).result.webIds;
	expect(await list()).toMatchObject([{ state: "damaged", webId: null }]);
	const repaired = await web(profile, ["repair"], ["--yes"]);
	const why = expect.stringMatching(/^Lost is what stood in the damaged parts \(/);
	expect(repaired.result.changes).toMatchObject([{ outcome: "done", why, stores: [{ store: kind }] }]);
	expect(await list()).toMatchObject([{ state: "readable" }]);
	expect((await web(profile, ["repair"], ["--yes"])).result.changes).toEqual([]);
	expect(leftovers(profile.path)).toEqual([]);
	for (const path of everything(profile.path)) expect([path, statSync(path).uid]).toEqual([path, owner]);
	const set = await web(profile, ["set"], ["--site", site, "--id", "31", "--yes"]);
	expect(set.result.changes).toMatchObject([{ after: "31", outcome: "done" }]);
});

/** `web set` of a profile, until its hand is there: the process that changes files as their owner. */
async function setting({ path, kind }: BrowserProfile, id = "31") {
	const words = ["web", "set", "--profile-dir", path, "--browser-kind", kind, "--site", site, "--id", id, "--yes"];
	const program = spawn(process.execPath, ["--require", accountsOf(scene), join(root, "bin", "run.cjs"), ...words], {
		env: { ...scene.environment, CFM_WEB_PROFILE_TIMEOUT: "5" },
		stdio: "ignore",
	});
	const ended = once(program, "exit");
	const hand = await until("the hand is there", () =>
		childrenOf(program.pid as number).find((pid) => isThere(pid) && wordsOf(pid).includes("write")),
	);
	return { program, ended, hand };
}

const large = () => {
	const filling = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`key-${n}`, String(n).repeat(100_000)]));
	return { ...someContent, "https://filled.example": filling };
};

it.each([
	...kinds.map((kind) => ({ kind, signal: "SIGINT" }) as const),
	{ kind: "leveldb", signal: "SIGTERM" } as const,
])(
	"$signal in the middle of a write ($kind) leaves the store old or new, no process, no file and no lock",
	async ({ kind, signal }) => {
		const profile = await makeProfile(kind, large(), join(scene.folder, "zoe"));
		give(join(scene.folder, "zoe"));
		const { program, ended, hand } = await setting(profile);
		program.kill(signal);
		expect(await ended).toEqual([null, signal]);
		await until("the hand has ended", () => !isThere(hand));
		expect(leftovers(profile.path)).toEqual([]);
		expect(["7", "31"]).toContain(await webIdOf(profile));
		const again = await web(profile, ["set"], ["--site", site, "--id", "32", "--yes"]);
		expect(again.result.changes).toMatchObject([{ after: "32", outcome: "done" }]);
	},
);

it("a hand that its owner stops is ended, with its lock, and the program goes on without it", async () => {
	const profile = await makeProfile("leveldb", large(), join(scene.folder, "zoe"));
	give(join(scene.folder, "zoe"));
	let wasHeld = false;
	// A change takes some hundredths of a second: it may be over before anybody looks.
	for (let turn = 0; turn < 20 && !wasHeld; turn += 1) {
		const { program, ended, hand } = await setting(profile, String(40 + turn));
		const locks = () => readFileSync("/proc/locks", "latin1").includes(` ${hand} `);
		const seen = await until("its lock", () => (locks() ? "held" : !isThere(program.pid as number) && "over"));
		wasHeld = seen === "held";
		if (wasHeld) process.kill(hand, "SIGSTOP");
		const [code] = await ended;
		expect([0, 9]).toContain(code);
		await until("the hand has ended", () => !isThere(hand));
	}
	expect(wasHeld).toBe(true);
	const again = await web(profile, ["set"], ["--site", site, "--id", "99", "--yes"]);
	expect(again.result.changes).toMatchObject([{ after: "99", outcome: "done" }]);
});

it.runIf(isRoot)("as root: what the user may not change is not changed for them", async () => {
	const profile = await makeProfile("leveldb", someContent, join(scene.folder, "zoe"));
	give(join(scene.folder, "zoe"));
	const level = join(profile.path, "Local Storage", "leveldb");
	chownSync(level, 0, 0);
	chmodSync(level, 0o755);
	const before = readdirSync(level);
	const { result } = await web(profile, ["set"], ["--site", site, "--id", "31", "--yes"]);
	expect(result.changes).toMatchObject([{ outcome: "failed", why: expect.stringContaining("EACCES") }]);
	expect(readdirSync(level)).toEqual(before);
	expect(await webIdOf(profile)).toBe("7");
	expect(existsSync(join(scene.folder, "cfm", "web-backups"))).toBe(true);
	expect(readdirSync(join(scene.folder, "cfm", "web-backups"))).toEqual([]);
});
