import { needsAttention } from "../finding/verdict.js";
import { type Known, known, unknown } from "../known.js";
import { type WebIdVerdict, webIdVerdicts } from "./findings.js";
import type { BrowserProfile, BrowserStores, ProfileReading, ReadState, StoreReading } from "./ports.js";
import type { Place } from "./scope.js";
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
	/** As it is stored: a text, which need not be a number; at most 256 characters of it. */
	webId: string | null;
	expectedId: number | null;
	verdict: WebIdVerdict;
	state: ReadState;
	/** In words, when the state is not `readable`. */
	why: string | null;
	/** `webId` when it could not be told. */
	unknown: string[];
}

/**
 * Looks at the web IDs of places, one after the other; memory holds one profile at a time.
 *
 * @param sites the origins to look for; `all`: every origin that has a web ID
 */
export async function* listWebIds(
	stores: BrowserStores,
	places: AsyncIterable<Place>,
	sites: readonly string[] | "all",
): AsyncIterable<ListedWebId> {
	for await (const place of places) {
		if ("missing" in place) yield ofMissing(place);
		else {
			const reading = await stores.read(place.profile, { origins: sites });
			const rows = sites === "all" ? rowsOfAll(place.profile, reading, place.expected) : [];
			for (const site of sites === "all" ? [] : sites)
				rows.push(...rowsOf(place.profile, reading, site, place.expected));
			yield* rows.filter(isWorthTelling);
		}
	}
}

/** A user who has neither an ID nor a web ID has nothing to do with any of this; but what could not be read is told. */
function isWorthTelling({ webId, expectedId, verdict }: ListedWebId): boolean {
	return webId !== null || expectedId !== null || verdict !== "ok";
}

/** Whether somebody must look at a row. */
export function isProblem({ verdict }: ListedWebId): boolean {
	return needsAttention(webIdVerdicts[verdict]);
}

function ofMissing({ missing, expected }: Extract<Place, { missing: unknown }>): ListedWebId {
	return {
		user: missing.user,
		browser: missing.browser,
		profile: null,
		profilePath: missing.path,
		store: null,
		site: null,
		webId: null,
		expectedId: expected.id,
		verdict: "unknown",
		state: missing.state,
		why: missing.why,
		unknown: ["webId"],
	};
}

/**
 * The rows of one site. A browser uses one of its stores, and others may be left from before: the likely one always
 * has a row, the others only when they hold something.
 */
function rowsOf(profile: BrowserProfile, reading: ProfileReading, site: string, expected: Expectation): ListedWebId[] {
	const [live, ...others] = inOrder(reading.stores);
	if (live === undefined) return [toRow(profile, reading, null, site, valueOfNone(reading), expected)];
	const rows = [toRow(profile, reading, live, site, valueIn(live, site), expected)];
	for (const store of others) {
		const value = valueIn(store, site);
		if (!value.known || value.value !== null) rows.push(toRow(profile, reading, store, site, value, expected));
	}
	return rows;
}

function rowsOfAll(profile: BrowserProfile, reading: ProfileReading, expected: Expectation): ListedWebId[] {
	const rows = reading.stores.flatMap((store) => {
		const found = store.values.map(({ origin, value }) => toRow(profile, reading, store, origin, value, expected));
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
	site: string | null,
	webId: Known<string | null>,
	expected: Expectation,
): ListedWebId {
	// What is wrong with the store says more than what is true of the whole profile.
	const told = store === null || store.state === "readable" ? reading : store;
	return {
		user: profile.user,
		browser: profile.browser,
		profile: profile.name,
		profilePath: profile.path,
		store: store?.store ?? null,
		site,
		webId: webId.known ? cut(webId.value) : null,
		expectedId: expected.id,
		verdict: verdictOf(webId, expected),
		state: told.state,
		why: told.why ?? (webId.known ? null : webId.why),
		unknown: webId.known ? [] : ["webId"],
	};
}

/** A page can store megabytes under any key; of a thousand users nobody wants to hold them. */
function cut(value: string | null): string | null {
	return value !== null && value.length > longest ? value.slice(0, longest) : value;
}
