import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeScene, type Scene } from "../../shape/scene.js";
import { ana, server } from "../../shape/server.js";

let scene: Scene;
beforeEach(async () => {
	scene = makeScene(server, ana);
	await cfm("init", "--yes", "--range", "1-50");
});
afterEach(() => scene.remove());

interface Told {
	ok: boolean;
	result: Record<string, unknown> & { allocations: Record<string, unknown>[]; events: { requestKey: string }[] };
	error: { code: string; hints: string[]; data: Record<string, unknown> };
	warnings: string[];
}

async function cfm(...words: string[]): Promise<Told & { code: number }> {
	const { code, out } = await scene.run([...words, "--json"]);
	return { ...(JSON.parse(out) as Told), code };
}

function file(content: string): string {
	const path = join(scene.work, "list.csv");
	writeFileSync(path, content);
	return path;
}

const ids = async () => {
	const { result } = await cfm("ids", "list", "--state", "allocated");
	return result.allocations.map(({ id, user }) => `${id} ${user}`);
};

describe("a release of many", () => {
	beforeEach(() => cfm("ids", "allocate", "CORP\\ana", "CORP\\anton", "LAB\\ana"));

	it("wants their number, which no yes replaces", async () => {
		expect(await cfm("ids", "release", "CORP\\*", "--yes")).toMatchObject({
			code: 2,
			error: { code: "agreement-needed" },
		});
		const wrong = await cfm("ids", "release", "CORP\\*", "--confirm", "3");
		expect(wrong).toMatchObject({ code: 2, error: { code: "wrong-confirmation" } });
		expect(wrong.error.hints[0]).toContain("--confirm 2");
		expect(await cfm("ids", "release", "CORP\\*", "--confirm", "2")).toMatchObject({ code: 0, result: { total: 2 } });
		expect(await ids()).toEqual(["3 LAB\\ana"]);
	});

	it("from a file tells all lines that name nobody, or skips them and says so", async () => {
		const from = file("User\nCORP\\ana\nCORP\\nobody\nLAB\\zoe\n");
		const refused = await cfm("ids", "release", "--from", from, "--confirm", "1");
		expect(refused).toMatchObject({ code: 2, error: { code: "bad-input-lines" } });
		expect((refused.error.data.lines as { line: number }[]).map(({ line }) => line)).toEqual([3, 4]);
		const skipped = await cfm("ids", "release", "--from", from, "--keep-going", "--confirm", "1");
		expect(skipped).toMatchObject({ code: 9, error: { code: "lines-refused" }, result: { total: 1 } });
		expect(skipped.result.refused).toMatchObject([{ line: 3 }, { line: 4 }]);
		expect(await ids()).toEqual(["2 CORP\\anton", "3 LAB\\ana"]);
	});

	it("of nobody is a mistake", async () => {
		expect(await cfm("ids", "release")).toMatchObject({ code: 2, error: { code: "no-users" } });
	});
});

it("what was released and allocated again is the same ID, and undone it is quarantined again", async () => {
	await cfm("ids", "allocate", "CORP\\zoe", "CORP\\ana");
	await cfm("ids", "release", "CORP\\ana", "CORP\\zoe", "--yes");
	expect(await cfm("ids", "allocate", "CORP\\ana")).toMatchObject({
		result: { allocations: [{ id: 2, created: true, returned: true }] },
	});
	expect(await cfm("undo", "--yes")).toMatchObject({ code: 0, result: { outcome: "undone", total: 1 } });
	expect(await cfm("ids", "show", "CORP\\ana")).toMatchObject({ result: { allocations: [{ state: "quarantined" }] } });
});

it("a note that is not stored is a warning with the command that stores it", async () => {
	await cfm("ids", "allocate", "CORP\\ana", "--note", "one");
	const again = await cfm("ids", "allocate", "CORP\\ana", "CORP\\ben", "--note", "two");
	expect(again.warnings).toHaveLength(1);
	expect(again.warnings[0]).toMatch(/cfm ids set '?CORP\\ana'? --note two$/);
	await cfm("ids", "reserve", "10-11", "--note", "one");
	const reserved = await cfm("ids", "reserve", "9-11", "--note", "two");
	expect(reserved).toMatchObject({ result: { noteNotStored: [10, 11] } });
	expect(reserved.warnings).toHaveLength(1);
	expect((await cfm("ids", "move", "CORP\\ana", "--id", "1", "--note", "x", "--yes")).warnings).toHaveLength(1);
	expect(await cfm("ids", "set", "CORP\\ana", "--note", "three")).toMatchObject({
		warnings: [],
		result: { allocations: [{ note: "three", previousNote: "one", changed: true }] },
	});
	expect(await cfm("ids", "set", "10", "--no-note")).toMatchObject({ result: { allocations: [{ note: null }] } });
	expect(await cfm("ids", "set", "10")).toMatchObject({ code: 2, error: { code: "nothing-to-set" } });
});

it("a list with SIDs tells who was renamed, and the command that follows it works", async () => {
	await cfm("ids", "allocate", "CORP\\ana", "--sid", "S-1-5-21-7");
	const from = file("SamAccountName,objectSid\nCORP\\ana.smith,S-1-5-21-7\n");
	const listed = await cfm("ids", "allocate", "--from", from);
	expect(listed.result).toMatchObject({
		allocations: [{ user: "CORP\\ana", id: 1, created: false }],
		renamed: [{ user: "CORP\\ana.smith", registered: "CORP\\ana", id: 1 }],
	});
	const { code } = await cfm("ids", "rename", "CORP\\ana", "CORP\\ana.smith", "--yes");
	expect(code).toBe(0);
	expect((await cfm("ids", "allocate", "--from", from)).result).not.toHaveProperty("renamed");
	expect((await cfm("ids", "history", "CORP\\ana.smith")).result.events).toHaveLength(2);
});

it("an import tells who was renamed and whose note was not stored, with the commands that mend it", async () => {
	await cfm("ids", "allocate", "CORP\\ana", "--sid", "S-1-5-21-7");
	const words = ["ids", "import", file("user,id,sid,note\nCORP\\ana.smith,1,S-1-5-21-7,new\n")];
	expect((await cfm(...words)).result).toMatchObject({
		allocations: [{ user: "CORP\\ana", id: 1, created: false }],
		renamed: [{ user: "CORP\\ana.smith", registered: "CORP\\ana", id: 1, environment: "default" }],
		noteNotStored: ["CORP\\ana"],
	});
	const { out } = await scene.run(words);
	expect(out).toMatch(/cfm ids rename '?CORP\\ana'? '?CORP\\ana\.smith'?/);
	expect(out).toContain("cfm ids set USER --note TEXT");
	await cfm("ids", "rename", "CORP\\ana", "CORP\\ana.smith", "--yes");
	await cfm("ids", "set", "1", "--note", "new");
	const again = (await cfm(...words)).result;
	for (const field of ["renamed", "noteNotStored", "differences"]) expect(again).not.toHaveProperty(field);
});

it("an import takes over no machine accounts, unless that is said, or our export has them", async () => {
	const from = file("user,id\nCORP\\ana,1\nSERVER1$,2\n");
	const refused = await cfm("ids", "import", from);
	expect(refused).toMatchObject({ code: 2, error: { code: "bad-input-lines", data: { total: 1 } } });
	expect((refused.error.data.lines as { line: number }[]).map(({ line }) => line)).toEqual([3]);
	expect(await cfm("ids", "import", from, "--keep-going")).toMatchObject({ code: 9, result: { total: 1 } });
	expect(await cfm("ids", "import", from, "--service-account")).toMatchObject({ code: 0, result: { total: 2 } });
	for (const format of ["csv", "json"]) {
		const exported = join(scene.work, `export.${format}`);
		await cfm("ids", "export", "--format", format, "--out-file", exported);
		await cfm("ids", "release", "SERVER1$", "--at-once", "--yes");
		expect(await cfm("ids", "import", exported)).toMatchObject({
			code: 0,
			result: { allocations: [{ created: false }, { user: "SERVER1$", id: 2, created: true }] },
		});
	}
});

it("a list with machine accounts is refused with their lines, or gets them an ID when that is said", async () => {
	const from = file("User\nCORP\\ana\nSERVER1$\nNT AUTHORITY\\SYSTEM\n");
	const refused = await cfm("ids", "allocate", "--from", from);
	expect(refused).toMatchObject({ code: 2, error: { code: "bad-input-lines" } });
	expect((refused.error.data.lines as { line: number }[]).map(({ line }) => line)).toEqual([3, 4]);
	expect(await cfm("ids", "allocate", "--from", from, "--keep-going")).toMatchObject({ code: 9, result: { total: 1 } });
	expect(await cfm("ids", "allocate", "--from", from, "--service-account")).toMatchObject({
		code: 0,
		result: { total: 3 },
	});
});

it("a change is undone by the key that the history tells", async () => {
	await cfm("ids", "allocate", "CORP\\ana");
	await cfm("ids", "allocate", "CORP\\ben");
	const { result } = await cfm("ids", "history", "CORP\\ana");
	const key = result.events[0]?.requestKey ?? "";
	expect(await cfm("undo", key)).toMatchObject({ code: 2, error: { code: "agreement-needed" } });
	expect(await cfm("undo", key, "--yes")).toMatchObject({ code: 0, result: { request: key } });
	expect(await cfm("undo", key, "--yes")).toMatchObject({ code: 0, result: { outcome: "already-so" } });
	expect(await ids()).toEqual(["2 CORP\\ben"]);
});

it("a name that is an account without its backslash is warned of, in a domain of the environment alone", async () => {
	expect((await cfm("ids", "allocate", "CORPzoe")).result).not.toHaveProperty("lookAlikeAccounts");
	await cfm("ids", "release", "CORPzoe", "--at-once", "--yes");
	await cfm("environments", "set", "default", "--domain", "CORP", "--yes");
	expect((await cfm("ids", "allocate", "--from", file("User\nCORPzoe\n"), "--dry-run")).warnings).toEqual([]);
	const given = await cfm("ids", "allocate", "corpzoe", "CORPzoe", "CORPeve", "ben");
	expect(given).toMatchObject({ code: 2, error: { code: "duplicate-user" } });
	const told = await cfm("ids", "allocate", "CORPzoe", "CORPeve", "ben");
	expect(told).toMatchObject({
		code: 0,
		result: { total: 3, lookAlikeAccounts: [{ user: "CORPzoe", account: "CORP\\zoe" }] },
	});
	expect(told.warnings).toEqual([
		expect.stringMatching(/CORPzoe may be CORP\\zoe, an account that exists.*cfm undo latest$/),
	]);
	// It has the ID now, as a name like any other.
	expect((await cfm("ids", "allocate", "CORPzoe")).warnings).toEqual([]);
});

it("a name that lost its backslash is warned of, and its ID is given", async () => {
	await cfm("ids", "allocate", "CORP\\ana");
	const given = await cfm("ids", "allocate", "CORPana");
	expect(given).toMatchObject({ code: 0, result: { allocations: [{ user: "CORPana", created: true }] } });
	expect(given.warnings[0]).toContain("CORP\\ana");
	expect((await cfm("ids", "show", "CORPben")).error.hints).toHaveLength(1);
	await cfm("ids", "release", "CORPana", "--at-once", "--yes");
	expect((await cfm("ids", "show", "CORPana")).error.hints[0]).toMatch(/ids show '?CORP\\ana/);
});
