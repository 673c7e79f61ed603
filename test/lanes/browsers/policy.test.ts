// The extension that `cfm web policy export` writes, in the real Chromium: packed, installed by policy, and given an ID by
// policy; does the page's very first script see it?
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { extensionKey } from "../../../src/lib/adapters/files/extension-key.js";
import { writeOutFolder } from "../../../src/lib/adapters/files/out-folder.js";
import { policyFiles } from "../../../src/lib/webid/policy.js";
import { makeFolder } from "../../folders.js";

/** Where Debian's Chromium looks for policies; the lane runs as root, as its other tests do. */
const policies = "/etc/chromium/policies/managed";
const policyFile = join(policies, `cfm-lane-${process.pid}.json`);

const folder = makeFolder("policy");
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const { pem, ...key } = extensionKey(undefined);

/** The page says what its first script, before anything else, found. */
const page = '<!doctype html><script>window.first = localStorage.getItem("CFM_ID")</script>';
const servers: Server[] = [];
let sites: [string, string];
let browser: Browser;
let child: ReturnType<typeof spawn>;

beforeAll(async () => {
	sites = [await serve(), await serve()];
	const [cared] = sites;
	const updateUrl = new URL("/update.xml", cared);
	const now = new Date();
	const files = policyFiles({ key, sites: [cared], browsers: ["chromium"], updateUrl, lastId: 20_000, users: [], now });
	await writeOutFolder(join(folder, "out"), files, { force: false });
	writeFileSync(join(folder, "key.pem"), pem ?? "", { mode: 0o600 });
	const packing = [
		`--pack-extension=${join(folder, "out/extension")}`,
		`--pack-extension-key=${join(folder, "key.pem")}`,
	];
	execFileSync("chromium", [...flags, `--user-data-dir=${join(folder, "packer")}`, ...packing], { stdio: "ignore" });
	expect(existsSync(join(folder, "out/extension.crx"))).toBe(true);
	mkdirSync(policies, { recursive: true });
	// What a run left that was killed would rule every browser of this machine.
	for (const left of readdirSync(policies).filter((name) => name.startsWith("cfm-lane-"))) rmSync(join(policies, left));
	givePolicy("42");
	child = spawn(
		"chromium",
		[...flags, "--remote-debugging-port=0", `--user-data-dir=${join(folder, "user")}`, "about:blank"],
		{
			stdio: ["ignore", "ignore", "pipe"],
		},
	);
	let said = "";
	child.stderr?.on("data", (data) => {
		said += data;
	});
	const address = await vi.waitFor(() => /ws:\/\/\S+/.exec(said)?.[0] ?? expect.fail(said), { timeout: 30_000 });
	browser = await chromium.connectOverCDP(address);
});

afterAll(async () => {
	rmSync(policyFile, { force: true });
	await browser?.close();
	if (child?.exitCode === null) {
		child.kill();
		await new Promise((resolve) => child.once("exit", resolve));
	}
	for (const server of servers) server.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

function givePolicy(webId: string): void {
	const extensions = { [key.id]: { webId } };
	const forced = [`${key.id};${new URL("/update.xml", sites[0]).href}`];
	writeFileSync(policyFile, JSON.stringify({ ExtensionInstallForcelist: forced, "3rdparty": { extensions } }));
}

async function serve(): Promise<string> {
	const server = createServer(({ url }, answer) => {
		if (url?.startsWith("/update.xml")) {
			answer.setHeader("content-type", "text/xml");
			return answer.end(readFileSync(join(folder, "out/update.xml")));
		}
		if (url === "/cfm-web-id.crx") {
			answer.setHeader("content-type", "application/x-chrome-extension");
			return answer.end(readFileSync(join(folder, "out/extension.crx")));
		}
		answer.setHeader("content-type", "text/html");
		return answer.end(page);
	});
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const seen = (tab: Page): Promise<[first: string | null, now: string | null]> =>
	tab.evaluate('[window.first, localStorage.getItem("CFM_ID")]');

it("forced by policy, it is there before the page's first script, on its sites and nowhere else", async () => {
	const tab = await (browser.contexts()[0] ?? (await browser.newContext())).newPage();
	// The installation takes its time, and Chromium reads an extension's policy when it has nothing better to do: whoever
	// asks for pages all the time waits for ever. Once it is there, every first script finds the ID.
	await vi.waitFor(
		async () => {
			await tab.goto(sites[0]);
			await tab.evaluate("localStorage.removeItem('CFM_ID')");
			await tab.goto(sites[0]);
			expect(await seen(tab)).toEqual(["42", "42"]);
		},
		{ timeout: 90_000, interval: 8000 },
	);
	for (let round = 0; round < 50; round++) {
		await tab.evaluate("localStorage.clear()");
		await tab.goto(sites[0]);
		expect(await seen(tab)).toEqual(["42", "42"]);
	}
	await tab.goto(sites[1]);
	expect(await seen(tab)).toEqual([null, null]);
});

it("a changed policy changes the ID, also of a browser that runs", async () => {
	givePolicy("7");
	const tab = await (browser.contexts()[0] ?? (await browser.newContext())).newPage();
	await vi.waitFor(
		async () => {
			await tab.goto(sites[0]);
			expect(await seen(tab)).toEqual(["7", "7"]);
		},
		{ timeout: 90_000, interval: 8000 },
	);
});
