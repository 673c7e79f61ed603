/** The word that is being typed, and those before it. */
export interface Typed {
	/** What stands before it, without quotation marks; the program's own name is not among them. */
	before: readonly string[];
	/** What there is of it, without quotation marks. */
	word: string;
	/** Makes what bash puts in its place of a whole value. */
	insert: (value: string) => string;
}

/** Between the words that a completion script hands over: no word holds it. */
export const separator = "\u001f";

/** The words as a shell that knows them hands them over, the last one as far as it is typed. It quotes by itself. */
export function fromWords(text: string): Typed {
	const words = text.split(separator);
	return { before: words.slice(0, -1), word: words.at(-1) ?? "", insert: (value) => value };
}

/** Readline begins a new word behind these (`COMP_WORDBREAKS`), and puts only what follows in its place. */
const breaks = /[=:<>|&;(]/;

/**
 * A line as bash, zsh and fish hand it over: as it was typed, up to the cursor. Nothing of it is carried out; where it would be (`$(`), or
 * where another command begins, those characters are only characters.
 *
 * @returns undefined when the program's name is all there is
 */
export function fromLine(text: string): Typed | undefined {
	const words: string[] = [];
	let word: string | undefined;
	/** The quotation mark that is open. */
	let open: "'" | '"' | undefined;
	/** How many characters of the word's value stand before what readline puts something in the place of. */
	let kept = 0;
	const add = (character: string) => {
		word = (word ?? "") + character;
	};
	for (let at = 0; at < text.length; at += 1) {
		const character = text[at] as string;
		if (open !== undefined) {
			if (character === open) open = undefined;
			else if (open === '"' && character === "\\" && /["\\$`]/.test(text[at + 1] ?? "")) add(text[++at] as string);
			else add(character);
		} else if (/\s/.test(character)) {
			if (word !== undefined) words.push(word);
			[word, kept] = [undefined, 0];
		} else if (character === "'" || character === '"') {
			open = character;
			add("");
			kept = word?.length ?? 0;
		} else if (character === "\\") {
			at += 1;
			add(text[at] ?? "");
		} else {
			add(character);
			if (breaks.test(character)) kept = word?.length ?? 0;
		}
	}
	if (words.length === 0) return undefined;
	const quote = open === undefined ? escaped : open === "'" ? inApostrophes : inQuotes;
	const front = kept;
	return { before: words.slice(1), word: word ?? "", insert: (value) => quote(value.slice(front)) };
}

function escaped(text: string): string {
	return text.replace(/[^\p{L}\p{N}_%+,./:=@-]/gu, "\\$&");
}

/** Nothing but the mark's own end means anything here: it is closed for one, and opened again. */
function inApostrophes(text: string): string {
	return closed(text.replaceAll("'", "'\\''"), "'");
}

/** A `!` recalls an earlier command, and a backslash before it would stay: it stands outside. */
function inQuotes(text: string): string {
	return closed(text.replace(/["\\$`]/g, "\\$&").replaceAll("!", '"\\!"'), '"');
}

/** Readline closes the mark itself, unless that is the last character already. */
function closed(text: string, mark: string): string {
	return text.endsWith(mark) ? text + mark : text;
}
