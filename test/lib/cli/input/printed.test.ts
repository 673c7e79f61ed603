import { describe, expect, it } from "vitest";
import { parseInput } from "../../../../src/lib/cli/input/file.js";
import { failure } from "../../failure.js";

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
const read = (text: string | Buffer) => parseInput(Buffer.from(text), "users.txt");

/** What programs print for people, in the languages of their machines. */
const printed: [what: string, shape: string, text: string | Buffer][] = [
	[
		"Get-LocalGroupMember, as 5.1 redirects it",
		"table",
		utf16(
			"\r\nObjectClass Name               PrincipalSource\r\n----------- ----               ---------------\r\n" +
				"User        SERVER1\\ana        Local          \r\nGroup       CORP\\Domain Admins ActiveDirectory\r\n\r\n\r\n",
		),
	],
	["Select-Object with one column", "table", "\r\nSamAccountName\r\n--------------\r\nana\r\nben\r\n\r\n"],
	["a table without its headings", "table", "SERVER1\\ana   Local\r\nSERVER1\\ben   Local\r\n"],
	[
		"Get-ADUser in French, with colours",
		"facts",
		"\r\n\x1b[32;1mDistinguishedName : \x1b[0mCN=Zoé,OU=Équipe,DC=corp,DC=example\r\n\x1b[32;1mEnabled           : \x1b[0mTrue\r\n" +
			"\x1b[32;1mSamAccountName    : \x1b[0mzoe\r\n\r\n",
	],
	["one property of one user", "facts", "SamAccountName : ana\r\n"],
	[
		"a value that goes on",
		"facts",
		"Name        : ana\r\nDescription : a very long\r\n              text\r\nEnabled     : True\r\n",
	],
	[
		"LDIF",
		"facts",
		"dn: CN=Ana,DC=corp,DC=example\nsAMAccountName: ana\nname:: Wm/DqQ==\n\ndn: CN=Ben,DC=corp\nsAMAccountName: ben\n",
	],
	[
		"net user in French, in its own code page",
		"table",
		Buffer.from(
			"\r\ncomptes d'utilisateurs de \\\\SERVEUR\r\n\r\n-----------------------------------------------\r\n" +
				"Administrateur           ana                      zo\x82\r\nLa commande s'est termin\x82e correctement.\r\n\r\n",
			"latin1",
		),
	],
	[
		"net localgroup in German",
		"table",
		"Aliasname     Administratoren\r\nBeschreibung  Administratoren, mit Vollzugriff\r\n\r\nMitglieder\r\n\r\n" +
			"-----------------------------------------------\r\nana\r\nCORP\\ben\r\nDer Befehl wurde erfolgreich ausgeführt.\r\n",
	],
	[
		"net user of one user",
		"table",
		"Nom d’utilisateur                              ana\r\nNom complet                                    Ana\r\n",
	],
	[
		"quser",
		"table",
		" USERNAME              SESSIONNAME        ID  STATE   IDLE TIME  LOGON TIME\r\n" +
			">ana                   rdp-tcp#1           2  Active          .  01.03.2026 08:00\r\n",
	],
	[
		"quser in German",
		"table",
		" BENUTZERNAME          SITZUNGSNAME       ID  STATUS  LEERLAUF   ANMELDEZEIT\r\n" +
			" ana                                       2  Getr.       1+02:10  01.03.2026 08:00\r\n",
	],
	["wmic", "table", utf16("Name   SID\r\r\nana    S-1-5-21-1-2-3-1001\r\r\nben    S-1-5-21-1-2-3-1002\r\r\n")],
	["dsget", "table", "  samid\r\n  ana\r\n  ben\r\ndsget succeeded\r\n"],
	["dsget in French", "table", "  samid\r\n  ana\r\ndsget a réussi\r\n"],
	["a database's client", "table", " user | id\n------+----\n ana  |  7\n(1 row)\n"],
	["sqlcmd with commas", "table", "user,id\n----,--\nana,7\n"],
	["Markdown", "table", "| user | id |\n|---|---|\n| ana | 7 |\n"],
	["a box of ours", "table", "┌──────┬────┐\n│ USER │ ID │\n├──────┼────┤\n│ ana  │  7 │\n└──────┴────┘\n"],
	["objects", "objects", "@{SamAccountName=ana}\r\n@{SamAccountName=ben}\r\n"],
	["Format-Wide", "table", "ana        ben\r\ncleo       dan\r\n"],
	["JSON", "markup", '[\n{"user":"ana"}\n]\n'],
	["JSON of one object", "markup", '{"user":"ana"}\n'],
	["XML", "markup", '<?xml version="1.0"?>\n<users/>\n'],
];

describe("what a program printed for people", () => {
	it.each(printed)("is no list of users: %s", async (_, shape, text) => {
		const error = await failure(() => read(text as string));
		expect(error).toMatchObject({
			kind: "usage",
			code: "printed-output",
			data: { source: "users.txt", printed: shape },
		});
		expect(error.hints.join("\n")).toContain("Select-Object -ExpandProperty");
	});

	it.each([
		["names with single spaces", "Jean de La Tour\nAna Maria\nCORP\\Dr. No\n", 3],
		["names with dashes", "jean-luc\na--b\n-ana\n", 3],
		["a comment that is ruled", "# -----------\n# finance\n# -----------\nana\nben\n", 2],
		["staff numbers and principal names", "4711\n4712@corp.example.com\n", 2],
		["a heading with a colon among many names", `Finance:\n${"ana\n".repeat(9)}`, 10],
		["a CSV whose cells are aligned", "User ,  Note\nana  ,  x\nben  ,  y\n", 2],
		["a CSV with dashes for nothing", "User;Note\nana;--\nben;---\n", 2],
		["a CSV with notes like facts", 'User,Note\nana,"Tel: 1\nFax: 2\nMail: 3\nRoom: 4"\n', 1],
	])("%s are none", async (_, text, rows) => {
		const table = await read(text);
		expect(table).toMatchObject({ bad: [] });
		expect(table.rows).toHaveLength(rows);
	});

	it("is refused line by line where it is one line among names", async () => {
		const { rows, bad } = await read("ana\nben   Local\ncleo\ndan\n");
		expect(rows.map(({ line }) => line)).toEqual([1, 3, 4]);
		expect(bad).toEqual([{ line: 2, problem: "several spaces in a row, as in a printed table" }]);
	});

	it("is looked for in the beginning alone, however long the text is", async () => {
		const table = await read("CORP\\user\n".repeat(500_000));
		expect(table.rows).toHaveLength(500_000);
	});
});
