import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scene } from "../shape/scene.js";
import { cfm, initialised, json } from "./cfm.js";

let scene: Scene;
beforeAll(async () => {
	scene = await initialised();
	await scene.run(["ids", "allocate", "CORP\\first"]);
});
afterAll(() => scene.remove());

const put = (name: string, content: string | Buffer) => writeFileSync(join(scene.work, name), content);
const events = async () => JSON.parse((await scene.run(["ids", "history", "--json", "--limit", "1"])).out).result.total;

/** Words for a command that runs in this process, whose folder is another one. */
const inWork = (word: string) => (/\.csv$/.test(word) ? join(scene.work, word) : word);

/** Runs what must be refused. @returns its error; fails when anything was changed */
async function refused(words: string[], options = {}) {
	const before = await events();
	const ran = await json(scene, words, options);
	expect([words.join(" "), ran.ok, ran.err]).toEqual([words.join(" "), false, ""]);
	expect(await events()).toBe(before);
	return { exit: ran.code, ...ran.error };
}

describe("names that are none", () => {
	it.each([
		["empty", ""],
		["white space", "   "],
		["a control character", "CORP\\a\u0007b"],
		["a line break", "CORP\\a\nb"],
		["a bidirectional override", "CORP\\a\u202eb"],
		["300 characters", "a".repeat(300)],
		["a domain alone", "DOMAIN\\"],
		["a name without its domain", "\\ana"],
		["a domain alone, the other way round", "@corp.example"],
		["digits alone", "42"],
		["a character Windows refuses", "CORP\\a|b"],
	])("are refused as usage, on the command line and in a file: %s", async (_, name) => {
		expect(await refused(["ids", "allocate", "--", "CORP\\good", name])).toMatchObject({
			exit: 2,
			kind: "usage",
			code: "bad-user",
		});
		if (name.trim() === "" || name.includes("\n")) return;
		put("bad.txt", `CORP\\good\n${name}\nCORP\\better\n`);
		const error = await refused(["ids", "allocate", "--from", "bad.txt"]);
		expect(error).toMatchObject({ exit: 2, kind: "usage", code: "bad-input-lines" });
		expect(error.data.lines).toMatchObject([{ line: 2, text: expect.any(String), problem: expect.any(String) }]);
		expect(error.message).toContain("line 2");
		expect(error.message.length).toBeLessThan(400);
	});

	it("are all told at once, so that a file is mended once", async () => {
		put("bad.txt", "CORP\\\nok\n\\x\nalso-ok\n42\n");
		const error = await refused(["ids", "allocate", "--from", "bad.txt"]);
		expect(error.data).toMatchObject({ total: 3, source: "bad.txt" });
		expect(error.data.lines.map(({ line }: { line: number }) => line)).toEqual([1, 3, 5]);
	});
});

describe("one user in two spellings", () => {
	it.each([
		["case", "CORP\\ana\ncorp\\ANA\n"],
		["the other notation", "CORP\\ana\nana@corp.example.com\n"],
		["the same again", "ana\nana\n"],
		["perhaps the same", "CORP\\ana\nana\n"],
	])("in one file is refused with both lines: %s", async (_, content) => {
		put("twice.txt", `CORP\\zoe\n${content}`);
		const error = await refused(["ids", "allocate", "--from", "twice.txt"]);
		expect(error).toMatchObject({ exit: 2, kind: "usage", code: "duplicate-user", data: { lines: [2, 3] } });
		expect(error.message).toMatch(/lines 2 and 3/);
	});

	it("in the registry is the same user", async () => {
		const { result } = await json(scene, ["ids", "allocate", "first@corp.example.com"]);
		expect(result.allocations[0]).toMatchObject({ user: "CORP\\first", created: false });
	});
});

describe("IDs that are none", () => {
	const bad = ["-7", "-1", "1.5", "7,5", "0x10", "0X1F", "1e3", "99999999999", "99999999999999999999", "٧", "", " "];

	it.each(bad)("are refused as usage: %j", async (id) => {
		expect(await refused(["ids", "allocate", "CORP\\new", `--id=${id}`])).toMatchObject({ exit: 2, kind: "usage" });
		expect(await refused(["ids", "move", "CORP\\first", `--id=${id}`, "--yes"])).toMatchObject({ exit: 2 });
		// 7,5 is a list of two.
		if (id !== "7,5") expect(await refused(["ids", "reserve", "--", id])).toMatchObject({ exit: 2, kind: "usage" });
		put("bad.csv", `user,id\nCORP\\good,900\nCORP\\new,"${id}"\n`);
		const error = await refused(["ids", "import", "bad.csv"]);
		expect(error).toMatchObject({ exit: 2, kind: "usage", code: "bad-input-lines" });
		expect(error.data.lines).toMatchObject([{ line: 3 }]);
	});

	it.each(["-7", "1.5", "0x10", "99999999999"])("are no user names either: %s", async (id) => {
		for (const words of [
			["ids", "show"],
			["ids", "release", "--yes"],
			["ids", "history"],
		]) {
			expect(await refused([...words, "--", id])).toMatchObject({ exit: 2, kind: "usage" });
		}
	});

	it("are named as they were written", async () => {
		for (const id of ["-5", "5-", "7-3"]) {
			const error = await refused(["ids", "reserve", "--", id]);
			expect(error.message).toContain(id);
		}
	});

	it("that are out of the range are conflicts", async () => {
		for (const id of ["0", "20001", "2147483647"]) {
			expect(await refused(["ids", "allocate", "CORP\\new", "--id", id])).toMatchObject({ exit: 4, kind: "conflict" });
		}
		put("far.csv", "user,id\nCORP\\good,900\nCORP\\new,20001\n");
		expect((await refused(["ids", "import", "far.csv"])).data.lines).toMatchObject([{ line: 3 }]);
	});
});

describe("files that are none", () => {
	it("empty", async () => {
		for (const content of ["", "\ufeff", "\n\n", "# nothing\n"]) {
			put("empty.csv", content);
			for (const words of [
				["ids", "allocate", "--from", "empty.csv"],
				["ids", "import", "empty.csv"],
			]) {
				expect(await refused(words)).toMatchObject({ exit: 2, kind: "usage" });
			}
		}
	});

	it("a folder", async () => {
		mkdirSync(join(scene.work, "folder"), { recursive: true });
		for (const words of [
			["ids", "allocate", "--from", "folder"],
			["ids", "import", "folder"],
		]) {
			expect(await refused(words)).toMatchObject({ exit: 2, kind: "usage", code: "not-a-file" });
		}
	});

	it("absent", async () => {
		expect(await refused(["ids", "allocate", "--from", "nowhere.csv"])).toMatchObject({
			exit: 3,
			code: "file-not-found",
		});
	});

	it("an empty pipe", async () => {
		expect(await refused(["ids", "allocate", "--from", "-"])).toMatchObject({ exit: 2, kind: "usage" });
		expect(await refused(["ids", "import", "-"])).toMatchObject({ exit: 2, kind: "usage" });
	});

	it("something else than text", async () => {
		put("program.bin", Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 37) % 256)));
		expect(await refused(["ids", "allocate", "--from", "program.bin"])).toMatchObject({ exit: 2, kind: "usage" });
	});

	it("without the column that was named", async () => {
		put("users.csv", "Name,SamAccountName\nAna,ana\n");
		const error = await refused(["ids", "allocate", "--from", "users.csv", "--column", "Login"]);
		expect(error).toMatchObject({ exit: 2, kind: "usage" });
		expect(JSON.stringify(error)).toContain("SamAccountName");
	});
});

describe("a file of a million lines", () => {
	const million = (line: (at: number) => string) => Array.from({ length: 1_000_000 }, (_, at) => line(at)).join("\n");

	it("of good users is a conflict: the range is too small for them", async () => {
		put(
			"million.txt",
			million((at) => `CORP\\user${at}`),
		);
		const error = await refused(["ids", "allocate", "--from", "million.txt"]);
		expect(error).toMatchObject({ exit: 4, kind: "conflict", code: "range-full", data: { needed: 1_000_000 } });
		expect(error.hints).not.toEqual([]);
	});

	it("with one bad line is refused with that line's number", async () => {
		put(
			"million.txt",
			million((at) => (at === 999_998 ? "CORP\\" : `CORP\\user${at}`)),
		);
		const error = await refused(["ids", "allocate", "--from", "million.txt"]);
		expect(error).toMatchObject({ exit: 2, code: "bad-input-lines", data: { lines: [{ line: 999_999 }], total: 1 } });
	});

	it("of bad users is one clear error, with the first line numbers", async () => {
		put(
			"million.txt",
			million((at) => `CORP\\us|er${at}`),
		);
		const error = await refused(["ids", "allocate", "--from", "million.txt"]);
		expect(error).toMatchObject({ exit: 2, code: "bad-input-lines" });
		expect(error.data.lines[0]).toMatchObject({ line: 1 });
		expect(error.message.length).toBeLessThan(1000);
		expect(error.data.lines.length).toBeLessThanOrEqual(100);
	});

	it("to import is refused, too", async () => {
		put("million.csv", `user,id\n${million((at) => `CORP\\user${at},${at + 1}`)}`);
		const error = await refused(["ids", "import", "million.csv"]);
		expect([2, 4]).toContain(error.exit);
		expect(error.message.length).toBeLessThan(1000);
	});
});

describe("what Windows PowerShell 5.1 exports", () => {
	const header = "#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser";
	const rows = '"Name","SamAccountName","Enabled"\r\n"Zoé, Dr.","zoé","True"\r\n"Ben ""B"" Öz","benö","True"\r\n';
	const content = `${header}\r\n${rows}`;

	it.each([
		["UTF-16LE, as a redirection writes it", Buffer.from(`\ufeff${content}`, "utf16le")],
		["UTF-8 with a mark", Buffer.from(`\ufeff${content}`)],
		["UTF-8", Buffer.from(content)],
	])("works as it is: %s", async (_, bytes) => {
		put("export.csv", bytes);
		for (const words of [
			["--from", "export.csv", "--column", "SamAccountName"],
			["--from", "export.csv"],
		]) {
			const { code, result } = await json(scene, ["ids", "allocate", "--dry-run", ...words]);
			expect(code).toBe(0);
			expect(result.allocations.map(({ user }: { user: string }) => user)).toEqual(["zoé", "benö"]);
		}
		const piped = await json(scene, ["ids", "allocate", "--from", "-", "--dry-run"], { input: bytes });
		expect(piped.result.total).toBe(2);
	});

	it("is allocated, listed and exported again", async () => {
		put("export.csv", Buffer.from(`\ufeff${content}`, "utf16le"));
		const { result } = await json(scene, ["ids", "allocate", "--from", "export.csv", "--note", "Février"]);
		expect(result.allocations).toMatchObject([
			{ user: "zoé", created: true },
			{ user: "benö", created: true },
		]);
		expect((await json(scene, ["ids", "show", "ZOÉ"])).result.allocations[0].note).toBe("Février");
		const { out } = await cfm(scene, ["ids", "export"]);
		expect(out).toMatch(/^\ufeffuser,id,port,/);
		expect(out).toContain("\r\nzoé,");
		const other = await initialised();
		try {
			const { code, result: back } = await json(other, ["ids", "import", "-"], { input: out });
			expect(code).toBe(0);
			expect(back.total).toBe((await json(scene, ["ids", "list"])).result.total);
		} finally {
			other.remove();
		}
	});
});

describe("--keep-going", () => {
	it("passes over bad lines, says which, and is exit code 9", async () => {
		put("some.txt", "CORP\\kim\nCORP\\\nCORP\\lou\n");
		const ran = await json(scene, ["ids", "allocate", "--from", "some.txt", "--keep-going"]);
		expect(ran.code).toBe(9);
		expect(ran.result).toMatchObject({ total: 2, refused: [{ line: 2 }] });
		const again = await json(scene, ["ids", "allocate", "--from", "some.txt", "--keep-going"]);
		expect(again.result.allocations).toMatchObject([{ created: false }, { created: false }]);
	});
});

describe("bad lines", () => {
	it("are told one a row with number, text and reason, and nothing is changed", async () => {
		put("bad.csv", 'User,Note\nCORP\\,x\nCORP\\pia,y\n,z\nCORP\\pia,again\nCORP\\x,"open\nCORP\\y,\n');
		const before = await events();
		const ran = await scene.run(["ids", "allocate", "--from", "bad.csv"].map(inWork));
		expect([ran.code, ran.out, await events()]).toEqual([2, "", before]);
		const rows = ran.err.split("\n");
		expect(rows[0]).toMatch(/^Error: 4 bad lines in .*bad\.csv:$/);
		expect(rows.slice(1, 5).map((row) => row.replace(/ {2,}/g, " | "))).toEqual([
			" | line 2 | CORP\\,x | Not a user name: CORP\\ (the name after the domain is missing).",
			' | line 4 | ,z | no user in the column "User"',
			" | line 5 | CORP\\pia,again | CORP\\pia is also on line 3",
			' | lines 6 to 7 | CORP\\x,"open… | a quotation mark is opened and never closed; nothing after it was read',
		]);
	});

	it("that were skipped are told in the same way, and written back to be mended", async () => {
		put("some.csv", "User;Remarque\nCORP\\quin;chef\nCORP\\;x\nCORP\\rae;\nCORP\\QUIN;y\n");
		const words = ["ids", "allocate", "--from", "some.csv", "--note-column", "Remarque", "--rejects", "rejects.csv"];
		expect((await scene.run([...words.map(inWork), "--dry-run", "--json"])).code).toBe(9);
		expect(existsSync(join(scene.work, "rejects.csv"))).toBe(false);
		const ran = await scene.run(words.map(inWork));
		expect(ran.code).toBe(9);
		expect(ran.err.split("\n").map((row) => row.replace(/ {2,}/g, " | "))).toEqual([
			"Error: 2 lines were skipped:",
			" | line 3 | CORP\\;x | Not a user name: CORP\\ (the name after the domain is missing).",
			" | line 5 | CORP\\QUIN;y | CORP\\QUIN is also on line 2",
			"",
		]);
		expect((await json(scene, ["ids", "show", "CORP\\quin"])).result.allocations[0].note).toBe("chef");
		expect(readFileSync(join(scene.work, "rejects.csv"), "utf8")).toBe(
			"\ufeffUser;Remarque\r\nCORP\\;x\r\nCORP\\QUIN;y\r\n",
		);
		const again = await json(scene, words);
		expect(again.error).toMatchObject({ kind: "conflict", code: "file-exists" });
	});
});

describe("the IDs of two servers", () => {
	it("are merged: who clashes gets another ID, and everybody who must be reinstalled is told", async () => {
		const [old, staying] = [await initialised(), await initialised()];
		try {
			await old.run(["ids", "allocate", "LAB\\a", "LAB\\b", "CORP\\both"]);
			await old.run(["ids", "release", "LAB\\b", "--yes"]);
			await old.run(["ids", "reserve", "9", "--note", "=printer"]);
			await staying.run(["ids", "allocate", "CORP\\one", "CORP\\both"]);
			const { out } = await cfm(old, ["ids", "export", "--delimiter", "semicolon"]);
			const refusedMerge = await json(staying, ["ids", "import", "-"], { input: out });
			expect(refusedMerge).toMatchObject({ code: 2, error: { code: "bad-input-lines", data: { total: 3 } } });
			expect(refusedMerge.error.hints).toEqual([
				"To give other IDs to users whose ID is not available, preview it: cfm ids import - --renumber --dry-run",
			]);
			const { code, result } = await json(staying, ["ids", "import", "-", "--renumber"], { input: out });
			expect(code).toBe(0);
			expect(result.reinstall).toMatchObject([
				{ user: "LAB\\a", previousId: 1, id: 4 },
				{ user: "CORP\\both", previousId: 3, id: 2 },
			]);
			expect(result.differences).toMatchObject([{ id: 2, message: "ID 2 is allocated (CORP\\both)" }]);
			expect((await json(staying, ["ids", "show", "9"])).result.allocations[0]).toMatchObject({
				state: "reserved",
				note: "=printer",
			});
		} finally {
			old.remove();
			staying.remove();
		}
	});
});

describe("an export of ours", () => {
	it("is not allocated from, since who left would get a new ID, but comes back as it was", async () => {
		const other = await initialised();
		try {
			const { out } = await cfm(scene, ["ids", "export"]);
			put("export.csv", out);
			const error = await refused(["ids", "allocate", "--from", "export.csv"]);
			expect(error).toMatchObject({ exit: 2, code: "own-export", hints: ["cfm ids import export.csv"] });
			const rows = async (of: Scene) => (await json(of, ["ids", "list"])).result.allocations;
			await scene.run(["ids", "release", "CORP\\kim", "--yes"]);
			await json(other, ["ids", "import", "-"], { input: (await cfm(scene, ["ids", "export"])).out });
			expect(await rows(other)).toEqual(await rows(scene));
		} finally {
			other.remove();
		}
	});
});

describe("a range that is full", () => {
	it("is a conflict with a command that helps, and nobody of the request gets an ID", async () => {
		await scene.run(["environments", "add", "tiny", "--range", "1-3"]);
		expect((await json(scene, ["ids", "allocate", "a1", "a2", "-e", "tiny"])).code).toBe(0);
		const error = await refused(["ids", "allocate", "a3", "a4", "-e", "tiny"]);
		expect(error).toMatchObject({ exit: 4, kind: "conflict", code: "range-full", data: { needed: 2, free: 1 } });
		const hint = error.hints.find((one: string) => one.startsWith("cfm environments set tiny"));
		expect(hint).toBe("cfm environments set tiny --range 1-4");
		expect((await json(scene, [...hint.split(" ").slice(1), "--yes"])).code).toBe(0);
		expect((await json(scene, ["ids", "allocate", "a3", "a4", "-e", "tiny"])).result.total).toBe(2);
	});
});

describe("an environment that does not exist", () => {
	it.each([
		"ids list",
		"ids export",
		"ids history",
		"ids show ana",
		"ids allocate ana",
		"ids reserve 5",
		"client list",
	])("is not found: cfm %s --environment nowhere", async (line) => {
		const ran = await json(scene, [...line.split(" "), "--environment", "nowhere"]);
		expect([line, ran.code]).toEqual([line, 3]);
		expect(ran.error.code).toBe("no-environment");
	});
});
