import { basename, join, resolve } from "node:path";
import type { LocalUser } from "../../client/machine.js";
import { t } from "../../text.js";
import type { Found } from "../../webid/profiles.js";
import type { UserHome } from "../user-files/user-home.js";
import type { UserData } from "./chromium.js";

/** A line for each profile; nobody has thousands. */
const longestIni = 1024 * 1024;

/**
 * The profiles of Firefox, and of a browser made from it: those that `profiles.ini` and `installs.ini` name, wherever in the
 * user's home they are, and every folder beside them that holds a store.
 */
export function* firefoxProfiles(
	user: LocalUser,
	within: UserHome,
	{ browser, path: folder }: Pick<UserData, "browser" | "path">,
): Generator<Found> {
	const look = within.look(folder);
	if (look === "none" || look === "file") return;
	const missing = (path: string, why: string): Found => ({
		missing: { user: user.account, sid: user.sid, browser, path, state: "denied", why },
	});
	if (look !== "folder") return yield missing(folder, look.refused);
	const paths = new Set<string>();
	for (const file of ["profiles.ini", "installs.ini"]) {
		const text = within.text(join(folder, file), longestIni);
		if (!text.known) yield missing(folder, t`${file}: ${text.why}`);
		else for (const path of namedIn(text.value ?? "", folder)) paths.add(path);
	}
	for (const place of [folder, join(folder, "Profiles")]) {
		const names = within.names(place);
		if (!names.known) yield missing(place, names.why);
		for (const name of names.known ? names.value : []) {
			const path = join(place, name);
			const store = within.look(path) === "folder" ? storeIn(within, path) : "none";
			if (store === "there") paths.add(path);
			else if (store !== "none" && !paths.has(path)) yield missing(path, store.refused);
		}
	}
	const seen = new Set<string>();
	for (const path of paths) {
		const real = within.real(path);
		if (!real.known) {
			yield missing(path, real.why);
			continue;
		}
		// A profile that is named and not there was removed by hand: Firefox asks for another one.
		if (real.value === null || seen.has(real.value) || within.look(path) !== "folder") continue;
		seen.add(real.value);
		yield {
			profile: {
				user: user.account,
				sid: user.sid,
				browser,
				kind: "firefox",
				name: basename(real.value),
				path: real.value,
				within: within.path,
				userData: null,
			},
		};
	}
}

/** The folders that one of the two files names: `[Profile0] Path=…, IsRelative=1`, or `[Install…] Default=…`. */
function namedIn(text: string, folder: string): string[] {
	const paths: string[] = [];
	for (const values of sectionsIn(text).values()) {
		// `Default=1` in a profile's section only says that it is the first one.
		const named = values.get("Default");
		const path = values.get("Path") ?? (named === "1" ? undefined : named);
		if (path !== undefined && path !== "" && !path.includes("\0")) paths.push(resolve(folder, path));
	}
	return paths;
}

/**
 * The sections of such a file as Firefox reads them (nsINIParser): no quotes, no escapes, a comment only at the start of a
 * line, values as they stand; what follows a heading that is none belongs nowhere; of what is said twice the last.
 */
function sectionsIn(text: string): Map<string, Map<string, string>> {
	const sections = new Map<string, Map<string, string>>();
	let section: Map<string, string> | undefined;
	for (const line of text.replace(/^\uFEFF/, "").split(/[\r\n]/)) {
		if (line.startsWith("#") || line.startsWith(";")) continue;
		const bare = line.replace(/^[ \t]+/, "");
		if (bare.startsWith("[")) {
			const end = bare.indexOf("]");
			const name = end > 1 && bare.slice(end + 1).trim() === "" ? bare.slice(1, end) : undefined;
			section = name === undefined ? undefined : (sections.get(name) ?? new Map<string, string>());
			if (name !== undefined && section !== undefined) sections.set(name, section);
			continue;
		}
		const at = bare.indexOf("=");
		if (at > 0) section?.set(bare.slice(0, at), bare.slice(at + 1));
	}
	return sections;
}

/** Whether a folder holds a store; or why nobody may look. */
function storeIn(within: UserHome, path: string): "there" | "none" | { refused: string } {
	const sites = within.look(join(path, "storage", "default"));
	const older = within.look(join(path, "webappsstore.sqlite"));
	if (sites === "folder" || older === "file") return "there";
	return [sites, older].find((look) => typeof look === "object") ?? "none";
}
