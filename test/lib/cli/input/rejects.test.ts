import { describe, expect, it } from "vitest";
import { parseInput } from "../../../../src/lib/cli/input/file.js";
import { parseDelimiter } from "../../../../src/lib/cli/input/flags.js";
import { rejects } from "../../../../src/lib/cli/input/rejects.js";
import { sortUsers } from "../../../../src/lib/cli/input/users.js";
import fc from "../../../property.js";
import { failure } from "../../failure.js";

const read = (text: string) => parseInput(Buffer.from(text), "users.csv");
const rejected = async (text: string) => {
	const table = await read(text);
	return (await Array.fromAsync(rejects(table, sortUsers(table).bad))).join("");
};

describe("rejected lines", () => {
	it("stand below their header as they were, with every line of a record, in order", async () => {
		const text = 'sep=;\nUser;Note\n;x\nana;y\n"b\nc";"z\n1"\nd;\u0001\n;"open\nlast';
		expect(await rejected(text)).toBe('\ufeffUser;Note\r\n;x\r\n"b\r\nc";"z\r\n1"\r\nd;\u0001\r\n;"open\r\nlast\r\n');
	});

	it("of a plain list are a plain list", async () => {
		expect(await rejected("ana\na\tb\nben\nc  d\n")).toBe("\ufeffa\tb\r\nc  d\r\n");
	});

	it("none are a header alone", async () => {
		expect(await rejected("User,Note\nana,x\n")).toBe("\ufeffUser,Note\r\n");
	});

	it("that are read again are rejected again, whatever they are", async () => {
		const line = fc.constantFrom("ana,1", ",2", "a,b,c", "d,\u0001", '"e\nf",3', ",", '"g ""h""",4', ' , "i\n\nj"');
		await fc.assert(
			fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 12 }), async (lines) => {
				const once = await rejected(["User,Note", ",first", ...lines].join("\r\n"));
				expect(await rejected(once)).toBe(once);
			}),
		);
	});
});

describe("a delimiter", () => {
	it.each([
		["semicolon", ";"],
		["COMMA", ","],
		["tab", "\t"],
		["pipe", "|"],
		[";", ";"],
		["\t", "\t"],
	])("is said by name or as it is: %j", (text, delimiter) => {
		expect(parseDelimiter(text)).toBe(delimiter);
	});

	it.each(["", "x", ";;", "constructor"])("is not %j", async (text) => {
		expect(await failure(() => parseDelimiter(text))).toMatchObject({ kind: "usage", code: "bad-delimiter" });
	});
});
