import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { moveRegistry, type Place } from "../../../src/lib/registry/move.js";
import type { RegistryProvider } from "../../../src/lib/registry/provider.js";
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

let folder: string;
const file = (name: string) => join(folder, `${name}.db`);

beforeEach(async () => {
	folder = makeFolder("move");
	await sqliteRegistries.create(file("old"), { adopt: false });
	await change("old", [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]);
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (name: string, readonly = false) => openSqliteRegistry(file(name), { readonly });

async function change(name: string, changes: Parameters<typeof make>[1]) {
	const registry = await open(name);
	await make(registry, changes).finally(() => registry.close());
}

const place = (name: string, own: Partial<RegistryProvider> = {}): Place => ({
	location: file(name),
	registries: { ...sqliteRegistries, ...own },
	open: () => open(name, true),
});

/** Moves as the command does, without a question. */
async function move(from: Place, to: Place) {
	const operation = moveRegistry({
		...{ from, to, kinds: recordKinds, attribution: anAttribution() },
		copy: join(folder, `copy-${readdirSync(folder).length}`),
		during: (_, work) => work(),
	});
	const plan = await operation.plan();
	const question = operation.danger?.(plan);
	if (!operation.needed(plan)) return { ...operation.answer(plan), question };
	return { ...operation.answer(plan, await operation.apply(plan)), question };
}

async function told(name: string) {
	const registry = await open(name, true);
	const answer = await registry.read(async (view) => ({
		identity: await view.identity(),
		events: (await collect(view.events({}))).map(({ action }) => action),
		ids: (await collect(view.allocations({}))).map(({ id }) => id),
	}));
	const { problems } = await registry.check(recordKinds);
	await registry.close();
	return { ...answer, problems };
}

it("all of it goes on at the new place, and the old one can only be read and says so", async () => {
	const before = await told("old");
	const answer = await move(place("old"), place("new"));
	expect(answer).toMatchObject({ changed: true, movedTo: file("new"), kept: null, allocations: 1, events: 2 });
	const { identity, events, ids } = before;
	expect(await told("new")).toEqual({
		...{ identity, ids, problems: [] },
		events: [...events, "registry.leave", "registry.arrive"],
	});
	expect(await told("old")).toEqual({ identity, ids, problems: [], events: [...events, "registry.leave"] });
	const refusal = { kind: "conflict", code: "registry-moved", data: { movedTo: file("new") } };
	await expect(change("old", [idChange(null, anAllocation(2))])).rejects.toMatchObject(refusal);
	expect((await open("old", true)).doubt).toMatchObject(refusal);
	await change("new", [idChange(null, anAllocation(2))]);
});

it("who has the old one open notices at the next change", async () => {
	const registry = await open("old");
	await move(place("old"), place("new"));
	const late = make(registry, [idChange(null, anAllocation(2))]);
	await expect(late).rejects.toMatchObject({ code: "registry-moved" });
	await registry.close();
});

it("a second time it is already so, and it goes nowhere else", async () => {
	await move(place("old"), place("new"));
	expect(await move(place("old"), place("new"))).toMatchObject({ changed: false, movedTo: file("new") });
	await expect(move(place("old"), place("other"))).rejects.toMatchObject({ code: "registry-moved" });
	expect(existsSync(file("other"))).toBe(false);
});

it.each(["replace", "openCopy", "removeBackup"] as const)(
	"what stopped at %s is taken up by the same command",
	async (at) => {
		const stopped = { [at]: async () => Promise.reject(new Error("killed")) };
		await expect(move(place("old", stopped), place("new", stopped))).rejects.toThrow("killed");
		// Whatever came of it, one of the two at most can be changed.
		await expect(change("old", [idChange(null, anAllocation(2))])).rejects.toMatchObject({
			code: "registry-moved",
		});
		await move(place("old"), place("new"));
		expect(await told("new")).toMatchObject({ ids: [1], problems: [] });
		expect((await told("new")).events.slice(-2)).toEqual(["registry.leave", "registry.arrive"]);
	},
);

it("back to where it was: what is left there is replaced, and kept", async () => {
	await move(place("old"), place("new"));
	await change("new", [idChange(null, anAllocation(2))]);
	const answer = await move(place("new"), place("old"));
	expect(answer.question?.details?.join("\n")).toContain("What is left");
	expect(existsSync(answer.kept ?? "")).toBe(true);
	expect(await told("old")).toMatchObject({ ids: [1, 2], problems: [] });
	await change("old", [idChange(null, anAllocation(3))]);
	await expect(change("new", [idChange(null, anAllocation(3))])).rejects.toMatchObject({
		code: "registry-moved",
	});
});

it("another registry at the new place, or the same, is left alone", async () => {
	await sqliteRegistries.create(file("new"), { adopt: false });
	await change("new", [environmentChange(null, anEnvironment())]);
	await expect(move(place("old"), place("new"))).rejects.toMatchObject({ code: "registry-not-empty" });
	await expect(move(place("old"), place("old"))).rejects.toMatchObject({ code: "same-registry" });
	await change("old", [idChange(null, anAllocation(2))]);
});

it("a new place that can't be had leaves the old one as it is", async () => {
	const none = { create: async () => Promise.reject(new Error("no permission")) };
	await expect(move(place("old"), place("new", none))).rejects.toThrow("no permission");
	await change("old", [idChange(null, anAllocation(2))]);
});

it("a damaged registry, and a new place whose content this account may not replace, are told before anything is left", async () => {
	const refused = { refuseOthers: async () => Promise.reject(new Error("not yours")) };
	await expect(move(place("old"), place("new", refused))).rejects.toThrow("not yours");
	await change("old", [idChange(null, anAllocation(2))]);
	const database = new Database(file("old"));
	database.exec("UPDATE events SET note = 'x' WHERE seq = 1");
	database.close();
	await expect(move(place("old"), place("other"))).rejects.toMatchObject({
		...{ code: "registry-damaged", message: expect.stringContaining(file("old")) },
	});
	await change("old", [idChange(null, anAllocation(3))]);
});
