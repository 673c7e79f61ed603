import { basename, join, resolve } from "node:path";
import type { LocalUser } from "../../client/ports.js";
import type { Found } from "../../webid/profiles.js";
import type { UserFolder } from "./home.js";

/** A line for each profile; nobody has thousands. */
const longestIni = 1024 * 1024;

/**
 * Firefox's profiles: those that `profiles.ini` and `installs.ini` name, wherever in the user's home they are, and every
 * folder beside them that holds a store.
 */
export async function* firefoxProfiles(user: LocalUser, within: UserFolder, folder: string): AsyncGenerator<Found> {
	const look = within.look(folder);
	if (look === "none" || look === "file") return;
	const missing = (path: string, why: string): Found => ({
		missing: { user: user.account, sid: user.sid, browser: "firefox", path, state: "denied", why },
	});
	if (look !== "folder") return yield missing(folder, look.refused);
	const paths = new Set(await named(within, folder));
	for (const place of [folder, join(folder, "Profiles")]) {
		const names = within.names(place);
		if (!names.known) yield missing(place, names.why);
		else for (const name of names.value) if (holdsStore(within, join(place, name))) paths.add(join(place, name));
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

/** The folders that the two files name: `[Profile0] Path=…, IsRelative=1`, and `[Install…] Default=…`. */
async function named(within: UserFolder, folder: string): Promise<string[]> {
	const { parse } = await import("ini");
	const paths: string[] = [];
	for (const file of ["profiles.ini", "installs.ini"]) {
		const text = within.text(join(folder, file), longestIni);
		if (!text.known || text.value === null) continue;
		for (const section of Object.values<unknown>(parse(text.value))) {
			if (typeof section !== "object" || section === null) continue;
			const { Path, Default } = section as Record<string, unknown>;
			// `Default=1` in a profile's section only says that it is the first one.
			const path =
				typeof Path === "string" ? Path : typeof Default === "string" && Default !== "1" ? Default : undefined;
			if (path !== undefined && path !== "" && !path.includes("\0")) paths.push(resolve(folder, path));
		}
	}
	return paths;
}

function holdsStore(within: UserFolder, path: string): boolean {
	return (
		within.look(join(path, "storage", "default")) === "folder" ||
		within.look(join(path, "webappsstore.sqlite")) === "file"
	);
}
