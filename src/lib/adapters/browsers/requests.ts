import type { LocalUser } from "../../client/machine.js";
import type { Known } from "../../known.js";
import type { SiteArea } from "../../webid/area.js";
import { type Forgetting, type ForgottenSite, forgettingRulers, forgettingWays } from "../../webid/forgetting.js";
import { browsers, type Found, type MissingPlace } from "../../webid/profiles.js";
import type { NamedFolder } from "../../webid/scope.js";
import {
	type AreaValue,
	type BrowserProfile,
	type Edit,
	type EditResult,
	editOutcomes,
	type ProfileReading,
	type ReadRequest,
	readStateNames,
	type StoreReading,
	type StoreValues,
	storeKinds,
	type WebValue,
} from "../../webid/stores.js";
import {
	either,
	fields,
	knownAs,
	list,
	longestWhy,
	oneOf,
	orAbsent,
	orNull,
	type Shape,
	text,
} from "../isolation/shape.js";
import type { AreaEdit } from "../user-files/live-store.js";
import type { FolderLook } from "./named-folder.js";

/** What a reader is asked. One user's folder, or one profile, at a time. */
export type ReaderRequest =
	| { ask: "find"; user: LocalUser }
	| { ask: "read"; profile: BrowserProfile; request: ReadRequest }
	/** What would become of edits, if they were made. */
	| { ask: "plan"; profile: BrowserProfile; edits: readonly Edit[]; now: string }
	| { ask: "folder"; folder: NamedFolder }
	/** To make them, by the hands of others; `home` is our own folder, where backups are. */
	| { ask: "edit"; profile: BrowserProfile; edits: readonly AreaEdit[]; now: string; home: string }
	| { ask: "repair"; profile: BrowserProfile; dryRun: boolean; now: string; home: string }
	| { ask: "restore"; profile: BrowserProfile; id: string; whole: boolean; dryRun: boolean; now: string; home: string };

/** More of a value is not told: no web ID is longer than its digits, and a page can store megabytes under any key. */
const longestValue = 256;
/** Of a site: a user's own names are in it. */
const longestSite = 512;
/** 256 folders deep, of the longest names. */
const longestPath = 70_000;

const brief = (value: string, longest = longestWhy) =>
	value.length > longest ? `${value.slice(0, longest - 1)}…` : value;

const path = text(longestPath);
const why = text(longestWhy);
const site = text(longestSite);
const value = knownAs(orNull(text(longestValue)));

const profileShape = fields<BrowserProfile>({
	user: orNull(path),
	sid: orNull(path),
	browser: oneOf([...browsers, "chromium", "firefox"]),
	kind: oneOf(["chromium", "firefox", "domstore"]),
	name: path,
	path,
	within: path,
	userData: orNull(path),
});

const missingShape = fields<MissingPlace>({
	user: path,
	sid: orNull(path),
	browser: orNull(oneOf(browsers)),
	path,
	state: oneOf(["unreachable", "denied", "damaged", "failed"]),
	why,
});

export const foundShape: Shape<Found[]> = list(
	either(
		fields<{ profile: BrowserProfile }>({ profile: profileShape }),
		fields<{ missing: MissingPlace }>({ missing: missingShape }),
	),
);

/** An area's name is that of a site, and an edit of it must be the same: a longer one is left out, and not cut. */
const area = { name: site, container: orNull(text(longestSite)) };

const longestSetting = 200;
const forgetting = {
	way: oneOf(forgettingWays),
	by: oneOf(forgettingRulers),
	setting: orNull(text(longestSetting)),
};

export const readingShape = fields<ProfileReading>({
	state: oneOf(readStateNames),
	why: orNull(why),
	stores: list(
		fields<StoreReading>({
			store: oneOf(storeKinds),
			state: oneOf(readStateNames),
			why: orNull(why),
			modified: orNull(text(40)),
			values: list(fields<WebValue>({ origin: site, value })),
			areas: orAbsent(list(fields<AreaValue>({ ...area, value }))),
		}),
	),
	forgets: orAbsent(list(fields<ForgottenSite>({ origin: site, ...forgetting }))),
});

export const plannedShape = list(
	fields<EditResult>({
		origin: site,
		stores: list(oneOf(storeKinds)),
		before: value,
		after: value,
		outcome: oneOf(editOutcomes),
		why: orNull(why),
		backups: list(text(100)),
		each: orAbsent(list(fields<StoreValues>({ store: oneOf(storeKinds), before: value, after: value }))),
		forgets: orAbsent(fields<Forgetting>(forgetting)),
		areas: orAbsent(list(fields<SiteArea>(area))),
	}),
);

const folderShape = fields<NamedFolder>({ path, kind: oneOf(["chromium", "firefox"]) });
export const folderLookShape = fields<FolderLook>({
	is: oneOf(["none", "profile", "strange", "led-away", "unfit"]),
	path,
	found: list(folderShape),
	why,
});

export const isTold = ({ name }: SiteArea) => name.length <= longestSite;

export function cutReading(reading: ProfileReading): ProfileReading {
	return {
		...reading,
		why: reading.why && brief(reading.why),
		stores: reading.stores.map((store) => ({
			...store,
			why: store.why && brief(store.why),
			values: store.values.map((one) => ({ origin: brief(one.origin, longestSite), value: cutValue(one.value) })),
			...(store.areas && {
				areas: store.areas.filter(isTold).map((one) => ({ ...one, value: cutValue(one.value) })),
			}),
		})),
		...(reading.forgets && {
			forgets: reading.forgets.map((one) => ({ ...one, origin: brief(one.origin, longestSite) })),
		}),
	};
}

export function cutFound(found: Found): Found {
	return "profile" in found ? found : { missing: { ...found.missing, why: brief(found.missing.why) } };
}

export function cutResult(result: EditResult): EditResult {
	const values = <T extends { before: Known<string | null>; after: Known<string | null> }>(one: T): T => ({
		...one,
		before: cutValue(one.before),
		after: cutValue(one.after),
	});
	return {
		...values(result),
		why: result.why && brief(result.why),
		...(result.each && { each: result.each.map(values) }),
	};
}

function cutValue(one: Known<string | null>): Known<string | null> {
	if (!one.known) return { ...one, why: brief(one.why) };
	return { ...one, value: one.value?.slice(0, longestValue) ?? null };
}
