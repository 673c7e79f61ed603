import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { unknown } from "../../known.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import type {
	BrowserProfile,
	Edit,
	EditOptions,
	EditResult,
	ProfileReading,
	ReadRequest,
	StoreReading,
	WebIdStores,
} from "../../webid/ports.js";
import { webIdKey } from "../../webid/ports.js";
import type { AreaEdit, LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { faultText, NotWritten, Unfit } from "../user-files/unfit.js";
import { editProfile, nothingDone } from "./edit.js";
import { Kept } from "./kept.js";
import { putBack } from "./put-back.js";
import { takeTurn } from "./turn.js";

/** Opens one profile; a test hands in another way. */
type OpenProfile = (profile: BrowserProfile) => Promise<OpenedProfile>;

/**
 * The browsers' stores, and the backups of what was written to them.
 *
 * @param home `cfm`'s own folder: backups are kept in it
 */
export function openBrowserStores(home: string, open: OpenProfile = openProfile): WebIdStores {
	const kept = new Kept(home);
	/** One `cfm` at a time, unless it only looks. */
	const inTurn = async (
		edits: readonly AreaEdit[],
		options: EditOptions,
		work: () => Promise<EditResult[]>,
	): Promise<EditResult[]> => {
		if (options.dryRun) return work();
		await kept.prepare();
		let end: () => void;
		try {
			end = await takeTurn(home);
		} catch (error) {
			if (!(error instanceof NotWritten)) throw error;
			return edits.map((edit) => nothingDone(edit, [], error.outcome, error.message));
		}
		try {
			return await work();
		} finally {
			end();
		}
	};
	return {
		stores: {
			read: (profile, request) => readProfile(open, profile, request),
			async edit(profile, edits, options) {
				const areas = edits.map(toArea);
				return inTurn(areas, options, () => editProfile(open, profile, areas, options, kept));
			},
		},
		backups: {
			list: async () => kept.list(),
			async restore(id, options) {
				const { profile, undo, store } = kept.read(id);
				if (undo.length === 0) throw nothingToUndo(id);
				const marked = new Kept(home, id);
				return inTurn(undo, options, async () => {
					if (options.whole) return putBack(open, id, options, marked);
					return editProfile(openOnly(open, store), profile, undo, options, marked);
				});
			},
			removeExpired: async (now) => kept.removeExpired(now),
		},
	};
}

/** A whole restore of an early `cfm` left backups that do not say what they are about. */
function nothingToUndo(id: string): CfmError {
	return new CfmError("unavailable", "backup-damaged", t`The backup ${id} does not say which sites it is of.`, {
		hints: [line("web backups list")],
		data: { id },
	});
}

/** A profile that shows one of its stores only. */
const openOnly = (open: OpenProfile, kind: LiveStore["kind"]) => async (profile: BrowserProfile) => {
	const opened = await open(profile);
	return { ...opened, stores: opened.stores.filter((store) => store.kind === kind), fresh: undefined };
};

async function openProfile(profile: BrowserProfile): Promise<OpenedProfile> {
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

async function readProfile(open: OpenProfile, profile: BrowserProfile, request: ReadRequest): Promise<ProfileReading> {
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
	if (/^(E[A-Z]+|SQLITE_\w+)$/.test(codeOf(error))) return { state: "unreachable", why: (error as Error).message };
	return { state: "damaged", why: faultText(error) };
}

function toArea(edit: Edit): AreaEdit {
	return {
		origin: edit.origin,
		clear: edit.action === "clear",
		remove: edit.action === "remove" ? [webIdKey] : [],
		set: edit.action === "set" ? [[webIdKey, edit.value]] : [],
	};
}
