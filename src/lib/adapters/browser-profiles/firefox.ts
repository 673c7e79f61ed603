import { basename, join, resolve } from "node:path";
import type { LocalUser } from "../../client/ports.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import type { Found } from "../../webid/profiles.js";
import type { UserHome } from "../user-files/user-home.js";

/** A line for each profile; nobody has thousands. */
const longestIni = 1024 * 1024;

/**
 * Firefox's profiles: those that `profiles.ini` and `installs.ini` name, wherever in the user's home they are, and every
 * folder beside them that holds a store.
 */
export async function* firefoxProfiles(user: LocalUser, within: UserHome, folder: string): AsyncGenerator<Found> {
	const look = within.look(folder);
	if (look === "none" || look === "file") return;
	const missing = (path: string, why: string): Found => ({
		missing: { user: user.account, sid: user.sid, browser: "firefox", path, state: "denied", why },
	});
	if (look !== "folder") return yield missing(folder, look.refused);
	const paths = new Set<string>();
	for (const file of ["profiles.ini", "installs.ini"]) {
		const text = within.text(join(folder, file), longestIni);
		const named = text.known ? await namedIn(text.value ?? "", folder) : text;
		if (!named.known) yield missing(folder, t`${file}: ${named.why}`);
		else for (const path of named.value) paths.add(path);
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
				browser: "firefox",
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
async function namedIn(text: string, folder: string): Promise<Known<string[]>> {
	const { parse } = await import("ini");
	let sections: unknown[];
	try {
		sections = Object.values<unknown>(parse(text));
	} catch {
		// The library falls over `A=null` before `[A.B]`.
		return unknown(t`it is not what Firefox writes`);
	}
	const paths: string[] = [];
	for (const section of sections) {
		if (typeof section !== "object" || section === null) continue;
		const { Path, Default } = section as Record<string, unknown>;
		// `Default=1` in a profile's section only says that it is the first one.
		const path = typeof Path === "string" ? Path : typeof Default === "string" && Default !== "1" ? Default : undefined;
		if (path !== undefined && path !== "" && !path.includes("\0")) paths.push(resolve(folder, path));
	}
	return known(paths);
}

/** Whether a folder holds a store; or why nobody may look. */
function storeIn(within: UserHome, path: string): "there" | "none" | { refused: string } {
	const sites = within.look(join(path, "storage", "default"));
	const older = within.look(join(path, "webappsstore.sqlite"));
	if (sites === "folder" || older === "file") return "there";
	return [sites, older].find((look) => typeof look === "object") ?? "none";
}
