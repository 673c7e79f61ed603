import { describe, expect, it } from "vitest";
import { known } from "../../../src/lib/known.js";
import { applyRestore, listBackups, planRestore, restoreAnswer } from "../../../src/lib/webid/backups.js";
import { refusalOf } from "../../../src/lib/webid/edit.js";
import { countPlanned } from "../../../src/lib/webid/plan.js";
import type { Backup, Backups, EditOptions, EditOutcome, EditResult } from "../../../src/lib/webid/stores.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { aProfile } from "./fake-stores.js";

const site = "https://sign.example.com";
const now = new Date("2026-03-10T12:00:00.000Z");
const options = { now, keepDays: 30, whole: false, batch: "this" };

/** Backups in memory; each undoes one site, or answers what it is told to. */
class FakeBackups implements Backups {
	readonly undone: string[] = [];
	readonly outcomes = new Map<string, EditOutcome>();
	readonly heard: EditOptions[] = [];
	removed = 0;

	constructor(readonly kept: Backup[]) {}

	async list(): Promise<Backup[]> {
		return this.kept;
	}

	async restore(id: string, asked: EditOptions & { whole: boolean }): Promise<EditResult[]> {
		this.heard.push(asked);
		const told = this.outcomes.get(id) ?? (this.undone.includes(id) ? "already-so" : "planned");
		const isDue = told === "planned" && !asked.dryRun;
		if (isDue) this.undone.push(id);
		const outcome = isDue ? "done" : told;
		return [{ origin: site, stores: [], before: known("7"), after: known("6"), outcome, why: null, backups: [] }];
	}

	async removeExpired(): Promise<string[]> {
		this.removed += 1;
		return [];
	}
}

function backup(id: string, batch: string, own: Partial<Backup> = {}): Backup {
	const changes = [{ origin: site, before: "6", after: "7", cleared: false }];
	const times = { at: "2026-03-10T10:00:00.000Z", expires: "2026-04-09T10:00:00.000Z" };
	return {
		id,
		batch,
		restores: null,
		...times,
		profile: aProfile({ name: id }),
		store: "leveldb",
		changes,
		size: 1,
		...own,
	};
}

async function restore(backups: FakeBackups, id: string) {
	const plan = await planRestore(backups, id, options);
	return { plan, answer: await applyRestore(backups, plan, options) };
}
const told = ({ changes }: { changes: { profile: string | null; outcome: string }[] }) =>
	changes.map(({ profile, outcome }) => `${profile} ${outcome}`);

describe("the latest write", () => {
	const all = () => [
		backup("r", "restore", { restores: "x" }),
		backup("b", "last"),
		backup("a", "last"),
		backup("o", "older"),
	];

	it("is all backups of the last command, and a restore is none", async () => {
		const backups = new FakeBackups(all());
		const plan = await planRestore(backups, "latest", options);
		expect(backups.undone).toEqual([]);
		expect(told(restoreAnswer(plan))).toEqual(["b planned", "a planned"]);
		expect(told(await applyRestore(backups, plan, options))).toEqual(["b done", "a done"]);
		expect(backups.heard.every(({ batch }) => batch === "this")).toBe(true);
	});

	it("undone again is already so", async () => {
		const backups = new FakeBackups(all());
		await restore(backups, "latest");
		const { plan, answer } = await restore(backups, "latest");
		expect(countPlanned(plan)).toBe(0);
		expect(told(answer)).toEqual(["b already-so", "a already-so"]);
		expect(backups.undone).toEqual(["b", "a"]);
	});

	it("of which one cannot be undone now is exit 9, with all of the result", async () => {
		const backups = new FakeBackups(all());
		backups.outcomes.set("b", "in-use");
		const plan = await planRestore(backups, "latest", options);
		// Closed since the question was answered: nobody agreed to that.
		backups.outcomes.delete("b");
		const answer = await applyRestore(backups, plan, options);
		expect(told(answer)).toEqual(["b in-use", "a done"]);
		expect(refusalOf(answer)).toMatchObject({ kind: "partial", data: { refused: 1, total: 2 } });
	});

	it("is never one that has expired", async () => {
		const expired = { expires: now.toISOString() };
		const backups = new FakeBackups([backup("b", "last", expired), backup("o", "older")]);
		expect(told((await restore(backups, "latest")).answer)).toEqual(["o done"]);
		const error = await failure(() => planRestore(backups, "b", options));
		expect([error.kind, error.code]).toEqual(["not-found", "no-backup"]);
		await expectRunnable(error);
	});
});

it("one backup that is named is undone alone, also that of a restore", async () => {
	const backups = new FakeBackups([
		backup("r", "restore", { restores: "a" }),
		backup("b", "last"),
		backup("a", "last"),
	]);
	await restore(backups, "a");
	await restore(backups, "r");
	expect(backups.undone).toEqual(["a", "r"]);
});

it("a list removes what has expired, and does not show what could not be removed", async () => {
	const backups = new FakeBackups([
		backup("a", "last", { restores: "x" }),
		backup("b", "old", { expires: "2026-03-10T11:59:59.999Z" }),
	]);
	expect(await listBackups(backups, now)).toMatchObject({
		backups: [{ id: "a", batch: "last", restores: "x", changes: [{ site }] }],
		total: 1,
	});
	expect(backups.removed).toBe(1);
});
