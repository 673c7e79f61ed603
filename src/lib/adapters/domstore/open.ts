import { XMLParser } from "fast-xml-parser";
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
		const missing = (): Known<string | null> => (damage === undefined ? known(null) : unknown(damage));
		return {
			store: this.kind,
			state: damage === undefined ? "readable" : "damaged",
			why: damage ?? null,
			modified: newestChange(this.folder),
			values:
				origins === "all"
					? [...found].map(([origin, value]) => ({ origin, value: known(value) }))
					: origins.map((origin) => {
							// A file's name says the host only: scheme and port are not told.
							const value = found.get(new URL(origin).hostname);
							return { origin, value: value === undefined ? missing() : known(value) };
						}),
		};
	}

	entries = readOnly;
	write = readOnly;
	copyTo = readOnly;
	putBack = readOnly;

	/** By host: `www.example[1].xml` in folders of random names. */
	private webIds(): { found: Map<string, string>; damage: string | undefined } {
		const found = new Map<string, string>();
		let damage: string | undefined;
		for (const name of this.folder.names().filter((entry) => !entry.includes("."))) {
			const inner = this.folder.folder(name);
			for (const file of (inner?.names() ?? []).filter((entry) => entry.toLowerCase().endsWith(".xml"))) {
				try {
					const value = webIdIn(textOf(inner as UserFolder, file));
					if (value !== undefined) found.set(file.replace(/(\[\d+\])?\.xml$/i, ""), value);
				} catch (error) {
					damage = `${file}: ${String((error as Error).message)}`;
				}
			}
			inner?.close();
		}
		return { found, damage };
	}
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
