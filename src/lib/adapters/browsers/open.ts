import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import type { BrowserProfile, EditOptions, EditResult, WebIdStores } from "../../webid/stores.js";
import type { AreaEdit, EditImage, LiveStore } from "../user-files/live-store.js";
import { NotWritten } from "../user-files/unfit.js";
import { editProfile, explain } from "./edit.js";
import { editImageHere } from "./edit-image.js";
import { emptyEdit, nothingDone, toArea } from "./edits.js";
import { Kept } from "./kept.js";
import { putBack } from "./put-back.js";
import { type OpenProfile, openProfile, readProfile } from "./read.js";
import { repairProfile } from "./repair.js";
import { takeTurn } from "./turn.js";

/** Who works out changes of profiles and makes them: this process, or others that have fewer rights. */
export interface Editing {
	edit(profile: BrowserProfile, edits: readonly AreaEdit[], options: EditOptions, kept: Kept): Promise<EditResult[]>;
	/** Makes a sound store of a damaged one. */
	repair(profile: BrowserProfile, options: EditOptions, kept: Kept): Promise<EditResult>;
	/** Undoes a backup. @param kept keeps what is there before */
	restore(id: string, options: EditOptions & { whole: boolean }, kept: Kept): Promise<EditResult[]>;
}

/** In this process, or by its wits alone where a hand is lent (`hand.ts`). */
export function editingHere(open: OpenProfile = openProfile, editImage: EditImage = editImageHere): Editing {
	return {
		edit: (profile, edits, options, kept) => editProfile(open, profile, edits, options, { editImage, kept }),
		repair: (profile, options, kept) => repairProfile(open, profile, options, { kept, editImage }),
		async restore(id, options, kept) {
			if (options.whole) return putBack(open, id, options, kept, editImage);
			const { profile, store, changes } = kept.read(id);
			try {
				const undo = kept.undoOf(id);
				return await editProfile(openOnly(open, store), profile, undo, options, { editImage, kept });
			} catch (error) {
				const { outcome, why } = explain(error);
				return changes.map(({ origin }) => nothingDone(emptyEdit(origin), [store], outcome, why));
			}
		},
	};
}

/**
 * The browsers' stores, and the backups of what was written to them.
 *
 * @param home `cfm`'s own folder: backups are kept in it
 */
export function openBrowserStores(
	home: string,
	open: OpenProfile = openProfile,
	editing: Editing = editingHere(open),
): WebIdStores {
	const kept = new Kept(home);
	/** One `cfm` at a time, unless it only looks. */
	const inTurn = async (
		origins: readonly string[],
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
			return origins.map((origin) => nothingDone(emptyEdit(origin), [], error.outcome, error.message));
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
				const origins = edits.map(({ origin }) => origin);
				return inTurn(origins, options, () => editing.edit(profile, edits.map(toArea), options, kept));
			},
		},
		backups: {
			list: async () => kept.list(),
			async restore(id, options) {
				const { changes } = kept.read(id);
				if (changes.length === 0) throw nothingToUndo(id, kept.files(id));
				const origins = changes.map(({ origin }) => origin);
				return inTurn(origins, options, () => editing.restore(id, options, new Kept(home, id)));
			},
			removeExpired: async (now) => kept.removeExpired(now),
		},
		async repair(profile, options) {
			const [result] = await inTurn([""], options, async () => [await editing.repair(profile, options, kept)]);
			return result as EditResult;
		},
	};
}

/** A repair is of no one site, and a damaged store is not put back. A whole restore of an early `cfm` said no site either. */
function nothingToUndo(id: string, files: string): CfmError {
	return new CfmError("unavailable", "backup-damaged", t`The backup ${id} does not say which sites it is of.`, {
		hints: [t`The files it holds are in ${files}.`, line("web backups list")],
		data: { id },
	});
}

/** A profile that shows one of its stores only. */
const openOnly = (open: OpenProfile, kind: LiveStore["kind"]) => async (profile: BrowserProfile) => {
	const opened = await open(profile);
	return { ...opened, stores: opened.stores.filter((store) => store.kind === kind), fresh: undefined };
};
