import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Flags, FlagValues } from "./definition.js";

/** The flags of lists that can be long: which part of the list to print, by rows or by pages. */
export const pagingFlags = {
	limit: { kind: "integer", value: "N", summary: t`The largest number of rows` },
	offset: { kind: "integer", value: "N", summary: t`Rows to leave out at the start` },
	page: { kind: "integer", value: "N", least: 1, summary: t`Only this page, counted from 1` },
	"page-size": { kind: "integer", value: "N", least: 1, summary: t`Rows on a page (50)` },
} as const satisfies Flags;

/**
 * The part of a list that was asked for.
 *
 * @throws CfmError usage `bad-flag-value` for both ways at once
 */
export function pageOf(flags: FlagValues<typeof pagingFlags>): {
	limit: number | undefined;
	offset: number | undefined;
} {
	const { limit, offset, page, "page-size": asked } = flags;
	if (page === undefined && asked === undefined) return { limit, offset };
	if (limit !== undefined || offset !== undefined) {
		throw new CfmError("usage", "bad-flag-value", t`Use --page and --page-size, or --limit and --offset, not both.`, {
			data: { flag: page === undefined ? "--page-size" : "--page" },
		});
	}
	const size = asked ?? 50;
	return { limit: size, offset: ((page ?? 1) - 1) * size };
}
