import { realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import type { NamedFolder } from "../../webid/scope.js";
import { Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";

/** What a browser makes in a profile at its first start, or a store alone, as a copy may have it. */
const signs: Readonly<Record<NamedFolder["kind"], readonly string[]>> = {
	chromium: ["Preferences", "Local Storage", "LocalStorage"],
	firefox: ["prefs.js", "storage", "webappsstore.sqlite"],
};

const mostHints = 5;

/**
 * Where a folder that an administrator named really is.
 *
 * @throws CfmError not-found `no-folder`, `not-a-profile`
 */
export function realProfileFolder({ path, kind }: NamedFolder): NamedFolder {
	if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
		throw new CfmError("not-found", "no-folder", t`There is no folder ${path}.`, { data: { path } });
	}
	const real = { path: realpathSync.native(path), kind };
	refuseStrangeFolder(real);
	return real;
}

/**
 * Refuses a folder that nothing shows to be a profile: "User Data" instead of "User Data/Default" would look like a
 * profile that never stored anything, and a store that is made in it would never be seen by the browser.
 *
 * @throws CfmError not-found `not-a-profile`
 */
function refuseStrangeFolder({ path, kind }: NamedFolder): void {
	const entries = entriesOf(path);
	// A folder that cannot be read is told as that, as any profile is.
	if (entries === undefined || isProfile(entries, kind)) return;
	const other = kind === "chromium" ? "firefox" : "chromium";
	const found: NamedFolder[] = isProfile(entries, other) ? [{ path, kind: other }] : [];
	for (const name of entries.toSorted()) {
		const below = join(path, name);
		if (isProfile(entriesOf(path, name) ?? [], kind)) found.push({ path: below, kind });
	}
	const name = kind === "chromium" ? "Chromium" : "Firefox";
	throw new CfmError("not-found", "not-a-profile", t`${path} is not a profile folder of ${name}.`, {
		hints: [
			...found
				.slice(0, mostHints)
				.map((one) => line("web list", [], { "profile-dir": one.path, "browser-kind": one.kind, discover: true })),
			...(found.length > 0 ? [] : [t`A profile folder contains ${signs[kind][0] as string}.`]),
		],
		data: { path, profiles: found.map((one) => ({ path: one.path, browserKind: one.kind })) },
	});
}

/** By names as they are spelled: `Storage`, which Windows takes for `storage`, is in Chromium's profiles. */
function isProfile(entries: readonly string[], kind: NamedFolder["kind"]): boolean {
	return entries.some((name) => signs[kind].includes(name));
}

/** The names in a folder, or in one in it; undefined when it is none or cannot be read. */
function entriesOf(path: string, name = ""): string[] | undefined {
	let folder: UserFolder | undefined;
	try {
		folder = UserFolder.openBelow(path, join(path, name));
		return folder?.names();
	} catch (error) {
		if (!(error instanceof Unfit)) throw error;
		return undefined;
	} finally {
		folder?.close();
	}
}
