import { isHeaderWord } from "./columns.js";
import { LINE_BREAK } from "./lines.js";

/** What an input is and where it begins. */
export type Layout =
	| { kind: "plain"; start: number; line: number }
	| {
			kind: "csv";
			/** Where the header record begins in the text, and the line that is. */
			start: number;
			line: number;
			/** One, when the header shows it; all, for a one-column table, so that a second cell in a row is noticed. */
			delimiters: string[];
			/** False when nothing but its quotation marks says that the first line is a header. */
			headed: boolean;
	  };

/** In the order that decides between equally frequent ones: text holds more commas than semicolons, and no tabs. */
const DELIMITERS = ["\t", ";", ","];

/**
 * Tells a CSV with a header from a plain list of one user a line, by the first line that says anything. Before it,
 * blank lines, `#` comments, PowerShell 5.1's `#TYPE …` and Excel's `sep=;` are skipped.
 *
 * That line makes the input a CSV when
 * 1. a delimiter (comma, semicolon, tab) stands in it outside quotation marks: the most frequent one is *the* delimiter;
 *    or `|` stands between words of which one is a known column name;
 * 2. or `#TYPE` came before it;
 * 3. or it is a known column name and nothing else (`SamAccountName`, `"User"`, `Utilisateur`, `E-mail` …);
 * 4. or it begins with a quotation mark; then it may as well be a user, and `headed` is false.
 *
 * A distinguished name (`CN=Ana,OU=Staff`) has commas and is no header. Anything else is a plain list, whose first line is its first user. So a one-column CSV with a header nobody knows
 * must be quoted, and a plain list cannot begin with an account called `user` or `login`.
 *
 * @param delimiter what the caller knows to part the cells: then the first line is a header
 * @returns undefined when no line says anything
 */
export function findLayout(text: string, delimiter?: string): Layout | undefined {
	let start = 0;
	let line = 1;
	let typed = false;
	let separator = delimiter;
	for (const breaks = new RegExp(LINE_BREAK); ; ) {
		if (start >= text.length) return undefined;
		const lineBreak = breaks.exec(text);
		const content = text.slice(start, lineBreak?.index).trim();
		if (/^#TYPE\b/.test(content)) typed = true;
		else if (/^"?sep=[,;\t]?"?$/i.test(content)) separator ??= /[,;]/.exec(content)?.[0] ?? "\t";
		// "#" may also be the name of the first column (a row's number): then a delimiter follows at once.
		else if (content !== "" && !(content.startsWith("#") && !DELIMITERS.includes(content.charAt(1)))) break;
		if (lineBreak === null) return undefined;
		start = lineBreak.index + lineBreak[0].length;
		line++;
	}
	const head = scanHead(text, start);
	if (separator === undefined && DISTINGUISHED_NAME.test(head.content)) return { kind: "plain", start, line };
	// In a name it is a mistake, and so it must be told: only between names of columns does it part them.
	const isPiped = head.content.includes("|") && head.content.split("|", 100).some((cell) => isHeaderWord(cell.trim()));
	const found = separator ?? head.delimiter ?? (isPiped ? "|" : undefined);
	const headed = typed || isHeaderWord(head.content);
	if (found !== undefined) return { kind: "csv", start, line, delimiters: [found], headed: true };
	if (headed || head.content.startsWith('"')) return { kind: "csv", start, line, delimiters: DELIMITERS, headed };
	return { kind: "plain", start, line };
}

/** `CN=Ana Dupont,OU=Staff,DC=corp`, in quotation marks or not. */
const DISTINGUISHED_NAME = /^"?(?:[a-z][\w.-]*=[^=]*,\s*)+[a-z][\w.-]*=[^=]*$/i;

/** More of the first line than this is not looked at: no header is longer, and the first line may be the whole file. */
const HEAD_LENGTH = 1 << 20;

/** The first record as it stands, to its line's end outside quotation marks, and the delimiter found in it. */
function scanHead(text: string, start: number): { content: string; delimiter: string | undefined } {
	const counts = new Map<string, number>();
	const limit = Math.min(text.length, start + HEAD_LENGTH);
	let quoted = false;
	let fresh = true; // at the beginning of a cell, the only place where a quotation mark opens one
	let at = start;
	for (; at < limit; at++) {
		const char = text.charAt(at);
		if (quoted) {
			if (char !== '"') continue;
			if (text.charAt(at + 1) === '"') at++;
			else quoted = false;
		} else if (char === "\n" || char === "\r") break;
		else if (DELIMITERS.includes(char)) {
			counts.set(char, (counts.get(char) ?? 0) + 1);
			fresh = true;
		} else if (char === '"' && fresh) quoted = true;
		else if (char.trim() !== "") fresh = false;
	}
	const most = Math.max(...counts.values());
	return { content: text.slice(start, at).trim(), delimiter: DELIMITERS.find((char) => counts.get(char) === most) };
}
