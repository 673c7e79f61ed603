/**
 * A share of a site's storage that the browser keeps apart: what the site stores in frames of another site, or in one of
 * Firefox's containers. Stores name it by the origin and, behind a `^`, what tells it apart.
 */
export interface SiteArea {
	/** `https://host/^0https://top` in Chromium, `https://host^partitionKey=…` in Firefox. */
	name: string;
	/** What the user calls the container; null for a frame, and where nothing says it. */
	container: string | null;
}

/** Where a web ID is, as people and scripts are told. */
export interface AreaPlace {
	site: string;
	/** The site around the frame; what the browser says where it is none. null: no frame. */
	frame: string | null;
	/** The container's name, or its number; null: none. */
	container: string | null;
}

/** What a site's own storage, or an area of it, is called. */
export function areaNamed(name: string, container: string | null = null): AreaPlace {
	const [, site = name, apart] = /^([^^]*?)\/?\^(.*)$/s.exec(name) ?? [];
	if (apart === undefined) return { site: name, frame: null, container: null };
	// Chromium: the number says what follows, 0 a site (net/storage_key).
	const top = /^0([^^]+)$/.exec(apart)?.[1];
	if (top !== undefined) return { site, frame: top, container: null };
	if (!apart.includes("=")) return { site, frame: `^${apart}`, container: null };
	const attributes = new URLSearchParams(apart);
	const key = attributes.get("partitionKey") ?? attributes.get("firstPartyDomain");
	return {
		site,
		frame: key === null ? null : topOf(key),
		container: attributes.has("userContextId") ? (container ?? attributes.get("userContextId")) : null,
	};
}

/** Firefox writes the site around a frame as `(scheme,domain,port)`, and an `f` behind it where a third one is between them. */
function topOf(key: string): string {
	const [, scheme, host, port] = /^\(([^,]+),([^,]+)(?:,(\d+))?(?:,f)?\)$/.exec(key) ?? [];
	return scheme === undefined ? key : `${scheme}://${host}${port === undefined ? "" : `:${port}`}`;
}
