import { unknown } from "../../known.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import type { BrowserProfile, ProfileReading, ReadRequest, StoreReading } from "../../webid/stores.js";
import type { LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { faultText, isOutOfMemory, Unfit } from "../user-files/unfit.js";

/** Opens one profile; a test hands in another way. */
export type OpenProfile = (profile: BrowserProfile) => Promise<OpenedProfile>;

/** Opens the stores of a profile. @throws Unfit */
export async function openProfile(profile: BrowserProfile): Promise<OpenedProfile> {
	if (profile.kind === "chromium") return (await import("../chromium/open.js")).openChromium(profile);
	if (profile.kind === "firefox") return (await import("../firefox/open.js")).openFirefox(profile);
	throw leftAlone();
}

/**
 * Why nobody looks into a folder `DOMStore`: its files do not say which site's they are, and another database indexes
 * them, which would know nothing of a change made behind its back.
 */
function leftAlone(): Unfit {
	return new Unfit(
		"unknown",
		t`cfm does not change the storage of Internet Explorer and legacy Edge. See cfm web steps for what the user can do.`,
	);
}

/** Reads a profile. Never throws for what is wrong with it: that is in the answer. */
export async function readProfile(
	open: OpenProfile,
	profile: BrowserProfile,
	request: ReadRequest,
): Promise<ProfileReading> {
	if (profile.kind === "domstore") {
		const store = unreadStore("domstore", request, unreadable(leftAlone()));
		return { state: store.state, why: store.why, stores: [store] };
	}
	let opened: OpenedProfile | undefined;
	try {
		opened = await open(profile);
		const stores: StoreReading[] = [];
		for (const store of opened.stores) stores.push(await readStore(store, request));
		// Asked afterwards: what a browser that was started meanwhile wrote is not there yet.
		const running = opened.running();
		const worst = stores.find(({ state }) => state !== "readable");
		if (running === undefined) return { state: worst?.state ?? "readable", why: worst?.why ?? null, stores };
		const shown = stores.map((store) =>
			store.state === "readable" ? { ...store, state: "running" as const, why: running } : store,
		);
		return { state: worst?.state ?? "running", why: worst?.why ?? running, stores: shown };
	} catch (error) {
		return { ...unreadable(error), stores: [] };
	} finally {
		opened?.close();
	}
}

async function readStore(store: LiveStore, request: ReadRequest): Promise<StoreReading> {
	try {
		return await store.read(request);
	} catch (error) {
		return unreadStore(store.kind, request, unreadable(error));
	}
}

function unreadStore(
	store: StoreReading["store"],
	{ origins }: ReadRequest,
	{ state, why }: ReturnType<typeof unreadable>,
): StoreReading {
	const values = origins === "all" ? [] : origins.map((origin) => ({ origin, value: unknown(why) }));
	return { store, state, why, modified: null, values };
}

/** Nothing is thrown on: what is in one user's files must not end the answer about all the others. */
function unreadable(error: unknown): { state: StoreReading["state"]; why: string } {
	if (error instanceof Unfit) return { state: error.state, why: error.message };
	if (isOutOfMemory(error)) return { state: "failed", why: t`It needs more memory than allowed (web.memory).` };
	if (/^(E[A-Z]+|SQLITE_\w+)$/.test(codeOf(error))) return { state: "unreachable", why: (error as Error).message };
	return { state: "damaged", why: faultText(error) };
}
