/** Printable ASCII, as most names are: Unicode's tables need not be asked, which costs a process a millisecond. */
const ascii = /^[ -~]*$/;

/**
 * A name as it is compared: without case, as Windows compares account names (RtlEqualUnicodeString), code unit by code
 * unit. Its table pairs a capital with a small letter only where each is the other's: the Kelvin sign is no k, a dotless i
 * no i, ﬁ is not fi, ß not ss. The same pairs come of Unicode's simple mappings that lead there and back; compared with the
 * table of Wine (l_intl.nls), only letters that are newer than it differ.
 */
export function foldName(name: string): string {
	if (ascii.test(name)) return name.toLowerCase();
	let folded = "";
	for (let at = 0; at < name.length; at += 1) folded += foldUnit(name[at] as string);
	return folded;
}

function foldUnit(unit: string): string {
	const small = unit.toLowerCase();
	if (small.length !== 1) return unit;
	// Greek capitals with iota become two letters in JavaScript's upper case; in Windows' table they are pairs.
	return small.toUpperCase() === unit || /[\u1f80-\u1fff]/.test(unit) ? small : unit;
}

/**
 * A name in composed form: `e` and an accent after it are `é`. What looks like another character and would become it, as
 * the Kelvin sign would become a K, is left as it is: it is another name.
 */
export function composed(name: string): string {
	if (ascii.test(name)) return name;
	let done = "";
	let run = "";
	for (const char of name) {
		if (char.normalize("NFC") === char) run += char;
		else {
			done += run.normalize("NFC") + char;
			run = "";
		}
	}
	return done + run.normalize("NFC");
}
