import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { isOnServer } from "../../../src/lib/registry/location.js";
import type { Act, Registry } from "../../../src/lib/registry/registry.js";
import { anAllocation, anEnvironment, collect, environmentChange, idChange, make } from "../../contract/store.js";
import { makeFolder } from "../../folders.js";
import { failure } from "../../lib/failure.js";
import { until } from "../../until.js";
import { makeDatabase, owner, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

// `cfm registry migrate --to`, as a process, killed at the worst moments and run again.

const program = join(import.meta.dirname, "..", "..", "..", "bin", "run.cjs");
const count = 2000;

let servers: [Server, Server];
let folder: string;
beforeAll(async () => {
	servers = [await Server.started(), await Server.started()];
	folder = makeFolder("killed-moves");
	writeFileSync(join(folder, "password"), `${owner.password}\n`, { mode: 0o600 });
});
afterAll(async () => {
	for (const server of servers) await server.remove();
	rmSync(folder, { recursive: true });
});

const openAt = (location: string, readonly = false): Promise<Registry> =>
	isOnServer(location) ? open(location, { readonly, secrets }) : openSqliteRegistry(location, { readonly });

async function at<T>(location: string, work: (registry: Registry) => Promise<T>, readonly = false): Promise<T> {
	const registry = await openAt(location, readonly);
	return work(registry).finally(() => registry.close());
}

let number = 0;
function onServer({ reach }: Server): string {
	number += 1;
	return locationOf(reach, makeDatabase(reach));
}
const places = {
	file: () => join(folder, `registry-${++number}.db`),
	server: () => onServer(servers[0]),
	"another server": () => onServer(servers[1]),
};
type Place = keyof typeof places;

async function filled(place: Place): Promise<string> {
	const location = places[place]();
	if (isOnServer(location)) await createPostgresRegistry(location, secrets, recordKinds);
	else await sqliteRegistries.create(location, { adopt: false });
	const ids = Array.from({ length: count }, (_, at) => idChange(null, anAllocation(at + 1)));
	const environment = anEnvironment({ lastId: 2 * count, portBase: 0, portStride: 0 });
	await at(location, (registry) => make(registry, [environmentChange(null, environment), ...ids]));
	return location;
}

/** Starts a move; its work goes into a folder of its own. */
function start(from: string, to: string): { move: ChildProcess; ended: Promise<{ code: number | null; out: string }> } {
	const work = join(folder, `work-${number}`);
	mkdirSync(work, { recursive: true });
	const words = ["registry", "migrate", "--registry", from, "--to", to, "--yes", "--json"];
	const move = spawn(process.execPath, [program, ...words, "--password-file", join(folder, "password")], {
		env: { CFM_HOME: join(folder, "home"), HOME: folder, TMPDIR: work },
		stdio: ["ignore", "pipe", "inherit"],
	});
	let out = "";
	move.stdout?.on("data", (text) => {
		out += text;
	});
	return { move, ended: new Promise((resolve) => move.once("close", (code) => resolve({ code, out }))) };
}

const lastEvent = (location: string, action: string) =>
	at(location, (registry) => registry.read((view) => view.lastEvent(action)), true).catch(() => undefined);

const serverOf = (location: string) => servers.find(({ reach }) => location.includes(`:${reach.port}/`));

/** Moments, in the order in which they come. */
const moments: [name: string, hasCome: (from: string, to: string) => Promise<boolean> | boolean][] = [
	["the old one is left", async (from) => (await lastEvent(from, "registry.leave")) !== undefined],
	["it is copied", () => globSync("**/copy.db", { cwd: join(folder, `work-${number}`) }).length > 0],
	[
		"it is written",
		(_, to) => {
			const server = serverOf(to);
			if (server === undefined) return globSync(`${to}.before-restore-*`).length > 0;
			return (
				server.sql("SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND query ~ '^INSERT INTO cfm'") > "0"
			);
		},
	],
	["all of it is there", async (_, to) => (await lastEvent(to, "registry.arrive")) !== undefined],
];

const ways: [Place, Place][] = [
	["file", "server"],
	["server", "file"],
	["server", "another server"],
];

it.each(ways.flatMap(([from, to]) => moments.map(([moment, hasCome]) => ({ from, to, moment, hasCome }))))(
	"from $from to $to, killed when $moment: never can both be changed, and the same command ends it",
	async ({ from, to, hasCome }) => {
		const [old, there] = [await filled(from), places[to]()];
		const before = await at(old, (registry) => registry.read((view) => collect(view.events({}))), true);
		const { move, ended } = start(old, there);
		await until("the moment to kill it", async () => move.exitCode !== null || (await hasCome(old, there)));
		move.kill("SIGKILL");
		await ended;
		// Whether the new one can be changed already or not, the old one can't be any more.
		expect(await changeable(old)).toBe(false);
		await changeable(there);
		const { code, out } = await start(old, there).ended;
		expect(out).toContain('"ok":true');
		expect(code).toBe(0);
		expect(await changeable(old)).toBe(false);
		const told = await at(there, async (registry) => ({
			events: await registry.read((view) => collect(view.events({}))),
			problems: (await registry.check(recordKinds)).problems,
		}));
		expect(told.problems).toEqual([]);
		expect(told.events.slice(0, before.length)).toEqual(before);
		expect(
			told.events
				.slice(before.length)
				.map(({ action }) => action)
				.filter((action) => action !== tried.action),
		).toEqual(["registry.leave", "registry.arrive"]);
		expect(await changeable(there)).toBe(true);
	},
);

const tried: Act = {
	...{ of: "act", action: "move.tried", environment: "", subject: "move", id: null },
	...{ before: null, after: null },
};

/** Whether anything could be changed there; where there is nothing yet, or nothing but an empty registry, nobody works. */
async function changeable(location: string): Promise<boolean> {
	if (!isOnServer(location) && !existsSync(location)) return false;
	const registry = await openAt(location).catch(() => undefined);
	if (registry === undefined) return false;
	try {
		if ((await registry.read((view) => view.countEvents({}))) === 0) return false;
		const refused = await failure(() => make(registry, [tried])).catch(() => undefined);
		if (refused !== undefined) expect(refused.code).toBe("registry-moved");
		return refused === undefined;
	} finally {
		await registry.close();
	}
}
