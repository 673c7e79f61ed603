import { highestId } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** A block of IDs, both ends included. */
export interface IdRange {
	first: number;
	last: number;
}

/**
 * Reads one ID: decimal digits only, no sign, no fraction, no `0x`.
 *
 * @throws CfmError usage `bad-id`
 */
export function parseId(text: string): number {
	const digits = text.trim();
	const id = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN;
	if (!(id <= highestId)) {
		throw new CfmError(
			"usage",
			"bad-id",
			t`Not an ID: ${shown(text)}. An ID is a whole number from 0 to ${highestId}.`,
			{
				data: { id: shown(text) },
			},
		);
	}
	return id;
}

/**
 * Reads a list of IDs and ranges such as `1-10,42`; sorted, joined where they touch.
 *
 * @throws CfmError usage `bad-id`, `bad-id-range`
 */
export function parseIdRanges(text: string): IdRange[] {
	const ranges = text.split(",").map((part) => parseIdRange(part));
	ranges.sort((a, b) => a.first - b.first);
	const joined: IdRange[] = [];
	for (const range of ranges) {
		const previous = joined.at(-1);
		if (previous !== undefined && range.first <= previous.last + 1) previous.last = Math.max(previous.last, range.last);
		else joined.push({ ...range });
	}
	return joined;
}

/** Reads `1-10` or a single ID. @throws CfmError usage `bad-id`, `bad-id-range` */
export function parseIdRange(text: string): IdRange {
	if (!/^\s*\d+\s*(-\s*\d+\s*)*$/.test(text)) parseId(text); // says what is wrong with it as it was written
	const [from = "", to, ...more] = text.split("-");
	const first = parseId(from);
	const last = to === undefined ? first : parseId(to);
	if (more.length > 0 || last < first) {
		throw new CfmError("usage", "bad-id-range", t`Not a range of IDs: ${shown(text)}.`, {
			hints: [t`Write the lower ID first: 1-10`],
		});
	}
	return { first, last };
}

function shown(text: string): string {
	return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
