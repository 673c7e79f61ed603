/**
 * Marks a text as meant for people, so that a translation can be found for it without touching the code again:
 * the English stands where it is used and is the key (`{0}`, `{1}` … for the values).
 *
 * Keys, codes and field names are never passed through here.
 */
export function t(parts: TemplateStringsArray, ...values: (string | number)[]): string {
	const translated = catalogue?.get(parts.reduce((key, part, at) => `${key}{${at - 1}}${part}`));
	if (translated === undefined) return String.raw({ raw: parts }, ...values);
	return translated.replace(/\{(\d+)\}/g, (_, at) => String(values[Number(at)]));
}

/** The text for one thing, or the one for any other number of them. */
export function counted(number: number, one: string, more: string): string {
	return number === 1 ? one : more;
}

/** Makes control characters visible: a name or a path must not be able to write on the administrator's terminal. */
export function visible(text: string): string {
	return text.replace(
		/[\p{Cc}\p{Cf}\p{Cs}]/gu,
		(char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
	);
}

let catalogue: ReadonlyMap<string, string> | undefined;

/** Takes the texts of another language; `undefined` goes back to the English in the code. */
export function speak(texts: ReadonlyMap<string, string> | undefined): void {
	catalogue = texts;
}
