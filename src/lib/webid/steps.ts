import { t } from "../text.js";
import { webIdKey } from "./ports.js";
import type { Browser } from "./profiles.js";

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
	firefox: "Firefox",
	ie: "Internet Explorer",
	"old-edge": t`legacy Microsoft Edge`,
};

/** The browsers that steps are given for when none is named: those that a Windows server has. */
export const usualBrowsers: readonly Browser[] = ["edge", "chrome", "firefox"];

/** What a user can do alone to get their web ID: for browsers that files cannot mend, or that are never closed. */
export function webIdSteps(id: number, sites: readonly string[], browsers: readonly Browser[]): WebIdSteps[] {
	return browsers.flatMap((browser) => sites.map((site) => stepsOf(browser, site, String(id))));
}

function stepsOf(browser: Browser, site: string, value: string): WebIdSteps {
	const paste = `localStorage.setItem('${webIdKey}', '${value}')`;
	const name = names[browser] ?? names[browser.replace(/-.*/, "") as Browser] ?? browser;
	// Both guard the console against strangers' scripts: the words must be typed, once for each profile.
	const guarded = browser !== "ie" && browser !== "old-edge";
	return {
		browser,
		site,
		key: webIdKey,
		value,
		paste,
		steps: [
			t`Open ${site} in ${name}; signing in is not needed.`,
			t`Press F12 and choose the tab Console.`,
			...(guarded ? [t`The first time, type allow pasting and press Enter.`] : []),
			t`Paste this and press Enter: ${paste}`,
			t`To check: ${seeing(browser, site)}`,
			t`Close the tools with F12 and load the page again with F5.`,
		],
	};
}

function seeing(browser: Browser, site: string): string {
	if (browser === "firefox") return t`tab Storage, Local Storage, ${site}: the row ${webIdKey} must be there.`;
	if (browser === "ie" || browser === "old-edge")
		return t`localStorage.getItem('${webIdKey}') in the console shows the number.`;
	return t`tab Application, Local storage, ${site}: the row ${webIdKey} must be there.`;
}
