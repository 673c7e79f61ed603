import type { Account } from "../account/account.js";
import type { Machine } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { findLocalUser } from "../client/this-user.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Browsers } from "./browsers.js";
import { listWebIds } from "./list.js";
import type { Browser, ProfileFinder } from "./profiles.js";
import { placesIn, type Scope } from "./scope.js";
import { webIdKey } from "./stores.js";

/** What a user can do alone, in one browser for one site. */
export interface WebIdSteps {
	browser: Browser;
	site: string;
	key: typeof webIdKey;
	value: string;
	/** To be pasted into the browser's console. */
	paste: string;
	/** One sentence each, in their order. */
	steps: string[];
}

const names: Readonly<Partial<Record<Browser, string>>> = {
	chrome: "Google Chrome",
	chromium: "Chromium",
	edge: "Microsoft Edge",
	brave: "Brave",
	vivaldi: "Vivaldi",
	opera: "Opera",
	yandex: "Yandex Browser",
	firefox: "Firefox",
	librewolf: "LibreWolf",
	waterfox: "Waterfox",
	ie: "Internet Explorer",
	"old-edge": t`legacy Microsoft Edge`,
};

/** The browsers that steps are given for when nobody can say which a user has: those that a Windows server has. */
const usualBrowsers: readonly Browser[] = ["edge", "chrome", "firefox"];

/** Those whose tools are Firefox's. */
const ofFirefox: readonly Browser[] = ["firefox", "librewolf", "waterfox"];

/**
 * What the tools are called. A browser speaks its user's language, which may not be that of whoever sends the steps: so
 * each name is told in English and in French.
 */
const tools = {
	pasting: ["allow pasting", "autoriser le collage"],
	chromium: ["Application, Local storage", "Application, Stockage local"],
	firefox: ["Storage, Local Storage", "Stockage, Stockage local"],
} as const;

/**
 * The browsers that a user has a profile of on this machine, each once.
 *
 * @returns the usual ones, and `found: false`, where nobody can say
 * @throws CfmError conflict `user-ambiguous`
 */
export async function browsersOf(
	machine: Machine,
	finder: ProfileFinder,
	account: Account,
	environment: Environment | undefined,
): Promise<{ browsers: readonly Browser[]; found: boolean }> {
	const local = await machine.profiles.users();
	const users = local.known ? local.value : [await machine.profiles.currentUser()];
	const user = findLocalUser(users, account, environment);
	const browsers = new Set<Browser>();
	if (user !== undefined) {
		for await (const one of finder.find(user)) if ("profile" in one) browsers.add(one.profile.browser as Browser);
	}
	return browsers.size > 0 ? { browsers: [...browsers], found: true } : { browsers: usualBrowsers, found: false };
}

/**
 * The ID and the sites of whoever runs `cfm`, by what is theirs on this machine: for those to whom the registry is closed.
 *
 * @param sites what was asked for; none means those that the user's browsers have a web ID of
 * @throws CfmError not-found `no-client-id`, `no-sites`
 */
export async function ownWebIds(
	machine: Machine,
	profile: ClientProfile,
	{ stores, finder }: Pick<Browsers, "stores" | "finder">,
	sites: readonly string[],
): Promise<{ id: number; sites: readonly string[] }> {
	const user = await machine.profiles.currentUser();
	const { clientId } = await machine.client.look(user, profile);
	if (!clientId.known || clientId.value === null) {
		throw new CfmError(
			"not-found",
			"no-client-id",
			t`Your client has no ID that can be read. Ask an administrator for it.`,
			{
				hints: [line("me")],
			},
		);
	}
	const id = clientId.value;
	if (sites.length > 0) return { id, sites };
	const scope: Scope = {
		...{ users: [{ user, expected: { id } }], folder: undefined, browsers: [], sites: "all" as const },
		...{ onlyOwn: null, undecided: [] },
	};
	const rows = await Array.fromAsync(listWebIds(stores, placesIn(scope, finder), "all"));
	const found = [...new Set(rows.flatMap(({ site }) => site ?? []))];
	if (found.length > 0) return { id, sites: found };
	throw new CfmError("not-found", "no-sites", t`No site has a web ID in your browsers yet.`, {
		hints: [{ say: t`Specify the site:`, line: { again: { site: { fill: "https://HOST" } } } }],
	});
}

/** What a user can do alone to get their web ID: for browsers that files cannot mend, or that are never closed. */
export function webIdSteps(id: number, sites: readonly string[], browsers: readonly Browser[]): WebIdSteps[] {
	return browsers.flatMap((browser) => sites.map((site) => stepsOf(browser, site, String(id))));
}

function stepsOf(browser: Browser, site: string, value: string): WebIdSteps {
	const paste = `localStorage.setItem('${webIdKey}', '${value}')`;
	const name = names[browser] ?? names[browser.replace(/-.*/, "") as Browser] ?? browser;
	// All others guard the console against strangers' scripts: the words must be typed, once for each profile.
	const guarded = browser !== "ie" && browser !== "old-edge";
	const [pasting, collage] = tools.pasting;
	return {
		browser,
		site,
		key: webIdKey,
		value,
		paste,
		steps: [
			t`Open ${site} in ${name}; signing in is not needed.`,
			t`Press F12 and choose the tab Console.`,
			...(guarded
				? [t`The first time, type ${pasting} (in French: ${collage}), as the console asks for it, and press Enter.`]
				: []),
			t`Paste this and press Enter: ${paste}`,
			t`To check: ${seeing(browser, site)}`,
			t`Close the tools with F12 and load the page again with F5.`,
		],
	};
}

function seeing(browser: Browser, site: string): string {
	if (browser === "ie" || browser === "old-edge")
		return t`localStorage.getItem('${webIdKey}') in the console shows the number.`;
	const [english, french] = ofFirefox.includes(browser) ? tools.firefox : tools.chromium;
	return t`tab ${english} (in French: ${french}), ${site}: the row ${webIdKey} must be there.`;
}
