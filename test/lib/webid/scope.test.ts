import { describe, expect, it } from "vitest";
import type { LocalUser } from "../../../src/lib/client/machine.js";
import { planAddEnvironment } from "../../../src/lib/environment/plan.js";
import { known, unknown } from "../../../src/lib/known.js";
import { planAddSites } from "../../../src/lib/site/plan.js";
import { exportPolicy } from "../../../src/lib/webid/export-policy.js";
import type { ProfileFinder } from "../../../src/lib/webid/profiles.js";
import {
	makeOut,
	needsRegistry,
	placesIn,
	refuseStrangeSites,
	type ScopeRequest,
} from "../../../src/lib/webid/scope.js";
import { ana, FakeMachine } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { aProfile } from "./fake-stores.js";

const site = "https://sign.example.com";
const other = (account: string, sid: string | null = null): LocalUser => ({
	...{ account, sid, profileFolder: `C:\\Users\\${account}`, isCurrent: false },
});
const unnamed = (account: string): LocalUser => ({ ...other(account), nameUnknown: true });
const request = (own: Partial<ScopeRequest> = {}): ScopeRequest => ({
	...{ environment: "default", users: [], browsers: [], sites: [], folder: undefined, id: undefined },
	...own,
});

async function stage(ids: Record<number, string>): Promise<Stage> {
	const set = await Stage.set({}, ids);
	await set.carry((view) => planAddSites(view, { environment: "default", sites: [{ origin: site }] }));
	return set;
}

describe("a scope", () => {
	it("is all users and all sites that are cared for, each user with their own ID", async () => {
		const machine = new FakeMachine();
		machine.localUsers = known([ana, other("ben"), other("carl"), other("1234"), unnamed("ben")]);
		const set = await stage({ 1: "ana@corp.example.com", 2: "CORP\\ben", 3: "NORTH\\carl", 4: "CORP\\carl" });
		const scope = await set.plan((view) => makeOut(machine, view, request()));
		expect(scope.sites).toEqual([site]);
		expect(scope.users.map(({ user, expected }) => [user.account, expected])).toEqual([
			["CORP\\ana", { id: 1 }],
			// Written without a domain; there is one ben.
			["ben", { id: 2 }],
			// There are two: nobody knows which of them it is, so nothing is written.
			["carl", { id: null, why: "unknown" }],
			["1234", { id: null, why: "unallocated" }],
			// Called after the folder, which may be that of NORTH\\ben: there is only one ID of a ben, and it may not be his.
			["ben", { id: null, why: "unknown" }],
		]);
	});

	it("is the own user when nobody can tell the others, and says so", async () => {
		const machine = new FakeMachine();
		machine.localUsers = unknown("access denied");
		const scope = await (await stage({ 1: "CORP\\ana" })).plan((view) => makeOut(machine, view, request()));
		expect(scope).toMatchObject({ users: [{ user: ana, expected: { id: 1 } }], onlyOwn: "access denied" });
	});

	it("without any site is refused, not empty", async () => {
		const bare = await Stage.set();
		const error = await failure(() => bare.plan((view) => makeOut(new FakeMachine(), view, request())));
		expect(error).toMatchObject({ kind: "not-found", code: "no-sites" });
		await expectRunnable(error);
		const south = { environment: "south" };
		await bare.carry((view) => planAddEnvironment(view, { name: "south", settings: {}, commonPort: 1 }));
		const elsewhere = await failure(() => bare.plan((view) => makeOut(new FakeMachine(), view, request(south))));
		expect(said(elsewhere)).toEqual([
			"Choose one: cfm sites add https://HOST --environment south",
			"cfm web list --discover --environment south",
		]);
		const discovering = await bare.plan((view) => makeOut(new FakeMachine(), view, request({ sites: "all" })));
		expect(discovering.sites).toBe("all");
	});

	it("of one folder needs the registry only for what it has to say", async () => {
		const folder = { path: "/copies/Default", kind: "chromium" } as const;
		expect(needsRegistry(request({ folder, sites: [site] }))).toBe(false);
		expect(needsRegistry(request({ folder, sites: "all" }))).toBe(false);
		expect(needsRegistry(request({ folder }))).toBe(true);
		expect(needsRegistry(request({ folder, sites: [site], users: ["ana"] }))).toBe(true);
		expect(needsRegistry(request({ sites: [site] }))).toBe(true);
		const alone = await makeOut(new FakeMachine(), null, request({ folder, sites: [site], id: 7 }));
		expect(alone).toMatchObject({
			users: [],
			folder: { profile: { user: null, path: "/copies/Default", userData: "/copies" }, expected: { id: 7 } },
		});
		const set = await stage({ 3: "CORP\\ana" });
		const named = await set.plan((view) => makeOut(new FakeMachine(), view, request({ folder, users: ["CORP\\ana"] })));
		expect(named.folder).toMatchObject({ profile: { user: "CORP\\ana" }, expected: { id: 3 } });
		const two = request({ folder, users: ["CORP\\ana", "CORP\\ben"] });
		expect(await failure(() => set.plan((view) => makeOut(new FakeMachine(), view, two)))).toMatchObject({
			code: "one-user-only",
		});
	});

	it("writes to sites that are cared for, and to no other", async () => {
		const set = await stage({});
		await set.plan((view) => refuseStrangeSites(view, "default", [site]));
		const error = await failure(() => set.plan((view) => refuseStrangeSites(view, "default", [site, `${site}:8443`])));
		expect(error).toMatchObject({ kind: "not-found", code: "no-site", data: { site: `${site}:8443` } });
		await expectRunnable(error);
	});
});

it("places come one by one, of the browsers that are wanted, with how many users are done", async () => {
	let asked = 0;
	const finder: ProfileFinder = {
		async *find(user) {
			asked += 1;
			yield { profile: aProfile({ user: user.account, browser: "edge-beta" }) };
			yield { profile: aProfile({ user: user.account, browser: "firefox", kind: "firefox" }) };
			yield {
				missing: { user: user.account, sid: null, browser: null, path: "x", state: "unreachable", why: "roams" },
			};
		},
	};
	const users = ["a", "b"].map((account) => ({ user: other(account), expected: { id: 1 } as const }));
	const scope = { users, folder: undefined, browsers: ["edge"] as const, sites: [site], onlyOwn: null, undecided: [] };
	const nothing: ProfileFinder = { async *find() {} };
	const without: string[] = [];
	const none = placesIn(scope, nothing, undefined, ({ user }) => without.push(user.account));
	expect([await Array.fromAsync(none), without]).toEqual([[], ["a", "b"]]);
	const heard: string[] = [];
	const places = [];
	for await (const place of placesIn(scope, finder, (done, total) => heard.push(`${done}/${total}`))) {
		if (places.length === 0) expect(asked).toBe(1);
		places.push("profile" in place ? place.profile.browser : "missing");
	}
	expect(places).toEqual(["edge-beta", "missing", "edge-beta", "missing"]);
	expect(heard).toEqual(["0/2", "1/2"]);
});

it("the policy has a file for every user with an ID and a SID, and names the others", async () => {
	const machine = new FakeMachine();
	machine.localUsers = known([
		ana,
		other("ben", "1001"),
		other("eve", "S-1-5-21-5"),
		other("zoe", "S-1-12-1-9-9"),
		unnamed("zoe"),
	]);
	const set = await stage({ 1: "CORP\\ana", 2: "ben", 9: "zoe" });
	const { files, withoutSid, unsure } = await set.plan(async (view) => {
		const environment = await view.environment("default");
		if (environment === undefined) throw new Error("no environment");
		return exportPolicy(machine, view, environment, {
			...{ key: { id: "a", publicKey: "b" }, pem: "PEM", sites: [], browsers: [], now: new Date() },
			updateUrl: new URL("https://intranet.example.com/update.xml"),
		});
	});
	const users = files.filter(({ file }) => file.startsWith("users/"));
	expect(users.map(({ file, content }) => [file, /"webId"="(\d+)"/.exec(content)?.[1]])).toEqual([
		[`users/${ana.sid}.reg`, "1"],
		["users/S-1-12-1-9-9.reg", "9"],
	]);
	expect(withoutSid).toEqual(["ben"]);
	expect(unsure).toEqual(["zoe"]);
	expect(files.at(-1)).toMatchObject({ file: "extension-key.pem", content: "PEM" });
});
