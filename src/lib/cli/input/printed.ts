import { type Hint, line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { LINE_BREAK } from "./lines.js";

/** What a list is of. */
export type Held = "users" | "ids" | "sites" | "certificates";

/** What a program printed for people: its shapes, which are alike in all languages. */
export type Printed = "table" | "facts" | "objects" | "markup";

/** A table that is printed shows itself in its first lines; of a longer text no more is looked at. */
const SAMPLE_LENGTH = 1 << 16;

/** The colours that PowerShell 7 writes into a file, too, when it is told to. */
const COLOUR = /\x1b\[[\d;]*m/g;

/** Under a heading, or between a heading and what it is about: `----   ---`, `=====`, `---+---`, `----,--` (sqlcmd). */
const UNDERLINE = /^(?=.*(?:-{2,}|={2,}|\u2500{2,}))[-=+|,;\s\u2500-\u257f]+$/;

/** Lines around cells: those of a box, of a database's client. */
const FRAMED = /^(?:[\u2500-\u257f]|\+-)/;

/** `Name  : value` as Format-List, LDIF (`cn: value`, `cn:: value`) and many others have it; French puts a space first. */
const FACT = /^[\p{L}_][\p{L}\p{M}\p{N} _.;'\u2019()/-]{0,60}?\s*::?(?: .*)?$/u;

/** Columns that nothing but spaces part. A name has single ones. */
const COLUMNS = /\S(?: {2,}|\u00a0{2,})\S/;

/** What dsget says at the end, under a column of names that is indented. */
const DIRECTORY_TOOL = /^ds(?:get|query)\b\s+\S/i;

/**
 * Whether a text is what a program prints for people instead of a list: a table (Format-Table, Format-Wide, `net user`,
 * `net localgroup`, `quser`, `wmic`, a database's client, Markdown), facts (Format-List, LDIF, `net user NAME`), objects
 * (`@{Name=ana}`), or JSON, XML and HTML. Headings and words are not looked at: they are in the language of the machine.
 *
 * A plain list of names with single spaces is none, nor is a CSV; one line that looks like a row of a table is not enough
 * either, and is for the reader of the list to refuse.
 *
 * @param isList whether it would be read as a plain list: around the cells of a CSV, spaces mean nothing
 */
export function findPrinted(text: string, isList: boolean): Printed | undefined {
	const lines = text
		.slice(0, SAMPLE_LENGTH)
		.replace(COLOUR, "")
		.split(LINE_BREAK)
		.map((line) => line.trim())
		.filter((line) => line !== "");
	const [first = ""] = lines;
	if (/^(?:<[?!\w]|\{|\[\s*(?:[[{"]|$))/.test(first)) return "markup";
	// Markdown. In a CSV that is parted so, no row but the header must begin and end with something.
	if (/^\|.*\|$/.test(first)) return "table";
	// A comment in a plain list may be ruled as one likes; and in a CSV a cell of several lines may hold anything.
	const ruled = isList ? lines.filter((line) => !line.startsWith("#")) : lines.slice(0, 2);
	if (
		ruled.some((line) => UNDERLINE.test(line)) ||
		(isList ? ruled : lines.slice(0, 1)).some((line) => FRAMED.test(line))
	) {
		return "table";
	}
	const most = (pattern: RegExp) => {
		const count = lines.filter((line) => pattern.test(line)).length;
		return count > 0 && count >= lines.length / 2;
	};
	if (most(/^@\{.*=.*\}$/)) return "objects";
	// A cell of several lines may hold facts, but no header is one.
	if (most(FACT) && (isList || FACT.test(first))) return "facts";
	if (lines.length > 1 && isList && most(COLUMNS)) return "table";
	return DIRECTORY_TOOL.test(lines.at(-1) ?? "") ? "table" : undefined;
}

/** Refuses what a program printed, and says how the list can be had instead. */
export function printedError(printed: Printed, source: string, holds: Held = "users"): CfmError {
	const message = {
		table: t`${source} is a table as a program prints it, not a list: headings and rows would be taken for entries.`,
		facts: t`${source} is a list of properties as a program prints them, not a list.`,
		objects: t`${source} is a list of objects as PowerShell prints them, not a list.`,
		markup: t`${source} is JSON, XML or HTML, not a list.`,
	}[printed];
	return new CfmError("usage", "printed-output", message, {
		hints: hintsFor(holds),
		data: { source, printed },
	});
}

function hintsFor(holds: Held): Hint[] {
	const hints: Record<Held, () => Hint[]> = {
		users: () => [
			t`Write the names alone: Get-ADUser … | Select-Object -ExpandProperty SamAccountName > users.txt`,
			t`The members of a local group: Get-LocalGroupMember GROUP | Select-Object -ExpandProperty Name > users.txt`,
			t`Or write a CSV file: … | Export-Csv users.csv -NoTypeInformation`,
		],
		ids: () => [
			t`Write a CSV file whose first line is user,id. Names come from: Get-ADUser … | Select-Object SamAccountName | Export-Csv users.csv -NoTypeInformation`,
			{ say: t`Of JSON, only what cfm wrote is read:`, line: line("ids export", [], { format: "json" }) },
		],
		certificates: () => [
			{ say: t`Write a CSV file as cfm does:`, line: line("certs export", [], { "out-file": { fill: "FILE" } }) },
		],
		sites: () => [t`Write one site per line, or a CSV file whose first line is site,note.`],
	};
	return hints[holds]();
}
