/**
 * An audit of many users with three browsers each, through the product's own code, against copying their stores: `node
 * audit-worker.mjs TASK-AS-JSON` says how long it took as one JSON line. The profiles are made by `web-worker.ts`.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openBrowserStores } from "../src/lib/adapters/browsers/open.js";
import type { ClientState, LocalUser, Machine } from "../src/lib/client/machine.js";
import { makeClientProfile } from "../src/lib/client/profile.js";
import { examine } from "../src/lib/doctor/doctor.js";
import { auditProbes, type Tools } from "../src/lib/doctor/sources.js";
import { known } from "../src/lib/known.js";
import { planAddSites } from "../src/lib/site/plan.js";
import { FakeNetwork } from "../test/lib/port/fake-network.js";
import { Stage } from "../test/lib/registry/stage.js";

interface Task {
	/** `make`: a hundred copies of one profile, which the browsers of all share: 12 GB would measure the disk. */
	do: "make" | "copy" | "audit";
	/** The profile that all are like. */
	profile: string;
	folder: string;
	copy: string;
	users: number;
}

const task = JSON.parse(process.argv[2] ?? "") as Task;
const browsers = ["chrome", "edge", "brave"] as const;
const copies = 100;
const store = ["Default", "Local Storage", "leveldb"];
const people = Array.from({ length: task.users }, (_, at): LocalUser => {
	const account = `CORP\\user${at + 1}`;
	return { account, sid: `S-1-5-21-${at}`, profileFolder: join(task.folder, `user${at + 1}`), isCurrent: at === 0 };
});

console.log(JSON.stringify(await carryOut()));

async function carryOut(): Promise<unknown> {
	const begun = performance.now();
	if (task.do === "make") {
		for (let n = 0; n < copies; n += 1) copyInto(join(task.folder, `copy-${n}`));
	} else if (task.do === "copy") {
		for (const user of people) {
			for (const browser of browsers) {
				copyInto(task.copy, userDataOf(user, browser));
				rmSync(task.copy, { recursive: true });
			}
		}
	} else {
		const { findings, checks } = await examine(await tools(), {
			...{ only: [], skip: [], seconds: 3600, failOn: "error", probes: auditProbes },
		});
		const broken = checks.find(({ state }) => state === "crashed" || state === "unknown");
		// All have the web ID of one profile, which is one user's.
		const wrong = findings.filter(({ id }) => id === "CFM-WEB-001").length;
		if (broken !== undefined || wrong !== (task.users - 1) * browsers.length)
			throw new Error(JSON.stringify({ broken, wrong }));
	}
	return { ms: performance.now() - begun, peak: process.resourceUsage().maxRSS };
}

function userDataOf({ account }: LocalUser, browser: (typeof browsers)[number]): string {
	const at = Number(account.replace(/\D/g, "")) * browsers.length + browsers.indexOf(browser);
	return join(task.folder, `copy-${at % copies}`);
}

function copyInto(folder: string, from = task.profile): void {
	const to = join(folder, ...store);
	mkdirSync(to, { recursive: true });
	for (const name of readdirSync(join(from, ...store))) copyFileSync(join(from, ...store, name), join(to, name));
}

async function tools(): Promise<Tools> {
	const ids = Object.fromEntries(people.map(({ account }, at) => [at + 1, account]));
	const stage = await Stage.set({ lastId: 2 * task.users }, ids);
	const sites = [{ origin: "https://site-7.example" }];
	await stage.carry((view) => planAddSites(view, { environment: "default", sites }));
	const look = async (user: LocalUser): Promise<ClientState> => ({
		...{ user: user.account, folder: user.profileFolder, installed: known(true), version: known("3.1.0") },
		...{ clientId: known(people.indexOf(user) + 1), registered: known(true), running: known(false) },
	});
	const machine = {
		name: "TS01",
		profiles: { users: async () => known(people), currentUser: async () => people[0] },
		client: { look, isInstalled: async () => known(true), regular: () => known(null) },
		loopback: {},
	} as unknown as Machine;
	const nothing = async (): Promise<never> => {
		throw new Error("not asked by an audit");
	};
	const { stores } = openBrowserStores("/nowhere");
	return {
		...{ tokens: nothing, tokenModules: () => undefined, timestamps: nothing, tells: () => false },
		...{ environment: "default", users: [], allClients: true, variables: {}, surroundings: nothing, watching: nothing },
		now: () => new Date("2026-03-10T12:00:00.000Z"),
		location: () => ":memory:",
		open: async () => stage.registry,
		machine: async () => machine,
		accounts: {
			states: async (names) => new Map(names.map((name) => [name, { is: "there" }])),
			names: async () => known(new Map()),
		},
		network: async () => new FakeNetwork(),
		profile: () => ({ ...makeClientProfile(undefined), verified: true }),
		browsers: async () => ({
			stores,
			finder: {
				async *find(user) {
					for (const browser of browsers) {
						const userData = userDataOf(user, browser);
						const at = { path: join(userData, "Default"), within: userData, userData };
						yield { profile: { user: user.account, sid: user.sid, browser, kind: "chromium", name: "Default", ...at } };
					}
				},
			},
			lacks: async () => [],
		}),
	};
}
