import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { anEnvironment, environmentChange, make } from "../../contract/store.js";
import { until } from "../../until.js";
import { isWhole } from "../../whole.js";
import { buildClients, type Clients, startClients, userOf } from "./clients.js";
import { makeDatabase, owner, type Reach, Server } from "./server.js";
import { secrets } from "./store.js";

// A tenth of it in the lane, the whole by `npm run check:postgres`.
const tenthOf = (whole: number) => (isWhole ? whole : Math.ceil(whole / 10));

const servers: Server[] = [];
const started: Clients[] = [];
const keep = <T>(list: T[], one: T): T => {
	list.push(one);
	return one;
};

beforeAll(buildClients);
afterEach(async () => {
	for (const { process } of started.splice(0)) process.kill("SIGKILL");
	for (const server of servers.splice(0).toReversed()) await server.remove();
});

const addressOf = (database: string, query: string, ...reaches: Reach[]) =>
	`postgres://${owner.name}@${reaches.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${database}?sslmode=disable${query}`;

/** A registry on a server of its own, with room for a million IDs. */
async function registryOn(server: Server): Promise<{ database: string; location: string }> {
	const database = makeDatabase(server.reach);
	const location = addressOf(database, "", server.reach);
	await createPostgresRegistry(location, secrets, recordKinds);
	const registry = await open(location, { readonly: false, secrets });
	await make(registry, [environmentChange(null, anEnvironment({ lastId: 1_000_000, portBase: 0, portStride: 0 }))]);
	await registry.close();
	return { database, location };
}

const clients = (task: Parameters<typeof startClients>[0]) => keep(started, startClients(task));
/** Every second group of clients asks without request keys. */
const isOrdinary = (name: string) => ["b", "d", "o"].includes(name);
const each = (count: number, from = 0) => Array.from({ length: count }, () => from);

/** What is stored: user → ID. The registry must be sound. */
async function stored(location: string): Promise<Map<string, number>> {
	const registry = await open(location, { readonly: true, secrets });
	try {
		const { problems } = await registry.check(recordKinds);
		expect(problems).toEqual([]);
		const users = new Map<string, number>();
		await registry.read(async (view) => {
			for await (const chunk of view.allocations({})) for (const { user, id } of chunk) users.set(user ?? "", id);
			expect(await view.countEvents({ actions: ["allocate"] })).toBe(users.size);
		});
		expect(new Set(users.values()).size).toBe(users.size);
		return users;
	} finally {
		await registry.close();
	}
}

/** What was acknowledged is stored, as it was acknowledged, each given once. @returns who else is stored */
async function refuseLoss(location: string, ...told: Clients[]): Promise<string[]> {
	const users = await stored(location);
	const acknowledged = new Map(told.flatMap(({ done }) => [...done]));
	expect([...acknowledged].filter(([user, id]) => users.get(user) !== id)).toEqual([]);
	return [...users.keys()].filter((user) => !acknowledged.has(user));
}

/** Waits until that many more are acknowledged. */
function more(group: Clients, count: number): Promise<true> {
	const before = group.done.size;
	return until(`${count} more IDs`, () => {
		if (group.process.exitCode !== null) throw new Error("the clients have ended");
		return group.done.size >= before + count;
	});
}

it("32 clients at once: all IDs are distinct", async () => {
	const server = keep(servers, await Server.started());
	const { location } = await registryOn(server);
	const count = tenthOf(500);
	const groups = ["a", "b", "c", "d"].map((name) =>
		clients({ location, name, from: each(8), count, ordinary: isOrdinary(name) }),
	);
	await Promise.all(groups.map(({ ended }) => ended));
	expect(groups.flatMap(({ failures }) => failures)).toEqual([]);
	expect(await refuseLoss(location, ...groups)).toEqual([]);
	expect(groups.reduce((sum, { done }) => sum + done.size, 0)).toBe(32 * count);
});

it.each(["r", "o"])(
	"the server is stopped and started in the middle, again and again: nothing acknowledged is lost (%s)",
	async (name) => {
		const server = keep(servers, await Server.started());
		const { location } = await registryOn(server);
		const group = clients({ location, name, from: each(8), ordinary: isOrdinary(name) });
		await more(group, 20);
		for (let round = 0; round < tenthOf(10); round += 1) {
			await server.stop((round % 2 === 0) === isOrdinary(name) ? "immediate" : "fast");
			await server.start();
			await more(group, 20);
		}
		await group.stop();
		expect(group.failures).toEqual([]);
		expect(await refuseLoss(location, group)).toEqual([]);
	},
);

it("clients are killed again and again: each request is done once, whether it was acknowledged or not", async () => {
	const server = keep(servers, await Server.started());
	const { location } = await registryOn(server);
	const groups = new Map<string, Clients>(
		["a", "b", "c", "d"].map((name) => [name, clients({ location, name, from: each(2), ordinary: isOrdinary(name) })]),
	);
	const ended: Clients[] = [];
	/** What nobody knows of: it may be done, once. */
	const abandoned = new Set<string>();
	const names = [...groups.keys()];
	for (let kill = 0; kill < tenthOf(200); kill += 1) {
		const name = names[kill % names.length] as string;
		const group = groups.get(name) as Clients;
		await more(group, 3);
		group.process.kill("SIGKILL");
		await group.ended;
		ended.push(group);
		// What was under way is asked for again, under the same keys; whoever has none goes on with the next.
		const ordinary = isOrdinary(name);
		if (ordinary) for (const [client, number] of group.next.entries()) abandoned.add(userOf(name, client, number));
		const from = group.next.map((number) => (ordinary ? number + 1 : number));
		groups.set(name, clients({ location, name, from, ordinary }));
	}
	for (const group of groups.values()) await more(group, 3);
	await Promise.all([...groups.values()].map((group) => group.stop()));
	const unknown = await refuseLoss(location, ...ended, ...groups.values());
	expect(unknown.filter((user) => !abandoned.has(user))).toEqual([]);
});

it("the primary is lost under load and its standby takes over: nothing is lost or given twice", async () => {
	for (let round = 0; round < tenthOf(10); round += 1) {
		const primary = keep(servers, await Server.started());
		const { database } = await registryOn(primary);
		const standby = keep(servers, await primary.standby({ synchronous: true }));
		const location = addressOf(database, "&target_session_attrs=read-write", primary.reach, standby.reach);
		const group = clients({ location, name: "f", from: each(8), ordinary: round % 2 === 0 });
		await more(group, 50);
		await primary.stop("immediate");
		standby.promote();
		await more(group, 50);
		await group.stop();
		expect(group.failures).toEqual([]);
		expect(await refuseLoss(addressOf(database, "", standby.reach), group)).toEqual([]);
	}
});

// Only root can make a disk for it.
if (process.geteuid?.() === 0) {
	it("the server's disk is full: that is told, and nothing is lost", async () => {
		const server = keep(servers, await Server.make({ disk: 160 }));
		await server.start();
		const { location } = await registryOn(server);
		const group = clients({ location, name: "d", from: each(4), stops: true, ordinary: true });
		await more(group, 20);
		const ballast = join(server.data, "ballast");
		const file = openSync(ballast, "w");
		const page = Buffer.alloc(4096);
		while (statfsSync(server.data).bavail > 0) writeSync(file, page);
		closeSync(file);
		await group.ended;
		expect(group.failures.map((failure) => failure.split(" ")[0])).toContain("disk-full");
		rmSync(ballast);
		// A server that can't write its log ends itself.
		if (!server.isRunning) await server.start();
		await refuseLoss(location, group);
		const after = clients({ location, name: "e", from: each(4), count: 5 });
		await after.ended;
		expect(after.failures).toEqual([]);
		await refuseLoss(location, group, after);
	});
}

// Takes the whole patience of a command.
if (isWhole) {
	it("a network that goes silent in the middle: told within a minute and a half, with the host", async () => {
		const server = keep(servers, await Server.started());
		const { database } = await registryOn(server);
		const location = addressOf(database, "&connect_timeout=2", server.reach);
		const group = clients({ location, name: "s", from: each(2), stops: true });
		await more(group, 20);
		server.signalAll("SIGSTOP");
		await group.ended;
		server.signalAll("SIGCONT");
		expect(group.failures[0]).toMatch(
			new RegExp(`^(registry-unreachable|change-in-doubt) 127.0.0.1:${server.reach.port}$`),
		);
		await refuseLoss(addressOf(database, "", server.reach), group);
	});
}
