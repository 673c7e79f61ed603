import { describe, expect, it } from "vitest";
import { findColumn } from "../../../../src/lib/cli/input/columns.js";
import { type InputTable, parseInput } from "../../../../src/lib/cli/input/file.js";
import { refuseBadLines, withTexts } from "../../../../src/lib/cli/input/lines.js";
import { sortUsers } from "../../../../src/lib/cli/input/users.js";
import { CfmError } from "../../../../src/lib/errors.js";
import { usersColumn } from "./users-column.js";

const read = (text: string) => parseInput(Buffer.from(text), "users.csv");
const usersOf = async (text: string, column?: string) => usersColumn(await read(text), column).map((user) => user.text);
const at = (users: { line: number; text: string }[]) => users.map(({ line, text }) => `${line} ${text}`);

async function failure(action: () => unknown): Promise<CfmError> {
	try {
		await action();
	} catch (error) {
		if (error instanceof CfmError) return error;
		throw error;
	}
	throw new Error("nothing was thrown");
}

describe("a plain list", () => {
	it("has one user a line and passes over blank lines and comments", async () => {
		const table = await read("# finance\n\nDOMAIN\\jdupont\r\n  m.martin@example.com  \n\t\n#no\nJean de La Tour\n");
		expect(table).toMatchObject({ kind: "plain", columns: ["user"], bad: [], headed: false, source: "users.csv" });
		expect(at(usersColumn(table))).toEqual(["3 DOMAIN\\jdupont", "4 m.martin@example.com", "7 Jean de La Tour"]);
	});

	it.each([
		["LF", "a1\nb2\nc3"],
		["CRLF", "a1\r\nb2\r\nc3\r\n"],
		["CR", "a1\rb2\rc3\r"],
		["mixed", "a1\rb2\r\nc3\n"],
	])("numbers the lines that end in %s", async (_, text) => {
		expect(at(usersColumn(await read(text)))).toEqual(["1 a1", "2 b2", "3 c3"]);
	});

	it("keeps quotation marks, delimiters and # that come later in it", async () => {
		expect(await usersOf('jdupont\n"m martin"\na,b\nx#y')).toEqual(["jdupont", '"m martin"', "a,b", "x#y"]);
	});

	it("reports control characters and tabs by line", async () => {
		const table = await read("ok\nbad\u0007bell\nalso\u0085bad\nta\tb\nfine");
		expect(table.rows.map((row) => row.line)).toEqual([1, 5]);
		expect(table.bad).toEqual([2, 3, 4].map((line) => ({ line, problem: "a control character" })));
	});

	it("takes no --column", async () => {
		const table = await read("jdupont\n");
		expect(await failure(() => usersColumn(table, "User"))).toMatchObject({
			kind: "usage",
			code: "column-of-plain-list",
		});
	});

	it("refuses a line far too long for a user without quoting it", async () => {
		const table = await read(`jdupont\n${"x".repeat(5000)}\n`);
		expect(sortUsers(table)).toMatchObject({
			users: [{ row: { line: 1 } }],
			bad: [{ line: 2, problem: "5000 characters, too long for a user's name" }],
		});
	});

	it("reads a million lines", async () => {
		const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, n) => `DOMAIN\\user${n}\r\n`).join(""));
		const users = usersColumn(await parseInput(bytes, "users.txt"));
		expect(users.length).toBe(1_000_000);
		expect(users.at(-1)).toEqual({ line: 1_000_000, text: "DOMAIN\\user999999" });
	});

	it("refuses more lines than can be held", async () => {
		const error = await failure(() => parseInput(Buffer.alloc(5_000_000, "x\n"), "users.txt"));
		expect(error).toMatchObject({ kind: "usage", code: "input-too-large" });
	});
});

describe("a CSV", () => {
	it("is what Export-Csv of Windows PowerShell 5.1 writes", async () => {
		const table = await read(
			"#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n" +
				'"SamAccountName","DisplayName","Description"\r\n' +
				'"jdupont","Dupont, Jean ""Jo""","two\r\nlines"\r\n' +
				'"mmartin","Martin, Marie",\r\n',
		);
		expect(table).toMatchObject({
			kind: "csv",
			columns: ["SamAccountName", "DisplayName", "Description"],
			rows: [
				{
					line: 3,
					lastLine: 4,
					values: { SamAccountName: "jdupont", DisplayName: 'Dupont, Jean "Jo"', Description: "two\r\nlines" },
				},
				{ line: 5, values: { SamAccountName: "mmartin", DisplayName: "Martin, Marie", Description: "" } },
			],
			bad: [],
			headed: true,
		});
	});

	it.each([
		["comma", 'User,Note\nDOMAIN\\a,"x;y"'],
		["semicolon, as Export-Csv -UseCulture writes on a French Windows", '"User";"Note"\nDOMAIN\\a;"x,y"'],
		["tab", "User\tNote\nDOMAIN\\a\tx,y"],
		["the more frequent one", "User;Nom, prénom;Note\nDOMAIN\\a;b;c"],
		["the semicolon of two equally frequent ones", "User;Nom, prénom\nDOMAIN\\a;b"],
		["the one outside quotation marks", '"User","a;b;c"\nDOMAIN\\a,b'],
		["what sep= says, for Excel", "sep=;\r\nUser;a,b,c\r\nDOMAIN\\a;b"],
		["a tab by sep=", "sep=\t\r\nUser\ta\r\nDOMAIN\\a\tb"],
	])("is delimited by %s", async (_, text) => {
		expect(await usersOf(text)).toEqual(["DOMAIN\\a"]);
	});

	it.each([
		["a known name", "SamAccountName\njdupont"],
		["a known name, whatever its case and spaces", "USER name\njdupont"],
		["a known name in French", "Utilisateur\njdupont"],
		["a person's column", "E-mail\njdupont"],
		["a known name in quotation marks", '"SamAccountName"\r\n"jdupont"\r\n'],
		["an unknown name after #TYPE", '#TYPE System.String\r\n"Length"\r\njdupont\r\n'],
	])("may have one column, with %s for a header", async (_, text) => {
		const table = await read(text);
		expect(table).toMatchObject({ kind: "csv", headed: true });
		expect(usersColumn(table)).toHaveLength(1);
	});

	it("asks whether a lone unknown word in quotation marks is a column or a user", async () => {
		const text = '"jdupont"\r\n"mmartin"\r\n';
		const error = await failure(() => usersOf(text));
		expect(error).toMatchObject({ kind: "usage", code: "unclear-header", data: { columns: ["jdupont"] } });
		expect(await usersOf('"Beneficiaire"\r\n"mmartin"\r\n', "beneficiaire")).toEqual(["mmartin"]);
	});

	it("of one column may have blank lines and comments; a wider one keeps #", async () => {
		expect(await usersOf('User\n# finance\n\njdupont\n"#1"\n')).toEqual(["jdupont", "#1"]);
		expect(await usersOf("User,Note\n#1,x\n")).toEqual(["#1"]);
		expect(await usersOf("# who\n#,User\n1,jdupont\n")).toEqual(["jdupont"]);
	});

	it("passes over lines with nothing but delimiters, which spreadsheets leave behind", async () => {
		const table = await read("User;Note\njdupont;\n;\n ; \n\n;;;;\nmmartin;x\n");
		expect(table.bad).toEqual([]);
		expect(at(usersColumn(table))).toEqual(["2 jdupont", "7 mmartin"]);
	});

	it("drops white space around cells that are not quoted", async () => {
		const table = await read('User , Note\n jdupont\t, "  kept  "\n');
		expect(table.rows[0]?.values).toEqual({ User: "jdupont", Note: "  kept  " });
	});

	it("calls a column without a name by its place, and takes any name", async () => {
		const table = await read("User,__proto__,constructor,\njdupont,1,2,3\n");
		expect(Object.entries(table.rows[0]?.values ?? {})).toEqual([
			["User", "jdupont"],
			["__proto__", "1"],
			["constructor", "2"],
			["column 4", "3"],
		]);
	});

	it("may have columns of the same name, unless it is the one that is read", async () => {
		const table = await read("User,Note,note,Note (2)\na,b,c,d");
		expect(table.columns).toEqual(["User", "Note", "note (2)", "Note (2) (2)"]);
		expect(at(usersColumn(table))).toEqual(["2 a"]);
		for (const [text, column] of [
			["User,Note,USER\na,b,c", undefined],
			["Who,Note,who\na,b,c", "WHO"],
		] as const) {
			const error = await failure(async () => usersColumn(await read(text), column));
			expect(error).toMatchObject({ kind: "usage", code: "duplicate-columns", data: { line: 1 } });
		}
	});

	it("may have short rows, and long ones whose cells too many are empty", async () => {
		const table = await read("Note,User,Mail\nx,a,m,,\ny,b\nz,c,,  ,\n");
		expect(table).toMatchObject({ bad: [], rows: [{}, { values: { Note: "y", User: "b", Mail: "" } }, {}] });
		expect(at(usersColumn(table))).toEqual(["2 a", "3 b", "4 c"]);
		expect(await failure(async () => usersColumn(await read("Note,User\nx,a\ny\n")))).toMatchObject({
			data: { lines: [{ line: 3, problem: 'no user in the column "User"' }], total: 1 },
		});
	});

	it("is delimited by what the caller says", async () => {
		const table = await parseInput(Buffer.from("Name, first|User\nDupont, Jean|jdupont\n"), "x", { delimiter: "|" });
		expect(at(usersColumn(table))).toEqual(["2 jdupont"]);
	});

	it("refuses a header that would reach the terminal with an escape sequence", async () => {
		const error = await failure(() => read("User,\u001b[2J\na,b"));
		expect(error).toMatchObject({ code: "bad-input-lines", data: { lines: [{ line: 1 }] } });
	});

	it("refuses more columns than any export has", async () => {
		const error = await failure(() => read(`User${",".repeat(20_000)}\n`));
		expect(error).toMatchObject({ kind: "usage", code: "input-too-large" });
	});
});

describe("bad lines", () => {
	it("are kept apart, by number, for a caller that goes on without them", async () => {
		const table = await read('User,Note\n"a\nb",x\n"c\nd",e,f\nok,1\ng\u0001h,i\n');
		expect(table.rows.map((row) => row.line)).toEqual([2, 6]);
		const many = "3 cells, but 2 columns; quote a cell that contains the delimiter";
		expect(table.bad).toEqual([
			{ line: 4, lastLine: 5, problem: many },
			{ line: 7, problem: "a control character" },
		]);
		const { users, bad } = sortUsers(table);
		expect(users.map(({ text }) => text)).toEqual(["ok"]);
		expect(bad).toEqual([
			{ line: 2, lastLine: 3, problem: "a tab or a line break inside the user's name" },
			...table.bad,
		]);
		expect(withTexts(table, bad).map(({ text }) => text)).toEqual(['"a\u2026', '"c\u2026', "g\u0001h,i"]);
	});

	it("are refused all at once, one a row", async () => {
		const table = await read('User,Note\n,x\nb,y,z\n"  ",y\nok,z\n');
		const error = await failure(() => refuseBadLines("users.csv", withTexts(table, sortUsers(table).bad)));
		const many = "3 cells, but 2 columns; quote a cell that contains the delimiter";
		expect(error).toMatchObject({
			kind: "usage",
			code: "bad-input-lines",
			data: {
				source: "users.csv",
				lines: [
					{ line: 2, text: ",x", problem: 'no user in the column "User"' },
					{ line: 3, text: "b,y,z", problem: many },
					{ line: 4, text: '"  ",y', problem: 'no user in the column "User"' },
				],
				total: 3,
			},
		});
		expect(error.message).toBe(
			`3 bad lines in users.csv: line 2: no user in the column "User"; line 3: ${many}; line 4: no user in the column "User".`,
		);
		expect(error.atLength).toEqual([
			"3 bad lines in users.csv:",
			'line 2  ,x      no user in the column "User"',
			`line 3  b,y,z   ${many}`,
			'line 4  "  ",y  no user in the column "User"',
		]);
	});

	it("are named five in the message, a hundred in the data, and all on a terminal", async () => {
		const table = await read(`User,Note\n${",x\n".repeat(250)}`);
		const error = await failure(() => usersColumn(table));
		expect(error.message).toMatch(/^250 bad lines in users\.csv: line 2: .*; line 6: [^;]*; and 245 more\.$/);
		expect(error.data.lines).toHaveLength(100);
		expect(error.data.total).toBe(250);
		expect(error.atLength).toHaveLength(251);
	});

	it("end the reading when they are countless, for it is the wrong file", async () => {
		const error = await failure(() => read(`User,Note\n${"x,y,z\n".repeat(15_000)}`));
		expect(error).toMatchObject({ code: "bad-input-lines", data: { total: 10_001 } });
		expect(error.atLength.at(-1)).toBe("and 9001 more lines");
	});

	it.each([
		["is never closed", 'User,Note\na,1\nb,"2\nc,3\n', [3, 4], /never closed/],
		["is never closed in the last line", 'User,Note\na,1\nb,"2', [3, 3], /never closed/],
		["is closed within the cell", 'User,Note\na,1\n"b"x,2\nc,3\r\nd,4', [3, 5], /in the middle/],
		["is closed within the cell, after a space", 'User,Note\na,1\n"b" x,2\nc,3\n', [3, 4], /in the middle/],
		["opens within the cell", 'User,Note\na,1\nJean "Jo" D,2\nc,3\r\n', [3, 4], /in the middle/],
	] as const)(
		"say where a quotation mark %s, and which lines after it were not read",
		async (_, text, lines, problem) => {
			const table = await read(text);
			const [line, lastLine] = lines;
			const place = line === lastLine ? { line } : { line, lastLine };
			expect(table.bad).toEqual([{ ...place, problem: expect.stringMatching(problem) }]);
			expect(table.rows.every((row) => row.line < line)).toBe(true);
			const error = await failure(() => usersColumn(table));
			expect(error).toMatchObject({ code: "bad-input-lines" });
			expect(error.message).toContain(line === lastLine ? `line ${line}: ` : `lines ${line} to ${lastLine}: `);
		},
	);

	it("begin where the record does in which a quotation mark is never closed", async () => {
		const table = await read('User,Note\r\n"a\r\nb","2\r\nc,3\r\n');
		expect(table.rows).toEqual([]);
		expect(table.bad).toEqual([
			{ line: 2, problem: "the record could not be read to its end" },
			{ line: 3, lastLine: 4, problem: expect.stringMatching(/never closed/) },
		]);
	});

	it("in the header leave no table", async () => {
		const error = await failure(() => read('"User,Note\na,b\n'));
		expect(error).toMatchObject({ code: "bad-input-lines", data: { lines: [{ line: 1, lastLine: 2 }], total: 1 } });
	});

	it("of any check can be refused the same way", () => {
		expect(() => refuseBadLines("x", [])).not.toThrow();
		expect(() => refuseBadLines("x", [{ line: 7, problem: "There is no ID 5." }])).toThrow(
			"1 bad line in x: line 7: There is no ID 5.",
		);
	});
});

describe("nothing to read", () => {
	it.each([
		["an empty file", ""],
		["only a byte order mark", "\ufeff"],
		["only blank lines and comments", "\n \n# nobody\n"],
		["only a #TYPE line", "#TYPE System.String\r\n"],
		["only a header", "User,Note\r\n"],
	])("%s is a usage error", async (_, text) => {
		expect(await failure(() => read(text))).toMatchObject({ kind: "usage", code: "empty-input" });
	});
});

describe("the users' column", () => {
	const pick = async (header: string, column?: string) => {
		const cells = header.split(",");
		const [user] = await usersOf(`${header}\n${cells.map((_, at) => `cell${at}`).join(",")}\n`, column);
		return cells[Number(user?.replace("cell", ""))];
	};

	it("is the one asked for, without regard to case", async () => {
		expect(await pick("Name,SamAccountName,UserPrincipalName", "samaccountNAME")).toBe("SamAccountName");
		expect(await pick("Prénom,Été", "ÉTÉ".normalize("NFD"))).toBe("Été");
	});

	it.each([
		["DistinguishedName,Enabled,GivenName,Name,ObjectClass,ObjectGUID,SamAccountName,SID,Surname", "SamAccountName"],
		["AccountExpires,Description,Enabled,FullName,Name,SID", "Name"],
		["Nom,Compte,Courriel", "Compte"],
		["Nom d’utilisateur,Service", "Nom d’utilisateur"],
		["environment,user,id,port,state", "user"],
		["Id,ProcessName,UserName", "UserName"],
	])("is found in %s", async (header, column) => {
		expect(await pick(header)).toBe(column);
	});

	it("is not guessed between two that name accounts", async () => {
		const error = await failure(() => pick("Name,SamAccountName,User Principal Name"));
		expect(error).toMatchObject({
			kind: "usage",
			code: "several-user-columns",
			hints: [
				"Specify one, for example --column SamAccountName.",
				'Specify one, for example --column "User Principal Name".',
			],
		});
		expect(error.message).toContain('"SamAccountName", "User Principal Name"');
	});

	it.each([
		["no-user-column", "Dupont,Jean", undefined],
		["no-user-column", "ID,Port", undefined],
		["unknown-column", "User,Note", "Compte"],
	])("is missing (%s) in %s: the columns are listed", async (code, header, column) => {
		const error = await failure(() => pick(header, column));
		expect(error).toMatchObject({ kind: "usage", code, data: { columns: header.split(",") } });
		for (const name of header.split(",")) expect(error.message).toContain(`"${name}"`);
	});

	it("is not a lone column of IDs", async () => {
		expect(await failure(() => usersOf("ID\n7\n8\n"))).toMatchObject({ code: "no-user-column" });
	});

	it("can be looked up like any other", async () => {
		const table: InputTable = await read("User;ID\njdupont;7");
		expect(findColumn(table, " id ")).toBe("ID");
		expect(findColumn(table, "port")).toBeUndefined();
	});
});
