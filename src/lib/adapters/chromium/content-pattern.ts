/**
 * The parts of a pattern of sites, as policies and preferences write it: `https://[*.]example.com:443`, with each part but the
 * host left out or `*` (chromium.org, "Enterprise policy URL pattern format"; components/content_settings).
 */
const form = /^(?:([a-z][a-z\d+.-]*|\*):\/\/)?(\[\*\.\])?(\[[\da-f:.]+\]|[^/:[\]]*)(?::(\d+|\*))?(?:\/.*)?$/i;

const usualPorts: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** The narrowest of the patterns that fit a site; undefined when none does. */
export function patternFor(origin: string, patterns: readonly string[]): string | undefined {
	if (patterns.length === 0 || !URL.canParse(origin)) return undefined;
	const site = new URL(origin);
	let best: { pattern: string; narrow: number } | undefined;
	for (const pattern of patterns) {
		const narrow = narrowness(pattern, site);
		if (narrow !== undefined && (best === undefined || narrow > best.narrow)) best = { pattern, narrow };
	}
	return best?.pattern;
}

/** How much a pattern says of a site that fits; undefined for one that does not. */
function narrowness(pattern: string, { protocol, hostname, port }: URL): number | undefined {
	const [whole, scheme = "*", below, host = "", number = "*"] = form.exec(pattern.trim().toLowerCase()) ?? [];
	if (whole === undefined || host === "") return undefined;
	const own = protocol.slice(0, -1);
	if (scheme !== "*" && scheme !== own) return undefined;
	if (number !== "*" && number !== (port || usualPorts[own])) return undefined;
	const rest = (scheme === "*" ? 0 : 1) + (number === "*" ? 0 : 1);
	if (host === "*") return rest;
	if (below === undefined) return host === hostname ? 10_000 + rest : undefined;
	return host === hostname || hostname.endsWith(`.${host}`) ? 10 * host.length + rest : undefined;
}
