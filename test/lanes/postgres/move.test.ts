import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPlaces } from "../../../src/lib/adapters/files/places.js";
import { open as openOnServer } from "../../../src/lib/adapters/registry-postgres/open.js";
import { postgresRegistries } from "../../../src/lib/adapters/registry-postgres/provider.js";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { moveRegistry, type Place } from "../../../src/lib/registry/move.js";
import type { RegistryProvider } from "../../../src/lib/registry/provider.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	collect,
	environmentChange,
	idChange,
	make,
} from "../../contract/store.js";
import { makeFolder } from "../../folders.js";
import { makeDatabase, owner, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

let server: Server;
let folder: string;
beforeAll(async () => {
	server = await Server.started();
	folder = makeFolder("move");
	findPlaces({ CFM_HOME: join(folder, "home") });
});
afterAll(async () => {
	await server.remove();
	rmSync(folder, { recursive: true });
	findPlaces();
});

type End = Place & { write(): Promise<Registry> };

function inFile(name: string): End {
	const location = join(folder, `${name}.db`);
	return {
		...{ location, registries: sqliteRegistries },
		open: () => openSqliteRegistry(location, { readonly: true }),
		write: () => openSqliteRegistry(location, { readonly: false }),
	};
}

function onServer(own: Partial<RegistryProvider> = {}, database = makeDatabase(server.reach)): End {
	const location = locationOf(server.reach, database);
	return {
		...{ location, registries: { ...postgresRegistries(secrets), ...own } },
		open: () => openOnServer(location, { readonly: true, secrets }),
		write: () => openOnServer(location, { readonly: false, secrets }),
	};
}

async function change(end: End, changes: Parameters<typeof make>[1]): Promise<void> {
	const registry = await end.write();
	await make(registry, changes).finally(() => registry.close());
}

/** A registry in a file, with IDs whose users have names that stores could spell in their own way. */
async function filled(name: string): Promise<End> {
	const end = inFile(name);
	await end.registries.create(end.location, { adopt: false });
	const users = ["CORP\\ana", "Zoë 'q' \"d\" \\b", "\u{1f600} \u2028", "cy\t?"];
	await change(end, [
		environmentChange(null, anEnvironment()),
		...users.map((user, at) => idChange(null, anAllocation(at + 1, { user, note: user }))),
	]);
	return end;
}

async function move(from: End, to: End) {
	const operation = moveRegistry({
		...{ from, to, kinds: recordKinds, attribution: anAttribution() },
		copy: join(folder, `copy-${readdirSync(folder).length}`),
		during: (_, work) => work(),
	});
	const plan = await operation.plan();
	return operation.answer(plan, operation.needed(plan) ? await operation.apply(plan) : undefined);
}

async function told(end: End) {
	const registry = await end.open();
	try {
		const told = await registry.read(async (view) => ({
			identity: await view.identity(),
			events: (await collect(view.events({}))).map(({ seq: _, ...event }) => event),
			ids: await collect(view.allocations({})),
		}));
		return { ...told, problems: (await registry.check(recordKinds)).problems };
	} finally {
		await registry.close();
	}
}

it("to the server and back: every event, ID and hash as it was", async () => {
	const [old, there, back] = [await filled("there-and-back"), onServer(), inFile("back")];
	const before = await told(old);
	expect(await move(old, there)).toMatchObject({ changed: true, kept: null, allocations: 4 });
	const onIt = await told(there);
	expect(onIt).toMatchObject({ identity: before.identity, ids: before.ids, problems: [] });
	expect(onIt.events.slice(0, before.events.length)).toEqual(before.events);
	await expect(change(old, [idChange(null, anAllocation(9))])).rejects.toMatchObject({ code: "registry-moved" });
	await change(there, [idChange(null, anAllocation(9))]);
	expect(await move(there, back)).toMatchObject({ changed: true, allocations: 5 });
	expect(await told(back)).toMatchObject({ identity: before.identity, problems: [] });
	expect((await told(back)).events.slice(0, before.events.length)).toEqual(before.events);
	await expect(change(there, [idChange(null, anAllocation(10))])).rejects.toMatchObject({ code: "registry-moved" });
	await change(back, [idChange(null, anAllocation(10))]);
	// And once more to where it was: what is left there is kept.
	const again = await move(back, there);
	expect(existsSync(again.kept ?? "")).toBe(true);
	await change(there, [idChange(null, anAllocation(11))]);
	expect((await told(there)).problems).toEqual([]);
});

it("who has the server's registry open notices at the next change", async () => {
	const [old, there] = [await filled("open"), onServer()];
	await move(old, there);
	const registry = await there.write();
	await move(there, inFile("open-back"));
	await expect(make(registry, [idChange(null, anAllocation(9))])).rejects.toMatchObject({ code: "registry-moved" });
	await registry.close();
});

it("what stopped in the middle is taken up by the same command", async () => {
	const old = await filled("stopped");
	const there = onServer({ replace: async () => Promise.reject(new Error("killed")) });
	await expect(move(old, there)).rejects.toThrow("killed");
	await expect(change(old, [idChange(null, anAllocation(9))])).rejects.toMatchObject({ code: "registry-moved" });
	await move(old, { ...there, registries: postgresRegistries(secrets) });
	await change(there, [idChange(null, anAllocation(9))]);
	expect((await told(there)).problems).toEqual([]);
});

it("another registry on the server is left alone", async () => {
	const [old, there] = [await filled("other"), onServer()];
	await move(await filled("first"), there);
	await expect(move(old, there)).rejects.toMatchObject({ code: "registry-not-empty" });
	await change(old, [idChange(null, anAllocation(9))]);
});

it("whoever may not replace what is on the server is told before anything is left", async () => {
	const [old, there] = [await filled("mine"), onServer()];
	await there.registries.create(there.location, { adopt: false });
	const { pathname } = new URL(there.location);
	server.sql("CREATE ROLE oscar LOGIN PASSWORD 'oscar'");
	server.sql(`GRANT cfm_${pathname.slice(1)}_operator TO oscar`);
	const location = there.location.replace(`//${owner.name}@`, "//oscar@");
	const asOscar = { variables: {}, ask: async () => "oscar" };
	const oscars: End = {
		...{ location, registries: postgresRegistries(asOscar) },
		open: () => openOnServer(location, { readonly: true, secrets: asOscar }),
		write: () => openOnServer(location, { readonly: false, secrets: asOscar }),
	};
	await expect(move(old, oscars)).rejects.toMatchObject({ kind: "denied", code: "registry-not-writable" });
	await change(old, [idChange(null, anAllocation(9))]);
	await move(old, there);
});
