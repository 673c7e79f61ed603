import type { LocalUser } from "../../client/machine.js";
import { t } from "../../text.js";
import type { Browsers, ReadLimits } from "../../webid/browsers.js";
import type { Found } from "../../webid/profiles.js";
import type { BrowserProfile, EditOptions, EditResult } from "../../webid/stores.js";
import type { Owner } from "../isolation/become.js";
import type { Cage } from "../isolation/cage.js";
import { NoAnswer, ReaderPool, type ReaderSource } from "../isolation/pool.js";
import { OddAnswer, type Shape } from "../isolation/shape.js";
import { locksIn } from "../user-files/held.js";
import type { ReaderNews } from "./answer.js";
import type { ChangingSource } from "./editing-apart.js";
import { emptyEdit, nothingDone, toArea } from "./edits.js";
import type { Kept } from "./kept.js";
import { madeOut } from "./named-folder.js";
import { folderLookShape, foundShape, plannedShape, type ReaderRequest, readingShape } from "./requests.js";

/** How processes are started that change something. */
export interface ChangingWays {
	waysToWrite(owner: Owner | null): Cage[];
	/** @param more memory than usual, in megabytes */
	waysToEdit(more: number): Cage[];
}

/** A database that is changed is in memory so many times: as it came, SQLite's, with what it writes, and as it goes. */
const imagesInMemory = 6;

/** A change of one profile, and the sites that it is about. */
interface Wanted {
	profile: BrowserProfile;
	request: ReaderRequest;
	options: EditOptions;
	kept: Kept;
	origins: readonly string[];
}

/** How long a look at the locks of this machine is believed, in milliseconds. */
const freshLocks = 1000;

/**
 * The browsers of this machine, whose files are looked at in processes of their own: this one opens none of them and parses
 * nothing that is in them. Whatever one of those processes does, it is the state of that one profile.
 *
 * @param home `cfm`'s own folder: backups are kept in it
 */
export function isolatedBrowsers(limits: ReadLimits, source: ReaderSource & ChangingWays, home: string): Browsers {
	const allowed = {
		milliseconds: limits.profileSeconds * 1000,
		userMilliseconds: limits.userSeconds * 1000,
		bytes: limits.answerMegabytes * 1_000_000,
	};
	const pool = new ReaderPool(source, allowed);
	const { start } = source;
	const changing: ChangingSource = {
		hand: (owner) => new ReaderPool({ ways: source.waysToWrite(owner), start }, allowed),
		editor: (bytes) => {
			const more = Math.ceil((bytes * imagesInMemory) / 1_000_000);
			return new ReaderPool({ ways: source.waysToEdit(more), start }, allowed);
		},
	};
	const ask = <T>(user: string, request: ReaderRequest, shape: Shape<T>) => pool.ask(user, request, shape);
	/** Loaded on use: most commands only look. */
	const stores = async () => {
		const { openBrowserStores } = await import("./open.js");
		return openBrowserStores(home, undefined, {
			edit: (profile, edits, options, kept) => {
				const request = { ask: "edit", profile, edits, now: options.now.toISOString(), home } as const;
				return change({ profile, request, options, kept, origins: edits.map(({ origin }) => origin) });
			},
			async repair(profile, options, kept) {
				const request = {
					ask: "repair",
					profile,
					dryRun: options.dryRun,
					now: options.now.toISOString(),
					home,
				} as const;
				const [result] = await change({ profile, request, options, kept, origins: [""] });
				return result as EditResult;
			},
			restore: (id, options, kept) => {
				const { profile, changes } = kept.read(id);
				const { whole, dryRun, now } = options;
				const request = { ask: "restore", profile, id, whole, dryRun, now: now.toISOString(), home } as const;
				return change({ profile, request, options, kept, origins: changes.map(({ origin }) => origin) });
			},
		});
	};
	const change = async ({ profile, request, options, kept, origins }: Wanted): Promise<EditResult[]> => {
		const { Change, brokenOff } = await import("./editing-apart.js");
		const made = new Change(changing, profile, kept, options);
		try {
			const callee = (what: unknown, bytes: Buffer) => made.answer(what, bytes);
			return await pool.ask(userOf(profile), request, resultsFor(origins), { callee });
		} catch (error) {
			const why = whyNone(error, limits);
			const none = origins.map((origin) => nothingDone(emptyEdit(origin), [], "failed", why));
			return brokenOff(none, made.begun);
		} finally {
			made.end();
		}
	};
	const userOf = (profile: BrowserProfile) => profile.user ?? profile.path;
	return {
		finder: {
			async *find(user) {
				try {
					const found = await ask(user.account, { ask: "find", user }, foundShape);
					for (const one of found) yield ofUser(one, user);
				} catch (error) {
					const { account, sid, profileFolder: path } = user;
					const why = whyNone(error, limits);
					yield { missing: { user: account, sid, browser: null, path, state: "failed", why } };
				}
			},
		},
		realFolder: async (folder) => {
			try {
				return madeOut(folder, await ask(folder.path, { ask: "folder", folder }, folderLookShape));
			} catch (error) {
				if (!(error instanceof NoAnswer)) throw error;
				return madeOut(folder, { is: "unfit", path: folder.path, found: [], why: whyNone(error, limits) });
			}
		},
		lacks: () => pool.lacks(),
		stores: {
			atOnce: 2,
			async read(profile, request) {
				try {
					const reading = await ask(userOf(profile), { ask: "read", profile, request }, readingShape);
					return reading;
				} catch (error) {
					return { state: "failed", why: whyNone(error, limits), stores: [] };
				}
			},
			async edit(profile, edits, options) {
				if (!options.dryRun) return (await stores()).stores.edit(profile, edits, options);
				try {
					const request = { ask: "plan", profile, edits, now: options.now.toISOString() } as const;
					return await ask(userOf(profile), request, resultsFor(edits.map(({ origin }) => origin)));
				} catch (error) {
					const why = whyNone(error, limits);
					return edits.map((edit) => nothingDone(toArea(edit), [], "failed", why));
				}
			},
		},
		backups: {
			list: async () => (await stores()).backups.list(),
			restore: async (id, options) => (await stores()).backups.restore(id, options),
			removeExpired: async (now) => (await stores()).backups.removeExpired(now),
		},
		repair: async (profile, options) => (await stores()).repair(profile, options),
	};
}

/** What this process knows of the machine's locks; looked up again when it is old. */
export function lockNews(
	first: Promise<string | undefined>,
	read: () => Promise<string | undefined>,
): () => Promise<ReaderNews> {
	const newsOf = (list: string | undefined): ReaderNews => ({ locks: list === undefined ? null : locksIn(list) });
	let latest = first.then(newsOf);
	let at = performance.now();
	return () => {
		if (performance.now() - at > freshLocks) {
			at = performance.now();
			latest = read().then(newsOf);
		}
		return latest;
	};
}

/** Whose it is was asked, and is not for the answer to say. */
function ofUser(found: Found, { account, sid }: LocalUser): Found {
	if ("missing" in found) return { missing: { ...found.missing, user: account, sid } };
	return { profile: { ...found.profile, user: account, sid } };
}

/** One result for each edit, of its site. */
function resultsFor(origins: readonly string[]): Shape<EditResult[]> {
	return (value) => {
		const results = plannedShape(value);
		const fits = origins.every((origin, at) => results[at]?.origin === origin);
		if (!fits || results.length !== origins.length) throw new OddAnswer("not one result for each edit");
		return results;
	};
}

/** Why there is no answer, and which limit it was. @throws what is no answer's */
function whyNone(
	error: unknown,
	{ profileSeconds, userSeconds, memoryMegabytes, answerMegabytes }: ReadLimits,
): string {
	if (!(error instanceof NoAnswer)) throw error;
	switch (error.overrun) {
		case "time":
			return t`Reading it takes longer than ${profileSeconds} s (web.profile-timeout).`;
		case "user-time":
			return t`Reading this user's profiles takes longer than ${userSeconds} s (web.user-timeout).`;
		case "memory":
			return t`Reading it takes more than ${memoryMegabytes} MB of memory (web.memory).`;
		case "answer":
			return t`What is in it is longer than ${answerMegabytes} MB (web.answer-size).`;
		case "crash":
			return t`The process that read it ended unexpectedly (${error.detail}).`;
		case "odd":
			return t`The process that read it gave an answer that makes no sense.`;
		case "start":
			return t`The process that reads browsers can't be started (${error.detail}).`;
	}
}
