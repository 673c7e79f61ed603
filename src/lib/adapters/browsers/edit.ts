import { type Known, known, unknown } from "../../known.js";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import {
	type BrowserProfile,
	type EditOptions,
	type EditResult,
	type StoreKind,
	webIdKey,
} from "../../webid/stores.js";
import type { AreaEdit, EditImage, LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { faultText, isOutOfMemory, NotWritten, Unfit } from "../user-files/unfit.js";
import { nothingDone } from "./edits.js";
import type { Keeper } from "./kept.js";
import type { OpenProfile } from "./read.js";

type StoreResult = Omit<EditResult, "stores">;
export type Entries = ReadonlyMap<string, string>;

/** What changing something needs that looking does not. */
export interface Tools {
	kept: Keeper;
	editImage: EditImage;
}

/**
 * Carries out edits in every store of a profile: looks, keeps what is there, writes, looks again with fresh eyes, and
 * puts everything back when that look finds anything but what was wanted.
 *
 * @param tools not needed for a dry run
 */
export async function editProfile(
	open: OpenProfile,
	profile: BrowserProfile,
	edits: readonly AreaEdit[],
	options: EditOptions,
	tools?: Tools,
): Promise<EditResult[]> {
	let opened: OpenedProfile;
	try {
		opened = await open(profile);
	} catch (error) {
		const { outcome, why } = explain(error);
		return edits.map((edit) => nothingDone(edit, [], outcome, why));
	}
	try {
		const stores = opened.stores.length > 0 ? opened.stores : opened.fresh === undefined ? [] : [opened.fresh];
		if (stores.length === 0) {
			const why = t`Nothing has been stored in this profile yet. Start the browser once.`;
			return edits.map((edit) => nothingDone(edit, [], edit.set.length > 0 ? "unreachable" : "not-present", why));
		}
		const results: StoreResult[][] = [];
		for (const store of stores) results.push(await editStore({ open, profile, opened, store, edits, options, tools }));
		const kinds = stores.map(({ kind }) => kind);
		return edits.map((_, at) =>
			together(
				results.map((result) => result[at] as StoreResult),
				kinds,
			),
		);
	} finally {
		opened.close();
	}
}

interface Work {
	open: OpenProfile;
	profile: BrowserProfile;
	opened: OpenedProfile;
	store: LiveStore;
	edits: readonly AreaEdit[];
	options: EditOptions;
	tools: Tools | undefined;
}

async function editStore(work: Work): Promise<StoreResult[]> {
	const { profile, opened, store, edits, options, tools } = work;
	let before: Entries[];
	let results: StoreResult[];
	let running: string | undefined;
	try {
		before = await Promise.all(edits.map((edit) => look(store, edit)));
		results = await Promise.all(edits.map((edit, at) => planned(store, edit, before[at] as Entries)));
		running = opened.running();
	} catch (error) {
		const { outcome, why } = explain(error);
		return edits.map((edit) => nothingDone(edit, [], outcome, why));
	}
	const due = edits.filter((_, at) => results[at]?.outcome === "planned");
	const answer = (outcome: EditResult["outcome"], why: string | null) =>
		results.map((result) =>
			result.outcome === "planned" ? { ...result, outcome, why, after: result.before } : result,
		);
	if (due.length > 0 && running !== undefined) return answer("in-use", running);
	if (due.length === 0 || options.dryRun) return results;
	if (tools === undefined) throw new Error("nothing keeps what is there");
	const { kept, editImage } = tools;
	const guard = async () => {
		const why = opened.startedSince();
		if (why !== undefined) throw new NotWritten("in-use", why);
	};
	let id: string | undefined;
	try {
		const changes = due.map((edit) => {
			const result = results.find(({ origin }) => origin === edit.origin) as StoreResult;
			return { origin: edit.origin, before: text(result.before), after: text(result.after), cleared: edit.clear };
		});
		const back = due.map((edit) => undo(edit, before[edits.indexOf(edit)] as Entries));
		const backup = kept.begin({ profile, store: store.kind, changes }, toBytes(back), options);
		id = backup.id;
		const beforeChange = async () => {
			await kept.sync(backup.id);
			await guard();
		};
		await store.write(due, { now: options.now, keep: kept.filesOf(backup.id), editImage, guard: beforeChange });
	} catch (error) {
		const { outcome, why } = explain(error);
		// One site of several may be written already, where each has a file of its own.
		const now = await lookAgain(work, due);
		if (id !== undefined && due.every((edit) => same(now?.get(edit), before[edits.indexOf(edit)]))) kept.discard(id);
		return results.map((result, at) => {
			if (result.outcome !== "planned") return result;
			const there = now?.get(edits[at] as AreaEdit);
			if (there !== undefined && isSo(there, edits[at] as AreaEdit)) return done(result, id);
			return { ...result, outcome, why, after: there === undefined ? unknown(why) : webIdOf(there) };
		});
	}
	const now = await lookAgain(work, due);
	if (due.every((edit) => now?.get(edit) !== undefined && isSo(now.get(edit) as Entries, edit))) {
		return results.map((result) => (result.outcome === "planned" ? done(result, id) : result));
	}
	try {
		await guard();
		await store.putBack(
			kept.files(id),
			{ guard, editImage },
			due.map(({ origin }) => origin),
		);
	} catch (error) {
		// A browser that was started in this moment has the store: nothing may be exchanged under it.
		const why = t`What was written can't be read back, and the original could not be restored: ${explain(error).why} The original is in the backup ${id}.`;
		const backups = [id];
		return results.map((result) =>
			result.outcome === "planned" ? { ...result, outcome: "failed", why, after: unknown(why), backups } : result,
		);
	}
	return answer("failed", t`What was read back differs from what was written. The store was restored.`);
}

/** What is to become of an edit, if nobody opens the store meanwhile. */
async function planned(store: LiveStore, edit: AreaEdit, before: Entries): Promise<StoreResult> {
	const value = webIdOf(before);
	const result = { origin: edit.origin, before: value, after: value, why: null, backups: [] };
	if (isSo(before, edit)) return { ...result, outcome: edit.set.length > 0 ? "already-so" : "not-present" };
	const obstacle = await store.obstacle?.(edit);
	if (obstacle !== undefined) return { ...result, outcome: obstacle.outcome, why: obstacle.message };
	return { ...result, after: wanted(edit), outcome: "planned" };
}

/** What an edit is about, as it is now: the web ID, or all of the site. */
async function look(store: LiveStore, edit: AreaEdit): Promise<Entries> {
	const isWebId = (key: string) => key === webIdKey;
	if (!edit.clear && edit.remove.every(isWebId) && edit.set.every(([key]) => isWebId(key))) {
		const { values, state, why } = await store.read({ origins: [edit.origin] });
		// What is wrong elsewhere in the store says nothing against this site.
		const value = values[0]?.value ?? unknown(why ?? "");
		if (!value.known) throw new Unfit(state === "readable" ? "damaged" : state, value.why);
		return new Map(value.value === null ? [] : [[webIdKey, value.value]]);
	}
	return new Map(await store.entries(edit.origin));
}

export const toBytes = (undo: readonly AreaEdit[]): Buffer => Buffer.from(JSON.stringify(undo));

/** Through a profile opened anew. Undefined when it cannot be read. */
async function lookAgain(work: Work, edits: readonly AreaEdit[]): Promise<Map<AreaEdit, Entries> | undefined> {
	let opened: OpenedProfile | undefined;
	try {
		opened = await work.open(work.profile);
		const store = opened.stores.find(({ kind }) => kind === work.store.kind) ?? opened.fresh;
		const found = new Map<AreaEdit, Entries>();
		for (const edit of edits) if (store !== undefined) found.set(edit, await look(store, edit));
		return found;
	} catch {
		return undefined;
	} finally {
		opened?.close();
	}
}

function isSo(there: Entries, edit: AreaEdit): boolean {
	const set = new Set(edit.set.map(([key]) => key));
	if (edit.clear && [...there.keys()].some((key) => !set.has(key))) return false;
	return edit.remove.every((key) => !there.has(key)) && edit.set.every(([key, value]) => there.get(key) === value);
}

/** What makes of an edit's keys what they were; a cleared site gets all its keys back. */
export function undo(edit: AreaEdit, before: Entries): AreaEdit {
	const touched = [...new Set([...edit.remove, ...edit.set.map(([key]) => key)])];
	return {
		origin: edit.origin,
		clear: false,
		remove: touched.filter((key) => !before.has(key)),
		set: [...before].filter(([key]) => edit.clear || touched.includes(key)),
	};
}

/** Chromium's two stores: nobody can tell which one is live, so both are written, and what each had is told. */
function together(results: readonly StoreResult[], stores: StoreKind[]): EditResult {
	const [first, ...others] = results as [StoreResult, ...StoreResult[]];
	if (others.length === 0) return { ...first, stores };
	const rank: readonly EditResult["outcome"][] = [
		"failed",
		"refused",
		"unreachable",
		"in-use",
		"busy",
		"planned",
		"done",
	];
	const worst = rank.find((outcome) => results.some((result) => result.outcome === outcome)) ?? first.outcome;
	const shown = results.find(({ outcome }) => outcome === worst) ?? first;
	const both = {
		...shown,
		stores,
		backups: results.flatMap((result) => result.backups),
		each: results.map(({ before, after }, at) => ({ store: stores[at] as StoreKind, before, after })),
	};
	if (worst === "planned") return { ...both, why: t`The profile has both of Chromium's stores; both are written.` };
	if (worst !== "done") {
		// Of one that failed it must not be believed that the other was left alone.
		const mixed = results.some(({ outcome, why }) => outcome !== worst || why !== shown.why);
		const each = results.map(({ outcome, why }, at) => `${stores[at]}: ${why ?? outcome}`).join("; ");
		return mixed ? { ...both, why: each } : both;
	}
	const now = shown.after.known ? shown.after.value : null;
	const why =
		now === null
			? t`The profile has both of Chromium's stores; neither has a web ID now.`
			: t`The profile has both of Chromium's stores; both have ${now} now.`;
	return { ...both, outcome: "ambiguous", why };
}

function done(result: StoreResult, id: string | undefined): StoreResult {
	return { ...result, outcome: "done", backups: id === undefined ? [] : [id] };
}

/** What an error means for the edit. Nothing is thrown on: it would end what others are waiting for, too. */
export function explain(error: unknown): { outcome: EditResult["outcome"]; why: string } {
	if (error instanceof NotWritten) return { outcome: error.outcome, why: error.message };
	if (error instanceof Unfit) {
		const outcome = error.state === "running" ? "in-use" : error.state === "unreachable" ? "unreachable" : "refused";
		return { outcome, why: error.message };
	}
	if (isOutOfMemory(error)) return { outcome: "failed", why: t`It needs more memory than allowed (web.memory).` };
	const code = codeOf(error);
	if (!/^(E[A-Z]+|SQLITE_\w+|LEVEL_\w+)$/.test(code)) return { outcome: "failed", why: faultText(error) };
	if (refusalOf(error) === "full" || code === "SQLITE_FULL") {
		return { outcome: "failed", why: t`The disk is full; nothing was changed.` };
	}
	return { outcome: "failed", why: t`It failed (${code}: ${(error as Error).message}); nothing was changed.` };
}

export const webIdOf = (entries: Entries): Known<string | null> => known(entries.get(webIdKey) ?? null);
export const text = (value: Known<string | null>) => (value.known ? value.value : null);
const wanted = (edit: AreaEdit) => known(edit.set.find(([key]) => key === webIdKey)?.[1] ?? null);

export function same(now: Entries | undefined, before: Entries | undefined): boolean {
	return (
		now !== undefined &&
		before !== undefined &&
		now.size === before.size &&
		[...now].every(([key, value]) => before.get(key) === value)
	);
}
