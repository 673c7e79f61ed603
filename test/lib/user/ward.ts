import type { LocalUser } from "../../../src/lib/client/machine.js";
import type { Tools } from "../../../src/lib/doctor/sources.js";
import { known } from "../../../src/lib/known.js";
import { planAddSites } from "../../../src/lib/site/plan.js";
import { FakeWatch } from "../certificate/fake-watch.js";
import { ana, client, FakeMachine, profile } from "../client/fake-machine.js";
import { FakeNetwork, listener, owner } from "../port/fake-network.js";
import { Stage } from "../registry/stage.js";
import { FakeSurroundings } from "../surroundings/fake-surroundings.js";
import { FakeTokens } from "../token/fake-tokens.js";
import { aProfile, FakeStores } from "../webid/fake-stores.js";

export const site = "https://sign.example.com";

/** A server on which all is well: Ana has ID 7, a client that listens, and a browser with her web ID. Ben has ID 8 elsewhere. */
export class Ward implements Omit<Tools, "users"> {
	environment = "default";
	readonly here = new FakeMachine();
	readonly net = new FakeNetwork();
	readonly stores = new FakeStores();
	sites = [site];

	private constructor(readonly stage: Stage) {
		this.here.state = client(7);
		this.net.found = known([listener(24_257, owner("CORP\\ana"))]);
		this.webId("7");
	}

	static async open(ids: Record<number, string> = { 7: "CORP\\ana", 8: "CORP\\ben" }, sites = [site]): Promise<Ward> {
		const stage = await Stage.set({}, ids);
		if (sites.length > 0)
			await stage.carry((view) =>
				planAddSites(view, { environment: "default", sites: sites.map((origin) => ({ origin })) }),
			);
		return new Ward(stage);
	}

	webId(value: string | undefined): void {
		this.stores.put(aProfile(), [{ store: "leveldb", values: value === undefined ? {} : { [site]: value } }]);
	}

	accounts: Tools["accounts"] = { states: async () => new Map(), names: async () => known(new Map()) };
	now = () => new Date("2026-03-10T12:00:00.000Z");
	location = () => "/var/lib/cfm/registry.db";
	profile = () => ({ ...profile, verified: true });
	open = async () => this.stage.registry;
	machine = async () => this.here;
	network = async () => this.net;
	surroundings = async () => new FakeSurroundings();
	tokens = async () => new FakeTokens([]);
	tokenModules = () => undefined;
	tells = () => false;
	watching = async () => new FakeWatch().tools(new Date("2026-03-03T08:00:00.000Z"));
	timestamps = async () => [];
	variables = {};
	browsers = async () => ({
		stores: this.stores,
		finder: {
			async *find({ account }: LocalUser) {
				if (account === ana.account) yield { profile: aProfile() };
			},
		},
		lacks: async () => [],
	});
}
