import { basename, join } from "node:path";
import type { LocalUser } from "../../client/ports.js";
import { type Known, known } from "../../known.js";
import { t } from "../../text.js";
import type { Browser, Found } from "../../webid/profiles.js";
import { UserHome } from "../user-files/user-home.js";

/** `Local State` grows with extensions and experiments; seen up to some hundred kilobytes. */
const longestLocalState = 16 * 1024 * 1024;

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
 * (guests are not listed, and the list can be damaged).
 */
export function* chromiumProfiles(user: LocalUser, within: UserHome, data: UserData): Generator<Found> {
	const missing = (state: "unreachable" | "denied", why: string, path = data.path): Found => ({
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
	if (own === "there") yield profileAt(user, within, data, data.path);
	else if (own !== "none") yield missing("denied", own.refused);
	const listed = listedIn(within, data.path);
	if (!listed.known) yield missing("denied", t`Local State: ${listed.why}`);
	for (const name of names.value) {
		const path = join(data.path, name);
		const isListed = listed.known && listed.value.has(name);
		const found = within.look(path);
		// Browsers keep links of their own beside the profiles; one that is listed is none of them.
		const store = found === "folder" ? storeIn(within, path) : "none";
		if (found === "folder" && (isListed || store === "there")) yield profileAt(user, within, data, path);
		else if (typeof store === "object") yield missing("denied", store.refused, path);
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

/** What `Local State` lists; nothing when it is not there or is not what it should be: the user can write it. */
function listedIn(within: UserHome, userData: string): Known<Set<string>> {
	const text = within.text(join(userData, "Local State"), longestLocalState);
	if (!text.known) return text;
	try {
		const state: unknown = JSON.parse(text.value ?? "{}");
		const cache = fieldOf(fieldOf(state, "profile"), "info_cache");
		return known(
			new Set(typeof cache === "object" && cache !== null ? Object.keys(cache).filter(UserHome.isPlainName) : []),
		);
	} catch {
		return known(new Set());
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
