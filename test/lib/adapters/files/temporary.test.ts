import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findPlaces } from "../../../../src/lib/adapters/files/places.js";
import { temporaryVariables } from "../../../../src/lib/adapters/files/temporary.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
beforeEach(() => {
	findPlaces({ ...process.env, CFM_HOME: at("home"), XDG_CACHE_HOME: at("cache") });
	mkdirSync(at("usual"), { mode: 0o700 });
	vi.stubEnv("TMPDIR", at("usual"));
});
afterEach(() => vi.unstubAllEnvs());

it("the session's own will do", async () => {
	expect(await temporaryVariables()).toEqual({});
});

it("one that was deleted is made again, or another takes its place", async () => {
	rmSync(at("usual"), { recursive: true });
	const { TMPDIR = at("usual"), TEMP = TMPDIR } = await temporaryVariables();
	expect(TEMP).toBe(TMPDIR);
	expect(statSync(TMPDIR).isDirectory()).toBe(true);
	expect(TMPDIR.startsWith(isRoot ? at("home") : at("usual"))).toBe(true);
});

it.runIf(isRoot)(
	"with administrators' rights one that others can write gets nothing: a closed one takes its place",
	async () => {
		chmodSync(at("usual"), 0o777);
		const { TMPDIR = "", TMP, TEMP } = await temporaryVariables();
		expect([TMP, TEMP]).toEqual([TMPDIR, TMPDIR]);
		expect(TMPDIR.startsWith(join(at("home"), "work"))).toBe(true);
		expect(statSync(TMPDIR).mode & 0o777).toBe(0o700);
		// The system's own, in which nobody can exchange what is another's, will do.
		chmodSync(at("usual"), 0o1777);
		expect(await temporaryVariables()).toEqual({});
		expect(existsSync(at("usual"))).toBe(true);
	},
);
