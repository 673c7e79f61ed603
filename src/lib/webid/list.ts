import { type Hint, line } from "../command-line.js";
import { needsAttention } from "../finding/verdict.js";
import { type Known, known, unknown } from "../known.js";
import type { Sighting } from "../registry/look.js";
import { t } from "../text.js";
import { ahead } from "./ahead.js";
import { type AreaPlace, areaNamed } from "./area.js";
import { placeOf, type WebIdsBefore } from "./before.js";
import { isRepairable, type WebIdVerdict, webIdVerdicts } from "./findings.js";
import type { Forgetting } from "./forgetting.js";
import type { Place } from "./scope.js";
import type { BrowserProfile, BrowserStores, ProfileReading, ReadState, StoreReading } from "./stores.js";
import { type Expectation, verdictOf } from "./verdict.js";

/** More of a value is not told: no web ID is longer than its digits. */
const longest = 256;

/** One web ID: of one site, in one profile of one browser of one user; or the lack of one. */
export interface ListedWebId {
	user: string | null;
	browser: string | null;
	/** null when the user's home is not there: nobody knows the profiles. */
	profile: string | null;
	profilePath: string;
	/** null when nothing was ever stored in the profile. */
	store: StoreReading["store"] | null;
	site: string | null;
	/** The site around the frame whose storage it is; null: not a frame's. */
	frame: string | null;
	/** The container of Firefox whose storage it is, by its name or number; null: none's. */
	container: string | null;
	/** As it is stored: a text, which need not be a number; at most 256 characters of it. */
	webId: string | null;
	expectedId: number | null;
	verdict: WebIdVerdict;
	state: ReadState;
	/** In words, when the state is not `readable`. */
	why: string | null;
	/** Why the browser will not keep the web ID; null when it will. */
	forgets: Forgetting | null;
	/** `webId` when it can't be determined. */
	unknown: string[];
}

/**
 * Looks at the web IDs of places, as many at a time as the stores take; memory holds no more of them.
 *
 * @param sites the origins to look for; `all`: every origin that has a web ID
 * @param areas whether areas in frames and containers are listed; else they are counted
 */
export async function* listWebIds(
	stores: BrowserStores,
	places: AsyncIterable<Place>,
	sites: readonly string[] | "all",
	areas: "list" | ((count: number) => void) = () => {},
): AsyncIterable<ListedWebId> {
	const rowsIn = async (place: Place): Promise<ListedWebId[]> => {
		if ("missing" in place) return [ofMissing(place)];
		const reading = await stores.read(place.profile, { origins: sites });
		const rows = sites === "all" ? rowsOfAll(place.profile, reading, place.expected) : [];
		for (const site of sites === "all" ? [] : sites) rows.push(...rowsOf(place.profile, reading, site, place.expected));
		const kept = reading.stores.flatMap((store) => (store.areas ?? []).map((area) => ({ store, ...area })));
		if (areas !== "list") areas(kept.length);
		else {
			for (const { store, name, container, value } of kept)
				rows.push(toRow(place.profile, reading, store, areaNamed(name, container), value, place.expected));
		}
		return rows.filter(isWorthTelling);
	};
	for await (const rows of ahead(places, stores.atOnce ?? 1, rowsIn)) yield* rows;
}

/** A user who has neither an ID nor a web ID has nothing to do with any of this; but what could not be read is told. */
function isWorthTelling({ webId, expectedId, verdict }: ListedWebId): boolean {
	return webId !== null || expectedId !== null || verdict !== "ok";
}

/** Whether somebody must look at a row. */
export function isProblem({ verdict }: ListedWebId): boolean {
	return needsAttention(webIdVerdicts[verdict]);
}

/** Of more users it is shorter to say "all". */
const mostNamed = 3;

/**
 * What to do about damaged stores; undefined where none can be repaired.
 *
 * @param folder the flags that named one profile, which is then the one to repair
 */
export function repairHint(
	rows: readonly ListedWebId[],
	environment: string,
	folder: Record<"profile-dir" | "browser-kind", string | undefined>,
): Hint | undefined {
	const damaged = rows.filter((row) => row.state === "damaged" && isRepairable(row));
	if (damaged.length === 0) return undefined;
	const users = [...new Set(damaged.flatMap(({ user }) => user ?? []))];
	const whose = users.length <= mostNamed ? { user: users } : { "all-users": true };
	return {
		say: t`Browser storage is damaged. To see what can be repaired:`,
		line: line("web repair", [], {
			...(folder["profile-dir"] === undefined ? whose : folder),
			"dry-run": true,
			environment,
		}),
	};
}

/** What a last look keeps of a web ID. @param before what earlier looks saw: of one that is lost, what it was */
export function webIdSeen(row: ListedWebId, before: WebIdsBefore): Sighting {
	const { user, browser, profile, site, webId, expectedId, verdict, state } = row;
	const id = webId !== null && /^\d{1,10}$/.test(webId) ? Number(webId) : null;
	const had = webId ?? before.get(placeOf(row)) ?? null;
	const facts = { browser, profile, site, webId, had, expectedId, verdict, state };
	return { user, id, attention: isProblem(row), facts };
}

function ofMissing({ missing, expected }: Extract<Place, { missing: unknown }>): ListedWebId {
	return {
		user: missing.user,
		browser: missing.browser,
		profile: null,
		profilePath: missing.path,
		store: null,
		site: null,
		frame: null,
		container: null,
		webId: null,
		expectedId: expected.id,
		verdict: "unknown",
		state: missing.state,
		why: missing.why,
		forgets: null,
		unknown: ["webId"],
	};
}

/**
 * The rows of one site. A browser uses one of its stores, and others may be left from before: the likely one always
 * has a row, the others only when they hold something.
 */
function rowsOf(profile: BrowserProfile, reading: ProfileReading, site: string, expected: Expectation): ListedWebId[] {
	const [live, ...others] = inOrder(reading.stores);
	if (live === undefined) return [toRow(profile, reading, null, areaNamed(site), valueOfNone(reading), expected)];
	const rows = [toRow(profile, reading, live, areaNamed(site), valueIn(live, site), expected)];
	for (const store of others) {
		const value = valueIn(store, site);
		if (!value.known || value.value !== null)
			rows.push(toRow(profile, reading, store, areaNamed(site), value, expected));
	}
	return rows;
}

function rowsOfAll(profile: BrowserProfile, reading: ProfileReading, expected: Expectation): ListedWebId[] {
	const rows = reading.stores.flatMap((store) => {
		const found = store.values.map(({ origin, value }) =>
			toRow(profile, reading, store, areaNamed(origin), value, expected),
		);
		const isWhole = store.state === "readable" || store.state === "running";
		return isWhole
			? found
			: [...found, toRow(profile, reading, store, null, unknown(store.why ?? store.state), expected)];
	});
	const isReadable = reading.state === "readable" || reading.state === "running";
	if (rows.length > 0 || isReadable) return rows;
	return [toRow(profile, reading, null, null, unknown(reading.why ?? reading.state), expected)];
}

/** The store that is likely in use first: Firefox's newer kind, or of Chromium's two the one that was written last. */
function inOrder(stores: readonly StoreReading[]): StoreReading[] {
	const rank = ({ store }: StoreReading) => (store === "webappsstore" ? 1 : 0);
	return stores.toSorted((a, b) => rank(a) - rank(b) || (b.modified ?? "").localeCompare(a.modified ?? ""));
}

function valueIn({ values, state, why }: StoreReading, site: string): Known<string | null> {
	return values.find(({ origin }) => origin === site)?.value ?? unknown(why ?? state);
}

/** A profile without any store that could be read has no web ID; of any other nobody knows. */
function valueOfNone({ state, why }: ProfileReading): Known<string | null> {
	return state === "readable" || state === "running" ? known(null) : unknown(why ?? state);
}

function toRow(
	profile: BrowserProfile,
	reading: ProfileReading,
	store: StoreReading | null,
	place: AreaPlace | null,
	webId: Known<string | null>,
	expected: Expectation,
): ListedWebId {
	// What is wrong with the store says more than what is true of the whole profile.
	const forgets = forgettingIn(reading, place?.site ?? null);
	const told = store === null || store.state === "readable" ? reading : store;
	return {
		user: profile.user,
		browser: profile.browser,
		profile: profile.name,
		profilePath: profile.path,
		store: store?.store ?? null,
		site: place?.site ?? null,
		frame: place?.frame ?? null,
		container: place?.container ?? null,
		webId: webId.known ? cut(webId.value) : null,
		expectedId: expected.id,
		verdict: verdictOf(webId, expected, forgets !== null),
		state: told.state,
		why: told.why ?? (webId.known ? null : webId.why),
		forgets,
		unknown: webId.known ? [] : ["webId"],
	};
}

function forgettingIn({ forgets }: ProfileReading, site: string | null): Forgetting | null {
	const found = forgets?.find(({ origin }) => origin === site);
	return found === undefined ? null : { way: found.way, by: found.by, setting: found.setting };
}

/** A page can store megabytes under any key; of a thousand users nobody wants to hold them. */
function cut(value: string | null): string | null {
	return value !== null && value.length > longest ? value.slice(0, longest) : value;
}
