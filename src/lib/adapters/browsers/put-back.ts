import { known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type EditOptions, type EditResult, webIdKey } from "../../webid/stores.js";
import type { AreaEdit, EditImage, LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { type Entries, explain, same, text, toBytes, undo, webIdOf } from "./edit.js";
import { nothingDone } from "./edits.js";
import type { Kept } from "./kept.js";
import type { OpenProfile } from "./read.js";

/**
 * Puts a whole store back as a backup has it: all that was stored in it since is lost, whatever the web IDs are now. What
 * is there is kept before, so that this, too, can be undone, by its sites or whole.
 */
export async function putBack(
	open: OpenProfile,
	id: string,
	options: EditOptions,
	kept: Kept,
	editImage: EditImage,
): Promise<EditResult[]> {
	const { profile, store: kind, changes, at } = kept.read(id);
	const edits = kept.undoOf(id);
	const origins = edits.map(({ origin }) => origin);
	const then = (origin: string) => changes.find((change) => change.origin === origin)?.before ?? null;
	let opened: OpenedProfile | undefined;
	try {
		opened = await open(profile);
		const { running, startedSince, stores } = opened;
		const why = running();
		if (why !== undefined) throw new NotWritten("in-use", why);
		const store = stores.find((found) => found.kind === kind);
		if (store === undefined) throw new Unfit("unreachable", t`The store no longer exists.`);
		// Where each site has a file of its own, a site may have been new; of the others, the store itself was.
		if (kept.isEmpty(id) && kind !== "data.sqlite") {
			throw new NotWritten("refused", t`There was no store before the write. Undo only the web IDs.`);
		}
		const before = await entriesOf(store, origins);
		const planned = origins.map((origin, index): EditResult => {
			const there = before[index];
			return {
				origin,
				stores: [kind],
				before: there === undefined ? unknown(t`The store is damaged.`) : webIdOf(there),
				after: known(then(origin)),
				outcome: "planned",
				why: lost(kind, at),
				backups: [],
			};
		});
		if (options.dryRun) return planned;
		const own = kept.begin(
			{
				profile,
				store: kind,
				changes: planned.map(({ origin, before: value, after }) => ({
					...{ origin, before: text(value), after: text(after), cleared: false },
				})),
			},
			toBytes(edits.map((edit, index) => undoOf(edit, before[index]))),
			options,
		);
		try {
			await store.copyTo(kept.filesOf(own.id), origins);
			await kept.sync(own.id);
			const guard = async () => {
				const since = startedSince();
				if (since !== undefined) throw new NotWritten("in-use", since);
			};
			await store.putBack(kept.files(id), { guard, editImage }, origins);
		} catch (error) {
			const { outcome, why: told } = explain(error);
			const now = await lookAgain(open, profile, kind, origins);
			const untouched = before.every((one, index) => same(now?.[index], one));
			if (untouched) kept.discard(own.id);
			return planned.map((result, index) => {
				const there = now?.[index];
				const after = there === undefined ? unknown(told) : webIdOf(there);
				return { ...result, after, outcome, why: told, backups: untouched ? [] : [own.id] };
			});
		}
		const now = await lookAgain(open, profile, kind, origins);
		return planned.map((result, index) => {
			const there = now?.[index];
			const backups = [own.id];
			if (there !== undefined && (there.get(webIdKey) ?? null) === then(result.origin)) {
				return { ...result, outcome: "done", why: null, backups };
			}
			const told = t`What was restored can't be read back.`;
			return {
				...result,
				after: there === undefined ? unknown(told) : webIdOf(there),
				outcome: "failed",
				why: told,
				backups,
			};
		});
	} catch (error) {
		const { outcome, why } = explain(error);
		return edits.map((edit) => nothingDone(edit, [kind], outcome, why));
	} finally {
		opened?.close();
	}
}

/** What is in the sites now; undefined when the store is damaged, which is a reason to put it back, not one against it. */
async function entriesOf(store: LiveStore, origins: readonly string[]): Promise<(Entries | undefined)[]> {
	const found: (Entries | undefined)[] = [];
	for (const origin of origins) {
		try {
			found.push(new Map(await store.entries(origin)));
		} catch (error) {
			if (!(error instanceof Unfit)) throw error;
			found.push(undefined);
		}
	}
	return found;
}

/** Through a profile opened anew. Undefined when it cannot be read. */
async function lookAgain(
	open: OpenProfile,
	profile: Parameters<OpenProfile>[0],
	kind: LiveStore["kind"],
	origins: readonly string[],
): Promise<(Entries | undefined)[] | undefined> {
	let opened: OpenedProfile | undefined;
	try {
		opened = await open(profile);
		const store = opened.stores.find((found) => found.kind === kind);
		return store === undefined ? undefined : await entriesOf(store, origins);
	} catch (error) {
		explain(error);
		return undefined;
	} finally {
		opened?.close();
	}
}

/** A whole store put back is a site cleared and filled anew, with the keys that the backup undoes among them. */
function undoOf(edit: AreaEdit, before: Entries | undefined): AreaEdit {
	const { origin, set } = edit;
	if (before === undefined) return { origin, clear: false, remove: [], set: [] };
	return undo({ origin, clear: true, remove: [webIdKey, ...edit.remove], set }, before);
}

function lost(kind: LiveStore["kind"], at: string): string {
	const time = `${at.slice(0, 16).replace("T", " ")} UTC`;
	// Firefox keeps sites apart: only those of the backup go back.
	if (kind === "data.sqlite")
		return t`Everything the site stores in this profile returns to its state of ${time}; what was stored since then is lost.`;
	return t`All site storage of this profile returns to its state of ${time}; what was stored since then is lost.`;
}
