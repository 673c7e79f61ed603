import { beforeEach, expect, it } from "vitest";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { listSites } from "../../src/lib/site/site.js";
import { failure } from "../lib/failure.js";
import { anEnvironment, aSite, collect, environmentChange, make, type OpenStore, siteChange } from "./store.js";
import { useStore } from "./use-store.js";

const portal = aSite("https://portal.example", { note: "My Account" });
const other = aSite("https://a.example:8443");

/** The web sites of an environment, and the date of a port rule that was learned. */
export function sitesContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	const sites = (environment?: string) => registry().read((view) => listSites(view, environment));
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment())]));

	it("keeps sites by environment, in the order of their names", async () => {
		const elsewhere = aSite("https://portal.example", { environment: "farm" });
		await make(registry(), [
			environmentChange(null, anEnvironment({ name: "farm", portBase: 30_000 })),
			siteChange(null, portal),
			siteChange(null, other),
			siteChange(null, elsewhere),
		]);
		expect(await sites("default")).toEqual([other, portal]);
		expect(await sites("DEFAULT")).toEqual([other, portal]);
		expect(await sites()).toEqual([other, portal, elsewhere]);
		expect(await sites("nowhere")).toEqual([]);
	});

	it("removes a site, and those of an environment that ends", async () => {
		await make(registry(), [siteChange(null, portal), siteChange(null, other)]);
		await make(registry(), [siteChange(portal, null)]);
		expect(await sites()).toEqual([other]);
		await make(registry(), [environmentChange(anEnvironment(), null)]);
		expect(await sites()).toEqual([]);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("refuses a change of what somebody else has changed", async () => {
		await make(registry(), [siteChange(null, portal)]);
		for (const stale of [
			siteChange(null, portal),
			siteChange(other, null),
			siteChange({ ...portal, note: "x" }, null),
		]) {
			expect(await failure(() => make(registry(), [stale]))).toMatchObject({
				kind: "conflict",
				code: "changed-meanwhile",
			});
		}
		expect(await sites()).toEqual([portal]);
	});

	it("writes an event about the origin for each", async () => {
		await make(registry(), [siteChange(null, portal)]);
		await make(registry(), [siteChange(portal, null)]);
		const events = await registry().read((view) => collect(view.events({})));
		expect(events.slice(-2)).toMatchObject([
			{ action: "add-site", subject: portal.origin, id: null, before: null, after: portal },
			{ action: "remove-site", subject: portal.origin, id: null, before: portal, after: null },
		]);
	});

	it("remembers when a port rule was learned, and forgets it", async () => {
		const configured = anEnvironment();
		const learned = anEnvironment({ portBase: 30_000, portRuleLearnedAt: "2026-03-02T08:00:00.000Z" });
		const now = () => registry().read((view) => view.environment("default"));
		await make(registry(), [environmentChange(configured, learned)]);
		expect(await now()).toEqual(learned);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
		await make(registry(), [environmentChange(learned, configured)]);
		expect(await now()).toEqual(configured);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it.each([
		[
			"a site added behind its back",
			"INSERT INTO sites SELECT environment, 'https://eve.example', NULL, '' FROM environments",
		],
		["a site gone behind its back", "DELETE FROM sites"],
		["a site's remark edited", "UPDATE sites SET note = 'x'"],
		["a port rule said to be learned", "INSERT INTO learned_port_rules SELECT environment, '2026' FROM environments"],
	])("check tells of %s", async (_, sql) => {
		await make(registry(), [siteChange(null, portal)]);
		await store().tamper(sql);
		const { problems } = await registry().check(recordKinds);
		expect(problems.map(({ code }) => code)).toEqual(["changed-behind-the-log"]);
	});
}
