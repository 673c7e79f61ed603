import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import type { BrowserProfile } from "../../../src/lib/webid/stores.js";

/** One page of a running browser, on one of the test's own sites. */
export interface Page {
	goto(url: string): Promise<void>;
	/** Runs in the page. */
	evaluate<T>(script: string): Promise<T>;
}

export interface RunningBrowser {
	page: Page;
	/** Opens a tab on a site, runs something in it, and closes the tab, upon which a browser writes to the disk. */
	visit<T>(url: string, script: string): Promise<T>;
	/** Ends it as its user would. */
	quit(): Promise<void>;
}

/** Pages on the loopback: every port is a site of its own. A page frames another that `?frame=` names. */
export async function serveSites(count: number): Promise<{ sites: string[]; close: () => void }> {
	const servers = await Promise.all(
		Array.from(
			{ length: count },
			() =>
				new Promise<Server>((ready) => {
					const server = createServer(({ url = "" }, answer) => {
						const framed = new URL(url, "http://site.test").searchParams.get("frame");
						answer.setHeader("content-type", "text/html; charset=utf-8");
						answer.end(
							`<!doctype html><title>site</title>${framed === null ? "" : `<iframe src="${framed}"></iframe>`}`,
						);
					});
					server.listen(0, "127.0.0.1", () => ready(server));
				}),
		),
	);
	return {
		sites: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
		close: () => {
			for (const server of servers) server.close();
		},
	};
}

const quiet = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** Chromium's own switches for its newer store. */
export const sqliteFeatures = ["DomStorageSqlite", "DomStorageSqliteNewDatabases"];

/** Starts Debian's Chromium on a "User Data" folder; the profile is `Default` in it. */
export async function startChromium(userData: string, features: readonly string[] = []): Promise<RunningBrowser> {
	const context = await chromium.launchPersistentContext(userData, {
		executablePath: "/usr/bin/chromium",
		headless: true,
		args: [...quiet, ...(features.length > 0 ? [`--enable-features=${features.join(",")}`] : [])],
	});
	const page = context.pages()[0] ?? (await context.newPage());
	return {
		page: {
			goto: async (url) => void (await page.goto(url)),
			evaluate: (script) => page.evaluate(script),
		},
		async visit(url, script) {
			const tab = await context.newPage();
			await tab.goto(url);
			const result = await tab.evaluate(script);
			await tab.close();
			return result as never;
		},
		quit: () => context.close(),
	};
}

/** Hosts that lead to the loopback, so that a page of one site can frame another. */
export const twoHosts = ["top.test", "framed.test"] as const;

/** A browser in which a page frames another site. */
export interface FramingBrowser extends Pick<RunningBrowser, "visit" | "quit"> {
	/** Opens a page in a tab, runs something in its first frame, and closes the tab. */
	inFrame<T>(url: string, script: string): Promise<T>;
}

/** Starts Debian's Chromium as its users do: what drives it would switch off that frames are kept apart. */
export async function startFramingChromium(userData: string): Promise<FramingBrowser> {
	const hosts = `--host-resolver-rules=MAP *.test 127.0.0.1`;
	const context = await chromium.launchPersistentContext(userData, {
		executablePath: "/usr/bin/chromium",
		ignoreDefaultArgs: true,
		args: [...quiet, "--headless", hosts, "--remote-debugging-pipe", `--user-data-dir=${userData}`, "about:blank"],
	});
	const inTab = async <T>(url: string, script: string, frame: number) => {
		const tab = await context.newPage();
		await tab.goto(url);
		const result = await tab.frames()[frame]?.evaluate(script);
		await tab.close();
		return result as T;
	};
	return {
		visit: (url, script) => inTab(url, script, 0),
		inFrame: (url, script) => inTab(url, script, 1),
		quit: () => context.close(),
	};
}

/** Starts stock Firefox ESR, which keeps frames apart. */
export async function startFramingFirefox(profile: string): Promise<FramingBrowser> {
	const browser = await puppeteer.launch({
		browser: "firefox",
		executablePath: "/usr/bin/firefox-esr",
		headless: true,
		args: ["--profile", profile],
		extraPrefsFirefox: { "network.dns.localDomains": twoHosts.join(",") },
	});
	const inTab = async <T>(url: string, script: string, frame: number) => {
		const tab = await browser.newPage();
		await tab.goto(url);
		const result = await tab.frames()[frame]?.evaluate(script);
		await tab.close();
		return result as T;
	};
	return {
		visit: (url, script) => inTab(url, script, 0),
		inFrame: (url, script) => inTab(url, script, 1),
		quit: () => browser.close(),
	};
}

/** Starts stock Firefox ESR on a profile folder. */
export async function startFirefox(profile: string): Promise<RunningBrowser> {
	const browser = await puppeteer.launch({
		browser: "firefox",
		executablePath: "/usr/bin/firefox-esr",
		headless: true,
		args: ["--profile", profile],
	});
	const page = (await browser.pages())[0] ?? (await browser.newPage());
	return {
		page: {
			goto: async (url) => void (await page.goto(url)),
			evaluate: async (script) => (await page.evaluate(script)) as never,
		},
		async visit(url, script) {
			const tab = await browser.newPage();
			await tab.goto(url);
			const result = await tab.evaluate(script);
			await tab.close();
			return result as never;
		},
		quit: () => browser.close(),
	};
}

/** The browsers of this lane, each with the profile it makes in a folder. */
export const browsers = [
	{
		name: "Chromium with LevelDB",
		store: "leveldb" as const,
		start: (folder: string) => startChromium(folder),
		profile: (folder: string) => aProfile(folder, "chromium"),
	},
	{
		name: "Chromium with SQLite",
		store: "sqlite" as const,
		start: (folder: string) => startChromium(folder, sqliteFeatures),
		profile: (folder: string) => aProfile(folder, "chromium"),
	},
	{
		name: "Firefox",
		store: "data.sqlite" as const,
		start: startFirefox,
		profile: (folder: string) => aProfile(folder, "firefox"),
	},
];

function aProfile(folder: string, kind: "chromium" | "firefox"): BrowserProfile {
	const isChromium = kind === "chromium";
	return {
		user: null,
		sid: null,
		browser: kind,
		kind,
		name: isChromium ? "Default" : "profile",
		path: isChromium ? join(folder, "Default") : folder,
		within: folder,
		userData: isChromium ? folder : null,
	};
}
