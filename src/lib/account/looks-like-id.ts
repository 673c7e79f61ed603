/** Whether a text is meant as an ID, well written or not (`7`, `-7`, `7.5`, `0x7`), and not as a user name. */
export function looksLikeId(text: string): boolean {
	return /^\s*([-+]?\d+([.,]\d*)?|0x[\da-f]*|\d+e\d+)\s*$/i.test(text);
}
