import { known, unknown } from "../../known.js";
import { type Edit, type EditResult, type StoreKind, webIdKey } from "../../webid/stores.js";
import type { AreaEdit } from "../user-files/live-store.js";

/** An edit in the terms that all stores share. */
export function toArea(edit: Edit): AreaEdit {
	return {
		origin: edit.origin,
		clear: edit.action === "clear",
		remove: edit.action === "remove" ? [webIdKey] : [],
		set: edit.action === "set" ? [[webIdKey, edit.value]] : [],
	};
}

/** Of a site nothing else is known of. */
export const emptyEdit = (origin: string): AreaEdit => ({ origin, clear: false, remove: [], set: [] });

/** The result of an edit that was not made. */
export function nothingDone(
	edit: AreaEdit,
	stores: StoreKind[],
	outcome: EditResult["outcome"],
	why: string,
): EditResult {
	const value = outcome === "not-present" ? known(null) : unknown(why);
	return { origin: edit.origin, stores, before: value, after: value, outcome, why, backups: [] };
}
