import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserPolicies, PolicyValues } from "../../webid/forgetting.js";
import { isOfThisMachine, jsonFile, noPolicies, policiesIn, together } from "../browser-profiles/policies.js";

/** Where managed policies are, by the browser's name without its channel: every file in the folder is read. */
const chromiumFolders: Readonly<Record<string, readonly string[]>> = {
	chrome: ["/etc/opt/chrome/policies/managed"],
	"chrome-for-testing": ["/etc/opt/chrome_for_testing/policies/managed"],
	// The second is the Snap's.
	chromium: ["/etc/chromium/policies/managed", "/etc/chromium-browser/policies/managed"],
	edge: ["/etc/opt/edge/policies/managed"],
	brave: ["/etc/brave/policies/managed"],
	vivaldi: ["/etc/opt/vivaldi/policies/managed"],
	yandex: ["/etc/opt/yandex/browser/policies/managed"],
};

/** The first that is there counts: the machine's, then that of an installation. */
const firefoxFiles: Readonly<Record<string, readonly string[]>> = {
	firefox: [
		"/etc/firefox/policies/policies.json",
		"/usr/lib/firefox/distribution/policies.json",
		"/usr/lib/firefox-esr/distribution/policies.json",
		"/usr/lib64/firefox/distribution/policies.json",
		"/opt/firefox/distribution/policies.json",
	],
	librewolf: ["/etc/librewolf/policies/policies.json", "/usr/share/librewolf/distribution/policies.json"],
	waterfox: ["/etc/waterfox/policies/policies.json", "/opt/waterfox/distribution/policies.json"],
};

/**
 * The policies of a Linux machine, read once for each browser.
 *
 * @param root where the machine's files are; a test has them elsewhere
 */
export function linuxBrowserPolicies(root = "/"): BrowserPolicies {
	const read = new Map<string, PolicyValues>();
	return {
		of(profile) {
			if (!isOfThisMachine(profile)) return noPolicies;
			const { browser } = profile;
			const found = read.get(browser) ?? policiesOf(browser, root);
			read.set(browser, found);
			return found;
		},
	};
}

function policiesOf(browser: string, root: string): PolicyValues {
	const folders = chromiumFolders[browser] ?? chromiumFolders[browser.replace(/-.*/, "")] ?? [];
	const files = folders.flatMap((folder) => filesIn(join(root, folder)));
	const json = (firefoxFiles[browser] ?? []).map((file) => jsonFile(join(root, file))).find((one) => one !== undefined);
	const policies = typeof json === "object" && json !== null && "policies" in json ? [json.policies] : [];
	return together([...files.map(jsonFile), ...policies].map(policiesIn));
}

function filesIn(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter((name) => name.endsWith(".json"))
			.sort()
			.map((name) => join(folder, name));
	} catch {
		return [];
	}
}
