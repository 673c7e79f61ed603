import { symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { toChange } from "../../../../src/lib/webid/plan.js";
import type { Edit } from "../../../../src/lib/webid/stores.js";
import { runningBrowser } from "../../../running-browser.js";
import { memoryDisk, useFolder } from "../temp.js";
import { addSqlite, makeProfile } from "./profiles.js";

// Chromium's two stores in one profile: what is said of a change must be true of both.

const at = useFolder(memoryDisk);
const site = "https://sign.example";
const options = { dryRun: false, now: new Date(), keepDays: 7 };

/** One edit of a profile whose LevelDB has 7 and whose SQLite has 6, as commands answer it. */
async function edited(edit: Edit, own: Partial<typeof options> & { running?: boolean } = {}) {
	const { running = false, ...rest } = own;
	const profile = await makeProfile("leveldb", { [site]: { CFM_ID: "7", draft: "x" } }, at());
	addSqlite(profile.path, { [site]: { CFM_ID: "6" } });
	const browser = running ? runningBrowser() : undefined;
	if (browser) symlinkSync(`${hostname()}-${browser.pid}`, join(profile.within, "SingletonLock"));
	const { stores } = openBrowserStores(at("home"));
	const [result] = await stores.edit(profile, [edit], { ...options, ...rest });
	await browser?.end();
	if (result === undefined) throw new Error("no result");
	return toChange(profile, result);
}
const set: Edit = { origin: site, action: "set", value: "7" };
const values = (leveldb: readonly (string | null)[], sqlite: readonly (string | null)[]) => [
	{ store: "leveldb", before: leveldb[0], after: leveldb[1], unknown: [] },
	{ store: "sqlite", before: sqlite[0], after: sqlite[1], unknown: [] },
];

it("what each had and has is told of both", async () => {
	const change = await edited(set);
	expect(change).toMatchObject({ outcome: "ambiguous", stores: values(["7", "7"], ["6", "7"]) });
	expect(change.why).toContain("both have 7 now");
});

it("after a removal neither has a web ID, and that is what is said", async () => {
	for (const action of ["remove", "clear"] as const) {
		const change = await edited({ origin: site, action });
		expect(change).toMatchObject({ outcome: "ambiguous", after: null, stores: values(["7", null], ["6", null]) });
		expect(change.why).toContain("neither has a web ID now");
	}
});

it("a plan says that both are written", async () => {
	const change = await edited(set, { dryRun: true });
	expect(change).toMatchObject({ outcome: "planned", stores: values(["7", "7"], ["6", "7"]) });
	expect(change.why).toContain("both are written");
});

it.skipIf(process.platform === "win32")("where one is so already and the other is in use, each is named", async () => {
	const change = await edited(set, { running: true });
	expect(change).toMatchObject({ outcome: "in-use", stores: values(["7", "7"], ["6", "6"]) });
	expect(change.why).toMatch(/^leveldb: already-so; sqlite: /);
});
