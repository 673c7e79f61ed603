import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const sites = ["https://sign.example", "https://other.example"];

describe("Internet Explorer's storage", () => {
	const why = expect.stringMatching(/cfm web steps/);
	const explorer = (): BrowserProfile => ({
		...{ user: "ana", sid: null, browser: "ie", kind: "domstore", name: "Internet Explorer" },
		...{ path: at("DOMStore"), within: at(), userData: null },
	});

	it("is not looked into: every site's web ID is unknown, and the reason names the way", async () => {
		const { stores } = openBrowserStores(at("cfm"));
		const store = { store: "domstore", state: "unknown", why, modified: null };
		expect(await stores.read(explorer(), { origins: sites })).toEqual({
			...{ state: "unknown", why },
			stores: [{ ...store, values: sites.map((origin) => ({ origin, value: { known: false, why } })) }],
		});
		expect(await stores.read(explorer(), { origins: "all" })).toMatchObject({ stores: [{ ...store, values: [] }] });
	});

	it("is not written", async () => {
		mkdirSync(at("DOMStore", "A1B2C3D4"), { recursive: true });
		writeFileSync(at("DOMStore", "A1B2C3D4", "sign.example[1].xml"), "<root/>");
		const edit = { origin: sites[0] ?? "", action: "set" as const, value: "8" };
		const results = await openBrowserStores(at("cfm")).stores.edit(explorer(), [edit], {
			...{ dryRun: false, now: new Date(), keepDays: 7 },
		});
		expect(results).toMatchObject([{ outcome: "refused", why, backups: [] }]);
		expect(readdirSync(at("DOMStore"), { recursive: true })).toHaveLength(2);
	});
});
