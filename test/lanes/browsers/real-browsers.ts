import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

/** One page of a running browser, on one of the test's own sites. */
export interface Page {
	goto(url: string): Promise<void>;
	/** Runs in the page. */
	evaluate<T>(script: string): Promise<T>;
}

export interface RunningBrowser {
	page: Page;
	/** Ends it as its user would. */
	quit(): Promise<void>;
	pid: number | undefined;
}

/** Pages on the loopback: every port is a site of its own. */
export async function serveSites(count: number): Promise<{ sites: string[]; close: () => void }> {
	const servers = await Promise.all(
		Array.from(
			{ length: count },
			() =>
				new Promise<Server>((ready) => {
					const server = createServer((_, answer) => {
						answer.setHeader("content-type", "text/html; charset=utf-8");
						answer.end("<!doctype html><title>site</title>");
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
		quit: () => context.close(),
		pid: undefined,
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
		quit: () => browser.close(),
		pid: browser.process()?.pid,
	};
}
