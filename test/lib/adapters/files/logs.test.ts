import {
	chmodSync,
	chownSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { keepLog } from "../../../../src/lib/adapters/files/logs.js";
import { findPlaces } from "../../../../src/lib/adapters/files/places.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const now = new Date("2026-03-10T12:00:00.000Z");
const place = () => (isRoot ? at("home", "logs") : at("state", "cfm", "logs"));
beforeEach(() => void findPlaces({ CFM_HOME: at("home"), HOME: at("user"), XDG_STATE_HOME: at("state") }));

it("a log is kept in cfm's own folder, for its owner alone, and what is no text is made visible", async () => {
	const log = await keepLog("fault", "one\u001b[31m\ntwo\n", now);
	expect(log).toBe(`${place()}/fault-20260310T120000-${process.pid}.log`);
	expect(readFileSync(log ?? "", "utf8")).toBe("one\\u001b[31m\ntwo\n");
	expect(statSync(log ?? "").mode & 0o077).toBe(0);
	expect(statSync(dirname(log ?? "")).mode & 0o077).toBe(0);
});

it("the newest of each kind are kept, and nothing else is removed", async () => {
	await keepLog("fault", "", now);
	for (let one = 100; one < 160; one += 1) writeFileSync(`${place()}/install-20250101T000${one}-1.log`, "");
	writeFileSync(`${place()}/notes.txt`, "");
	await keepLog("install", "", now);
	const left = readdirSync(place());
	expect(left.filter((name) => name.startsWith("install-"))).toHaveLength(50);
	expect(left).toContain(`install-20260310T120000-${process.pid}.log`);
	expect(left).toContain("notes.txt");
	expect(left.filter((name) => name.startsWith("fault-"))).toHaveLength(1);
});

it("a log that is there already is not written over", async () => {
	const log = await keepLog("fault", "first", now);
	expect(await keepLog("fault", "second", now)).toBeUndefined();
	expect(readFileSync(log ?? "", "utf8")).toBe("first");
});

it.skipIf(!isRoot)("what another user could exchange holds no log of root's", async () => {
	mkdirSync(at("home"));
	chownSync(at("home"), 1001, 1001);
	chmodSync(at("home"), 0o700);
	const log = await keepLog("fault", "", now);
	expect(log?.startsWith(at("home"))).toBe(false);
	expect(existsSync(at("home", "logs"))).toBe(false);
});
