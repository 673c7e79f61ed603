import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type PolicyRequest, parseUpdateUrl, policyFiles } from "../../../src/lib/webid/policy.js";
import fc from "../../property.js";
import { failure } from "../failure.js";

const site = "https://sign.example.com";
const key = { id: "hpdghhceelondemnmjbpfdloibeammfe", publicKey: "MIIB" };
const request = (own: Partial<PolicyRequest> = {}): PolicyRequest => ({
	key,
	sites: [site, "https://portal.example.com:8443"],
	browsers: ["chrome", "edge"],
	updateUrl: new URL("https://intranet.example.com/cfm/update.xml?a=1&b='2'"),
	lastId: 20_000,
	users: [{ user: "CORP\\ana", sid: "S-1-5-21-1-2-3-1001", id: 7 }],
	now: new Date("2026-03-10T12:34:56.000Z"),
	...own,
});
const contentOf = (file: string, own?: Partial<PolicyRequest>) => {
	const found = policyFiles(request(own)).find((one) => one.file === file);
	if (found === undefined) throw new Error(`no ${file}`);
	return found.content;
};

describe("the Windows registry's files", () => {
	it("install the extension for the machine under a number of its own", () => {
		expect(contentOf("machine-policy.reg").split("\r\n")).toEqual([
			"Windows Registry Editor Version 5.00",
			"",
			"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Google\\Chrome\\ExtensionInstallForcelist]",
			`"24250"="${key.id};https://intranet.example.com/cfm/update.xml?a=1&b=%272%27"`,
			"",
			"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Edge\\ExtensionInstallForcelist]",
			`"24250"="${key.id};https://intranet.example.com/cfm/update.xml?a=1&b=%272%27"`,
			"",
			"",
		]);
	});

	it("give each user their own ID", () => {
		const [, , ...lines] = contentOf("users/S-1-5-21-1-2-3-1001.reg", { browsers: ["chrome"] }).split("\r\n");
		expect(lines).toEqual([
			`[HKEY_USERS\\S-1-5-21-1-2-3-1001\\Software\\Policies\\Google\\Chrome\\3rdparty\\extensions\\${key.id}\\policy]`,
			'"webId"="7"',
			"",
			"",
		]);
	});

	it("are UTF-16, the others UTF-8", () => {
		for (const { file, encoding } of policyFiles(request())) {
			expect(encoding, file).toBe(file.endsWith(".reg") ? "utf16" : "utf8");
		}
	});
});

describe("the extension", () => {
	it("has a higher version each time, of four numbers that browsers take", () => {
		expect(JSON.parse(contentOf("extension/manifest.json")).version).toBe("2026.310.1234.56");
		expect(contentOf("update.xml")).toContain("version='2026.310.1234.56'");
		expect(contentOf("update.xml")).toContain("codebase='https://intranet.example.com/cfm/cfm-web-id.crx'");
	});

	it("has a digit file for every place of the highest ID", () => {
		const files = policyFiles(request({ lastId: 500 })).map(({ file }) => file);
		expect(files.filter((file) => file.startsWith("extension/digits/"))).toHaveLength(30);
	});

	it("writes the ID that the registered digits say, on its sites only", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(site, `${site}:8443`, "null"), (id, origin) => {
				const stored = new Map<string, string>();
				const localStorage = {
					getItem: (name: string) => stored.get(name) ?? null,
					setItem: (name: string, value: string) => stored.set(name, value),
				};
				const world: Record<string, unknown> = { localStorage, location: { origin } };
				const digits = [...String(id)].map((digit, place) => `digits/${place}-${digit}.js`);
				const scripts = ["write.js", ...digits, "now.js"].map((file) => contentOf(`extension/${file}`));
				runInNewContext(scripts.join("\n"), world);
				expect([...stored]).toEqual(origin === site ? [["CFM_ID", String(id)]] : []);
			}),
			{ numRuns: 30 },
		);
	});

	it("does not mind a page without localStorage", () => {
		const world = { location: { origin: site } };
		expect(() => runInNewContext(`${contentOf("extension/write.js")}cfmWebId.write("7")`, world)).not.toThrow();
	});
});

it("browsers without such a policy are refused", async () => {
	expect(await failure(() => policyFiles(request({ browsers: ["firefox"] })))).toMatchObject({ code: "no-policies" });
});

it.each(["", "intranet/update.xml", "ftp://x.test/update.xml", "https://x.test/update", "javascript:update.xml"])(
	"%j is no address for update.xml",
	async (text) => {
		expect(await failure(() => parseUpdateUrl(text))).toMatchObject({ kind: "usage", code: "bad-update-url" });
	},
);
