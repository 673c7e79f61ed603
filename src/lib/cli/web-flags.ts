import { resolve } from "node:path";
import { CfmError } from "../errors.js";
import { parseOrigin } from "../site/origin.js";
import { t } from "../text.js";
import { type Browser, browsers } from "../webid/profiles.js";
import type { ScopeRequest } from "../webid/scope.js";
import type { FlagValues } from "./definition.js";

/** The flags that say whose browsers and which sites; all commands about web IDs share them. */
export const webFlags = {
	user: {
		kind: "text",
		char: "u",
		value: "PATTERN",
		multiple: true,
		summary: t`Only users like this; * and ? stand for anything`,
	},
	site: { kind: "text", value: "ORIGIN", multiple: true, summary: t`Only this site, https://host[:port]` },
	browser: {
		kind: "text",
		value: "NAME",
		multiple: true,
		summary: t`Only this browser: chrome, edge, firefox, brave, vivaldi, opera, chromium, ie`,
	},
	"profile-dir": { kind: "text", value: "DIR", summary: t`One profile's folder, wherever it is` },
	"browser-kind": {
		kind: "text",
		value: "KIND",
		choices: ["chromium", "firefox"],
		summary: t`What made the folder`,
	},
	environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
} as const;

/** What a change must be told besides: that everything is meant, when nothing is named. */
export const webChangeFlags = {
	"all-users": { kind: "boolean", summary: t`Every user with a profile on this machine` },
	"all-sites": { kind: "boolean", summary: t`Every site that is cared for` },
} as const;

/**
 * @param environment the one that is meant
 * @throws CfmError usage `bad-origin`, `bad-browser`, `profile-dir-alone`
 */
export function webRequest(
	flags: FlagValues<typeof webFlags>,
	environment: string,
): ScopeRequest & { sites: readonly string[] } {
	const [path, kind] = [flags["profile-dir"], flags["browser-kind"]];
	if ((path === undefined) !== (kind === undefined)) {
		throw new CfmError("usage", "profile-dir-alone", t`--profile-dir and --browser-kind go together.`, {
			hints: ["cfm web list --profile-dir DIR --browser-kind chromium --discover"],
		});
	}
	return {
		environment,
		users: flags.user,
		browsers: flags.browser.map(parseBrowser),
		sites: [...new Set(flags.site.map(parseOrigin))],
		folder: path === undefined || kind === undefined ? undefined : { path: resolve(path), kind },
		id: undefined,
	};
}

/**
 * Refuses a change that does not say whom and what it is about: a missing filter never means everything.
 *
 * @throws CfmError usage `say-whom`, `say-which-sites`, `two-meanings`
 */
export function refuseUnsaid(request: ScopeRequest, flags: FlagValues<typeof webChangeFlags>): void {
	const { users, sites, folder } = request;
	if (flags["all-users"] && (users.length > 0 || folder !== undefined)) throw twoMeanings("--all-users", "--user");
	if (flags["all-sites"] && sites.length > 0) throw twoMeanings("--all-sites", "--site");
	if (!flags["all-users"] && users.length === 0 && folder === undefined) {
		throw new CfmError("usage", "say-whom", t`Say whose browsers: --user NAME, or --all-users.`);
	}
	if (!flags["all-sites"] && sites.length === 0) {
		throw new CfmError("usage", "say-which-sites", t`Say which sites: --site https://HOST, or --all-sites.`, {
			hints: ["cfm sites list"],
		});
	}
}

function twoMeanings(all: string, one: string): CfmError {
	return new CfmError("usage", "two-meanings", t`${all} and ${one} contradict each other.`);
}

function parseBrowser(text: string): Browser {
	const name = text.trim().toLowerCase();
	const found = browsers.find((browser) => browser === name);
	if (found !== undefined) return found;
	throw new CfmError("usage", "bad-browser", t`Not a browser that cfm knows: ${text.slice(0, 40)}.`, {
		hints: [t`One of ${browsers.join(", ")}.`],
		data: { browsers: [...browsers] },
	});
}
