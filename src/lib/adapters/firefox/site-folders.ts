import { t } from "../../text.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { metadataFile } from "./origin-files.js";
import { folderName } from "./text.js";

/** The database of a site, in the folder `ls` of the site's own. */
export const siteFile = "data.sqlite";

/** Works with the folder of a site and its `ls`, as far as they are there, and closes them. */
export async function inFolder<T>(
	name: string,
	sites: UserFolder | undefined,
	work: (ls: UserFolder | undefined, site: UserFolder | undefined) => Promise<T>,
): Promise<T> {
	const site = sites?.folder(name);
	const ls = site?.folder("ls");
	try {
		return await work(ls, site);
	} finally {
		ls?.close();
		site?.close();
	}
}

/** The site of a folder, as far as a plus says which character it stands for; undefined for another folder. */
export function originOfFolder(name: string): string | undefined {
	if (!/^[a-z][a-z\d.-]*\+\+\+[^^]+$/.test(name)) return undefined;
	return name.replace("+++", "://").replace(/\+(\d+)$/, ":$1");
}

/** A site, or an area of it, by its folder; undefined where the folder's name would not lead back to it. */
export function siteOfFolder(name: string): string | undefined {
	const [site = "", apart] = name.split("^");
	const origin = originOfFolder(site);
	if (origin === undefined || folderName(origin) !== site) return undefined;
	return apart === undefined ? origin : `${origin}^${apart}`;
}

/** Whether a site's folder holds a database; what is behind a link counts as none. */
export function holdsData(sites: UserFolder, name: string): boolean {
	if (!sites.look(name)?.isDirectory()) return false;
	const site = sites.folder(name);
	const ls = site?.look("ls")?.isDirectory() ? site.folder("ls") : undefined;
	try {
		return ls?.look(siteFile) !== undefined;
	} finally {
		ls?.close();
		site?.close();
	}
}

/** Firefox takes such a folder for broken: the page reads nothing and cannot write. */
export function isBroken(site: UserFolder): boolean {
	return site.look(metadataFile) === undefined;
}

export function withoutMetadata(origin: string): string {
	return t`The folder of ${origin} has no ${metadataFile}: Firefox gives the page nothing of what it holds. Setting the web ID adds it.`;
}
