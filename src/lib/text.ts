/**
 * Marks a text as meant for people: the English stands where it is used and is the key of its translation (`{0}`, `{1}` …
 * for the values). The build puts the other languages in its place, a bundle each (docs/decisions/0019); this function
 * is what runs without a build.
 *
 * A text is a whole sentence or a whole label, never a piece of one. Keys, codes and field names are never passed through
 * here, and nothing is ever compared with a text.
 */
export function t(parts: TemplateStringsArray, ...values: (string | number)[]): string {
	return String.raw({ raw: parts }, ...values);
}

/** Tells apart two meanings of the same English: `` t.in("verb")`Release` ``. */
t.in = (_context: string) => t;

/** The forms of a text, of which a language may have up to six; English has two. */
export type PluralForms = { one: string; other: string };

/** Which form each whole number takes: of 0 to 99 and, by the last two digits, of all from 100 on; and of whole millions. */
interface PluralRule {
	/** A digit for each number: the position in `categories`. */
	small: string;
	large: string;
	million: number;
}

declare const CFM_PLURAL_RULE: PluralRule | undefined;
declare const CFM_LANGUAGE: string | undefined;
declare const CFM_LANGUAGES: readonly string[] | undefined;

/** The language of this bundle. */
export const language = typeof CFM_LANGUAGE === "string" ? CFM_LANGUAGE : "en";

/** The languages that were built, English first. */
export const languages: readonly string[] = typeof CFM_LANGUAGES === "object" ? CFM_LANGUAGES : ["en"];

/** `fr_CA.UTF-8` is `fr-ca` when that was built, else `fr`, else English. */
export function nearestLanguage(wanted: string, built: readonly string[] = languages): string {
	const [whole = ""] = wanted.toLowerCase().replaceAll("_", "-").split(/[.@]/);
	const [base = ""] = whole.split("-");
	return [whole, base].find((one) => built.includes(one)) ?? "en";
}

const categories = ["zero", "one", "two", "few", "many", "other"] as const;

/**
 * The text for a number of things, by the rule of the language: in French 0 is singular, in Polish 2 and 5 differ.
 *
 * @param number a whole number, not negative
 * @param forms literal, so that the build finds them; the language's own forms after it
 */
export function plural(number: number, forms: PluralForms): string {
	if (typeof CFM_PLURAL_RULE !== "object") return number === 1 ? forms.one : forms.other;
	const { small, large, million } = CFM_PLURAL_RULE;
	const digit = number < 100 ? small[number] : number % 1_000_000 === 0 ? million : large[number % 100];
	return (forms as Partial<Record<string, string>>)[categories[Number(digit)] ?? "other"] ?? forms.other;
}

/** Names for a sentence: of many the first ten, and how many more there are. JSON tells all. */
export function someOf(names: readonly string[]): string {
	const shown = names.slice(0, 10).join(", ");
	return names.length > 10 ? t`${shown} and ${names.length - 10} more` : shown;
}

/** What writes on a terminal, parts lines, turns the direction of writing, or is not seen at all. */
let hidden: RegExp | undefined;

/**
 * Makes visible what is hidden in a text: a name or a path must neither write on the administrator's terminal nor look like
 * another line or another name. The shell passes everything through it that it prints for people (docs/decisions/0029).
 */
export function visible(text: string): string {
	// Nearly all of a hundred thousand cells are ASCII.
	if (!/[^ -~]/.test(text)) return text;
	// Made on use: these properties take V8 a thirtieth of Node's whole start.
	hidden ??= /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
	return text.replace(hidden, escaped);
}

/** The same for a text of several lines, for a terminal: line ends and tabs stay, and a byte order mark is left out. */
export function visibleLines(text: string): string {
	const parts = text.replace(/^\ufeff/, "").split(/(\r?\n|\t)/);
	return parts.map((part, at) => (at % 2 === 0 ? visible(part) : part)).join("");
}

function escaped(char: string): string {
	const hex = (char.codePointAt(0) ?? 0).toString(16);
	return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`;
}
