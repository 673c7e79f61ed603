import type { Known } from "../../client/ports.js";
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
import { codeOf, faultText, NotWritten, Unfit } from "../profile-files/unfit.js";
import { editProfile, explain, nothingDone } from "./edit.js";
import { Kept } from "./kept.js";
import type { AreaEdit, LiveStore, OpenedProfile } from "./live-store.js";
import { takeTurn } from "./turn.js";

/**
 * The browsers' stores, and the backups of what was written to them.
 *
 * @param home `cfm`'s own folder: backups are kept in it
 */
export function openBrowserStores(home: string): WebIdStores {
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
			read: readProfile,
			async edit(profile, edits, options) {
				const areas = edits.map(toArea);
				return inTurn(areas, options, () => editProfile(openProfile, profile, areas, options, kept));
			},
		},
		backups: {
			list: async () => kept.list(),
			async restore(id, options) {
				const { profile, undo, store } = kept.read(id);
				return inTurn(undo, options, async () => {
					if (!options.whole) return editProfile(openOnly(store), profile, undo, options, kept);
					return putBack(profile, store, id, undo, options);
				});
			},
			async removeExpired(now) {
				const expired = kept.list().filter(({ expires }) => expires <= now.toISOString());
				for (const { id } of expired) kept.discard(id);
				return expired.map(({ id }) => id);
			},
		},
	};

	async function putBack(
		profile: BrowserProfile,
		kind: LiveStore["kind"],
		id: string,
		undo: readonly AreaEdit[],
		options: EditOptions,
	): Promise<EditResult[]> {
		const origins = undo.map(({ origin }) => origin);
		const planned = undo.map((edit) => nothingDone(edit, [kind], "planned", ""));
		let opened: OpenedProfile | undefined;
		try {
			opened = await openProfile(profile);
			const { stores, running, startedSince } = opened;
			const store = stores.find((found) => found.kind === kind);
			const why = running();
			if (why !== undefined) throw new NotWritten("in-use", why);
			if (store === undefined) throw new Unfit("unreachable", "the store is not there any more");
			if (options.dryRun) return planned.map((result) => ({ ...result, why: null }));
			const own = kept.begin({
				at: options.now.toISOString(),
				expires: new Date(options.now.getTime() + options.keepDays * 86_400_000).toISOString(),
				profile,
				store: kind,
				changes: [],
				undo: [],
			});
			const before = await webIds(store, origins);
			await store.copyTo(own.files, origins);
			kept.sync(own.id);
			const guard = () => {
				const since = startedSince();
				if (since !== undefined) throw new NotWritten("in-use", since);
			};
			await store.putBack(kept.files(id), { guard }, origins);
			opened.close();
			opened = await openProfile(profile);
			const now = opened.stores.find((found) => found.kind === kind);
			const after = now === undefined ? before : await webIds(now, origins);
			return planned.map((result, at) => ({
				...result,
				before: before[at] ?? result.before,
				after: after[at] ?? result.after,
				outcome: "done",
				why: null,
				backups: [own.id],
			}));
		} catch (error) {
			const { outcome, why } = explain(error);
			return undo.map((edit) => nothingDone(edit, [kind], outcome, why));
		} finally {
			opened?.close();
		}
	}
}

async function webIds(store: LiveStore, origins: readonly string[]): Promise<Known<string | null>[]> {
	return (await readStore(store, { origins })).values.map(({ value }) => value);
}

/** A profile that shows one of its stores only. */
const openOnly = (kind: LiveStore["kind"]) => async (profile: BrowserProfile) => {
	const opened = await openProfile(profile);
	return { ...opened, stores: opened.stores.filter((store) => store.kind === kind), fresh: undefined };
};

async function openProfile(profile: BrowserProfile): Promise<OpenedProfile> {
	if (profile.kind === "chromium") return (await import("../chromium/open.js")).openChromium(profile);
	if (profile.kind === "firefox") return (await import("../firefox/open.js")).openFirefox(profile);
	return (await import("../domstore/open.js")).openDomStore(profile);
}

async function readProfile(profile: BrowserProfile, request: ReadRequest): Promise<ProfileReading> {
	let opened: OpenedProfile | undefined;
	try {
		opened = await openProfile(profile);
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
		const { state, why } = unreadable(error);
		const value = { known: false as const, why };
		const values = request.origins === "all" ? [] : request.origins.map((origin) => ({ origin, value }));
		return { store: store.kind, state, why, modified: null, values };
	}
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
