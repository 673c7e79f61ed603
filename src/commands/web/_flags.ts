import { resolve } from "node:path";
import type { FlagValues } from "../../lib/cli/definition.js";
import { line } from "../../lib/command-line.js";
import { CfmError } from "../../lib/errors.js";
import { parseOrigin } from "../../lib/site/origin.js";
import { t } from "../../lib/text.js";
import { type Browser, browsers } from "../../lib/webid/profiles.js";
import type { ScopeRequest } from "../../lib/webid/scope.js";

/** The flags that say whose browsers and which sites; all commands about web IDs share them. */
export const webFlags = {
	user: {
		kind: "text",
		char: "u",
		value: "PATTERN",
		multiple: true,
		summary: t`Only users that match; * and ? are wildcards`,
	},
	site: { kind: "text", value: "ORIGIN", multiple: true, summary: t`Only this site, https://host[:port]` },
	browser: {
		kind: "text",
		value: "NAME",
		multiple: true,
		summary: t`Only this browser: chrome, edge, firefox, brave, vivaldi, opera, chromium, ie`,
	},
	"profile-dir": { kind: "text", value: "DIR", summary: t`The folder of one profile, wherever it is` },
	"browser-kind": {
		kind: "text",
		value: "KIND",
		choices: ["chromium", "firefox"],
		summary: t`The kind of browser the folder belongs to`,
	},
	environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
} as const;

/** Areas of a site that the browser keeps apart. */
export const framesFlag = {
	frames: { kind: "boolean", summary: t`Also in frames of other sites and in Firefox containers` },
} as const;

/** What a change must be told besides: that everything is meant, when nothing is named. */
export const webChangeFlags = {
	"all-users": { kind: "boolean", summary: t`Every user with a profile on this machine` },
	"all-sites": { kind: "boolean", summary: t`Every managed site` },
} as const;

/**
 * A flag that would have no meaning is refused: what was meant by it would not be done.
 *
 * @param environment the one that is meant
 * @throws CfmError usage `bad-origin`, `bad-browser`, `profile-dir-alone`, `id-without-folder`, `two-meanings`
 */
export function webRequest(
	flags: FlagValues<typeof webFlags> & { id?: number | undefined },
	environment: string,
): ScopeRequest & { sites: readonly string[] } {
	const [path, kind] = [flags["profile-dir"], flags["browser-kind"]];
	if ((path === undefined) !== (kind === undefined)) {
		throw new CfmError("usage", "profile-dir-alone", t`Specify --profile-dir and --browser-kind together.`, {
			hints: [
				line("web list", [], {
					"profile-dir": { fill: "DIR" },
					"browser-kind": "chromium",
					discover: true,
					environment,
				}),
			],
		});
	}
	if (flags.id !== undefined && path === undefined) {
		throw new CfmError("usage", "id-without-folder", t`--id requires one folder: --profile-dir DIR.`, {
			hints: [
				{
					say: t`This machine's users get the IDs in the registry. To give another ID:`,
					line: line("ids move", [{ fill: "USER" }], { id: { fill: "N" }, environment }),
				},
			],
		});
	}
	if (flags.browser.length > 0 && path !== undefined) throw twoMeanings("--browser", "--profile-dir");
	return {
		environment,
		users: flags.user,
		browsers: flags.browser.map(parseBrowser),
		sites: [...new Set(flags.site.map(parseOrigin))],
		folder: path === undefined || kind === undefined ? undefined : { path: resolve(path), kind },
		id: flags.id,
	};
}

/**
 * Refuses a change that does not say whom and what it is about: a missing filter never means everything.
 *
 * @throws CfmError usage `say-whom`, `say-which-sites`, `two-meanings`
 */
export function refuseUnsaid(request: ScopeRequest, flags: FlagValues<typeof webChangeFlags>): void {
	const { sites } = request;
	refuseUnsaidUsers(request, flags);
	if (flags["all-sites"] && sites.length > 0) throw twoMeanings("--all-sites", "--site");
	if (!flags["all-sites"] && sites.length === 0) {
		throw new CfmError("usage", "say-which-sites", t`Specify the sites: --site https://HOST, or --all-sites.`, {
			hints: [line("sites list", [], { environment: request.environment })],
		});
	}
}

/** The same of a change that is about no site. @throws CfmError usage `say-whom`, `two-meanings` */
export function refuseUnsaidUsers(
	{ users, folder }: ScopeRequest,
	flags: Pick<FlagValues<typeof webChangeFlags>, "all-users">,
): void {
	if (flags["all-users"] && users.length > 0) throw twoMeanings("--all-users", "--user");
	if (flags["all-users"] && folder !== undefined) throw twoMeanings("--all-users", "--profile-dir");
	if (!flags["all-users"] && users.length === 0 && folder === undefined) {
		throw new CfmError("usage", "say-whom", t`Specify the users: --user NAME, or --all-users.`);
	}
}

function twoMeanings(all: string, one: string): CfmError {
	return new CfmError("usage", "two-meanings", t`${all} and ${one} can't be combined.`);
}

function parseBrowser(text: string): Browser {
	const name = text.trim().toLowerCase();
	const found = browsers.find((browser) => browser === name);
	if (found !== undefined) return found;
	throw new CfmError("usage", "bad-browser", t`Unknown browser: ${text.slice(0, 40)}.`, {
		hints: [t`Choose one of ${browsers.join(", ")}.`],
		data: { browsers: [...browsers] },
	});
}
