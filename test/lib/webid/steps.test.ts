import { expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { known } from "../../../src/lib/known.js";
import type { Found, ProfileFinder } from "../../../src/lib/webid/profiles.js";
import { browsersOf, ownWebIds, webIdSteps } from "../../../src/lib/webid/steps.js";
import { ana, client, FakeMachine, nothing, profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";
import { aProfile, FakeStores } from "./fake-stores.js";

const site = "https://sign.example.com";

async function found(user: string, ...places: Found[]) {
	const finder: ProfileFinder = {
		async *find() {
			yield* places;
		},
	};
	const machine = new FakeMachine();
	machine.localUsers = known([ana]);
	const set = await Stage.set();
	const environment = await set.plan((view) => view.environment("default"));
	if (environment === undefined) throw new Error("no environment");
	return browsersOf(machine, finder, parseAccount(user), environment);
}

it("steps are for the browsers that the user has, each once", async () => {
	const missing = { user: ana.account, sid: null, browser: null, path: "x", state: "denied", why: "no" } as const;
	const places = [
		...["vivaldi", "vivaldi", "waterfox"].map((browser) => ({ profile: aProfile({ browser }) })),
		{ missing },
	];
	expect(await found(ana.account, ...places)).toEqual({ browsers: ["vivaldi", "waterfox"], found: true });
});

it("steps are for the usual browsers where nobody can say which the user has", async () => {
	const usual = { browsers: ["edge", "chrome", "firefox"], found: false };
	expect(await found(ana.account)).toEqual(usual);
	expect(await found("CORP\\ben", { profile: aProfile() })).toEqual(usual);
});

it("the words to type and the names of the tools are told in English and in French", () => {
	const [chrome, firefox, explorer] = webIdSteps(7, [site], ["chrome", "librewolf", "ie"]);
	for (const one of [chrome, firefox]) {
		expect(one?.steps[2]).toMatch(/allow pasting \(in French: autoriser le collage\)/);
		expect(one?.steps[3]).toContain("localStorage.setItem('CFM_ID', '7')");
	}
	expect(chrome?.steps[4]).toContain("tab Application, Local storage (in French: Application, Stockage local)");
	expect(firefox?.steps[4]).toContain("tab Storage, Local Storage (in French: Stockage, Stockage local)");
	expect(explorer?.steps.join()).not.toContain("pasting");
});

it("without a registry, steps are for the client's ID, and for the sites that the browsers have a web ID of", async () => {
	const [machine, stores] = [new FakeMachine(), new FakeStores()];
	machine.state = client(7);
	stores.put(aProfile(), [{ store: "leveldb", values: { [site]: "9" } }]);
	const finder: ProfileFinder = {
		async *find() {
			yield { profile: aProfile() };
		},
	};
	const own = (sites: string[] = []) => ownWebIds(machine, profile, { stores, finder }, sites);
	expect(await own()).toEqual({ id: 7, sites: [site] });
	expect(await own(["https://other.example.com"])).toEqual({ id: 7, sites: ["https://other.example.com"] });
	stores.put(aProfile(), [{ store: "leveldb", values: {} }]);
	expect(await failure(() => own())).toMatchObject({ kind: "not-found", code: "no-sites" });
	machine.state = nothing;
	expect(await failure(() => own([site]))).toMatchObject({ kind: "not-found", code: "no-client-id" });
});
