/** The numbers of a version: `2.0.1`, `3.1.0.4417`; undefined for what is none. */
function numbersOf(version: string): number[] | undefined {
	const numbers = /^\s*v?(\d+(?:\.\d+)*)/.exec(version)?.[1];
	return numbers?.split(".").map(Number);
}

function compare(one: readonly number[], other: readonly number[]): number {
	for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
		const difference = (one[at] ?? 0) - (other[at] ?? 0);
		if (difference !== 0) return difference;
	}
	return 0;
}

/** The newest of some versions; undefined when none of them is one. */
export function newestOf(versions: readonly string[]): string | undefined {
	const known = versions.flatMap((text) => {
		const numbers = numbersOf(text);
		return numbers === undefined ? [] : [{ text, numbers }];
	});
	return known.toSorted((a, b) => compare(b.numbers, a.numbers))[0]?.text;
}

/** Whether a version is another major one, or two minor ones behind: one update is nobody's fault. */
export function isFarBehind(version: string, newest: string): boolean {
	const [own, best] = [numbersOf(version), numbersOf(newest)];
	if (own === undefined || best === undefined) return false;
	const [major = 0, minor = 0] = own;
	const [newMajor = 0, newMinor = 0] = best;
	return major < newMajor || (major === newMajor && minor <= newMinor - 2);
}
