import { describe, expect, it } from "vitest";
import type { Look } from "../../../src/lib/registry/look.js";
import { type Status, type StatusRequest, statusOf } from "../../../src/lib/status/status.js";
import { expectRunnable } from "../hints.js";
import { now, resting, Stage } from "../registry/stage.js";

const environment = "default";
const [hour, day] = [3_600_000, 86_400_000];

/** What `ports list` saw: one port is another user's, one has nobody. */
function ports(own: Partial<Look> = {}): Look {
	const saw = (user: string, id: number, verdict: string) => ({
		...{ user, id, attention: verdict !== "ok", facts: { verdict } },
	});
	const sightings = [saw("CORP\\ana", 2, "ok"), saw("CORP\\ben", 3, "wrong-user"), saw("CORP\\eve", 4, "missing")];
	return {
		environment,
		machine: "TS01",
		kind: "ports",
		at: "2026-03-10T09:00:00.000Z",
		users: null,
		sightings,
		...own,
	};
}

const look = (stage: Stage, own: Partial<StatusRequest> = {}): Promise<Status> =>
	stage.registry.read((view) => statusOf(view, { environment: undefined, now, registry: "registry.db", ...own }));

describe("status", () => {
	it("counts the IDs of each environment", async () => {
		const stage = await Stage.set({}, { 2: "CORP\\ana", 3: `CORP\\ben until ${resting}`, 5: "(reserved)" });
		const { environments, total } = await look(stage);
		expect(environments).toEqual([
			{ environment, firstId: 1, lastId: 10, size: 10, allocated: 1, reserved: 1, quarantined: 1, free: 7 },
		]);
		expect(total).toBe(1);
	});

	it("tells the last looks with their time, and what they saw", async () => {
		const stage = await Stage.set();
		await stage.registry.keepLook(ports());
		const { looks, problems, never } = await look(stage);
		const { at, machine } = ports();
		expect(looks).toEqual([{ environment, machine, kind: "ports", at, total: 3, attention: 2, conflicts: 1 }]);
		expect(problems.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual([
			{ environment, machine, kind: "ports", at, user: "CORP\\ben", id: 3, verdict: "wrong-user" },
			{ environment, machine, kind: "ports", at, user: "CORP\\eve", id: 4, verdict: "missing" },
		]);
		expect(never.map(({ kind }) => kind)).toEqual(["clients", "web-ids", "findings"]);
	});

	it("counts all conflicts, though it names only ten things", async () => {
		const stage = await Stage.set();
		const one = ports().sightings.filter(({ id }) => id === 3);
		const many = Array.from({ length: 25 }, () => one).flat();
		await stage.registry.keepLook(ports({ sightings: many }));
		const { looks, problems } = await look(stage);
		expect(looks).toMatchObject([{ attention: 25, conflicts: 25 }]);
		expect(problems).toHaveLength(10);
	});

	it("believes a look that was made just now, also where it could not be kept", async () => {
		const stage = await Stage.set();
		await stage.registry.keepLook(ports());
		const live = ports({ at: now.toISOString(), sightings: ports().sightings.slice(0, 1) });
		const { looks, problems } = await look(stage, { live: [live] });
		expect(looks).toMatchObject([{ at: now.toISOString(), total: 1, attention: 0, conflicts: 0 }]);
		expect(problems).toEqual([]);
		// Web IDs were never seen, and another look at once would not see them either.
		expect((await look(stage)).next.map(({ command }) => command)).toContain("status");
		expect((await look(stage, { live: [live] })).next.map(({ command }) => command)).not.toContain("status");
		const elsewhere = await look(stage, { live: [{ ...live, machine: "TS02" }] });
		expect(elsewhere.looks.map(({ machine, attention }) => [machine, attention])).toEqual([
			["TS01", 2],
			["TS02", 0],
		]);
	});

	it("tells what was changed in the last day, the last first", async () => {
		const stage = await Stage.set({}, { 2: "CORP\\ana", 3: "CORP\\ben" });
		const events = await stage.registry.read(async (view) => (await Array.fromAsync(view.events({}))).flat());
		const made = Date.parse(events.at(-1)?.at ?? "");
		const { changes } = await look(stage, { now: new Date(made + hour) });
		expect(changes.total).toBe(events.length);
		expect(changes.events.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq).toReversed());
		expect((await look(stage, { now: new Date(made + 2 * day) })).changes).toMatchObject({ total: 0, events: [] });
	});

	it("says how old the last backup is, and what came after it", async () => {
		const stage = await Stage.set();
		expect((await look(stage)).backup).toBeNull();
		const attribution = { actor: "ana", machine: "TS01", command: "registry backup", requestKey: "b", fingerprint: "" };
		await stage.registry.change({ ...attribution, repeatable: false }, async (transaction) => {
			const act = { of: "act", action: "registry.backup", environment: "", subject: "registry", id: null } as const;
			const who = { ...attribution, repeatable: false };
			await transaction.apply([{ ...act, before: null, after: { file: "copy.db" } }], who);
			await transaction.apply([{ ...act, action: "registry.other", before: null, after: null }], who);
		});
		expect((await look(stage)).backup).toMatchObject({ file: "copy.db", eventsSince: 1 });
	});

	it("leads on to what tells more, in commands that run", async () => {
		const stage = await Stage.set({ lastId: 2 }, { 1: "CORP\\ana", 2: "CORP\\ben" });
		await stage.registry.keepLook(ports());
		const { next } = await look(stage);
		expect(next.map(({ command }) => command)).toEqual(["ids list", "ports list", "status", "registry backup"]);
		await expectRunnable({ hints: next });
	});

	it("knows one environment, and refuses one that there is not", async () => {
		const stage = await Stage.set();
		expect((await look(stage, { environment: "DEFAULT" })).environments).toMatchObject([{ environment }]);
		await expect(look(stage, { environment: "south" })).rejects.toMatchObject({ code: "no-environment" });
	});
});
