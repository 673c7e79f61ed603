import { basename, join } from "node:path";
import type { LocalUser } from "../../client/ports.js";
import { t } from "../../text.js";
import type { Browser, Found } from "../../webid/profiles.js";
import { UserFolder } from "./home.js";

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
export function* chromiumProfiles(user: LocalUser, within: UserFolder, data: UserData): Generator<Found> {
	const missing = (state: "unreachable" | "denied", why: string): Found => ({
		missing: { user: user.account, sid: user.sid, browser: data.browser, path: data.path, state, why },
	});
	const look = within.look(data.path);
	if (look === "none" || look === "file") {
		if (data.expected) yield missing("unreachable", t`the folder that a policy names is not there`);
		return;
	}
	if (look !== "folder") return yield missing("denied", look.refused);
	const names = within.names(data.path);
	if (!names.known) return yield missing("denied", names.why);
	// Opera's older versions keep the one profile in the folder itself.
	if (holdsStore(within, data.path)) yield profileAt(user, within, data, data.path);
	const listed = listedIn(within, data.path);
	for (const name of names.value) {
		const path = join(data.path, name);
		if (!listed.has(name) && !holdsStore(within, path)) continue;
		const found = within.look(path);
		if (found === "folder") yield profileAt(user, within, data, path);
		else if (typeof found === "object") {
			yield {
				missing: {
					user: user.account,
					sid: user.sid,
					browser: data.browser,
					path,
					state: "denied",
					why: found.refused,
				},
			};
		}
	}
}

function profileAt(user: LocalUser, within: UserFolder, { browser, path: userData }: UserData, path: string): Found {
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

function holdsStore(within: UserFolder, path: string): boolean {
	return (
		within.look(join(path, "Local Storage", "leveldb")) === "folder" ||
		within.look(join(path, "LocalStorage")) === "file"
	);
}

/** What `Local State` lists; nothing when it is not there or is not what it should be: the user can write it. */
function listedIn(within: UserFolder, userData: string): Set<string> {
	const text = within.text(join(userData, "Local State"), longestLocalState);
	try {
		const state: unknown = JSON.parse((text.known ? text.value : null) ?? "{}");
		const cache = fieldOf(fieldOf(state, "profile"), "info_cache");
		return new Set(
			typeof cache === "object" && cache !== null ? Object.keys(cache).filter(UserFolder.isPlainName) : [],
		);
	} catch {
		return new Set();
	}
}

function fieldOf(value: unknown, name: string): unknown {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Links inside the user's folder are allowed (snap's `current`); what comes after works on the real path. */
function realOf(within: UserFolder, path: string): string {
	const real = within.real(path);
	return real.known && real.value !== null ? real.value : path;
}
