import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile } from "../../../../src/lib/webid/ports.js";
import { memoryDisk, useFolder } from "../temp.js";

const at = useFolder(memoryDisk);
const sites = ["https://sign.example", "https://other.example"];

function aDomStore(files: Record<string, string>): BrowserProfile {
	mkdirSync(at("DOMStore", "A1B2C3D4"), { recursive: true });
	for (const [name, text] of Object.entries(files)) writeFileSync(at("DOMStore", "A1B2C3D4", name), text);
	writeFileSync(at("DOMStore", "container.dat"), "");
	const path = at("DOMStore");
	return {
		user: "ana",
		sid: null,
		browser: "ie",
		kind: "domstore",
		name: "DOMStore",
		path,
		within: at(),
		userData: null,
	};
}
const item = (name: string, value: string) => `<item name="${name}" value="${value}" ltime="1" htime="2"/>`;

describe("Internet Explorer's storage", () => {
	const read = async (profile: BrowserProfile, origins: readonly string[] | "all" = sites) => {
		const reading = await openBrowserStores(at("cfm")).stores.read(profile, { origins });
		expect(reading).toMatchObject({ state: "readable", stores: [{ store: "domstore" }] });
		return reading.stores[0]?.values;
	};
	const unknown = (why: RegExp) => ({ known: false, why: expect.stringMatching(why) });

	it("without a file that may be the site's has no value", async () => {
		const profile = aDomStore({
			"sign[1].example[1].xml": `<root>${item("CFM_ID", "1")}</root>`,
			"sign.example[1].xml": `<root>${item("other", "x")}</root>`,
			"notsign.example[1].xml": `<root>${item("CFM_ID", "2")}</root>`,
			"sign.example.com[1].xml": `<root>${item("CFM_ID", "3")}</root>`,
			"other.example[1].xml": "<root></root>",
			"empty[1].xml": "<root/>",
		});
		expect(await read(profile)).toEqual(sites.map((origin) => ({ origin, value: { known: true, value: null } })));
	});

	it("with a file named without the last label is unknown, not without a value", async () => {
		const profile = aDomStore({
			"www.bing[1].xml": `<root>${item("CFM_ID", "7&#233;")}</root>`,
			"login.live[1].xml": `<root>${item("CFM_ID", "8")}</root>`,
		});
		const origins = ["https://www.bing.com", "https://login.live.com", "https://www.bing.com.example"];
		expect(await read(profile, origins)).toMatchObject([
			{ value: unknown(/^www\.bing\[1\]\.xml has 7é, .* another site named alike$/) },
			{ value: unknown(/^login\.live\[1\]\.xml has 8/) },
			{ value: { known: true, value: null } },
		]);
		expect(await read(profile, "all")).toEqual([
			{ origin: "login.live", value: { known: true, value: "8" } },
			{ origin: "www.bing", value: { known: true, value: "7é" } },
		]);
	});

	it("with one file for all schemes and ports of a host is unknown for each", async () => {
		const profile = aDomStore({ "Sign.Example[1].xml": `<root>${item("CFM_ID", "7")}</root>` });
		const origins = ["https://sign.example", "https://sign.example:8443", "http://sign.example"];
		const value = unknown(/Sign\.Example\[1\]\.xml has 7, .* schemes and ports$/);
		expect(await read(profile, origins)).toMatchObject(origins.map((origin) => ({ origin, value })));
	});

	it("with two files that may be the site's is unknown", async () => {
		const profile = aDomStore({
			"sign.example[1].xml": `<root>${item("CFM_ID", "7")}</root>`,
			"sign.example[2].xml": `<root>${item("CFM_ID", "8")}</root>`,
			"other[1].xml": `<root>${item("CFM_ID", "7")}</root>`,
			"other.example[1].xml": `<root>${item("CFM_ID", "7")}</root>`,
		});
		expect(await read(profile)).toMatchObject(
			sites.map((origin) => ({ origin, value: unknown(/has 7, and 1 more file/) })),
		);
	});

	it("that is damaged says so, and tells no value as missing", async () => {
		const profile = aDomStore({
			"sign.example[1].xml": `<root>${item("CFM_ID", "7")}</root>`,
			"other.example[1].xml": "<root><item name=",
		});
		const reading = await openBrowserStores(at("cfm")).stores.read(profile, { origins: sites });
		expect(reading).toMatchObject({
			state: "damaged",
			stores: [
				{ values: [{ value: unknown(/^sign\.example\[1\]\.xml has 7/) }, { value: unknown(/^other\.example/) }] },
			],
		});
	});

	it("is not written", async () => {
		const profile = aDomStore({ "sign.example[1].xml": `<root>${item("CFM_ID", "7")}</root>` });
		const options = { dryRun: false, now: new Date(), keepDays: 7 };
		const edit = { origin: sites[0] ?? "", action: "set" as const, value: "8" };
		expect(await openBrowserStores(at("cfm")).stores.edit(profile, [edit], options)).toMatchObject([
			{ outcome: "refused", why: expect.stringMatching(/only read/) },
		]);
		expect(readFileSync(at("DOMStore", "A1B2C3D4", "sign.example[1].xml"), "utf8")).toContain('value="7"');
	});
});
