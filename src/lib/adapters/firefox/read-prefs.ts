import type { UserFolder } from "../user-files/user-folder.js";

/** Preferences grow with add-ons; seen up to some hundred kilobytes. */
const longest = 16 << 20;

export type PrefValue = string | number | boolean;

/**
 * What a profile's `prefs.js` and then its `user.js` say: Firefox reads both at its start, and the later one counts
 * (modules/libpref/parser/src/lib.rs). A line that is none of theirs is skipped.
 *
 * @throws Unfit denied, unsupported
 */
export function readPrefs(profile: UserFolder): Map<string, PrefValue> {
	const prefs = new Map<string, PrefValue>();
	for (const name of ["prefs.js", "user.js"]) {
		for (const [key, value] of prefsIn(smallText(profile, name) ?? "")) prefs.set(key, value);
	}
	return prefs;
}

/** The preferences in a text as Firefox reads it: statements, and comments between them. What is none ends at its semicolon. */
export function prefsIn(text: string): Map<string, PrefValue> {
	const prefs = new Map<string, PrefValue>();
	const cursor = new PrefCursor(text);
	while (cursor.skip()) {
		const [name, value] = cursor.statement() ?? [];
		if (name !== undefined && value !== undefined) prefs.set(name, value);
	}
	return prefs;
}

/** Goes through the text once, and never back. */
class PrefCursor {
	private at = 0;

	constructor(private readonly text: string) {}

	/** Leaves blanks and comments behind. @returns whether there is more */
	skip(): boolean {
		const { text } = this;
		for (;;) {
			while (this.at < text.length && text.charCodeAt(this.at) <= 0x20) this.at += 1;
			if (text.startsWith("/*", this.at)) this.at = endOf(text, "*/", this.at);
			else if (text.startsWith("//", this.at) || text[this.at] === "#") this.at = endOf(text, "\n", this.at);
			else return this.at < text.length;
		}
	}

	statement(): [string, PrefValue] | undefined {
		const isPref = ["user_pref", "sticky_pref", "pref"].some((word) => this.takes(word));
		const name = isPref && this.takes("(") ? this.string() : undefined;
		const value = name !== undefined && this.takes(",") ? this.value() : undefined;
		if (name !== undefined && value !== undefined && this.takes(")") && this.takes(";")) return [name, value];
		this.at = endOf(this.text, ";", this.at);
		return undefined;
	}

	private takes(word: string): boolean {
		this.skip();
		const isThere = this.text.startsWith(word, this.at);
		if (isThere) this.at += word.length;
		return isThere;
	}

	private value(): PrefValue | undefined {
		if (this.takes("true")) return true;
		if (this.takes("false")) return false;
		const number = /^[-+]?\d{1,10}(?!\w)/.exec(this.text.slice(this.at, this.at + 12))?.[0];
		if (number === undefined) return this.string();
		this.at += number.length;
		return Number(number);
	}

	private string(): string | undefined {
		this.skip();
		const quote = this.text[this.at];
		if (quote !== '"' && quote !== "'") return undefined;
		const from = this.at + 1;
		for (let at = from; at < this.text.length; at += 1) {
			if (this.text[at] === "\\") at += 1;
			else if (this.text[at] === quote) {
				this.at = at + 1;
				return unescaped(this.text.slice(from, at));
			}
		}
		this.at = this.text.length;
		return undefined;
	}
}

function endOf(text: string, what: string, from: number): number {
	const at = text.indexOf(what, from);
	return at < 0 ? text.length : at + what.length;
}

/** The text that a string stands for; undefined where it has an escape that Firefox refuses, which takes the statement with it. */
function unescaped(text: string): string | undefined {
	if (/\\(?:x00|u0000)/i.test(text.replaceAll("\\\\", ""))) return undefined;
	let isSound = true;
	const whole = text.replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|([\s\S]))/gi, (_, short, long, one) => {
		const code = short ?? long;
		if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
		if (one === "n") return "\n";
		if (one === "r") return "\r";
		isSound &&= one === '"' || one === "'" || one === "\\";
		return one;
	});
	return isSound ? whole : undefined;
}

/** The version of the Firefox that last used a profile (`compatibility.ini`); undefined when nothing says it. */
export function lastVersion(profile: UserFolder): number | undefined {
	const found = /^LastVersion=(\d{1,5})\./m.exec(smallText(profile, "compatibility.ini") ?? "");
	return found?.[1] === undefined ? undefined : Number(found[1]);
}

function smallText(folder: UserFolder, name: string): string | undefined {
	const file = folder.file(name);
	try {
		return file === undefined || file.size > longest ? undefined : file.read(0, file.size).toString("utf8");
	} finally {
		file?.close();
	}
}
