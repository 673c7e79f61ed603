import { webIdKey } from "../../webid/ports.js";
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
