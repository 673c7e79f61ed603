import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { FarFolder } from "../../../../src/lib/adapters/browsers/calls.js";
import { HandOfOwner } from "../../../../src/lib/adapters/browsers/hand-of-owner.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const nothing = Buffer.alloc(0);
const like = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mode: 0o600 };

function hand(): HandOfOwner {
	mkdirSync(at("home", "profile", "store"), { recursive: true });
	const profile: BrowserProfile = {
		...{ user: "ana", sid: null, browser: "chromium", kind: "chromium", name: "profile" },
		...{ path: at("home", "profile"), within: at("home"), userData: null },
	};
	return new HandOfOwner(profile);
}

const folder = (...names: string[]): FarFolder => {
	const { dev, ino } = statSync(at(...names));
	return { path: at(...names), dev, ino };
};
const profileFolder = () => folder("home", "profile");
const store = () => folder("home", "profile", "store");

it("changes nothing outside of its profile, and nothing behind a link", async () => {
	const own = hand();
	mkdirSync(at("home", "other"));
	symlinkSync(at("home", "other"), at("home", "profile", "link"));
	const link = { ...folder("home", "other"), path: at("home", "profile", "link") };
	for (const place of [folder("home", "other"), folder("home"), link]) {
		const { error } = await own.answer({ hand: "write", folder: place, like }, Buffer.from("x"));
		expect(error).toMatchObject({ state: "denied" });
	}
	for (const name of ["..", "../other", "a/b", ""]) {
		const { error } = await own.answer({ hand: "remove", folder: store(), name }, nothing);
		expect(error).toMatchObject({ state: "denied" });
	}
	expect(readdirSync(at("home", "other"))).toEqual([]);
});

it("changes no folder that was put in place of the one that was meant", async () => {
	const own = hand();
	const { error } = await own.answer(
		{ hand: "write", folder: { ...store(), ino: store().ino + 1 }, like },
		Buffer.from("x"),
	);
	expect(error).toMatchObject({ outcome: "in-use" });
	expect(readdirSync(at("home", "profile", "store"))).toEqual([]);
});

it("removes what did not get to its place when nobody asks any more, and nothing else", async () => {
	const own = hand();
	const write = async (place: FarFolder) =>
		(await own.answer({ hand: "write", folder: place, like }, Buffer.from("content"))).text as string;
	const done = await write(store());
	await own.answer({ hand: "rename", folder: store(), from: done, other: store(), to: "done" }, nothing);
	await write(store());
	// One folder gets to its place with what is in it, the other one does not.
	for (const name of ["cfm-1-1", "cfm-1-2"]) {
		await own.answer({ hand: "makeFolder", folder: profileFolder(), name }, nothing);
		const beside = folder("home", "profile", name);
		const inside = await write(beside);
		await own.answer({ hand: "rename", folder: beside, from: inside, other: beside, to: "data" }, nothing);
	}
	await own.answer({ hand: "rename", folder: profileFolder(), from: "cfm-1-1", other: store(), to: "site" }, nothing);
	own.tidyUp();
	expect(readdirSync(at("home", "profile"), { recursive: true }).sort()).toEqual([
		"store",
		"store/done",
		"store/site",
		"store/site/data",
	]);
	expect(readFileSync(at("home", "profile", "store", "site", "data"), "utf8")).toBe("content");
});

it("leaves what stood there before under an unfinished name", async () => {
	const own = hand();
	mkdirSync(at("home", "profile", "cfm-1-1"));
	writeFileSync(at("home", "profile", "cfm-1-1", "users"), "own");
	const { error } = await own.answer({ hand: "makeFolder", folder: profileFolder(), name: "cfm-1-1" }, nothing);
	expect(error).toMatchObject({ code: "EEXIST" });
	own.tidyUp();
	expect(existsSync(at("home", "profile", "cfm-1-1", "users"))).toBe(true);
});
