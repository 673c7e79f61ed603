import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, join, parse, relative, resolve, sep } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import type { NamedFolder } from "../../webid/scope.js";
import { refuseInUsersMount } from "../user-files/mounts.js";
import { Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";

/** What a browser makes in a profile at its first start, or a store alone, as a copy may have it. */
const signs: Readonly<Record<NamedFolder["kind"], readonly string[]>> = {
	chromium: ["Preferences", "Local Storage", "LocalStorage"],
	firefox: ["prefs.js", "storage", "webappsstore.sqlite"],
};

const mostHints = 5;

/** What is at a path that an administrator named. */
export interface FolderLook {
	/**
	 * `none`: no folder. `profile`: one, or a folder that cannot be read: that is told as of any profile. `strange`: nothing
	 * shows that it is a profile. `led-away`: a link of a user leads there, and it is not that user's. `unfit`: see `why`.
	 */
	is: "none" | "profile" | "strange" | "led-away" | "unfit";
	/** Where it really is. */
	path: string;
	/** Profiles in it, or what it is besides. */
	found: NamedFolder[];
	why: string;
}

/**
 * Where a folder that an administrator named really is.
 *
 * @throws CfmError not-found `no-folder`, `not-a-profile`; denied `link-of-user`; unavailable `folder-not-read`
 */
export function realProfileFolder(folder: NamedFolder): NamedFolder {
	return madeOut(folder, lookAtNamedFolder(folder));
}

/** @throws as `realProfileFolder` */
export function madeOut(named: NamedFolder, { is, path, found, why }: FolderLook): NamedFolder {
	const { kind } = named;
	switch (is) {
		case "none":
			throw new CfmError("not-found", "no-folder", t`There is no folder ${named.path}.`, {
				data: { path: named.path },
			});
		case "unfit":
			throw new CfmError("unavailable", "folder-not-read", t`${named.path} cannot be read: ${why}`, {
				data: { path: named.path },
			});
		case "led-away":
			throw new CfmError(
				"denied",
				"link-of-user",
				t`${named.path} leads through a link that a user made to ${path}, which is not that user's.`,
				{
					hints: [{ say: t`If you mean that folder:`, line: { again: { "profile-dir": path } } }],
					data: { path: named.path, realPath: path },
				},
			);
		case "strange": {
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
		case "profile":
			return { path, kind };
	}
}

/**
 * Looks at a folder that an administrator named. "User Data" instead of "User Data/Default" would look like a profile that
 * never stored anything, and a store that is made in it would never be seen by the browser.
 */
export function lookAtNamedFolder({ path: named, kind }: NamedFolder): FolderLook {
	const look = (is: FolderLook["is"], path = named, found: NamedFolder[] = []): FolderLook => ({
		is,
		path,
		found,
		why: "",
	});
	let path: string;
	try {
		refuseInUsersMount(named);
		if (!statSync(named, { throwIfNoEntry: false })?.isDirectory()) return look("none");
		path = realpathSync.native(named);
		if (leadsAway(named, path)) return look("led-away", path);
	} catch (error) {
		if (error instanceof Unfit) return { ...look("unfit"), why: error.message };
		if (refusalOf(error) === undefined) throw error;
		return { ...look("unfit"), why: (error as Error).message };
	}
	const entries = entriesOf(path);
	if (entries === undefined || isProfile(entries, kind)) return look("profile", path);
	const other = kind === "chromium" ? "firefox" : "chromium";
	const found: NamedFolder[] = isProfile(entries, other) ? [{ path, kind: other }] : [];
	for (const name of entries.toSorted()) {
		const below = join(path, name);
		if (isProfile(entriesOf(path, name) ?? [], kind)) found.push({ path: below, kind });
	}
	return look("strange", path, found.slice(0, mostFound));
}

/** More profiles in one folder are not told. */
const mostFound = 100;

/**
 * Whether a link of an ordinary user leads to what is not that user's: they could make any folder of this machine look
 * like one of theirs. What administrators and whoever runs `cfm` have linked is meant.
 */
function leadsAway(named: string, real: string): boolean {
	if (process.platform === "win32") return leadsOutOfHome(named, real);
	const owner = statSync(real).uid;
	return linksOn(named).some(({ uid }) => uid !== 0 && uid !== process.getuid?.() && uid !== owner);
}

/** Windows tells Node no owner: there a user's own folder must lead to the same one. */
function leadsOutOfHome(named: string, real: string): boolean {
	const homes = dirname(process.env.PUBLIC ?? "C:\\Users\\Public");
	const homeOf = (path: string) => {
		const [name, ...below] = relative(homes.toLowerCase(), path.toLowerCase()).split(sep);
		return name === ".." || parse(name ?? "").root !== "" || below.length === 0 ? undefined : name;
	};
	const home = homeOf(named);
	return home !== undefined && linksOn(named).length > 0 && homeOf(real) !== home;
}

/** The links that a path leads through, those inside of links too. */
function linksOn(named: string): Stats[] {
	const links: Stats[] = [];
	const { root } = parse(named);
	let folder = root;
	const steps = relative(root, named).split(sep);
	for (let step = steps.shift(); step !== undefined && links.length <= 40; step = steps.shift()) {
		const path = join(folder, step);
		const facts = lstatSync(path);
		if (!facts.isSymbolicLink()) {
			folder = path;
			continue;
		}
		links.push(facts);
		const target = resolve(folder, readlinkSync(path));
		folder = parse(target).root;
		steps.unshift(...relative(folder, target).split(sep).filter(Boolean));
	}
	return links;
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
