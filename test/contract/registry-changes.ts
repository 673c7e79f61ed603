import { beforeEach, describe, expect, it } from "vitest";
import { recordKinds } from "../../src/lib/record-kinds.js";
import type { Change } from "../../src/lib/registry/registry.js";
import { failure } from "../lib/failure.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	anInstallation,
	aReservation,
	aRest,
	environmentChange,
	everything,
	idChange,
	installationChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

const until = "2026-04-01T08:00:00.000Z";
const ana = anAllocation(1, { user: "CORP\\ana", sid: "S-1-5-21-1", note: "accounting" });

/** One transaction: what was planned is still so, all of it is made, or none. */
export function changesContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment())]));

	it("takes an ID through its whole life", async () => {
		const lives = [null, ana, aRest(1, until, { user: "CORP\\ana" }), null, aReservation(1, { note: "printer" })];
		for (const [at, after] of lives.slice(1).entries()) {
			const before = lives[at] ?? null;
			await make(registry(), [idChange(before, after)]);
			expect(await registry().read((view) => view.allocation("default", 1))).toEqual(after ?? undefined);
			expect(await registry().read((view) => view.isFree("default", 1))).toBe(after === null);
			expect(await registry().read((view) => view.free("default"))).toEqual({
				count: after === null ? 20 : 19,
				first: after === null ? 1 : 2,
			});
		}
	});

	it("answers what the work answered", async () => {
		expect(await registry().change(anAttribution(), async () => ({ total: 3 }))).toEqual({ total: 3 });
	});

	it("is visible to others when it has answered", async () => {
		const other = await store().another();
		await make(registry(), [idChange(null, ana)]);
		expect(await other.read((view) => view.allocation("default", 1))).toEqual(ana);
	});

	it("shows the work what it has changed itself", async () => {
		const attribution = anAttribution();
		const seen = await registry().change(attribution, async (transaction) => {
			await transaction.apply([idChange(null, ana)], attribution);
			return { lowest: await transaction.lowestFree("default", 1), row: await transaction.allocation("default", 1) };
		});
		expect(seen).toEqual({ lowest: [2], row: ana });
	});

	it("goes back to where it was when the work fails, and passes the failure on", async () => {
		const before = await everything(registry());
		const attribution = anAttribution();
		const refusal = new Error("changed my mind");
		const work = registry().change(attribution, async (transaction) => {
			await transaction.apply([idChange(null, ana)], attribution);
			throw refusal;
		});
		await expect(work).rejects.toBe(refusal);
		expect(await everything(registry())).toEqual(before);
	});

	it("is alone in writing: 40 changes on two connections give 20 IDs, one each, and find the rest taken", async () => {
		const connections = [registry(), await store().another()];
		const given = await Promise.all(
			connections.map(async (connection, at) => {
				const ids: (number | undefined)[] = [];
				for (let turn = 0; turn < 20; turn += 1) {
					const attribution = anAttribution();
					const { id } = await connection.change(attribution, async (transaction) => {
						const [id] = await transaction.lowestFree("default", 1);
						await Promise.resolve();
						const user = `CORP\\c${at}t${turn}`;
						if (id !== undefined) await transaction.apply([idChange(null, anAllocation(id, { user }))], attribution);
						return { id };
					});
					ids.push(id);
				}
				return ids;
			}),
		);
		const ids = given.flat().filter((id) => id !== undefined);
		expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
		expect(given.flat()).toHaveLength(40);
	});

	it("has texts that are Unicode, whatever it was given: what is read is what was hashed", async () => {
		const half = "a\ud83d";
		const whole = "a\ufffd";
		const attribution = anAttribution({ actor: half, machine: half });
		const installed = anInstallation({ version: half });
		await make(
			registry(),
			[
				idChange(null, anAllocation(3, { note: half }), half),
				installationChange(null, installed),
				{ of: "act", action: "web.set", environment: "", subject: half, id: null, before: { x: [half] }, after: null },
			],
			attribution,
		);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
		const { allocations, events, installations } = await everything(registry());
		expect(allocations[0]?.note).toBe(whole);
		expect(installations[0]?.version).toBe(whole);
		expect(events.at(-1)).toMatchObject({ actor: whole, machine: whole, subject: whole, before: { x: [whole] } });
	});

	describe("conflict with what happened meanwhile", () => {
		const held = anAllocation(5, { user: "CORP\\ben" });
		const recorded = anInstallation({ user: "CORP\\ben", id: 5 });
		beforeEach(() => make(registry(), [idChange(null, held), installationChange(null, recorded)]));

		const cases: Record<string, Change[]> = {
			"an ID that is no longer free": [idChange(null, anAllocation(5))],
			"an ID outside the range": [idChange(null, anAllocation(21))],
			"an ID whose row was changed": [idChange({ ...held, note: "other" }, null)],
			"an ID that went back to being free": [idChange(anAllocation(6), null)],
			"an ID of an environment that is gone": [idChange(null, anAllocation(1, { environment: "gone" }))],
			"a user who got an ID": [idChange(null, anAllocation(6, { user: "corp\\BEN" }))],
			"an environment that was added": [environmentChange(null, anEnvironment({ lastId: 9 }))],
			"an environment that was changed": [environmentChange(anEnvironment({ lastId: 9 }), anEnvironment())],
			"an environment that is gone": [environmentChange(anEnvironment({ name: "gone" }), null)],
			"an environment that is to go, in which a user got an ID": [environmentChange(anEnvironment(), null)],
			"a range that shrinks over an ID that was given": [
				environmentChange(anEnvironment(), anEnvironment({ firstId: 6 })),
			],
			"an installation that was recorded": [installationChange(null, anInstallation({ user: "CORP\\ben" }))],
			"an installation that was recorded anew": [
				installationChange({ ...recorded, version: "1.0.0" }, { ...recorded, version: "2.0.0" }),
			],
		};

		it.each(Object.entries(cases))("is %s: nothing is changed, not even what came before it", async (_, changes) => {
			const before = await everything(registry());
			const error = await failure(() => make(registry(), [idChange(null, ana), ...changes]));
			expect(error.kind).toBe("conflict");
			expect(error.code).toMatch(/^(changed-meanwhile|ids-outside-range|environment-in-use)$/);
			expect(error.hints).not.toHaveLength(0);
			expect(await everything(registry())).toEqual(before);
			expect((await registry().check(recordKinds)).problems).toEqual([]);
		});

		it("changes nothing even when the work goes on as if nothing had happened", async () => {
			const before = await everything(registry());
			const attribution = anAttribution();
			const work = registry().change(attribution, async (transaction) => {
				await transaction.apply([idChange(null, ana), idChange(null, anAllocation(5))], attribution).catch(() => {});
				return {};
			});
			expect(await failure(() => work)).toMatchObject({ kind: "conflict", code: "changed-meanwhile" });
			expect(await everything(registry())).toEqual(before);
		});
	});
}
