import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { activations } from "../../../src/lib/activation/activation.js";
import { dueActivations, parseSpan } from "../../../src/lib/activation/due.js";
import { activationsOf, requireActivation } from "../../../src/lib/activation/find.js";
import { listActivations } from "../../../src/lib/activation/list.js";
import { parseMailbox } from "../../../src/lib/activation/mailbox.js";
import { looksSecret, namesSecret } from "../../../src/lib/activation/refuse-secret.js";
import { activationStates, tellActivation, timeLeft, whatIsNext } from "../../../src/lib/activation/told.js";
import { requireEnvironment } from "../../../src/lib/environment/environment.js";
import { planRename } from "../../../src/lib/id/rename.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { anActivation } from "../../contract/kind-samples.js";
import { collect } from "../../contract/store.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";
import { ActivationStage, rules } from "./activation-stage.js";

const [hour, day] = [3_600_000, 86_400_000];
let store: Stage;
let stage: ActivationStage;
beforeEach(async () => {
	store = await Stage.set(
		{ domain: "CORP", domains: [{ name: "CORP", aliases: ["corp.example.com"] }] },
		{ 7: "CORP\\ana" },
	);
	stage = new ActivationStage(store.registry);
});
const read = <T>(work: (view: RegistryView) => Promise<T>) => store.registry.read(work);
const code = async (work: () => Promise<unknown>) => {
	const { kind, code } = await failure(work);
	return `${kind} ${code}`;
};
const rows = () => read((view) => collect(view.records(activations, {})));

describe("the two instants", () => {
	it.each([
		["2026-03-01", "2026-03-16T05:00:00.000Z", "2026-03-17T04:00:00.000Z"],
		["2026-03-01T14:30", "2026-03-16T19:30:00.000Z", "2026-03-17T04:00:00.000Z"],
		["2026-03-08T00:30", "2026-03-23T05:30:00.000Z", "2026-03-24T04:00:00.000Z"],
		["2025-10-20", "2025-11-04T04:00:00.000Z", "2025-11-05T05:00:00.000Z"],
		["2024-02-20", "2024-03-06T05:00:00.000Z", "2024-03-07T05:00:00.000Z"],
		["2025-12-25", "2026-01-09T05:00:00.000Z", "2026-01-10T05:00:00.000Z"],
	])("of %s are %s and %s", async (approved, safeUntil, latestEnd) => {
		const { activations } = await stage.add("CORP\\ben", approved);
		expect(activations).toMatchObject([{ safeUntil, latestEnd, zone: "America/Toronto", days: 15, changed: true }]);
	});

	it("say how it stands, each from its first millisecond on", () => {
		const row = anActivation();
		const at = (iso: string, ms: number) => {
			const told = tellActivation(row, new Date(Date.parse(iso) + ms));
			return [told.state, timeLeft(told)];
		};
		expect(at(row.safeUntil, -2 * day)).toEqual(["valid", "2 days"]);
		expect(at(row.safeUntil, -day)).toEqual(["valid", "1 day"]);
		expect(at(row.safeUntil, 1 - day)).toEqual(["valid", "23 hours"]);
		expect(at(row.safeUntil, -hour)).toEqual(["valid", "1 hour"]);
		expect(at(row.safeUntil, -1)).toEqual(["valid", "less than an hour"]);
		expect(at(row.safeUntil, 0)).toEqual(["may-have-expired", "may have expired"]);
		expect(at(row.latestEnd, -1)).toEqual(["may-have-expired", "may have expired"]);
		expect(at(row.latestEnd, 0)).toEqual(["expired", "expired"]);
		expect(tellActivation({ ...row, step: "activated" }, new Date("2099-01-01"))).toMatchObject({
			...{ state: "activated", daysLeft: null, hoursLeft: null, next: "nothing" },
		});
	});
});

describe("recording approvals", () => {
	it("takes a user as their ID has them, and needs no ID", async () => {
		await stage.add("ana@corp.example.com", "2026-03-01");
		await stage.add("CORP\\new", "2026-03-01");
		expect((await rows()).map(({ number, user }) => [number, user])).toEqual([
			[1, "CORP\\ana"],
			[2, "CORP\\new"],
		]);
		const found = await read(async (view) =>
			activationsOf(view, await requireEnvironment(view, "default"), parseAccount("ana")),
		);
		expect(found).toHaveLength(1);
	});

	it("is already so the second time, and a conflict with another date", async () => {
		await stage.add("ana", "2026-03-01");
		expect((await stage.add("CORP\\ana", "2026-03-01")).activations).toMatchObject([{ number: 1, changed: false }]);
		expect(await code(() => stage.add("ana", "2026-03-02"))).toBe("conflict activation-open");
		await stage.add("ana", "2026-03-02", { product: "cloud" });
		await stage.add("ana", "2026-03-02", { replace: true });
		expect((await rows()).map(({ number, step, replaces }) => [number, step, replaces])).toEqual([
			[1, "replaced", null],
			[2, "approved", null],
			[3, "approved", 1],
		]);
	});

	it("is of nobody, where a registered user of that name may be meant", async () => {
		const bare = await Stage.set({}, { 7: "CORP\\ana", 8: "ben" });
		const there = new ActivationStage(bare.registry);
		expect(await code(() => there.add("ana", "2026-03-01"))).toBe("conflict user-ambiguous");
		expect(await code(() => there.add("CORP\\ben", "2026-03-01"))).toBe("conflict user-ambiguous");
		expect((await there.add("CORP\\ana", "2026-03-01")).activations).toMatchObject([{ user: "CORP\\ana" }]);
	});

	it("is of nobody, where somebody of that name without an ID may be meant, whatever became of their codes", async () => {
		const there = new ActivationStage((await Stage.set({}, {})).registry);
		await there.add("CORP\\ana", "2026-03-01");
		const adds: [string, Parameters<ActivationStage["add"]>[2]][] = [
			["2026-03-01", {}],
			["2026-03-02", { replace: true }],
			["2026-03-02", { product: "cloud" }],
		];
		for (const [approved, own] of adds)
			expect(await code(() => there.add("ana", approved, own))).toBe("conflict user-ambiguous");
		await there.cancel("ana");
		expect(await code(() => there.add("ana", "2026-03-02"))).toBe("conflict user-ambiguous");
		expect((await there.add("CORP\\ana", "2026-03-02")).activations).toMatchObject([{ number: 2, changed: true }]);
	});

	it("refuses the future, but not another machine's clock; what is over is recorded and reads as expired", async () => {
		expect(await code(() => stage.add("ana", "2026-03-11"))).toBe("usage approval-in-future");
		expect(await code(() => stage.add("ana", "2026-03-10T08:05"))).toBe("usage approval-in-future");
		expect((await stage.add("ana", "2026-03-10T08:02")).activations).toMatchObject([{ state: "valid" }]);
		expect((await stage.add("ben", "2026-02-01")).activations).toMatchObject([{ state: "expired", changed: true }]);
	});

	it("of a list is all or nothing, with the number of each bad line", async () => {
		const entry = (user: string, line: number, approved = "2026-03-01") => ({
			...{ account: parseAccount(user), said: { said: approved, from: `${approved}T05:00:00.000Z` } },
			...{ note: null, subscription: null, line },
		});
		const entries = [
			entry("CORP\\a", 2),
			entry("CORP\\b", 3, "2026-04-01"),
			entry("a@corp.example.com", 4),
			entry("CORP\\c", 5),
		];
		const told: unknown[] = [];
		const refuse = (bad: readonly object[]) => {
			told.push(...bad);
			throw new Error("refused");
		};
		await expect(stage.add("x", "2026-03-01", { entries, refuse })).rejects.toThrow("refused");
		expect(told).toMatchObject([{ line: 3 }, { line: 4 }]);
		expect(await rows()).toEqual([]);
		const answer = await stage.add("x", "2026-03-01", { entries, refuse, keepGoing: true });
		expect(answer).toMatchObject({ total: 2, refused: [{ line: 3 }, { line: 4 }] });
		expect((await rows()).map(({ number, user }) => [number, user])).toEqual([
			[1, "CORP\\a"],
			[2, "CORP\\c"],
		]);
	});
});

describe("the way of an activation", () => {
	beforeEach(() => stage.add("ana", "2026-03-01"));
	const show = () =>
		read(async (view) => {
			const environment = await requireEnvironment(view, "default");
			const row = await requireActivation(view, environment, { environment: "default", account: parseAccount("ana") });
			return tellActivation(row, stage.now);
		});

	it("goes step by step, tells what comes next, and a step that is behind is already so", async () => {
		const nexts = [(await show()).next];
		for (const step of ["identity-confirmed", "software-checked", "number-entered"] as const) {
			const { changed, activation } = await stage.step("ana", step);
			expect(changed).toBe(true);
			nexts.push(activation.next);
			expect((await stage.step("ana", step)).changed).toBe(false);
		}
		nexts.push((await stage.complete("ana")).activation.next);
		expect(nexts).toEqual(["confirm-identity", "check-software", "enter-number", "activate", "nothing"]);
		expect((await stage.complete("ana")).changed).toBe(false);
		expect((await stage.complete("ana", { subscription: "2027-03-01" })).activation).toMatchObject({
			...{ subscriptionUntil: "2027-03-01", subscriptionEnd: "2027-03-02T05:00:00.000Z" },
		});
		expect(await code(() => stage.step("ana", "number-entered"))).toBe("conflict activation-ended");
		expect(await code(() => stage.renew("ana", "2026-03-09"))).toBe("conflict activation-ended");
		expect(await code(() => stage.cancel("ana"))).toBe("conflict activation-ended");
	});

	it("skips no step, except when all was done elsewhere", async () => {
		expect(await code(() => stage.step("ana", "number-entered"))).toBe("conflict step-out-of-order");
		expect((await stage.complete("ana", { at: "2026-03-09" })).activation).toMatchObject({
			...{ step: "activated", endedAt: "2026-03-09T04:00:00.000Z" },
		});
	});

	it("counts attempts; when none is left, only a new application helps, which replaces this one", async () => {
		for (let attempt = 1; attempt <= 5; attempt += 1) {
			expect((await stage.step("ana", "identity-failed")).activation).toMatchObject({
				attempts: attempt,
				locked: attempt === 5,
			});
		}
		const told = await show();
		expect([told.next, whatIsNext(told)]).toEqual(["apply-again", expect.stringContaining("must apply again")]);
		expect(await code(() => stage.step("ana", "identity-failed"))).toBe("conflict no-attempt-left");
		expect(await code(() => stage.step("ana", "identity-confirmed"))).toBe("conflict no-attempt-left");
		await stage.add("ana", "2026-03-08");
		expect((await rows()).map(({ step, replaces }) => [step, replaces])).toEqual([
			["replaced", null],
			["approved", 1],
		]);
	});

	it("begins its days again with a new mail, whose number is entered again", async () => {
		for (const step of ["identity-confirmed", "software-checked", "number-entered"] as const)
			await stage.step("ana", step);
		stage.now = new Date("2026-03-20T12:00:00.000Z");
		expect((await show()).next).toBe("renew-codes");
		expect(await code(() => stage.renew("ana", "2026-03-21"))).toBe("usage approval-in-future");
		const { activation } = await stage.renew("ana", "2026-03-19");
		expect(activation).toMatchObject({
			...{ state: "valid", step: "software-checked", basis: "mail", renewals: 1, said: "2026-03-19" },
			safeUntil: "2026-04-03T04:00:00.000Z",
		});
		expect((await stage.renew("ana", "2026-03-19")).changed).toBe(false);
		expect((await stage.renew("ana", "2026-03-20")).activation.renewals).toBe(2);
	});

	it("is completed however late, and keeps its event", async () => {
		stage.now = new Date("2026-07-01T12:00:00.000Z");
		expect((await show()).state).toBe("expired");
		expect((await stage.complete("ana")).activation.state).toBe("activated");
		expect(await read((view) => view.countEvents({ actions: ["activation.complete"] }))).toBe(1);
	});

	it("asks which one where both products are open", async () => {
		await stage.add("ana", "2026-03-01", { product: "cloud" });
		expect(await code(() => stage.cancel("ana"))).toBe("usage which-product");
		expect(await code(() => stage.cancel("CORP\\nobody"))).toBe("not-found no-activation");
		expect(await code(() => stage.cancel("OTHER\\ana"))).toBe("not-found no-activation");
	});

	it("follows a user who is renamed", async () => {
		await store.carry((view) =>
			planRename(
				view,
				{ environment: "default", target: { account: parseAccount("ana") }, account: parseAccount("CORP\\ana.smith") },
				recordKinds,
			),
		);
		expect((await rows()).map(({ user }) => user)).toEqual(["CORP\\ana.smith"]);
	});
});

describe("lists", () => {
	beforeEach(async () => {
		await stage.add("CORP\\late", "2026-01-01");
		await stage.add("CORP\\soon", "2026-02-25T07:00");
		await stage.add("CORP\\fine", "2026-03-09");
		await stage.add("OTHER\\done", "2026-02-01");
		await stage.complete("OTHER\\done");
	});
	const list = (own: Partial<Parameters<typeof listActivations>[1]> = {}) =>
		read((view) =>
			listActivations(view, {
				...{ environment: undefined, state: undefined, product: undefined, user: undefined, sort: undefined },
				...{ descending: false, limit: undefined, offset: undefined, now: stage.now, ...own },
			}),
		);
	const users = async (own: Parameters<typeof list>[0] = {}) => (await list(own)).activations.map(({ user }) => user);

	it("have what is due first, and what came to its end last", async () => {
		expect(await users()).toEqual(["CORP\\late", "CORP\\soon", "CORP\\fine", "OTHER\\done"]);
		expect(await users({ limit: 1, offset: 1 })).toEqual(["CORP\\soon"]);
		expect((await list({ limit: 1 })).total).toBe(4);
		expect(await users({ user: "*o*" })).toEqual(["CORP\\soon", "OTHER\\done"]);
		expect(await users({ user: "CORP\\*", limit: 2, offset: 1 })).toEqual(["CORP\\soon", "CORP\\fine"]);
	});

	it("of a state hold exactly those that are told to be in it, at any time", async () => {
		for (const ms of [0, 12 * hour, 12 * hour - 1, day, 2 * day, 4.5 * day, 30 * day, -60 * day]) {
			const now = new Date(Date.parse("2026-03-12T00:00:00.000Z") + ms);
			const all = (await list({ now })).activations;
			for (const state of activationStates) {
				const told = all.filter((one) => one.state === state).map(({ user }) => user);
				expect(await users({ state, now })).toEqual(told);
			}
		}
	});

	it("of what is due go by instants: exactly at the end of the time is due, a millisecond later is not", async () => {
		const due = async (within: number) => {
			const { due } = await read((view) => dueActivations(view, { environment: undefined, within, now: stage.now }));
			return due.map(({ user, what, state }) => [user, what, state]);
		};
		const late = ["CORP\\late", "codes", "expired"];
		const soon = ["CORP\\soon", "codes", "valid"];
		expect(await due(2 * day - 1)).toEqual([late]);
		expect(await due(2 * day)).toEqual([late, soon]);
		await stage.complete("OTHER\\done", { subscription: "2026-03-11" });
		expect(await due(2 * day)).toEqual([late, ["OTHER\\done", "subscription", "valid"], soon]);
		await stage.cancel("CORP\\late");
		expect(await due(0)).toEqual([]);
	});
});

describe("secrets", () => {
	it.each(["12345678", "ref. 4471 9023", "CMTJ-8VOR-VFNS", "x 123456789012"])("%j looks like one", (text) => {
		expect(looksSecret(text)).toBe(true);
	});
	it.each([
		"",
		"new office",
		"ticket 1234567",
		"2026-01-15",
		"call 514-555-0199",
		"CORP\\ana-lab",
		"left on 15/01/2026",
	])("%j does not", (text) => expect(looksSecret(text)).toBe(false));
	it.each([
		"Reference Number",
		"reference_number",
		"Numéro de référence",
		"Authorization code",
		"Code d'autorisation",
		"PASSWORD",
		"mot de passe",
		"Answer 1",
		"PIN",
	])("a column %j holds some", (name) => expect(namesSecret(name)).toBe(true));
	it.each(["user", "approved", "note", "reference", "subscription", "department"])("a column %j: %s", (name) => {
		expect(namesSecret(name)).toBe(name === "reference");
	});
});

it("a span of time is a number with a unit", async () => {
	expect([parseSpan("12h"), parseSpan("3d"), parseSpan("2w")]).toEqual([12 * hour, 3 * day, 14 * day]);
	for (const bad of ["", "3", "-1d", "3 d", "1y", "99999d"])
		expect((await failure(() => parseSpan(bad))).code).toBe("bad-span");
});

it("an address is one mailbox and nothing else", async () => {
	expect(parseMailbox(" ana@example.com ")).toBe("ana@example.com");
	for (const bad of [
		"ana",
		"a@b",
		"ana@x.example, evil@y.example",
		"ana@x.example\r\nRCPT TO:<evil@y.example>",
		"Ana <ana@x.example>",
		"ana@x.example;b@y.example",
		"<ana@x.example>",
		"ana@-x.example",
	])
		expect((await failure(() => parseMailbox(bad))).code, bad).toBe("bad-mailbox");
});

it("days, attempts and zone stand in each row: another setting changes nothing that was recorded", async () => {
	await stage.add("ana", "2026-03-01", { rules: { ...rules, days: 10, attempts: 1 } });
	await stage.step("ana", "identity-failed");
	expect(await code(() => stage.step("ana", "identity-failed"))).toBe("conflict no-attempt-left");
	expect((await rows())[0]).toMatchObject({ days: 10, attemptsAllowed: 1, safeUntil: "2026-03-11T05:00:00.000Z" });
});
