/** A lone surrogate: half a character, which a page may store and UTF-8 cannot hold. */
const lone = /([\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff])/;

/** Firefox writes keys as UTF-8, and lone surrogates in the three bytes that UTF-8 would have for them. */
export function encodeKey(key: string): Buffer {
	return Buffer.concat(
		key.split(lone).map((part, at) => {
			const code = part.charCodeAt(0);
			if (at % 2 === 0) return Buffer.from(part, "utf8");
			return Buffer.of(0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
		}),
	);
}

export function decodeKey(bytes: Buffer): string {
	return bytes
		.toString("latin1")
		.split(/(\xed[\xa0-\xbf][\x80-\xbf])/)
		.map((part, at) => {
			if (at % 2 === 0) return Buffer.from(part, "latin1").toString("utf8");
			return String.fromCharCode(0xd000 | ((part.charCodeAt(1) & 0x3f) << 6) | (part.charCodeAt(2) & 0x3f));
		})
		.join("");
}

/** The folder of a site: every character that a file name may not have is a plus. */
export function folderName(origin: string): string {
	return origin.replace(/[:/\\?*"<>|]/g, "+");
}

/** How the older store names a site: host backwards, scheme, port. */
export function originKey(origin: string): string {
	const { hostname, protocol, port } = new URL(origin);
	const host = [...hostname].reverse().join("");
	return `${host}.:${protocol.slice(0, -1)}:${port || (protocol === "https:" ? "443" : "80")}`;
}

/** The site of such a name; undefined for one of another kind. */
export function originOfKey(key: string): string | undefined {
	const [, host, scheme, port] = /^(.+)\.:(https?):(\d+)$/.exec(key) ?? [];
	if (host === undefined) return undefined;
	const url = `${scheme}://${[...host].reverse().join("")}:${port}`;
	return URL.canParse(url) ? new URL(url).origin : undefined;
}
