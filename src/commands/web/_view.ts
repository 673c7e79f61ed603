import { attentionLine, toneOf } from "../../lib/cli/finding-view.js";
import { type Block, type Column, type Line, type Tone, table } from "../../lib/cli/view.js";
import { attentionFirst, type Meaning } from "../../lib/finding/verdict.js";
import { someOf, t } from "../../lib/text.js";
import { isRefusal } from "../../lib/webid/edit.js";
import { readStates, webIdVerdicts } from "../../lib/webid/findings.js";
import { forgettingText } from "../../lib/webid/forgetting.js";
import { isProblem, type ListedWebId } from "../../lib/webid/list.js";
import { isPlanned, type WebIdAnswer, type WebIdChange } from "../../lib/webid/plan.js";
import type { EditOutcome } from "../../lib/webid/stores.js";

/** More remarks than this are in the JSON. */
const mostRemarks = 10;

const meaningOf = ({ verdict }: ListedWebId): Meaning => webIdVerdicts[verdict];

const listColumns = (rows: readonly ListedWebId[]): readonly Column<ListedWebId>[] => [
	{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
	{ head: t`BROWSER`, field: "browser", value: ({ browser }) => browser },
	{ head: t`PROFILE`, field: "profile", value: ({ profile }) => profile, shrinks: true },
	{ head: t`SITE`, field: "site", value: ({ site }) => site, whole: true },
	...areaColumn(rows),
	{
		head: t`WEB ID`,
		field: "webId",
		value: ({ webId, unknown }) => (unknown.length > 0 ? t`unknown` : webId),
		shrinks: true,
	},
	{ head: t`ID`, field: "expectedId", value: ({ expectedId }) => expectedId, align: "right", whole: true },
	{ head: t`VERDICT`, field: "verdict", value: ({ verdict }) => verdict, tone: (row) => toneOf(meaningOf(row)) },
	{
		head: t`STATE`,
		field: "state",
		value: ({ state }) => state,
		tone: ({ state }) => (state === "readable" ? undefined : toneOf(readStates[state])),
	},
	storeColumn(rows, ({ store }) => (store === null ? [] : [store])),
];

/**
 * Web IDs, what is wrong first, and below the table why.
 *
 * @param about.withoutProfile users who have an ID, or may have one, and no browser profile
 * @param about.problemsOnly what is as it should be was left out
 */
export function webIdsView(
	rows: readonly ListedWebId[],
	{ withoutProfile, problemsOnly = false }: { withoutProfile: readonly string[]; problemsOnly?: boolean },
): Block[] {
	const none = problemsOnly
		? t`Nothing needs attention.`
		: withoutProfile.length > 0
			? t`There are no web IDs.`
			: t`There are no web IDs, and nobody who should have one.`;
	const sorted = attentionFirst(rows, meaningOf);
	return [
		table(listColumns(rows), sorted, none),
		...remarks(sorted.filter(isProblem)),
		...(rows.some(({ state }) => state === "running")
			? [{ line: t`Where a browser runs, the data on disk may be up to a minute old.` }]
			: []),
		...(withoutProfile.length === 0
			? []
			: [{ line: t`No browser profile was found for: ${someOf(withoutProfile)}`, tone: "caution" as const }]),
		...(rows.length === 0 ? [] : [attentionLine(rows.map(meaningOf))]),
	];
}

const outcomeTones: Partial<Record<EditOutcome, Tone>> = {
	done: "good",
	ambiguous: "caution",
	"in-use": "caution",
	busy: "caution",
	unreachable: "caution",
	refused: "bad",
	failed: "bad",
};

const changeColumns = (rows: readonly WebIdChange[]): readonly Column<WebIdChange>[] => [
	{ head: t`USER`, value: ({ user }) => user, whole: true },
	{ head: t`BROWSER`, value: ({ browser }) => browser },
	{ head: t`PROFILE`, value: ({ profile }) => profile, shrinks: true },
	{ head: t`SITE`, value: ({ site }) => site, whole: true },
	...areaColumn(rows),
	{ head: t`BEFORE`, value: (change) => valueShown(change, "before"), shrinks: true },
	{ head: t`AFTER`, value: (change) => valueShown(change, "after"), shrinks: true },
	{ head: t`OUTCOME`, value: ({ outcome }) => outcome, tone: ({ outcome }) => outcomeTones[outcome] },
	storeColumn(rows, storesOf),
];

/** Changes, what was refused first, and below the table why. */
export function webChangesView({ changes }: WebIdAnswer): Block[] {
	const refused = changes.filter(({ outcome }) => isRefusal(outcome));
	const sorted = [...refused, ...changes.filter(({ outcome }) => !isRefusal(outcome))];
	return [table(changeColumns(changes), sorted, t`There is nothing to change.`), ...remarks(sorted)];
}

/** What is to be agreed to, line by line, and what else comes of it than new web IDs. */
export function plannedLines(changes: readonly WebIdChange[]): string[] {
	const planned = changes.filter(isPlanned);
	const several = withSeveralStores(planned, storesOf);
	const lines = planned.slice(0, 20).map((change) => {
		const { user, browser, profile, site } = change;
		const store = several.has(placeOf(change)) ? ` (${storesOf(change).join(", ")})` : "";
		const where = `  ${user ?? ""} ${browser ?? ""} ${profile ?? ""}${store}`;
		// A repair is of no one site.
		if (site === null) return where;
		const apart = areaText(change);
		const area = apart === null ? "" : ` (${apart})`;
		const [before, after] = [valueShown(change, "before") ?? t`(none)`, valueShown(change, "after") ?? t`(none)`];
		return `${where}  ${site}${area}  ${before} -> ${after}`;
	});
	if (planned.length > lines.length) lines.push(t`  and ${planned.length - lines.length} more`);
	return [...lines, ...remarks(planned).map(({ line }) => `  ${line}`)];
}

/** A value for people; of several stores that differ, each store's own. */
function valueShown(change: WebIdChange, when: "before" | "after"): string | null {
	const text = ({ [when]: value, unknown }: Pick<WebIdChange, typeof when | "unknown">) =>
		unknown.includes(when) ? t`unknown` : value;
	const values = change.stores.map(text);
	if (new Set(values).size < 2) return text(change);
	return change.stores.map(({ store }, at) => `${values[at] ?? t`(none)`} (${store})`).join(", ");
}

/** Where a site keeps it apart: a column where some do. */
function areaColumn<T extends Pick<ListedWebId, "frame" | "container">>(rows: readonly T[]): Column<T>[] {
	const value = (row: T) => areaText(row);
	return rows.some((row) => value(row) !== null) ? [{ head: t`IN`, value, shrinks: true }] : [];
}

function areaText({ frame, container }: Pick<ListedWebId, "frame" | "container">): string | null {
	const parts = [
		...(container === null ? [] : [t`container ${container}`]),
		...(frame === null ? [] : [t`frame of ${frame}`]),
	];
	return parts.length === 0 ? null : parts.join(", ");
}

/** Which store: a terminal is told where a profile has several, a pipe always. */
function storeColumn<T extends Place>(rows: readonly T[], storesIn: (row: T) => readonly string[]): Column<T> {
	const several = withSeveralStores(rows, storesIn);
	const value = (row: T) => storesIn(row).join(", ");
	return { head: t`STORE`, value, drawn: (row) => (several.has(placeOf(row)) ? value(row) : null) };
}

type Place = Pick<WebIdChange, "user" | "browser" | "profilePath">;

const placeOf = ({ user, browser, profilePath }: Place) => [user, browser, profilePath].join("\0");
const storesOf = ({ stores }: WebIdChange) => stores.map(({ store }) => store);

function withSeveralStores<T extends Place>(rows: readonly T[], storesIn: (row: T) => readonly string[]): Set<string> {
	const found = Map.groupBy(rows, placeOf);
	const several = [...found].filter(([, own]) => new Set(own.flatMap(storesIn)).size > 1);
	return new Set(several.map(([place]) => place));
}

function reasonsOf({ why, forgets }: ListedWebId | WebIdChange): string[] {
	return [...(why === null ? [] : [why]), ...(forgets === null ? [] : [forgettingText(forgets)])];
}

/** Reasons, each said once with the first place it is about. */
function remarks(rows: readonly (ListedWebId | WebIdChange)[]): Line[] {
	const told = rows.flatMap((row) => reasonsOf(row).map((why) => ({ ...row, why })));
	const reasons = Map.groupBy(told, (row) => {
		const { user, browser, profilePath, why } = row;
		// That a browser runs is true of all its profiles; what is lost, or will not stay, is so in each.
		const ofEach = row.forgets !== null || ("outcome" in row && isPlanned(row));
		const each = ofEach ? profilePath : "";
		return [user ?? profilePath, browser ?? "", each, why ?? ""].join("\0");
	});
	const lines = [...reasons.values()].map(([first]): Line => {
		const { user = null, browser = null, profile = null, profilePath = "", why = null } = first ?? {};
		const where = [user ?? profilePath, browser, profile].filter((part) => part !== null).join(", ");
		return { line: `${where}: ${why ?? ""}` };
	});
	if (lines.length <= mostRemarks) return lines;
	return [...lines.slice(0, mostRemarks), { line: t`and ${lines.length - mostRemarks} more; --json has them all` }];
}
