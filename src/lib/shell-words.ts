/** A word for a hint, so that the command runs as printed in PowerShell, cmd and sh for ordinary names. */
export function quoted(word: string): string {
	return /^[\w.@%+:,/-]+$/.test(word) ? word : `"${word}"`;
}
