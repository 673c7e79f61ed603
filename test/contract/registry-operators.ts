import { expect, it } from "vitest";
import { carryOut } from "../../src/lib/operation/carry-out.js";
import { addOperator, type OperatorOperation, removeOperator } from "../../src/lib/operator/change.js";
import { listOperators, type Operator, operators } from "../../src/lib/operator/operator.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { recordChange } from "../../src/lib/registry/kind.js";
import type { Registry } from "../../src/lib/registry/registry.js";
import { failure } from "../lib/failure.js";
import { anOperator } from "./kind-samples.js";
import { anAttribution, collect, make, type OpenStore } from "./store.js";
import { useStore } from "./use-store.js";

/** Who may do what, and that somebody always may say so. */
export function operatorsContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	const named = () => registry().read(listOperators);
	const change = (before: Operator | null, after: Operator | null) =>
		recordChange(operators, after === null ? "operator.remove" : "operator.add", before, after);
	const carry = (operation: OperatorOperation, on: Registry = registry()) =>
		carryOut(operation, { registry: on, attribution: anAttribution(), asker: { agree: async () => true } });
	const yourRole = async () => "admin" as const;
	const ana = anOperator();
	const ben = anOperator({ name: "CORP\\ben" });

	it.each<[what: string, before: readonly Operator[], changes: readonly [Operator | null, Operator | null][]]>([
		["the first one is no admin", [], [[null, anOperator({ role: "issuer" })]]],
		["the last admin is removed", [ana, anOperator({ name: "CORP\\eve", role: "issuer" })], [[ana, null]]],
		["the only one is removed", [ana], [[ana, null]]],
		["the last admin gets another role", [ana], [[ana, { ...ana, role: "issuer" }]]],
		[
			"all admins are removed at once",
			[ana, ben],
			[
				[ana, null],
				[ben, null],
			],
		],
	])("refuses that %s, whoever planned it", async (_, before, changes) => {
		for (const one of before) await make(registry(), [change(null, one)]);
		const error = await failure(() =>
			make(
				registry(),
				changes.map(([was, is]) => change(was, is)),
			),
		);
		expect(error).toMatchObject({ kind: "conflict", code: "no-admin-left" });
		expect(await named()).toEqual(before);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("lets an admin take another one's place in one change", async () => {
		await make(registry(), [change(null, ana)]);
		await make(registry(), [change(ana, null), change(null, ben)]);
		expect(await named()).toEqual([ben]);
	});

	it("two admins who remove each other at the same moment: one of them stays", async () => {
		const other = await store().another();
		for (let round = 0; round < 10; round += 1) {
			for (const one of [ana, ben])
				await carry(
					addOperator({ ...one, mail: undefined, lang: undefined, login: store().login, now: new Date(), yourRole }),
				);
			const removals = await Promise.allSettled([
				carry(removeOperator({ name: ana.name, kind: "user", sid: null, yourRole })),
				carry(removeOperator({ name: ben.name, kind: "user", sid: null, yourRole }), other),
			]);
			const [refused, ...none] = removals.filter((one) => one.status === "rejected");
			expect(none).toEqual([]);
			expect(refused?.reason).toMatchObject({ kind: "conflict", code: "no-admin-left" });
			expect(await named()).toHaveLength(1);
		}
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("tells in the log who became what", async () => {
		const { login } = store();
		const row = { ...ana, login: login ?? null };
		await carry(addOperator({ ...ana, login, now: new Date(ana.since), yourRole }));
		const mail = "ana@example.com";
		await carry(addOperator({ ...ana, mail, lang: undefined, login, now: new Date(), yourRole }));
		const events = await registry().read((view) => collect(view.events({})));
		expect(events.slice(-2)).toMatchObject([
			{ action: "operator.add", subject: "operator CORP\\ana", environment: "", before: null, after: row },
			{ action: "operator.set", subject: "operator CORP\\ana", before: row, after: { ...row, mail } },
		]);
	});
}
