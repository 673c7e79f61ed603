import { CfmError } from "../errors.js";
import { t, visible } from "../text.js";

/**
 * Reads the origin of a web site, `https://host[:port]`, and writes it as browsers do: lower case, the usual port left
 * out, letters outside ASCII as punycode.
 *
 * `http` is taken for this machine alone (`http://localhost:8101`), where pages are tried out: anything else over plain
 * `http` could be replaced on its way by anybody, and nobody signs on such a site; it is a slip far more often.
 *
 * @throws CfmError usage `bad-origin`, with the reason
 */
export function parseOrigin(text: string): string {
	const origin = tryOrigin(text);
	if (typeof origin === "string") return origin;
	throw new CfmError("usage", "bad-origin", origin.problem, {
		hints: [t`Write the site as https://host or https://host:port.`],
		data: { site: visible(text.trim()).slice(0, 200) },
	});
}

/** Reads an origin, or says what is wrong with it: for lists. */
export function tryOrigin(text: string): string | { problem: string } {
	const spelling = text.trim();
	const problem = problemOf(spelling);
	if (problem === undefined) return new URL(spelling).origin;
	const shown = visible(spelling);
	return { problem: t`Not a site: ${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown} (${problem}).` };
}

function problemOf(spelling: string): string | undefined {
	if (spelling === "") return t`it is empty`;
	// The parser of browsers passes over tabs and line breaks; whoever wrote one meant something else.
	if (/[\s\p{Cc}\p{Cf}\p{Cs}]/u.test(spelling)) return t`it has a space or a control character`;
	if (spelling.includes("*")) return t`browsers store the web ID per site, so wildcards are not possible`;
	if (!/^https?:\/\/[^/\\]/i.test(spelling)) return t`it does not begin with https:// and a host`;
	if (!URL.canParse(spelling)) return t`it is not an address that a browser accepts`;
	const url = new URL(spelling);
	if (url.username !== "" || url.password !== "" || spelling.includes("@")) return t`it contains a user name`;
	if (spelling.includes("?")) return t`it has a query, but the web ID applies to the whole site`;
	if (spelling.includes("#")) return t`it has a fragment, but the web ID applies to the whole site`;
	if (url.pathname !== "/" || spelling.includes("\\")) {
		return t`it has a path, but the web ID applies to the whole site: ${url.origin}`;
	}
	if (url.protocol === "http:" && !isThisMachine(url.hostname)) {
		return t`http is only for this machine; elsewhere, a site is https://${url.host}`;
	}
	return undefined;
}

function isThisMachine(host: string): boolean {
	return host === "localhost" || host.endsWith(".localhost") || /^127\.[\d.]+$/.test(host) || host === "[::1]";
}
