import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Browser } from "./profiles.js";
import { webIdKey } from "./stores.js";

/** What an extension is known by. */
export interface ExtensionKey {
	/** 32 letters, made of the public key. */
	id: string;
	/** SubjectPublicKeyInfo, base64, as the manifest wants it. */
	publicKey: string;
}

export interface PolicyRequest {
	key: ExtensionKey;
	/** Origins. */
	sites: readonly string[];
	browsers: readonly Browser[];
	/** Where browsers will find `update.xml`. */
	updateUrl: URL;
	/** The highest ID that can come. */
	lastId: number;
	users: readonly { user: string; sid: string; id: number }[];
	now: Date;
}

/** A file to be written: its place below the folder, with `/`. */
export interface PolicyFile {
	file: string;
	/** What it is for, in words. */
	what: string;
	content: string;
	/** A .reg file: UTF-16LE with a byte order mark, as `reg import` reads it whatever the code page. */
	encoding: "utf8" | "utf16";
}

/** Where a browser's policies are, below `SOFTWARE\Policies`; these are the ones that take extensions of one's own. */
const policyKeys: Readonly<Partial<Record<Browser, string>>> = {
	chrome: "Google\\Chrome",
	edge: "Microsoft\\Edge",
	chromium: "Chromium",
	brave: "BraveSoftware\\Brave",
};

/**
 * The list of forced extensions is numbered, and an import replaces the entry with the same number. This one, the
 * regular edition's port, is nobody else's.
 */
const entryNumber = 24_250;

/**
 * Makes a browser extension that sets the web ID, and the policies that install it and give each user their ID.
 *
 * An extension asks for its policy in vain while a page begins to load: the answer comes when the page's own scripts
 * have run (seen in Chromium 156). What is registered as a content script runs before them, so the ID is told by *which*
 * files are registered: one for each digit at its place.
 *
 * @throws CfmError usage `no-policies`
 */
export function policyFiles(request: PolicyRequest): PolicyFile[] {
	const { key, browsers, users } = request;
	const keys = browsers.map((browser) => [browser, policyKeys[browser]] as const);
	for (const [browser, path] of keys) {
		if (path !== undefined) continue;
		throw new CfmError("usage", "no-policies", t`${browser} does not support extensions by policy.`, {
			hints: [t`Choose one of ${Object.keys(policyKeys).join(", ")}.`],
		});
	}
	const paths = keys.map(([, path]) => path ?? "");
	const machine = paths.map((path) =>
		registryKey(`HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\${path}\\ExtensionInstallForcelist`, {
			[entryNumber]: `${key.id};${request.updateUrl.href}`,
		}),
	);
	return [
		...extensionFiles(request),
		...[updateFile(request)],
		regFile("machine-policy.reg", t`installs the extension for all users of a machine`, machine),
		...users.map(({ user, sid, id }) =>
			regFile(
				`users/${sid}.reg`,
				t`the web ID of ${user}`,
				paths.map((path) =>
					registryKey(`HKEY_USERS\\${sid}\\Software\\Policies\\${path}\\3rdparty\\extensions\\${key.id}\\policy`, {
						webId: String(id),
					}),
				),
			),
		),
	];
}

/** The address where browsers look for the extension. @throws CfmError usage `bad-update-url` */
export function parseUpdateUrl(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url !== undefined && /^(https?|file):$/.test(url.protocol) && url.pathname.endsWith(".xml")) return url;
	throw new CfmError("usage", "bad-update-url", t`Not an address for update.xml: ${text.slice(0, 200)}.`, {
		hints: [
			{
				say: t`Specify where browsers find the file:`,
				line: { again: { "update-url": { fill: "https://intranet.example.com/cfm/update.xml" } } },
			},
		],
	});
}

function extensionFiles({ key, sites, lastId, now }: PolicyRequest): PolicyFile[] {
	// A pattern without a port fits any port: the scripts look at the origin once more.
	const matches = sites.map((site) => `${site}/*`);
	const manifest = {
		manifest_version: 3,
		name: "CertifiO Manager web ID",
		description: "Sets the web ID that an administrator gives each user, before the page asks for it.",
		version: versionAt(now),
		minimum_chrome_version: "102",
		key: key.publicKey,
		permissions: ["storage", "scripting"],
		host_permissions: matches,
		storage: { managed_schema: "managed-schema.json" },
		background: { service_worker: "register.js" },
		content_scripts: [{ matches, js: ["write.js", "later.js"], run_at: "document_start", all_frames: true }],
	};
	const schema = {
		type: "object",
		properties: { webId: { type: "string", description: "The user's ID, in decimal digits." } },
	};
	const script = (name: string, what: string, content: string): PolicyFile => ({
		...{ file: `extension/${name}`, what, content, encoding: "utf8" },
	});
	const json = (value: unknown) => `${JSON.stringify(value, null, "\t")}\n`;
	const places = String(lastId).length;
	const digits = Array.from({ length: places * 10 }, (_, at) => [Math.floor(at / 10), at % 10] as const);
	return [
		script("manifest.json", t`the extension`, json(manifest)),
		script("managed-schema.json", t`the schema of the policy`, json(schema)),
		script("register.js", t`turns the policy into scripts`, registering(matches, places)),
		script("write.js", t`lists the sites`, writing(sites)),
		script("later.js", t`runs right after the installation`, later),
		script("now.js", t`writes the web ID before the page's own scripts run`, "cfmWebId.write(cfmWebId.digits);\n"),
		...digits.map(([place, digit]) =>
			script(`digits/${place}-${digit}.js`, t`one digit at its position`, `cfmWebId.digits += "${digit}";\n`),
		),
	];
}

function writing(sites: readonly string[]): string {
	return `// In the extension's own world of the page; the scripts that follow share it.
globalThis.cfmWebId = {
	digits: "",
	sites: ${JSON.stringify(sites)},
	write(id) {
		try {
			if (!this.sites.includes(location.origin)) return;
			if (localStorage.getItem("${webIdKey}") !== id) localStorage.setItem("${webIdKey}", id);
		} catch {
			// A sandboxed frame, or a user who keeps no site data, has no localStorage.
		}
	},
};
`;
}

const later = `// Nothing is registered yet when the extension has just been installed: then late is better than never.
chrome.storage.managed.get("webId").then(({ webId }) => {
	if (/^\\d{1,10}$/.test(webId ?? "")) cfmWebId.write(webId);
});
`;

function registering(matches: readonly string[], places: number): string {
	return `// The policy is not there in time for a page that begins to load, but a registered script is: the ID is told by which
// files are registered, one for each digit at its place.
const matches = ${JSON.stringify(matches)};
let last = Promise.resolve();
function apply() {
	last = last.then(register, register);
}
async function register() {
	const { webId } = await chrome.storage.managed.get("webId");
	await chrome.scripting.unregisterContentScripts();
	if (!/^\\d{1,${places}}$/.test(webId ?? "")) return;
	const digits = [...webId].map((digit, place) => \`digits/\${place}-\${digit}.js\`);
	const js = ["write.js", ...digits, "now.js"];
	await chrome.scripting.registerContentScripts([
		{ id: "web-id", matches, js, runAt: "document_start", allFrames: true, persistAcrossSessions: true },
	]);
}
chrome.runtime.onInstalled.addListener(apply);
chrome.runtime.onStartup.addListener(apply);
chrome.storage.managed.onChanged.addListener(apply);
`;
}

function updateFile({ key, updateUrl, now }: PolicyRequest): PolicyFile {
	const codebase = new URL("cfm-web-id.crx", updateUrl).href.replaceAll("&", "&amp;").replaceAll("'", "&apos;");
	const content = `<?xml version='1.0' encoding='UTF-8'?>
<gupdate xmlns='http://www.google.com/update2/response' protocol='2.0'>
  <app appid='${key.id}'>
    <updatecheck codebase='${codebase}' version='${versionAt(now)}' />
  </app>
</gupdate>
`;
	return { file: "update.xml", what: t`place it at ${updateUrl.href}`, content, encoding: "utf8" };
}

/** Browsers take an extension anew when its version is higher: four numbers up to 65535. */
function versionAt(now: Date): string {
	const day = (now.getUTCMonth() + 1) * 100 + now.getUTCDate();
	const time = now.getUTCHours() * 100 + now.getUTCMinutes();
	return `${now.getUTCFullYear()}.${day}.${time}.${now.getUTCSeconds()}`;
}

function regFile(file: string, what: string, keys: readonly string[]): PolicyFile {
	const content = ["Windows Registry Editor Version 5.00", ...keys, ""].join("\r\n\r\n");
	return { file, what, content, encoding: "utf16" };
}

function registryKey(key: string, values: Readonly<Record<string, string>>): string {
	const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
	return [`[${key}]`, ...Object.entries(values).map(([name, value]) => `${quoted(name)}=${quoted(value)}`)].join(
		"\r\n",
	);
}
