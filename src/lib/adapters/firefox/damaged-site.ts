import { t } from "../../text.js";
import { webIdKey } from "../../webid/stores.js";
import type { StoredDatabase } from "../sqlite/read-database.js";
import { tried } from "../sqlite/salvage.js";
import { readUserDatabase, type Salvaged, salvageDatabase } from "../sqlite/user-database.js";
import { Budget } from "../user-files/budget.js";
import { Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { metadataFile } from "./origin-files.js";
import { entriesIn, refuseOtherSite, valueIn } from "./site-database.js";
import { isBroken, siteFile } from "./site-folders.js";

/** A site that Firefox can't read. */
export interface DamagedSite {
	origin: string;
	/** What could be read of its database; undefined where that is sound. */
	found: ReadonlyMap<string, string> | undefined;
	lost: string[];
}

/** Looks whether Firefox can read a site; undefined where it can, or where it is another version's. */
export async function damagedSite(
	origin: string,
	ls: UserFolder | undefined,
	folder: UserFolder | undefined,
): Promise<DamagedSite | undefined> {
	if (ls === undefined || folder === undefined) return undefined;
	const check = (database: StoredDatabase) => {
		if (database.isUnused) return undefined;
		refuseOtherSite(database, origin);
		const value = valueIn(database, webIdKey, new Budget());
		return value.known ? undefined : value.why;
	};
	const look = async () => {
		await readUserDatabase(ls, siteFile, (database) => database.check());
		return readUserDatabase(ls, siteFile, check);
	};
	let salvage: Salvaged<ReadonlyMap<string, string>> | undefined;
	try {
		salvage = await salvageDatabase(ls, siteFile, look, (database, lose) => savedIn(database, origin, lose));
	} catch (error) {
		// Another version's, or another site's, is not damaged, and stands in nobody's way.
		if (!(error instanceof Unfit) || error.state !== "unsupported") throw error;
		return undefined;
	}
	if (salvage !== undefined) return { origin, found: salvage.found, lost: salvage.lost };
	return isBroken(folder) ? { origin, found: undefined, lost: [t`${metadataFile} is missing`] } : undefined;
}

/** Keys and values of a database that is damaged. @throws Unfit unsupported */
function savedIn(
	database: StoredDatabase | undefined,
	origin: string,
	lose: (what: string) => void,
): ReadonlyMap<string, string> {
	const budget = new Budget();
	const missing = ["data", "database"].filter((table) => !database?.has(table));
	for (const table of missing) lose(t`the table ${table}`);
	if (database?.has("database")) tried(lose, () => refuseOtherSite(database, origin));
	const entries = database?.has("data") ? tried(lose, () => entriesIn(database, budget, lose)) : undefined;
	return new Map(entries);
}
