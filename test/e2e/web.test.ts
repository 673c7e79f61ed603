import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runningBrowser } from "../running-browser.js";
import type { Scene } from "../shape/scene.js";
import { makeScene } from "../shape/scene.js";
import { atTerminal, enter, initialised, json } from "./cfm.js";

// The built program on real LevelDB folders, in a whole home on Linux. What browsers make of it is in the lane `browsers`.

const site = "https://sign.example.com";
const other = "https://other.example.com";
const me = userInfo().username;

let scene: Scene;
beforeEach(async () => {
	scene = await initialised();
});
afterEach(() => scene.remove());

const home = (...below: string[]) => join(scene.user, ...below);
const chrome = () => home(".config", "google-chrome");
const levelOf = (profile: string) => join(profile, "Local Storage", "leveldb");

/** Makes a Chromium profile with these values: `origin key` → value. */
async function makeProfile(profile: string, values: Record<string, string>): Promise<string> {
	mkdirSync(levelOf(profile), { recursive: true });
	const level = new ClassicLevel<Buffer, Buffer>(levelOf(profile), { keyEncoding: "buffer", valueEncoding: "buffer" });
	await level.put(Buffer.from("VERSION"), Buffer.from("1"));
	for (const [name, value] of Object.entries(values)) {
		const [origin, key] = name.split(" ");
		await level.put(Buffer.from(`_${origin}\0\x01${key}`, "latin1"), Buffer.from(`\x01${value}`, "latin1"));
	}
	await level.close();
	return profile;
}

/** Everything of a profile but the bookkeeping of sites' times. */
async function contentOf(profile: string): Promise<Record<string, string>> {
	const level = new ClassicLevel<Buffer, Buffer>(levelOf(profile), { keyEncoding: "buffer", valueEncoding: "buffer" });
	const entries = (await level.iterator().all()).map((one) => one.map((bytes) => bytes.toString("latin1")));
	await level.close();
	return Object.fromEntries(entries.filter(([key]) => !key?.startsWith("META")));
}

const entry = (origin: string, key: string) => `_${origin}\0\x01${key}`;

describe("a user's browsers, in a whole home", () => {
	beforeEach(async () => {
		await json(scene, ["sites", "add", site, other]);
		await json(scene, ["ids", "allocate", me, "--id", "7"]);
		await makeProfile(join(chrome(), "Default"), { [`${site} CFM_ID`]: "7", [`${site} draft`]: "mine" });
		await makeProfile(join(chrome(), "Profile 1"), { [`${site} CFM_ID`]: "9", [`${other} x`]: "y" });
		writeFileSync(
			join(chrome(), "Local State"),
			JSON.stringify({ profile: { info_cache: { Default: {}, "Profile 1": {} } } }),
		);
	});

	const mine = ["--user", me];

	it("are listed, set, cleared and restored, and nothing else is touched", async () => {
		const before = await contentOf(join(chrome(), "Profile 1"));
		const list = await json(scene, ["web", "list", ...mine]);
		expect(
			list.result.webIds.map((row: Record<string, unknown>) => [row.profile, row.site, row.webId, row.verdict]),
		).toEqual([
			["Default", other, null, "missing"],
			["Default", site, "7", "ok"],
			["Profile 1", other, null, "missing"],
			["Profile 1", site, "9", "mismatch"],
		]);
		const set = await json(scene, ["web", "set", ...mine, "--all-sites", "--yes"]);
		expect(set).toMatchObject({ code: 0, result: { total: 4 } });
		expect(
			set.result.changes.map(({ before, after, outcome }: Record<string, unknown>) => [before, after, outcome]),
		).toEqual([
			[null, "7", "done"],
			["7", "7", "already-so"],
			[null, "7", "done"],
			["9", "7", "done"],
		]);
		expect((await json(scene, ["web", "list", ...mine, "--problems"])).result).toEqual({
			webIds: [],
			total: 0,
			withoutProfile: [],
			problemsOnly: true,
		});
		expect(await contentOf(join(chrome(), "Default"))).toMatchObject({ [entry(site, "draft")]: "\x01mine" });
		const again = await json(scene, ["web", "set", ...mine, "--all-sites", "--yes"]);
		expect(again.result.changes.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
			Array(4).fill("already-so"),
		);

		const { result } = await json(scene, ["web", "backups", "list"]);
		expect(result).toMatchObject({ total: 2, backups: [{ profile: "Default", user: me }, { profile: "Profile 1" }] });
		const restored = await json(scene, ["web", "backups", "restore", result.backups[1].id, "--yes"]);
		expect(restored).toMatchObject({ code: 0 });
		expect(await contentOf(join(chrome(), "Profile 1"))).toEqual(before);

		const cleared = await json(scene, ["web", "clear", ...mine, "--site", site, "--everything", "--yes"]);
		expect(cleared).toMatchObject({ code: 0, result: { total: 2 } });
		expect(await contentOf(join(chrome(), "Default"))).toEqual({ VERSION: "1", [entry(other, "CFM_ID")]: "\x017" });
		expect(await contentOf(join(chrome(), "Profile 1"))).toEqual({ VERSION: "1", [entry(other, "x")]: "\x01y" });
	});

	it("in frames are counted, and listed and set on request; what will not stay is said before it is written", async () => {
		const frame = `${site}/^0https://top.example`;
		const place = await makeProfile(join(chrome(), "Profile 2"), { [`${frame} CFM_ID`]: "5" });
		const cookies = { [`${site}:443,*`]: { setting: 4 } };
		writeFileSync(
			join(place, "Preferences"),
			JSON.stringify({ profile: { content_settings: { exceptions: { cookies } } } }),
		);
		const of = ["--site", site, "--user", me];
		const said = /1 more place where a site keeps data.*--frames/;
		const plain = await json(scene, ["web", "list", ...of]);
		expect(plain).toMatchObject({ result: { total: 3 }, warnings: [expect.stringMatching(said)] });
		const listed = await json(scene, ["web", "list", ...of, "--frames"]);
		const forgets = {
			...{ way: "session-only", by: "preference" },
			setting: "profile.content_settings.exceptions.cookies",
		};
		expect(listed.result.webIds).toContainEqual(
			expect.objectContaining({ profile: "Profile 2", site, frame: "https://top.example", webId: "5", forgets }),
		);
		const planned = await json(scene, ["web", "set", ...of, "--dry-run"]);
		expect(planned.warnings).toContainEqual(expect.stringMatching(said));
		expect(planned.result.changes).toContainEqual(expect.objectContaining({ profile: "Profile 2", forgets }));
		const set = await json(scene, ["web", "set", ...of, "--frames", "--yes"]);
		expect(set).toMatchObject({ code: 0, result: { total: 4 } });
		expect(await contentOf(place)).toMatchObject({
			[entry(frame, "CFM_ID")]: "\x017",
			[entry(site, "CFM_ID")]: "\x017",
		});
		const { result } = await json(scene, ["ids", "history", me]);
		expect(JSON.stringify(result)).toContain('"frame":"https://top.example"');
	});

	it("are asked about at a terminal, and a no changes nothing", async () => {
		const before = await contentOf(join(chrome(), "Profile 1"));
		const line = `cfm web set --user ${me} --site ${site}`;
		const said = await atTerminal(scene, line, [["Write 1 web ID?", `n${enter}`]]);
		expect(said.code).toBe(130);
		expect(said.screen).toContain("9 -> 7");
		expect(await contentOf(join(chrome(), "Profile 1"))).toEqual(before);
		const yes = await atTerminal(scene, line, [["Write 1 web ID?", `y${enter}`]]);
		expect(yes.code).toBe(0);
		expect((await json(scene, ["web", "list", ...mine, "--site", site, "--problems"])).result.total).toBe(0);
	});

	it("of which one runs: exit 9, the others are done, and the one is named", async () => {
		// What a browser leaves there while it runs: a link to "host-pid" of a process that is alive.
		const { hostname } = await import("node:os");
		mkdirSync(home(".config", "chromium"), { recursive: true });
		await makeProfile(home(".config", "chromium", "Default"), {});
		const running = runningBrowser();
		onTestFinished(running.end);
		symlinkSync(`${hostname()}-${running.pid}`, home(".config", "chromium", "SingletonLock"));
		const set = await json(scene, ["web", "set", ...mine, "--site", site, "--yes"]);
		expect(set).toMatchObject({ code: 9, ok: false, error: { kind: "partial", code: "web-ids-refused" } });
		const told = set.result.changes.map(({ browser, profile, outcome }: Record<string, unknown>) => [
			browser,
			profile,
			outcome,
		]);
		expect(told).toEqual([
			["chrome", "Default", "already-so"],
			["chrome", "Profile 1", "done"],
			["chromium", "Default", "in-use"],
		]);
		expect((await json(scene, ["web", "list", ...mine, "--browser", "chromium"])).result.webIds[0]).toMatchObject({
			state: "running",
		});
		const south = ["--environment", "south"];
		await json(scene, ["environments", "add", "south"]);
		await json(scene, ["sites", "add", site, ...south]);
		await json(scene, ["ids", "allocate", me, ...south]);
		const refused = await json(scene, [
			"web",
			"set",
			...mine,
			"--site",
			site,
			"--browser",
			"chromium",
			...south,
			"--yes",
		]);
		expect(refused).toMatchObject({ code: 9, result: { environment: "south", total: 1 } });
		expect(refused.error.hints.slice(1)).toEqual([
			"cfm web list --problems --environment south",
			`cfm web steps ${me} --environment south`,
		]);
	});

	it("that lead out of the home are refused", async () => {
		const elsewhere = join(scene.folder, "elsewhere");
		await makeProfile(join(elsewhere, "Default"), { [`${site} CFM_ID`]: "9" });
		renameSync(join(chrome(), "Default"), join(chrome(), "Kept"));
		symlinkSync(join(elsewhere, "Default"), join(chrome(), "Default"));
		const set = await json(scene, ["web", "set", ...mine, "--all-sites", "--yes"]);
		expect(set).toMatchObject({ code: 9 });
		expect(set.result.changes).toContainEqual(expect.objectContaining({ outcome: "unreachable", profile: null }));
		expect(await contentOf(join(elsewhere, "Default"))).toMatchObject({ [entry(site, "CFM_ID")]: "\x019" });
	});

	it("and every site that has a web ID, with discovery", async () => {
		await makeProfile(home(".config", "vivaldi", "Default"), { "https://else.test:8443 CFM_ID": "x" });
		const { result } = await json(scene, ["web", "list", ...mine, "--discover", "--problems"]);
		expect(
			result.webIds.map(({ browser, site: where, verdict }: Record<string, unknown>) => [browser, where, verdict]),
		).toEqual([
			["chrome", site, "mismatch"],
			["vivaldi", "https://else.test:8443", "not-a-number"],
		]);
	});

	it("are changed only when it is said whose and which", async () => {
		for (const [words, code] of [
			[["web", "set", "--yes"], "say-whom"],
			[["web", "set", ...mine, "--yes"], "say-which-sites"],
			[["web", "clear", "--all-users", ...mine, "--all-sites", "--yes"], "two-meanings"],
			[["web", "clear", ...mine, "--all-sites", "--site", site, "--yes"], "two-meanings"],
			[["web", "set", ...mine, "--all-sites"], "agreement-needed"],
		] as const) {
			expect(await json(scene, words), words.join(" ")).toMatchObject({ code: 2, error: { code } });
		}
		expect(await json(scene, ["web", "set", ...mine, "--site", "https://strange.test", "--yes"])).toMatchObject({
			code: 3,
			error: { code: "no-site" },
		});
		expect(await json(scene, ["web", "set", "--user", "nobody-here", "--all-sites", "--yes"])).toMatchObject({
			code: 3,
			error: { code: "no-local-user" },
		});
	});
});

describe("what was written", () => {
	const mine = ["--user", me];
	const two = ["Default", "Profile 1"] as const;
	const profile = (name: string) => join(chrome(), name);
	const backups = async () => (await json(scene, ["web", "backups", "list"])).result.backups;
	const restore = (...words: string[]) => json(scene, ["web", "backups", "restore", ...words, "--yes"]);
	const outcomes = ({ result }: { result: { changes: { outcome: string }[] } }) =>
		result.changes.map(({ outcome }) => outcome);

	beforeEach(async () => {
		await json(scene, ["sites", "add", site]);
		await json(scene, ["ids", "allocate", me, "--id", "2"]);
		for (const name of two) await makeProfile(profile(name), { [`${site} CFM_ID`]: "1" });
		await json(scene, ["web", "set", ...mine, "--all-sites", "--yes"]);
	});

	/** What a page stores. */
	async function visit(name: string, key: string): Promise<void> {
		const level = new ClassicLevel<Buffer, Buffer>(levelOf(profile(name)), {
			keyEncoding: "buffer",
			valueEncoding: "buffer",
		});
		await level.put(Buffer.from(entry(site, key), "latin1"), Buffer.from("\x01x", "latin1"));
		await level.close();
	}

	it("is undone with all its profiles, and once more changes nothing", async () => {
		expect(new Set((await backups()).map(({ batch }: { batch: string }) => batch)).size).toBe(1);
		const dry = await json(scene, ["web", "backups", "restore", "latest", "--dry-run"]);
		expect(outcomes(dry)).toEqual(["planned", "planned"]);
		expect(outcomes(await restore("latest"))).toEqual(["done", "done"]);
		const after = await Promise.all(two.map((name) => contentOf(profile(name))));
		expect(after.map((all) => all[entry(site, "CFM_ID")])).toEqual(["\x011", "\x011"]);
		const again = await restore("latest");
		expect([again.code, outcomes(again)]).toEqual([0, ["already-so", "already-so"]]);
		expect(await Promise.all(two.map((name) => contentOf(profile(name))))).toEqual(after);
	});

	it("is undone as far as browsers are closed: exit 9, and the rest the next time", async () => {
		await makeProfile(home(".config", "chromium", "Default"), {});
		await json(scene, ["web", "set", ...mine, "--all-sites", "--browser", "chromium", "--yes"]);
		await json(scene, ["ids", "move", me, "--id", "3", "--yes"]);
		await json(scene, ["web", "set", ...mine, "--all-sites", "--yes"]);
		const { hostname } = await import("node:os");
		const lock = home(".config", "chromium", "SingletonLock");
		const running = runningBrowser();
		onTestFinished(running.end);
		symlinkSync(`${hostname()}-${running.pid}`, lock);
		const first = await restore("latest");
		expect(first).toMatchObject({ code: 9, error: { code: "web-ids-refused" }, result: { total: 3 } });
		expect(outcomes(first).toSorted()).toEqual(["done", "done", "in-use"]);
		rmSync(lock);
		const second = await restore("latest");
		expect([second.code, outcomes(second).toSorted()]).toEqual([0, ["already-so", "already-so", "done"]]);
	});

	it("comes back whole, and that can be undone, too", async () => {
		await visit("Default", "later");
		const before = await contentOf(profile("Default"));
		const { id } = (await backups()).find((one: { profile: string }) => one.profile === "Default");
		const said = await atTerminal(scene, `cfm web backups restore ${id} --whole`, [["Undo the changes", `y${enter}`]]);
		expect(said.code).toBe(0);
		expect(said.screen).toContain("2 -> 1");
		expect(said.screen).toContain("what was stored since then is lost");
		expect(await contentOf(profile("Default"))).toEqual({ VERSION: "1", [entry(site, "CFM_ID")]: "\x011" });
		const own = (await backups()).find(({ restores }: { restores: string | null }) => restores === id);
		expect(outcomes(await restore(own.id, "--whole"))).toEqual(["done"]);
		expect(await contentOf(profile("Default"))).toEqual(before);
	});

	it("is forgotten when its time is over, whatever command comes next", async () => {
		const folder = join(scene.home, "web-backups");
		const expire = () => {
			for (const id of readdirSync(folder)) {
				const file = join(folder, id, "backup.json");
				const record = JSON.parse(readFileSync(file, "utf8"));
				writeFileSync(file, JSON.stringify({ ...record, expires: "2020-01-01T00:00:00.000Z" }));
			}
		};
		expire();
		const gone = { code: 3, error: { code: "no-backup" } };
		expect(await json(scene, ["web", "backups", "restore", "latest", "--dry-run"])).toMatchObject(gone);
		expect(readdirSync(folder)).toHaveLength(2);
		expect(await backups()).toEqual([]);
		expect(readdirSync(folder)).toEqual([]);
		await json(scene, ["web", "clear", ...mine, "--all-sites", "--yes"]);
		expire();
		// Nothing is due.
		expect(outcomes(await json(scene, ["web", "clear", ...mine, "--all-sites", "--yes"]))).toEqual(
			Array(2).fill("not-present"),
		);
		expect(readdirSync(folder)).toEqual([]);
	});
});

describe("one folder anywhere", () => {
	it("is listed and set without any registry", async () => {
		const bare = makeScene();
		try {
			const profile = await makeProfile(join(bare.work, "copy", "Default"), { [`${site} CFM_ID`]: "9" });
			const folder = ["--profile-dir", profile, "--browser-kind", "chromium"];
			const list = await json(bare, ["web", "list", ...folder, "--site", site]);
			expect(list.result.webIds).toMatchObject([{ user: null, profilePath: profile, webId: "9", verdict: "unknown" }]);
			expect(await json(bare, ["web", "list", ...folder, "--discover"])).toMatchObject({ result: { total: 1 } });
			const set = ["web", "set", ...folder, "--site", site, "--yes"];
			expect(await json(bare, set)).toMatchObject({ code: 2, error: { code: "id-needed" } });
			expect(await json(bare, [...set, "--id", "7"])).toMatchObject({
				code: 0,
				result: { changes: [{ before: "9", after: "7", outcome: "done" }] },
			});
			expect(await contentOf(profile)).toMatchObject({ [entry(site, "CFM_ID")]: "\x017" });
			expect(existsSync(join(bare.home, "registry.db"))).toBe(false);
		} finally {
			bare.remove();
		}
	});

	it("with the user's name takes the ID from the registry", async () => {
		await json(scene, ["ids", "allocate", "CORP\\ana", "--id", "12"]);
		const profile = await makeProfile(join(scene.work, "ana"), {});
		const folder = ["--profile-dir", profile, "--browser-kind", "chromium", "--user", "CORP\\ana", "--site", site];
		expect(await json(scene, ["web", "set", ...folder, "--yes"])).toMatchObject({
			code: 0,
			result: { changes: [{ user: "CORP\\ana", after: "12", outcome: "done" }] },
		});
		const nobody = [...folder.with(5, "CORP\\ben"), "--yes"];
		expect(await json(scene, ["web", "set", ...nobody])).toMatchObject({ code: 3, error: { code: "no-allocation" } });
	});

	it("that no browser made is refused, and no store is made in it", async () => {
		const userData = join(scene.work, "User Data");
		await makeProfile(join(userData, "Default"), { [`${site} CFM_ID`]: "7" });
		const before = readdirSync(userData);
		const folder = ["--profile-dir", userData, "--browser-kind", "chromium", "--site", site];
		const strange = { code: 3, error: { code: "not-a-profile" } };
		expect(await json(scene, ["web", "list", ...folder])).toMatchObject(strange);
		const set = await json(scene, ["web", "set", ...folder, "--id", "7", "--yes"]);
		expect(set).toMatchObject(strange);
		expect(set.error.hints).toEqual([
			`cfm web list --profile-dir '${join(userData, "Default")}' --browser-kind chromium --discover`,
		]);
		expect(readdirSync(userData)).toEqual(before);
		const other = ["--profile-dir", join(userData, "Default"), "--browser-kind", "firefox", "--site", site];
		expect(await json(scene, ["web", "list", ...other])).toMatchObject(strange);
	});

	it("takes an ID that nobody else does", async () => {
		expect(await json(scene, ["web", "set", "--user", me, "--id", "77", "--all-sites", "--yes"])).toMatchObject({
			code: 2,
			error: { code: "id-without-folder" },
		});
	});

	it("that is damaged, or is not there, is not taken for empty", async () => {
		const profile = await makeProfile(join(scene.work, "damaged"), { [`${site} CFM_ID`]: "7" });
		const folder = ["--profile-dir", profile, "--browser-kind", "chromium", "--site", site];
		writeFileSync(join(levelOf(profile), "CURRENT"), "MANIFEST-999999\n");
		const list = await json(scene, ["web", "list", ...folder]);
		expect(list.result.webIds).toMatchObject([{ webId: null, verdict: "unknown", unknown: ["webId"] }]);
		const files = readdirSync(levelOf(profile));
		expect(await json(scene, ["web", "set", ...folder, "--id", "7", "--yes"])).toMatchObject({
			code: 9,
			result: { changes: [{ outcome: "refused" }] },
		});
		expect(readdirSync(levelOf(profile))).toEqual(files);
		const gone = ["--profile-dir", join(scene.work, "gone"), "--browser-kind", "firefox", "--site", site];
		expect(await json(scene, ["web", "list", ...gone])).toMatchObject({ code: 3, error: { code: "no-folder" } });
		expect(await json(scene, ["web", "list", "--profile-dir", profile])).toMatchObject({
			code: 2,
			error: { code: "profile-dir-alone" },
		});
	});
});

describe("sites", () => {
	it("of a file come in whole or not at all", async () => {
		writeFileSync(join(scene.work, "list.txt"), `site\r\n${site}\r\nhttps://*.example.com\r\nhttp://x.test\r\n`);
		const bad = await json(scene, ["sites", "import", "list.txt"]);
		expect(bad).toMatchObject({ code: 2, error: { code: "bad-input-lines", data: { total: 2 } } });
		expect(bad.error.data.lines.map(({ line }: { line: number }) => line)).toEqual([3, 4]);
		expect((await json(scene, ["sites", "list"])).result.total).toBe(0);
		const utf16 = Buffer.from(`\ufeffOrigin;Note\r\nHTTPS://Sign.Example.com:443/;Büro\r\n`, "utf16le");
		writeFileSync(join(scene.work, "list.csv"), utf16);
		expect(await json(scene, ["sites", "import", "list.csv"])).toMatchObject({
			result: { sites: [{ origin: site, note: "Büro", outcome: "added" }], total: 1 },
		});
		expect(await json(scene, ["sites", "import", "list.csv"])).toMatchObject({
			result: { sites: [{ origin: site, outcome: "already-so" }] },
		});
		expect(await json(scene, ["sites", "add", site, "--note", "signing"])).toMatchObject({
			result: { sites: [{ note: "signing", outcome: "changed" }] },
		});
		expect(await json(scene, ["sites", "remove", site, "--yes"])).toMatchObject({
			result: { sites: [{ outcome: "removed" }] },
		});
		expect(await json(scene, ["sites", "remove", site, "--yes"])).toMatchObject({
			code: 0,
			result: { sites: [{ outcome: "already-so" }] },
		});
	});
});

describe("the policy", () => {
	it("is a folder that is only written when it is empty, and keeps its extension with the key", async () => {
		await json(scene, ["sites", "add", site]);
		const words = [
			"web",
			"policy",
			"export",
			"--update-url",
			"https://intranet.example.com/cfm/update.xml",
			"--out-dir",
		];
		const first = await json(scene, [...words, "out"]);
		expect(first).toMatchObject({ code: 0 });
		const reg = readFileSync(join(scene.work, "out", "machine-policy.reg"));
		expect(reg.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]));
		expect(reg.toString("utf16le")).toContain(`"24250"="${first.result.extensionId};https://intranet`);
		expect(await json(scene, [...words, "out"])).toMatchObject({ code: 4, error: { code: "folder-not-empty" } });
		const key = join(scene.work, "out", "extension-key.pem");
		const second = await json(scene, [...words, "again", "--key", key]);
		expect(second.result.extensionId).toBe(first.result.extensionId);
		expect(existsSync(join(scene.work, "again", "extension-key.pem"))).toBe(false);
		writeFileSync(join(scene.work, "no.pem"), "hello");
		const bad = await json(scene, [...words, "third", "--key", join(scene.work, "no.pem")]);
		expect(bad).toMatchObject({ code: 2, error: { code: "bad-extension-key" } });
		const device = await json(scene, [...words, "third", "--key", "/dev/zero"]);
		expect(device).toMatchObject({ code: 2, error: { code: "not-a-file" } });
	});
});
