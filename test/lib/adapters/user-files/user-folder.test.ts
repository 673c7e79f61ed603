import { execFileSync } from "node:child_process";
import {
	chmodSync,
	existsSync,
	linkSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { UserFolder } from "../../../../src/lib/adapters/user-files/user-folder.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { kinds, makeProfile } from "../browsers/profiles.js";
import { isRoot, memoryDisk, useFolder } from "../temp.js";

const at = useFolder(memoryDisk);
beforeEach(() => {
	mkdirSync(at("home", "profile"), { recursive: true });
	mkdirSync(at("outside"));
	writeFileSync(at("outside", "secret"), "secret");
	writeFileSync(at("home", "profile", "plain"), "plain");
});
const open = (...below: string[]) => UserFolder.openBelow(at("home"), at("home", ...below)) as UserFolder;
const like = () => statSync(at("home", "profile", "plain"));

function terabyte(name: string): void {
	writeFileSync(name, "");
	truncateSync(name, 2 ** 40);
}

describe("a folder of a user", () => {
	it("is opened step by step, and a link on the way is refused", () => {
		expect(open("profile").names()).toEqual(["plain"]);
		symlinkSync(at("outside"), at("home", "link"));
		expect(() => open("link")).toThrow(/is a link/);
		expect(() => open("link", "below")).toThrow(/is a link/);
		expect(() => open("profile", "plain", "below")).toThrow(/is not a folder/);
		expect(UserFolder.openBelow(at("home"), at("home", "none", "below"))).toBeUndefined();
		expect(() => UserFolder.openBelow(at("home"), at("outside"))).toThrow(/lies outside/);
		expect(() => UserFolder.openBelow(at("gone"), at("gone", "x"))).toThrow(
			expect.objectContaining({ state: "unreachable" }),
		);
	});

	it.each(["..", "a/b", "a\\b", ""])("has no entry %j", (name) => {
		expect(() => open("profile").file(name)).toThrow(/is not a file name/);
	});

	it.each<[string, (name: string) => void, RegExp]>([
		["a link", (name) => symlinkSync(at("outside", "secret"), name), /is a link/],
		["a link to nothing", (name) => symlinkSync(at("nothing"), name), /is a link/],
		["a hard link", (name) => linkSync(at("outside", "secret"), name), /is a hard link/],
		["a pipe", (name) => execFileSync("mkfifo", [name]), /not a plain file/],
		["a folder", (name) => mkdirSync(name), /not a plain file/],
		["a terabyte of nothing", terabyte, /larger than/],
	])("%s in a file's place is not read", (_, put, message) => {
		put(at("home", "profile", "entry"));
		expect(() => open("profile").file("entry")).toThrow(message);
	});

	it("is the one that was opened, whatever has its name now", () => {
		const folder = open("profile");
		renameSync(at("home", "profile"), at("home", "moved"));
		symlinkSync(at("outside"), at("home", "profile"));
		folder.rename(folder.write(Buffer.from("new"), like0()), "new");
		expect(readdirSync(at("outside"))).toEqual(["secret"]);
		expect(readFileSync(at("home", "moved", "new"), "utf8")).toBe("new");
		function like0() {
			return statSync(at("home", "moved", "plain"));
		}
	});

	it("gets a file in one step, replaces a link and not what it leads to", () => {
		const folder = open("profile");
		symlinkSync(at("outside", "secret"), at("home", "profile", "name"));
		const written = folder.write(Buffer.from("new"), like());
		expect(existsSync(at("home", "profile", written))).toBe(true);
		folder.rename(written, "name");
		expect(readFileSync(at("home", "profile", "name"), "utf8")).toBe("new");
		expect(readFileSync(at("outside", "secret"), "utf8")).toBe("secret");
		expect(readdirSync(at("home", "profile")).sort()).toEqual(["name", "plain"]);
	});
});

describe("a profile in which the user laid a trap", () => {
	const options = { dryRun: false, now: new Date(), keepDays: 7 };
	const origin = "https://sign.example";
	const traps: [string, "leveldb" | "sqlite" | "data.sqlite", (profile: BrowserProfile) => void][] = [
		["the store is a link", "leveldb", (p) => away(p, "Local Storage/leveldb")],
		["its folder is a link", "leveldb", (p) => away(p, "Local Storage")],
		["CURRENT is a link", "leveldb", (p) => away(p, "Local Storage/leveldb/CURRENT")],
		["the log is a link", "leveldb", (p) => away(p, `Local Storage/leveldb/${logOf(p)}`)],
		["the log is a hard link", "leveldb", (p) => twice(p, `Local Storage/leveldb/${logOf(p)}`)],
		["LOCK is a link", "leveldb", (p) => away(p, "Local Storage/leveldb/LOCK")],
		["the database is a link", "sqlite", (p) => away(p, "LocalStorage")],
		["its log is a link", "sqlite", (p) => symlinkSync(at("outside", "secret"), join(p.path, "LocalStorage-wal"))],
		["the site's folder is a link", "data.sqlite", (p) => away(p, "storage/default/https+++sign.example")],
		["ls is a link", "data.sqlite", (p) => away(p, "storage/default/https+++sign.example/ls")],
	];
	it.each(traps)("%s: nothing outside is touched, and nothing is written", async (_, kind, lay) => {
		const profile = await makeProfile(kind, undefined, at());
		lay(profile);
		const outside = told(at("outside"));
		mkdirSync(at("cfm"), { mode: 0o700 });
		const { stores } = openBrowserStores(at("cfm"));
		const [result] = await stores.edit(profile, [{ origin, action: "set", value: "12" }], options);
		expect(result?.outcome).toMatch(/^(refused|in-use)$/);
		expect(result?.why).toMatch(/link|damaged|not/);
		expect(told(at("outside"))).toEqual(outside);
	});

	it.skipIf(!isRoot)("a folder without rights is no reason to fail for root", async () => {
		const profile = await makeProfile("leveldb", undefined, at());
		chmodSync(profile.path, 0o000);
		const reading = await openBrowserStores(at("cfm")).stores.read(profile, { origins: [origin] });
		expect(reading.stores[0]?.values).toEqual([{ origin, value: { known: true, value: "7" } }]);
	});

	it("a profile that is not there is unreachable, not empty", async () => {
		const profile = await makeProfile("leveldb", undefined, at());
		rmSync(profile.within, { recursive: true });
		const { stores } = openBrowserStores(at("cfm"));
		expect(await stores.read(profile, { origins: [origin] })).toMatchObject({ state: "unreachable", stores: [] });
	});

	/** Moves something out of the profile and leaves a link to it. */
	function away({ path }: BrowserProfile, name: string): void {
		renameSync(join(path, name), at("outside", "moved"));
		symlinkSync(at("outside", "moved"), join(path, name));
	}
	function twice({ path }: BrowserProfile, name: string): void {
		linkSync(join(path, name), at("outside", "second"));
	}
	function logOf({ path }: BrowserProfile): string {
		return readdirSync(join(path, "Local Storage", "leveldb")).find((name) => name.endsWith(".log")) ?? "";
	}
	function told(folder: string): string[] {
		return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => {
			const { size, mtimeMs, nlink } = statSync(join(folder, name));
			return `${name} ${size} ${mtimeMs} ${nlink}`;
		});
	}
});

describe.skipIf(process.platform !== "linux")("profiles that cannot be read", () => {
	it("leave no file open, however many they are", async () => {
		mkdirSync(at("cfm"), { mode: 0o700 });
		const { stores } = openBrowserStores(at("cfm"));
		const chromium = await makeProfile("leveldb", undefined, at());
		rmSync(join(chromium.path, "Local Storage", "leveldb"), { recursive: true });
		symlinkSync(at("outside"), join(chromium.path, "Local Storage", "leveldb"));
		const firefox = await makeProfile("data.sqlite", undefined, at());
		renameSync(join(firefox.path, "storage"), at("outside", "storage"));
		symlinkSync(at("outside", "storage"), join(firefox.path, "storage"));
		const ask = async () => {
			for (const profile of [chromium, firefox, { ...chromium, path: join(chromium.path, "Local Storage/leveldb") }]) {
				expect((await stores.read(profile, { origins: "all" })).state).toBe("denied");
			}
		};
		await ask();
		const before = readdirSync("/proc/self/fd").length;
		for (let n = 0; n < 10; n += 1) await ask();
		expect(readdirSync("/proc/self/fd").length).toBe(before);
	});

	it("nor do those that can", async () => {
		mkdirSync(at("cfm"), { mode: 0o700 });
		const { stores } = openBrowserStores(at("cfm"));
		const profiles = await Promise.all(kinds.map((kind) => makeProfile(kind, undefined, at())));
		const work = async () => {
			for (const profile of profiles) {
				expect((await stores.read(profile, { origins: "all" })).state).toBe("readable");
				await stores.read(profile, { origins: ["https://sign.example", "https://none.example"] });
				const options = { dryRun: false, now: new Date(), keepDays: 1 };
				await stores.edit(
					profile,
					[{ origin: "https://sign.example", action: "set", value: String(Math.random()) }],
					options,
				);
			}
		};
		await work();
		const before = readdirSync("/proc/self/fd").length;
		for (let n = 0; n < 3; n += 1) await work();
		expect(readdirSync("/proc/self/fd").length).toBe(before);
	});
});
