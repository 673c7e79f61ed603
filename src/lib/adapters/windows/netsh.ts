import { type Known, known, unknown } from "../../known.js";
import type { ExcludedRange, PortRange } from "../../port/network.js";
import { t } from "../../text.js";

/*
 * What `netsh` prints is in the language of the system and in its code page. Numbers and rules of dashes are the same
 * everywhere: they are read by position, and no word is.
 */

/** A line of dashes ends the headings. Without one nothing was answered: Wine's netsh prints nothing and says 0. */
const rule = /^-{3,}(\s+-{3,})?\s*$/;

/** Reads `netsh int ipv4 show excludedportrange`: first, last, and a star at what an administrator reserved. */
export function excludedRanges(output: string): Known<ExcludedRange[]> {
	const lines = below(output);
	if (lines === undefined) return unknown(t`netsh printed no table`);
	const ranges: ExcludedRange[] = [];
	for (const line of lines) {
		const [, first, last, star] = /^\s*(\d+)\s+(\d+)\s*(\*)?\s*$/.exec(line) ?? [];
		if (first !== undefined)
			ranges.push({ first: Number(first), last: Number(last), administered: star !== undefined });
	}
	return known(ranges);
}

/** Reads `netsh int ipv4 show dynamicport`: the first port, then how many, each at the end of its line. */
export function dynamicRange(output: string): Known<PortRange> {
	const numbers = (below(output) ?? []).flatMap((line) => /(\d+)\s*$/.exec(line)?.[1] ?? []).map(Number);
	const [first, count] = numbers;
	if (numbers.length !== 2 || first === undefined || count === undefined) return unknown(t`netsh printed no range`);
	return known({ first, last: first + count - 1 });
}

function below(output: string): string[] | undefined {
	const lines = output.split(/\r?\n/);
	const at = lines.findIndex((line) => rule.test(line));
	return at < 0 ? undefined : lines.slice(at + 1);
}
