import type { BrowserPolicies } from "./surroundings.js";

/** What the policies about Local Network Access say of a site's way to the loopback. */
export interface LoopbackAccess {
	/** `off`: the whole restriction is off for a time. */
	is: "allowed" | "blocked" | "off" | "unset";
	/** The policy that decides. */
	policy: string | null;
}

/** The first that names a site decides: the browsers' vendors document this order. */
const inOrder = [
	["LoopbackNetworkBlockedForUrls", "blocked"],
	["LoopbackNetworkAllowedForUrls", "allowed"],
	["LocalNetworkAccessBlockedForUrls", "blocked"],
	["LocalNetworkAccessAllowedForUrls", "allowed"],
] as const;

const optOut = "LocalNetworkAccessRestrictionsTemporaryOptOut";
const inFrames = "LocalNetworkAccessPermissionsPolicyDefaultEnabled";

/** May a site call the loopback, by requests and by WebSockets? The same policies are for both. */
export function loopbackAccess(policies: BrowserPolicies, origin: string): LoopbackAccess {
	for (const [policy, is] of inOrder) {
		if (listed(policies, policy).some((pattern) => covers(pattern, origin))) return { is, policy };
	}
	return isOn(policies, optOut) ? { is: "off", policy: optOut } : { is: "unset", policy: null };
}

/** May the site do so in a frame of another site's page that does not delegate it? */
export function mayInFrames(policies: BrowserPolicies): boolean {
	return isOn(policies, inFrames) || isOn(policies, optOut);
}

/** The proxy that policies prescribe, with what goes around it; undefined when they prescribe none. */
export function policyProxy(policies: BrowserPolicies): { server: string | null; bypass: string[] } | undefined {
	const server = policies.ProxyServer;
	const bypass = policies.ProxyBypassList;
	if (typeof server !== "string" && typeof bypass !== "string") return undefined;
	return {
		server: typeof server === "string" ? server : null,
		bypass: typeof bypass === "string" ? bypass.split(/[,;]\s*/) : [],
	};
}

function listed(policies: BrowserPolicies, name: string): readonly string[] {
	const value = policies[name];
	return Array.isArray(value) ? value : [];
}

function isOn(policies: BrowserPolicies, name: string): boolean {
	return policies[name] === true || policies[name] === 1;
}

/** Whether a pattern of a policy (`*`, `[*.]example.com`, `https://host:8443`) is about an origin. */
export function covers(pattern: string, origin: string): boolean {
	const site = new URL(origin);
	const [, scheme = "*", host = "", port = "*"] =
		/^(?:([a-z*][a-z\d+.-]*):\/\/)?(\[\*\.\][^:/]*|\[[\da-f:]+\]|[^:/]*)(?::(\d+|\*))?(?:\/\*?)?$/i.exec(pattern) ?? [];
	if (host === "") return false;
	if (scheme !== "*" && `${scheme.toLowerCase()}:` !== site.protocol) return false;
	if (port !== "*" && port !== (site.port || (site.protocol === "https:" ? "443" : "80"))) return false;
	const wanted = host.toLowerCase();
	if (wanted === "*") return true;
	if (!wanted.startsWith("[*.]")) return wanted === site.hostname;
	const domain = wanted.slice("[*.]".length);
	return site.hostname === domain || site.hostname.endsWith(`.${domain}`);
}
