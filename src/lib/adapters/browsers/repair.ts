import { known } from "../../known.js";
import { plural, t } from "../../text.js";
import type { BrowserProfile, EditOptions, EditResult, StoreKind } from "../../webid/stores.js";
import type { EditImage, LiveStore, OpenedProfile, Repair } from "../user-files/live-store.js";
import { NotWritten } from "../user-files/unfit.js";
import { explain, type Tools, toBytes } from "./edit.js";
import { emptyEdit, nothingDone } from "./edits.js";
import type { OpenProfile } from "./read.js";

/** More damaged places are only counted. */
const mostLost = 5;

/**
 * Repairs what a profile keeps localStorage in, when it is damaged: what could be read becomes a new store, the damaged files
 * are kept. The answer is about no one site.
 *
 * @param tools.kept not needed for a dry run
 */
export async function repairProfile(
	open: OpenProfile,
	profile: BrowserProfile,
	options: EditOptions,
	{ kept, editImage }: Pick<Tools, "editImage"> & Partial<Pick<Tools, "kept">>,
): Promise<EditResult> {
	const none = nothingDone(emptyEdit(""), [], "already-so", "");
	let opened: OpenedProfile | undefined;
	try {
		opened = await open(profile);
		const { startedSince, stores, running } = opened;
		const damaged = await firstDamaged(stores, editImage);
		if (damaged === undefined) return { ...none, why: null };
		const { store, repair } = damaged;
		const result: EditResult = { ...none, stores: [store.kind], before: known(null), after: known(null) };
		const why = running();
		if (why !== undefined) return { ...result, outcome: "in-use", why };
		if (options.dryRun) return { ...result, outcome: "planned", why: lossOf(repair) };
		if (kept === undefined) throw new Error("nothing keeps what is there");
		const { id } = kept.begin({ profile, store: store.kind, changes: [] }, toBytes([]), options);
		try {
			const guard = async () => {
				await kept.sync(id);
				const since = startedSince();
				if (since !== undefined) throw new NotWritten("in-use", since);
			};
			await repair.carryOut({ now: options.now, keep: kept.filesOf(id), guard, editImage });
		} catch (error) {
			const told = explain(error);
			if (told.outcome === "in-use") kept.discard(id);
			return { ...result, ...told, backups: told.outcome === "in-use" ? [] : [id] };
		}
		const isSound = await isRepaired(open, profile, store.kind, editImage);
		const told = isSound ? lossOf(repair) : t`What was written can't be read back.`;
		return { ...result, outcome: isSound ? "done" : "failed", why: told, backups: [id] };
	} catch (error) {
		return { ...none, ...explain(error) };
	} finally {
		opened?.close();
	}
}

/** The store that is repaired first: of Chromium's two, the other one is found by the next repair. */
async function firstDamaged(
	stores: readonly LiveStore[],
	editImage: EditImage,
): Promise<{ store: LiveStore; repair: Repair } | undefined> {
	for (const store of stores) {
		const repair = await store.repair?.(editImage);
		if (repair !== undefined) return { store, repair };
	}
	return undefined;
}

/** Through a profile opened anew. */
async function isRepaired(
	open: OpenProfile,
	profile: BrowserProfile,
	kind: StoreKind,
	editImage: EditImage,
): Promise<boolean> {
	let opened: OpenedProfile | undefined;
	try {
		opened = await open(profile);
		const store = opened.stores.find((one) => one.kind === kind);
		return store !== undefined && (await store.repair?.(editImage)) === undefined;
	} catch {
		return false;
	} finally {
		opened?.close();
	}
}

function lossOf({ lost, values, sites }: Repair): string {
	const more = lost.length > mostLost ? [t`and ${lost.length - mostLost} more`] : [];
	const damage = [...lost.slice(0, mostLost), ...more].join("; ");
	const left = plural(values, { one: `1 value could be read`, other: `${values} values could be read` });
	const of = plural(sites, { one: `1 site`, other: `${sites} sites` });
	return t`Lost is what stood in the damaged parts (${damage}). ${left}, of ${of}; some may be older than what the user last saw.`;
}
