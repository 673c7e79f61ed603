import { describe, expect, it } from "vitest";
import { plannedLines, webChangesView, webIdsView } from "../../../src/commands/web/_view.js";
import { drawn, tabSeparated } from "../../../src/lib/cli/table.js";
import { plain } from "../../../src/lib/cli/theme.js";
import type { Block, Table } from "../../../src/lib/cli/view.js";
import type { ListedWebId } from "../../../src/lib/webid/list.js";
import type { WebIdChange } from "../../../src/lib/webid/plan.js";

const row = (own: Partial<ListedWebId> = {}): ListedWebId => ({
	...{ user: "CORP\\ana", browser: "chrome", profile: "Default", profilePath: "C:\\p", store: "leveldb" },
	...{
		site: "https://sign.example.com",
		frame: null,
		container: null,
		webId: "7",
		expectedId: 7,
		verdict: "ok",
		state: "readable",
		why: null,
		forgets: null,
		unknown: [],
	},
	...own,
});
const change = (own: Partial<WebIdChange> = {}): WebIdChange => ({
	...{
		user: "CORP\\ana",
		browser: "chrome",
		profile: "Default",
		profilePath: "C:\\p",
		site: "https://sign.example.com",
		frame: null,
		container: null,
	},
	...{ before: null, after: "7", outcome: "done", why: null, forgets: null, backups: [], stores: [], unknown: [] },
	...own,
});
const tableOf = (blocks: Block[]) => blocks.find((block): block is Table => "table" in block) as Table;
const linesOf = (blocks: Block[]) => blocks.flatMap((block) => ("line" in block ? [block.line] : []));
const piped = async (blocks: Block[]) => (await Array.fromAsync(tabSeparated(tableOf(blocks)))).join("").split("\n");

const hostile = "\u001b[2J\u0007\tx\ny";

const all = { withoutProfile: [] };

it("what a site keeps in a frame or a container has a column that says so", async () => {
	const frame = row({ frame: "https://top.example" });
	expect((await piped(webIdsView([row(), frame], all)))[0]).toContain("SITE\tIN\tWEB ID");
	expect((await piped(webIdsView([row()], all)))[0]).toContain("SITE\tWEB ID");
	expect((await piped(webIdsView([frame], all)))[1]).toContain("\tframe of https://top.example\t");
	const [line] = plannedLines([change({ container: "Work", outcome: "planned" })]);
	expect(line).toContain("https://sign.example.com (container Work)  (none) -> 7");
});

it("that the browser does not keep a web ID is said once for all its sites, with what to set", () => {
	const forgets = { way: "session-only", by: "policy", setting: "DefaultCookiesSetting" } as const;
	const sites = ["https://sign.example.com", "https://portal.example.com"];
	const why =
		"CORP\\ana, chrome, Default: the web ID will not stay: the site may keep its data for one session only (policy DefaultCookiesSetting): add the site to CookiesAllowedForUrls";
	const rows = sites.map((site) => row({ site, verdict: "not-kept", forgets }));
	expect(linesOf(webIdsView(rows, all))).toEqual([why, "2 of 2 need attention."]);
	const changes = sites.map((site, at) => change({ site, forgets, outcome: at === 0 ? "already-so" : "planned" }));
	expect(linesOf(webChangesView({ changes, total: 2 }))).toEqual([why]);
});

describe("web IDs for people", () => {
	it.each([
		[all, "There are no web IDs, and nobody who should have one.", []],
		[{ ...all, problemsOnly: true }, "Nothing needs attention.", []],
		[
			{ withoutProfile: ["CORP\\ana", "CORP\\ben"] },
			"There are no web IDs.",
			["No browser profile was found for: CORP\\ana, CORP\\ben"],
		],
	])("that are none say no more than is so: %j", (about, said, lines) => {
		const blocks = webIdsView([], about);
		expect(tableOf(blocks).empty).toBe(said);
		expect(linesOf(blocks)).toEqual(lines);
	});

	it("have what is wrong first, then why, then how many", async () => {
		const damaged = row({
			user: "CORP\\ben",
			webId: null,
			verdict: "unknown",
			state: "damaged",
			why: "a checksum is wrong",
			unknown: ["webId"],
		});
		const blocks = webIdsView([row(), damaged, row({ user: "CORP\\eve", state: "running" })], all);
		expect((await piped(blocks)).slice(1, 3)).toEqual([
			"CORP\\ben\tchrome\tDefault\thttps://sign.example.com\tunknown\t7\tunknown\tdamaged\tleveldb",
			"CORP\\ana\tchrome\tDefault\thttps://sign.example.com\t7\t7\tok\treadable\tleveldb",
		]);
		expect(linesOf(blocks)).toEqual([
			"CORP\\ben, chrome, Default: a checksum is wrong",
			"Where a browser runs, the data on disk may be up to a minute old.",
			"1 of 3 needs attention.",
		]);
	});

	it("fit a terminal of 100 columns, however long the names are", async () => {
		const long = "x".repeat(60);
		const rows = [
			row({
				user: `CORP\\${long}`,
				browser: "chrome-canary",
				profile: long,
				site: `https://${long}`,
				webId: long,
				verdict: "unallocated-user",
				state: "unsupported",
			}),
		];
		const text = (await Array.fromAsync(drawn(tableOf(webIdsView(rows, all)), 100, plain))).join("");
		for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
	});

	it("cannot write on the terminal, whatever a user called things", async () => {
		const rows = [row({ profile: hostile, site: hostile, webId: hostile })];
		const [, line, ...rest] = await piped(webIdsView(rows, all));
		expect(line).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
		expect([line?.split("\t").length, rest]).toEqual([9, [""]]);
		const changes = [change({ profile: hostile, site: hostile, before: hostile, outcome: "planned" })];
		expect((await piped(webChangesView({ changes, total: 1 }))).length).toBe(3);
	});

	it("say a reason once, and not a hundred of them", () => {
		const same = Array.from({ length: 3 }, () => change({ outcome: "in-use", why: "the browser runs" }));
		expect(linesOf(webChangesView({ changes: same, total: 3 }))).toEqual([
			"CORP\\ana, chrome, Default: the browser runs",
		]);
		const many = Array.from({ length: 30 }, (_, at) => change({ user: `u${at}`, outcome: "in-use", why: "it runs" }));
		const lines = linesOf(webChangesView({ changes: many, total: 30 }));
		expect([lines.length, lines.at(-1)]).toEqual([11, "and 20 more; --json has them all"]);
	});

	it("ask about twenty changes by name, and count the others", () => {
		const lines = plannedLines(Array.from({ length: 23 }, () => change({ outcome: "planned" })));
		expect([lines.length, lines.at(-1)]).toEqual([21, "  and 3 more"]);
	});
});

describe("a profile with two stores", () => {
	const differing = change({
		outcome: "planned",
		before: "6",
		stores: [
			{ store: "leveldb", before: null, after: "7", unknown: [] },
			{ store: "sqlite", before: "6", after: "7", unknown: [] },
		],
		why: "both are written",
	});
	const screen = async (blocks: Block[]) => (await Array.fromAsync(drawn(tableOf(blocks), 200, plain))).join("");

	it("has a row for each, which says which it is; a terminal is not told where there is one", async () => {
		const rows = [row(), row({ store: "sqlite", webId: "8", verdict: "mismatch" }), row({ user: "CORP\\ben" })];
		const lines = (await screen(webIdsView(rows, { withoutProfile: [] }))).split("\n");
		expect(lines.find((line) => line.includes("mismatch"))).toContain("sqlite");
		expect(lines.find((line) => line.includes("ana") && line.includes("ok"))).toContain("leveldb");
		expect(lines.find((line) => line.includes("ben"))).not.toContain("leveldb");
		expect(await screen(webIdsView([row()], { withoutProfile: [] }))).not.toContain("STORE");
		const restored = (["leveldb", "sqlite"] as const).map((store) =>
			change({ stores: [{ store, before: null, after: "7", unknown: [] }] }),
		);
		expect(await screen(webChangesView({ changes: restored, total: 2 }))).toMatch(/leveldb.*sqlite/s);
	});

	it("shows what each had before it is written", async () => {
		expect(plannedLines([differing])).toEqual([
			"  CORP\\ana chrome Default (leveldb, sqlite)  https://sign.example.com  (none) (leveldb), 6 (sqlite) -> 7",
			"  CORP\\ana, chrome, Default: both are written",
		]);
		expect(await screen(webChangesView({ changes: [differing], total: 1 }))).toContain("(none) (leveldb), 6 (sqlite)");
	});
});

it("a question says what can't be determined, and what else is lost", () => {
	const planned = change({ outcome: "planned", before: null, after: "1", unknown: ["before"], why: "all is lost" });
	expect(plannedLines([planned])).toEqual([
		"  CORP\\ana chrome Default  https://sign.example.com  unknown -> 1",
		"  CORP\\ana, chrome, Default: all is lost",
	]);
	// Each profile that loses something is named.
	const second = { ...planned, profile: "Profile 1", profilePath: "C:\\p1" };
	expect(plannedLines([planned, second]).slice(2)).toEqual([
		"  CORP\\ana, chrome, Default: all is lost",
		"  CORP\\ana, chrome, Profile 1: all is lost",
	]);
});
