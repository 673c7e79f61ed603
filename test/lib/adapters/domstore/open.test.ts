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
	it("is read, by host", async () => {
		const profile = aDomStore({
			"sign[1].example[1].xml": "<root></root>",
			"sign.example[1].xml": `<root>${item("other", "x")}${item("CFM_ID", "7&#233;")}</root>`,
			"other.example[1].xml": `<root>${item("other", "1")}</root>`,
			"empty[1].xml": "<root/>",
		});
		expect(await openBrowserStores(at("cfm")).stores.read(profile, { origins: sites })).toMatchObject({
			state: "readable",
			stores: [
				{
					store: "domstore",
					values: [
						{ origin: sites[0], value: { known: true, value: "7é" } },
						{ origin: sites[1], value: { known: true, value: null } },
					],
				},
			],
		});
	});

	it("that is damaged says so, and tells no value as missing", async () => {
		const profile = aDomStore({
			"sign.example[1].xml": `<root>${item("CFM_ID", "7")}</root>`,
			"other.example[1].xml": "<root><item name=",
		});
		const reading = await openBrowserStores(at("cfm")).stores.read(profile, { origins: sites });
		expect(reading).toMatchObject({
			state: "damaged",
			stores: [{ values: [{ value: { known: true, value: "7" } }, { value: { known: false } }] }],
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
