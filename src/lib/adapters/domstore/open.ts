import { XMLParser } from "fast-xml-parser";
import { printable } from "../../account/account.js";
import { type Known, known, unknown } from "../../client/ports.js";
import { t } from "../../text.js";
import { type BrowserProfile, type ReadRequest, type StoreReading, webIdKey } from "../../webid/ports.js";
import type { LiveStore, OpenedProfile } from "../browsers/live-store.js";
import { newestChange } from "../profile-files/newest-change.js";
import { NotWritten, Unfit } from "../profile-files/unfit.js";
import { UserFolder } from "../profile-files/user-folder.js";

/** More than Internet Explorer lets a site store (10 MB, written as text). */
const longest = 64 << 20;

/**
 * Opens the folder `DOMStore` of Internet Explorer or old Edge. It is only read: another database indexes these files,
 * and knows nothing of a change made behind its back.
 *
 * @throws Unfit
 */
export function openDomStore(profile: BrowserProfile): OpenedProfile {
	const folder = UserFolder.open(profile.within, profile.path);
	if (folder === undefined) throw new Unfit("unreachable", t`There is no folder ${profile.path}.`);
	return {
		stores: [new DomStore(folder)],
		fresh: undefined,
		running: () => undefined,
		startedSince: () => undefined,
		close: () => folder.close(),
	};
}

class DomStore implements LiveStore {
	readonly kind = "domstore";

	constructor(private readonly folder: UserFolder) {}

	async read({ origins }: ReadRequest): Promise<StoreReading> {
		const { found, damage } = this.webIds();
		const valueAt = (origin: string): Known<string | null> => {
			const [first, ...others] = found.filter(({ host }) => mayBeOf(host, new URL(origin).hostname));
			if (first !== undefined) return unknown(doubt(origin, first, others));
			return damage === undefined ? known(null) : unknown(damage);
		};
		return {
			store: this.kind,
			state: damage === undefined ? "readable" : "damaged",
			why: damage ?? null,
			modified: newestChange(this.folder),
			values:
				origins === "all"
					? found.map(({ host, value }) => ({ origin: host, value: known(value) }))
					: origins.map((origin) => ({ origin, value: valueAt(origin) })),
		};
	}

	entries = readOnly;
	write = readOnly;
	copyTo = readOnly;
	putBack = readOnly;

	/** What the files hold: `www.example[1].xml` in folders of random names. */
	private webIds(): { found: FoundFile[]; damage: string | undefined } {
		const found: FoundFile[] = [];
		let damage: string | undefined;
		for (const name of this.folder
			.names()
			.sort()
			.filter((entry) => !entry.includes("."))) {
			const inner = this.folder.folder(name);
			for (const file of (inner?.names().sort() ?? []).filter((entry) => entry.toLowerCase().endsWith(".xml"))) {
				try {
					const value = webIdIn(textOf(inner as UserFolder, file));
					const host = file.replace(/(\[\d+\])?\.xml$/i, "").toLowerCase();
					if (value !== undefined) found.push({ file, host, value });
				} catch (error) {
					damage = `${file}: ${String((error as Error).message)}`;
				}
			}
			inner?.close();
		}
		return { found, damage };
	}
}

/** A file with a web ID, and what its name says of the host. */
interface FoundFile {
	file: string;
	host: string;
	value: string;
}

/** The names that were seen lack the last label: `www.bing[1].xml` is that of www.bing.com, or of www.bing.org. */
function mayBeOf(told: string, host: string): boolean {
	return told === host || told === host.replace(/\.[^.]+$/, "");
}

/**
 * Why a file that may be a site's does not say what the site's value is. There is always a reason: no name says scheme
 * and port, and newer versions keep those apart. Which file is whose is in the database that indexes them.
 */
function doubt(origin: string, { file, host, value }: FoundFile, others: readonly FoundFile[]): string {
	const told = t`${printable(file)} has ${printable(value)}`;
	if (others.length > 0) return t`${told}, and ${others.length} more file(s) may be that of ${origin}, too`;
	if (host !== new URL(origin).hostname) return t`${told}, and may be that of ${origin} or of another site named alike`;
	return t`${told}, and may be that of ${origin} or of the host's other schemes and ports`;
}

function textOf(folder: UserFolder, name: string): string {
	const file = folder.file(name);
	if (file === undefined || file.size > longest) throw new Unfit("damaged", t`${name} cannot be read.`);
	try {
		return file.read(0, file.size).toString("utf8");
	} finally {
		file.close();
	}
}

/** `<root><item name="CFM_ID" value="7" ltime="…" htime="…"/></root>` */
function webIdIn(xml: string): string | undefined {
	const parser = new XMLParser({
		// Characters told by number (`&#233;`) are read only with this.
		htmlEntities: true,
		ignoreAttributes: false,
		attributeNamePrefix: "",
		isArray: (name) => name === "item",
	});
	const { root } = parser.parse(xml, true) as { root?: { item?: { name?: string; value?: string }[] } | "" };
	return root === "" ? undefined : root?.item?.find(({ name }) => name === webIdKey)?.value;
}

async function readOnly(): Promise<never> {
	throw new NotWritten("refused", t`Internet Explorer's and old Edge's storage is only read.`);
}
