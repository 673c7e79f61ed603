import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../src/lib/account/account.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { type RecordKind, type RecordQuery, recordChange } from "../../src/lib/registry/kind.js";
import { failure } from "../lib/failure.js";
import { aTrial, keepers, samples, type Trial, trials } from "./kind-samples.js";
import { anEnvironment, collect, environmentChange, make, type OpenStore } from "./store.js";
import { useStore } from "./use-store.js";

const all: readonly RecordKind[] = [...recordKinds, trials, keepers];

/** IDs are changed another way; every other kind goes through this. */
const tried: [name: string, kind: RecordKind, rows: readonly [object, object, object]][] = [
	...recordKinds
		.filter(({ name }) => name !== "allocation")
		.map((kind) => [kind.name, kind, samples[kind.name]] as const),
	[
		"a kind that only this test knows",
		trials,
		[aTrial("A1"), aTrial("B2", { remark: "x" }), aTrial("A1", { state: "active", steps: ["a"] })],
	],
	[
		"a kind in no environment",
		keepers,
		[
			{ user: "CORP\\ana", since: "1" },
			{ user: "CORP\\ben", since: "2" },
			{ user: "CORP\\ana", since: "3" },
		],
	],
].map(([name, kind, rows]) => [name as string, kind as RecordKind, rows as [object, object, object]]);

/** What holds for every kind of record, and for one that is declared and nothing more. */
export function kindsContract(open: OpenStore): void {
	const store = useStore(() => open(all));
	const registry = () => store().registry;
	const rowsOf = (kind: RecordKind, query: RecordQuery<object> = {}) =>
		registry().read((view) => collect(view.records(kind, query)));
	const problems = async () => (await registry().check(all)).problems.map(({ code }) => code);
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment())]));

	describe.each(tried)("%s", (_, kind, [one, other, changed]) => {
		const [first = ""] = kind.actions;
		const last = kind.actions.at(-1) ?? "";
		const put = (before: object | null, after: object | null, action = first) =>
			make(registry(), [recordChange(kind, action, before, after, "why")]);
		it("is added, changed, found by its key, listed in pages, counted and removed; check agrees", async () => {
			const before = (await rowsOf(kind)).length;
			await put(null, one);
			await put(null, other);
			await put(one, changed);
			expect(await registry().read((view) => view.record(kind, one))).toEqual(changed);
			const rows = await rowsOf(kind);
			expect(rows).toHaveLength(2 + before);
			expect(rows).toEqual(expect.arrayContaining([changed, other]));
			expect(await registry().read((view) => view.countRecords(kind, {}))).toBe(rows.length);
			expect(await rowsOf(kind, { descending: true })).toEqual(rows.toReversed());
			for (const [at, row] of rows.entries()) {
				expect(await rowsOf(kind, { limit: 1, offset: at })).toEqual([row]);
				expect(await rowsOf(kind, { after: row })).toEqual(rows.slice(at + 1));
			}
			for (const order of Object.keys(kind.orders)) expect(await rowsOf(kind, { order })).toHaveLength(rows.length);
			expect(await problems()).toEqual([]);
			await put(other, null, last);
			expect(await rowsOf(kind)).toEqual(expect.not.arrayContaining([other]));
			expect(await registry().read((view) => view.record(kind, other))).toBeUndefined();
			expect(await problems()).toEqual([]);
		});

		it("is told in the log, and found there by whom it is about", async () => {
			await put(null, one);
			const [event] = await registry().read((view) => collect(view.events({ offset: 1 })));
			expect(event).toMatchObject({ action: first, subject: kind.subject(one), before: null, note: "why" });
			expect(one).toMatchObject(event?.after as object);
			for (const field of kind.about) {
				const user = (one as Record<string, unknown>)[field];
				if (typeof user !== "string") continue;
				const query = { account: parseAccount(user), userFields: kind.about };
				expect(await registry().read((view) => view.countEvents(query))).toBe(1);
			}
		});

		it("is not changed when it is no longer as it was", async () => {
			await put(null, one);
			for (const [before, after] of [
				[null, one],
				[changed, one],
				[other, null],
			] as [object | null, object | null][]) {
				expect(await failure(() => put(before, after))).toMatchObject({ kind: "conflict", code: "changed-meanwhile" });
			}
			expect(await rowsOf(kind)).toEqual(expect.arrayContaining([one]));
			expect(await problems()).toEqual([]);
		});

		it("check finds a row that was changed, added or deleted behind the tool's back", async () => {
			await put(null, one);
			const { name, key, columns } = kind.table;
			const free = Object.values<string | { column: string; table?: string }>(columns)
				.map((column) => (typeof column === "string" ? { column } : column))
				.filter(({ column, ...rest }) => !("table" in rest) && !key.includes(column));
			expect(free).not.toEqual([]);
			const { column = "" } = free.find((one) => ["note", "since", "until", "version"].includes(one.column)) ?? {};
			await store().tamper(`UPDATE ${name} SET "${column}" = 'x'`);
			expect(await problems()).toContain("changed-behind-the-log");
			await store().tamper(`DELETE FROM ${name}`);
			expect(await problems()).toContain("changed-behind-the-log");
		});

		it("is as it was when the registry was restored from a copy", async () => {
			await put(null, one);
			const copy = join(store().folder, "copy.db");
			await registry().backup(copy);
			const then = await rowsOf(kind);
			await put(one, changed);
			await put(null, other);
			await store().restore(copy);
			expect(await rowsOf(kind)).toEqual(then);
			expect(await problems()).toEqual([]);
		});
	});

	it.each(tried.filter(([, { environment }]) => environment === "environment"))(
		"%s goes with its environment",
		async (_, kind, [row]) => {
			await make(registry(), [recordChange(kind, kind.actions[0] ?? "", null, row)]);
			await make(registry(), [environmentChange(anEnvironment(), null)]);
			expect(await rowsOf(kind)).toEqual([]);
			expect(await problems()).toEqual([]);
		},
	);

	describe("what a declaration can say", () => {
		const rows = [
			aTrial("c", { until: "2026-03-03", user: "CORP\\zoe", state: "approved" }),
			aTrial("a", { until: "2026-03-02", user: "CORP\\Ana", approvedBy: "CORP\\chief" }),
			aTrial("b", { until: "2026-03-01", user: "LAB\\ana", urgent: true, steps: ["told"], remark: "soon" }),
		];
		beforeEach(() =>
			make(
				registry(),
				rows.map((row) => recordChange(trials, "trial.set", null, row)),
			),
		);
		const codes = async (query: RecordQuery<Trial, "state" | "user" | "due", "until" | "user">) =>
			(await registry().read((view) => collect(view.records(trials, query)))).map(({ code }) => code);

		it("filters, and orders both ways", async () => {
			expect(await codes({})).toEqual(["a", "b", "c"]);
			expect(await codes({ where: { due: "2026-03-02" } })).toEqual(["a", "b"]);
			expect(await codes({ where: { user: "*ANA", due: "2026-03-01" } })).toEqual(["b"]);
			expect(await codes({ where: { state: "active" } })).toEqual([]);
			expect(await codes({ where: { state: undefined }, environment: "DEFAULT" })).toEqual(["a", "b", "c"]);
			expect(await codes({ environment: "nowhere" })).toEqual([]);
			expect(await codes({ order: "until" })).toEqual(["b", "a", "c"]);
			expect(await codes({ order: "user", descending: true })).toEqual(["b", "c", "a"]);
			expect(await codes({ order: "until", limit: 1, offset: 1 })).toEqual(["a"]);
			expect(await codes({ after: rows[1], limit: 1 })).toEqual(["b"]);
			expect(await registry().read((view) => view.countRecords(trials, { where: { user: "corp*" } }))).toBe(2);
		});

		it("is found by its key whatever the case, where the declaration says so", async () => {
			const [, , row] = rows;
			expect(await registry().read((view) => view.record(trials, { environment: "Default", code: "B" }))).toEqual(row);
		});

		it("is in the history of every user it is about", async () => {
			const about = (user: string, userFields?: readonly string[]) =>
				registry().read((view) => collect(view.events({ account: parseAccount(user), userFields })));
			expect((await about("ana", trials.about)).map(({ subject }) => subject)).toEqual(["a", "b"]);
			expect((await about("CORP\\chief", trials.about)).map(({ subject }) => subject)).toEqual(["a"]);
			expect(await about("CORP\\chief")).toEqual([]);
		});

		it("does not let a row go where its state may not", async () => {
			const [row] = rows as [Trial];
			const move = (before: Trial | null, after: Trial | null) =>
				make(registry(), [recordChange(trials, "trial.set", before, after)]);
			const expired = { ...row, state: "expired" as const };
			const born = await failure(() => move(null, aTrial("d", { state: "active" })));
			expect(born).toMatchObject({ kind: "conflict", code: "move-not-allowed", data: { from: null, to: "active" } });
			await move(row, expired);
			const back = await failure(() => move(expired, row));
			expect(back).toMatchObject({ code: "move-not-allowed", data: { from: "expired", to: "approved" } });
			expect(await problems()).toEqual([]);
		});

		it("check finds what a row is found by, and what stands beside it, changed", async () => {
			await store().tamper("UPDATE trials SET user_key = 'x' WHERE code = 'a'");
			expect(await problems()).toEqual(["changed-behind-the-log"]);
			await store().tamper("UPDATE trial_remarks SET remark = 'x'");
			expect(await problems()).toEqual(["changed-behind-the-log", "changed-behind-the-log"]);
		});

		it("changes the key of a row, if nobody has it", async () => {
			const [c, a] = rows as [Trial, Trial];
			await make(registry(), [recordChange(trials, "trial.set", c, { ...c, code: "z" })]);
			expect(await codes({})).toEqual(["a", "b", "z"]);
			const taken = () => make(registry(), [recordChange(trials, "trial.set", a, { ...a, code: "z" })]);
			expect(await failure(taken)).toMatchObject({ code: "changed-meanwhile" });
		});
	});
}
