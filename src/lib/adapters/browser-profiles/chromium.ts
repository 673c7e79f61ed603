import { basename, join } from "node:path";
import type { LocalUser } from "../../client/machine.js";
import { t } from "../../text.js";
import type { Browser, Found } from "../../webid/profiles.js";
import { UserHome } from "../user-files/user-home.js";

/** `Local State` grows with extensions and experiments; seen up to some hundred kilobytes. */
const longestLocalState = 16 * 1024 * 1024;

/** Where Opera keeps the profiles that its user has added: each in a folder like "User Data". */
const sideProfiles = "_side_profiles";

/** Where a browser of the Chromium family keeps its profiles. */
export interface UserData {
	browser: Browser;
	/** The folder "User Data". */
	path: string;
	/** Whether it must be there, since a policy says so; else it is a browser that the user does not have. */
	expected?: boolean;
}

/**
 * The profiles in a "User Data" folder: those that `Local State` lists, and every other subfolder that holds a store
 * (guests are not listed, and the list can be damaged). However many links lead to a folder, it is one profile.
 */
export function* chromiumProfiles(user: LocalUser, within: UserHome, data: UserData): Generator<Found> {
	yield* profilesIn(user, within, data);
	const added = join(data.path, sideProfiles);
	if (within.look(added) !== "folder") return;
	const names = within.names(added);
	for (const name of names.known ? names.value : []) {
		yield* profilesIn(user, within, { ...data, path: join(added, name), expected: false });
	}
}

function* profilesIn(user: LocalUser, within: UserHome, data: UserData): Generator<Found> {
	const missing = (state: "unreachable" | "denied" | "damaged", why: string, path = data.path): Found => ({
		missing: { user: user.account, sid: user.sid, browser: data.browser, path, state, why },
	});
	const look = within.look(data.path);
	if (look === "none" || look === "file") {
		if (data.expected) yield missing("unreachable", t`the folder named by a policy does not exist`);
		return;
	}
	if (look !== "folder") return yield missing("denied", look.refused);
	const names = within.names(data.path);
	if (!names.known) return yield missing("denied", names.why);
	// Opera's older versions keep the one profile in the folder itself.
	const own = storeIn(within, data.path);
	const seen = new Set<string>();
	if (own === "there") yield profileAt(user, within, data, data.path);
	else if (own !== "none") yield missing("denied", own.refused);
	const listed = listedIn(within, data.path);
	if (!listed.known) yield missing(listed.state, t`Local State: ${listed.why}`);
	for (const name of names.value) {
		const path = join(data.path, name);
		const isListed = listed.known && listed.value.has(name);
		const found = within.look(path);
		// Browsers keep links of their own beside the profiles; one that is listed is none of them.
		const store = found === "folder" ? storeIn(within, path) : "none";
		if (found === "folder" && (isListed || store === "there")) {
			const real = realOf(within, path);
			if (seen.has(real)) continue;
			seen.add(real);
			yield profileAt(user, within, data, real);
		} else if (typeof store === "object") yield missing("denied", store.refused, path);
		else if (typeof found === "object" && isListed) yield missing("denied", found.refused, path);
	}
}

function profileAt(user: LocalUser, within: UserHome, { browser, path: userData }: UserData, path: string): Found {
	return {
		profile: {
			user: user.account,
			sid: user.sid,
			browser,
			kind: "chromium",
			name: basename(path),
			path: realOf(within, path),
			within: within.path,
			userData: realOf(within, userData),
		},
	};
}

/** Whether a folder holds a store; or why nobody may look. */
function storeIn(within: UserHome, path: string): "there" | "none" | { refused: string } {
	const level = within.look(join(path, "Local Storage", "leveldb"));
	const sqlite = within.look(join(path, "LocalStorage"));
	if (level === "folder" || sqlite === "file") return "there";
	return [level, sqlite].find((look) => typeof look === "object") ?? "none";
}

type Listed = { known: true; value: Set<string> } | { known: false; state: "denied" | "damaged"; why: string };

/** What `Local State` lists; nothing when it is not there. The user can write it. */
function listedIn(within: UserHome, userData: string): Listed {
	const text = within.text(join(userData, "Local State"), longestLocalState);
	if (!text.known) return { known: false, state: "denied", why: text.why };
	const damaged: Listed = { known: false, state: "damaged", why: t`it is not what Chromium writes` };
	try {
		// Chromium reads it with a byte order mark, too.
		const state: unknown = JSON.parse(text.value?.replace(/^\uFEFF/, "") ?? "{}");
		if (typeof state !== "object" || state === null || Array.isArray(state)) return damaged;
		const cache = fieldOf(fieldOf(state, "profile"), "info_cache") ?? {};
		if (typeof cache !== "object") return damaged;
		return { known: true, value: new Set(Object.keys(cache).filter(UserHome.isPlainName)) };
	} catch {
		return damaged;
	}
}

function fieldOf(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Links inside the user's folder are allowed (snap's `current`); what comes after works on the real path. */
function realOf(within: UserHome, path: string): string {
	const real = within.real(path);
	return real.known && real.value !== null ? real.value : path;
}
