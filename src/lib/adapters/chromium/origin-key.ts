import { webIdKey } from "../../webid/stores.js";
import { encodeText } from "./text.js";

/** Where a site's own entries begin. Up to the NUL: otherwise `https://x` would be `https://x:8443`, too. */
export function areaPrefix(origin: string): Buffer {
	return Buffer.concat([Buffer.from(`_${origin}`, "utf8"), Buffer.of(0)]);
}

/** The first key behind a site's own entries. */
export function areaEnd(origin: string): Buffer {
	return Buffer.concat([Buffer.from(`_${origin}`, "utf8"), Buffer.of(1)]);
}

export function entryKey(origin: string, key: string): Buffer {
	return Buffer.concat([areaPrefix(origin), encodeText(key)]);
}

/** Between which keys the areas of a site are, when something is before its name: `_` for entries, `META:` for sizes. */
export function areasOf(before: string, origin: string): { from: Buffer; to: Buffer } {
	return { from: Buffer.from(`${before}${origin}/^`, "utf8"), to: Buffer.from(`${before}${origin}/_`, "utf8") };
}

/** The area that a key is about: an entry's, or a size's; undefined for a site's own and for any other key. */
export function areaOfKey(key: Buffer): string | undefined {
	const end = key.indexOf(0);
	const name = key[0] === 0x5f && end > 0 ? key.toString("utf8", 1, end) : key.toString("utf8").replace(/^META:/, "");
	return isAreaName(name) ? name : undefined;
}

/** What Chromium calls what a site stores in frames of others. */
export function isAreaName(name: string): boolean {
	const at = name.indexOf("/^");
	return at > 0 && isOrigin(name.slice(0, at));
}

export const metaKey = (origin: string) => Buffer.from(`META:${origin}`, "utf8");
export const accessKey = (origin: string) => Buffer.from(`METAACCESS:${origin}`, "utf8");

/** What the key of every site's web ID ends with. */
export const webIdEnding = Buffer.concat([Buffer.of(0), encodeText(webIdKey)]);

/** The site an entry belongs to; undefined for a third party's area (`…/^0https://top`) and for anything else. */
export function originOfKey(key: Buffer): string | undefined {
	const end = key.indexOf(0);
	const name = key.toString("utf8", 1, end);
	return key[0] === 0x5f && end > 0 && isOrigin(name) ? name : undefined;
}

export function isOrigin(name: string): boolean {
	return /^[a-z][a-z\d+.-]*:\/\/[^/^]+$/.test(name);
}
