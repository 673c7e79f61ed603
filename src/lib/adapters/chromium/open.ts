import { t } from "../../text.js";
import type { BrowserProfile } from "../../webid/stores.js";
import { makeStore } from "../leveldb/store-writer.js";
import { whyHeld } from "../user-files/held.js";
import type { LiveStore, OpenedProfile } from "../user-files/live-store.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import { LevelDbStore, siteEdit, versionKey } from "./leveldb-store.js";
import { runningChromium } from "./running.js";
import { SqliteStore, sqliteFile } from "./sqlite-store.js";

/** Opens a profile of Chrome, Edge, Brave, Vivaldi, Opera or Chromium. @throws Unfit */
export function openChromium(profile: BrowserProfile): OpenedProfile {
	const open: UserFolder[] = [];
	const close = () => {
		for (const folder of open.splice(0)) folder.close();
	};
	const keep = (folder: UserFolder | undefined) => {
		if (folder !== undefined) open.push(folder);
		return folder;
	};
	try {
		const folder = keep(UserFolder.openBelow(profile.within, profile.path));
		if (folder === undefined) throw new Unfit("unreachable", t`There is no folder ${profile.path}.`);
		const userData =
			profile.userData === null ? undefined : keep(UserFolder.openBelow(profile.within, profile.userData));
		const level = keep(keep(folder.folder("Local Storage"))?.folder("leveldb"));
		const held = () => {
			const inUse = ({ path }: UserFolder) => t`${path} is in use by a running browser`;
			return (level && whyHeld(level, "LOCK", inUse(level))) ?? whyHeld(folder, sqliteFile, inUse(folder));
		};
		const running = () => (userData && runningChromium(userData)) ?? runningChromium(folder);
		const hasLevel = level?.names().some((name) => name !== "LOCK" && !name.startsWith("LOG"));
		const stores: LiveStore[] = [];
		if (level !== undefined && hasLevel) {
			stores.push(new LevelDbStore(level));
		}
		if (folder.look(sqliteFile) !== undefined) stores.push(new SqliteStore(folder));
		const fresh = hasLevel ? undefined : newLevelDb(folder);
		return { stores, fresh, running: () => running() ?? held(), startedSince: running, close };
	} catch (error) {
		close();
		throw error;
	}
}

/**
 * The store a profile that never stored anything gets: Chromium takes a LevelDB that is there, whatever it would have
 * made itself. It is filled beside the place and put there whole.
 */
function newLevelDb(profile: UserFolder): LiveStore {
	const nothing = async () => [];
	return {
		kind: "leveldb",
		read: async ({ origins }) => ({
			store: "leveldb",
			state: "readable",
			why: null,
			modified: null,
			values: origins === "all" ? [] : origins.map((origin) => ({ origin, value: { known: true, value: null } })),
		}),
		entries: nothing,
		obstacle: async () => emptyStore(profile),
		async write(edits, { now, guard }) {
			const obstacle = emptyStore(profile);
			if (obstacle !== undefined) throw obstacle;
			const storage = profile.folder("Local Storage") ?? profile.makeFolder("Local Storage");
			const name = `leveldb.cfm-${process.pid}`;
			try {
				const made = storage.makeFolder(name);
				try {
					const put = edits.flatMap((edit) => siteEdit(edit, new Map(), now).put);
					makeStore(made, [[versionKey, Buffer.from("1")], ...put]);
					await guard();
					storage.rename(name, "leveldb");
					storage.sync();
				} catch (error) {
					for (const file of made.names()) made.remove(file);
					storage.removeFolder(name);
					throw error;
				} finally {
					made.close();
				}
			} finally {
				storage.close();
			}
		},
		copyTo: async () => undefined,
		async putBack() {
			throw new NotWritten("refused", t`There was no store before. Remove the site's value instead.`);
		},
	};
}

/** A folder without a LevelDB in it: what its browser would make of ours there was not seen. */
function emptyStore(profile: UserFolder): NotWritten | undefined {
	const storage = profile.folder("Local Storage");
	try {
		if (storage?.look("leveldb") === undefined) return undefined;
		return new NotWritten("refused", t`${storage.path} holds an empty store. Start the browser once.`);
	} finally {
		storage?.close();
	}
}
