/**
 * A name that is no account's, as every store compares it: A to Z without case, and nothing else. Names of environments are
 * such names. Accounts are related by `relate` alone.
 */
export function foldedAscii(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
