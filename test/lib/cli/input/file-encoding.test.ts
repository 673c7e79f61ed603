import { describe, expect, it } from "vitest";
import { parseInput } from "../../../../src/lib/cli/input/file.js";
import { CfmError } from "../../../../src/lib/errors.js";
import { said } from "../../hints.js";
import { usersColumn } from "./users-column.js";

const users = async (bytes: Buffer) => usersColumn(await parseInput(bytes, "users.csv")).map((user) => user.text);

const failure = async (bytes: Buffer): Promise<CfmError> => {
	const error = await parseInput(bytes, "users.csv").then(
		() => undefined,
		(thrown: unknown) => thrown,
	);
	if (error instanceof CfmError) return error;
	throw error ?? new Error("nothing was thrown");
};

const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

describe("encodings", () => {
	const text = "Zoé\r\nžluťoučký\r\n😀 é\r\n";
	it.each([
		["UTF-8", Buffer.from(text)],
		["UTF-8 with a mark", Buffer.from(`\ufeff${text}`)],
		["UTF-16LE with a mark", Buffer.from(`\ufeff${text}`, "utf16le")],
		["UTF-16BE with a mark", utf16be(`\ufeff${text}`)],
	])("%s", async (_, bytes) => {
		expect(await users(bytes)).toEqual(["Zoé", "žluťoučký", "😀 é"]);
	});

	it("reads `Get-ADUser … | ConvertTo-Csv > users.csv` of Windows PowerShell 5.1, byte by byte", async () => {
		// FF FE, then UTF-16LE:  #TYPE S⏎ "User","N"⏎ "AD\é","a""⏎b"⏎ "z",⏎   (⏎ is CR LF)
		const bytes = Buffer.from(
			`fffe 2300 5400 5900 5000 4500 2000 5300 0d00 0a00
			2200 5500 7300 6500 7200 2200 2c00 2200 4e00 2200 0d00 0a00
			2200 4100 4400 5c00 e900 2200 2c00 2200 6100 2200 2200 0d00 0a00 6200 2200 0d00 0a00
			2200 7a00 2200 2c00 0d00 0a00`.replace(/\s/g, ""),
			"hex",
		);
		const table = await parseInput(bytes, "users.csv");
		expect(table.columns).toEqual(["User", "N"]);
		expect(table.rows).toEqual([
			{ line: 3, lastLine: 4, values: { User: "AD\\é", N: 'a"\r\nb' } },
			{ line: 5, values: { User: "z", N: "" } },
		]);
	});

	it("passes over a second mark, from files put together", async () => {
		expect(await users(Buffer.from("\ufeffa\n\ufeffb\n"))).toEqual(["a", "b"]);
		expect(await users(Buffer.from('\ufeffUser\n\ufeff"b"\n'))).toEqual(["b"]);
	});
});

describe("an encoding that is said", () => {
	const read = async (bytes: Buffer, encoding: string) =>
		usersColumn(await parseInput(bytes, "users.csv", { encoding })).map((user) => user.text);
	const text = "User;Note\r\nzoé;cœur’\r\n";

	it.each([
		["windows-1252", Buffer.from("User;Note\r\nzo\xe9;c\x9cur\x92\r\n", "latin1")],
		["1252", Buffer.from("User;Note\r\nzo\xe9;x\r\n", "latin1")],
		["latin1", Buffer.from("User;Note\r\nzo\xe9;x\r\n", "latin1")],
		["850", Buffer.from("User;Note\r\nzo\x82;x\r\n", "latin1")],
		["cp850", Buffer.from("User;Note\r\nzo\x82;x\r\n", "latin1")],
		["IBM437", Buffer.from("User;Note\r\nzo\x82;x\r\n", "latin1")],
		["UTF8", Buffer.from(text)],
		["utf-16", Buffer.from(text, "utf16le")],
		["utf_16le", Buffer.from(text, "utf16le")],
		["UTF-16BE", utf16be(text)],
	])("is read: %s", async (encoding, bytes) => {
		expect(await read(bytes, encoding)).toEqual(["zoé"]);
	});

	it("gives way to a byte order mark, which is certain", async () => {
		expect(await read(Buffer.from(`\ufeff${text}`), "windows-1252")).toEqual(["zoé"]);
		expect(await read(Buffer.from(`\ufeff${text}`, "utf16le"), "windows-1252")).toEqual(["zoé"]);
	});

	it.each(["", "klingon", "base64", "hex", "utf-7", "binary"])("is refused when it is none: %j", async (encoding) => {
		const error = await read(Buffer.from(text), encoding).catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({ kind: "usage", code: "bad-encoding" });
	});

	it("is refused when the bytes are none of it, with the line", async () => {
		const error = await read(Buffer.from("User\r\nzo\x81\r\n", "latin1"), "1252").catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({ kind: "usage", code: "not-in-encoding", data: { line: 2 } });
		const nul = await read(Buffer.from("User\r\na\0\r\n", "latin1"), "1252").catch((thrown: unknown) => thrown);
		expect(nul).toMatchObject({ kind: "usage", code: "not-text" });
	});
});

describe("what is not text", () => {
	it.each([
		["Latin-1, LF", Buffer.from("a\nb\nJosé\nd\n", "latin1"), 3],
		["Latin-1, CRLF", Buffer.from("a\r\nb\r\nJosé\r\nd\r\n", "latin1"), 3],
		["Latin-1, CR", Buffer.from("a\rb\rJosé\rd\r", "latin1"), 3],
		["Latin-1 at the end", Buffer.from("a\nb\nJosé", "latin1"), 3],
		["Latin-1 after many lines", Buffer.from(`${"user\n".repeat(100_000)}é\n`, "latin1"), 100_001],
		["a character cut in half", Buffer.from("a\nJosé").subarray(0, -1), 2],
		["an encoded surrogate", Buffer.from([0x61, 0x0a, 0xed, 0xa0, 0x80]), 2],
	])("%s is refused with the line and the remedy", async (_, bytes, line) => {
		const error = await failure(bytes);
		expect(error).toMatchObject({ kind: "usage", code: "not-utf8", data: { line } });
		expect(error.message).toContain(`line ${line}`);
		expect(said(error).join()).toContain("Export-Csv -Encoding UTF8");
	});

	it.each([
		["half a character", Buffer.from("\ufeffa\r\nb\r\nc", "utf16le").subarray(0, -1), 3],
		["half a character, big-endian", utf16be("\ufeffa\r\nb").subarray(0, -1), 2],
		["a lone surrogate", Buffer.from("\ufeffa\nb\ud800\nc", "utf16le"), 2],
	])("UTF-16 with %s", async (_, bytes, line) => {
		expect(await failure(bytes)).toMatchObject({ kind: "usage", code: "not-utf16", data: { line } });
	});

	it.each([
		["little-endian", Buffer.from("User,Note\r\njdupont,é\r\n", "utf16le")],
		["big-endian", utf16be("User,Note\r\njdupont,é\r\n")],
	])("UTF-16 without its mark, %s, is named", async (_, bytes) => {
		const error = await failure(bytes);
		expect(error).toMatchObject({ kind: "usage", code: "not-text" });
		expect(error.message).toContain("UTF-16");
	});

	it.each([
		["a workbook", Buffer.from("504b03041400060008000000210041378", "hex")],
		["a program", Buffer.from("MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", "latin1")],
		["UTF-32", Buffer.from("fffe000061000000", "hex")],
		["a NUL", Buffer.from("a\nb\0c\n")],
	])("%s", async (_, bytes) => {
		expect(await failure(bytes)).toMatchObject({ kind: "usage", code: "not-text" });
	});
});
