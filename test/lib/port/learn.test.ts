import { describe, expect, it } from "vitest";
import learnCommand from "../../../src/commands/ports/learn.js";
import type { LocalUser } from "../../../src/lib/client/machine.js";
import type { Environment } from "../../../src/lib/environment/environment.js";
import { type Known, known, unknown } from "../../../src/lib/known.js";
import {
	gatherEvidence,
	learnRule,
	notLearned,
	planLearnedRule,
	storedRule,
	whyNotStorable,
} from "../../../src/lib/port/learn.js";
import type { Listener } from "../../../src/lib/port/network.js";
import { anEnvironment } from "../../contract/store.js";
import { client, FakeMachine, nothing, profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { now, Stage } from "../registry/stage.js";
import { listener, nobodyKnown, owner } from "./fake-network.js";

const users: Record<string, number | null> = { ana: 1, ben: 2, cleo: null };

/** A machine where every user has a client with this ID, or none. */
function machine(ids: Record<string, number | null> = users): FakeMachine {
	const made = new FakeMachine();
	const local = (name: string): LocalUser => ({
		account: `CORP\\${name}`,
		sid: `S-1-5-21-${name}`,
		profileFolder: `C:\\Users\\${name}`,
		isCurrent: name === "ana",
	});
	made.localUsers = known(Object.keys(ids).map(local));
	made.client.look = async ({ account }) => {
		const id = ids[account.slice(5)] ?? null;
		return { user: account, folder: "", ...(id === null ? nothing : client(id)) };
	};
	return made;
}

const of = (name: string, own = {}) => owner(`CORP\\${name}`, { sid: `S-1-5-21-${name}`, ...own });

async function gather(listeners: Listener[], on = machine()) {
	const remarks: string[] = [];
	const evidence = await gatherEvidence(on, profile, anEnvironment(), listeners, (text) => remarks.push(text));
	return { evidence, remarks, told: evidence.map(({ user, id, ports }) => `${user} ${id} ${ports.join()}`) };
}

describe("the evidence", () => {
	it("is every running client whose ID is known, whoever else listens", async () => {
		const { told, remarks } = await gather([
			listener(24_252, of("ben")),
			listener(24_251, of("ana")),
			listener(24_251, of("ana"), { address: "::1" }),
			listener(9000, of("ana", { process: "notes.exe" })),
			listener(24_259, of("cleo")),
			listener(24_258, of("stranger")),
		]);
		expect(told).toEqual(["CORP\\ana 1 24251", "CORP\\ben 2 24252"]);
		expect(remarks).toEqual([]);
	});

	it("knows the client's program under any case, and cut as Linux cuts it", async () => {
		const { told } = await gather([
			listener(24_251, of("ana", { process: "CERTIFIO-MANAGER-SE.EXE" })),
			listener(24_252, of("ben", { process: "certifio-manage" })),
		]);
		expect(told).toHaveLength(2);
	});

	it("says what is missing from it", async () => {
		const on = machine();
		const { look } = on.client;
		on.client.look = async (user, of) =>
			user.account === "CORP\\ben" ? { ...(await look(user, of)), clientId: unknown("not logged on") } : look(user, of);
		const { told, remarks } = await gather(
			[listener(24_251, of("ana")), listener(24_252, of("ben")), listener(24_253, nobodyKnown)],
			on,
		);
		expect(told).toEqual(["CORP\\ana 1 24251"]);
		expect(remarks).toEqual([expect.stringContaining("as an administrator"), expect.stringContaining("CORP\\ben")]);
	});

	it("asks for an administrator's rights only where they are missing", async () => {
		const on = machine();
		const remarksOf = async (elevated: Known<boolean>) => {
			on.elevated = elevated;
			return (await gather([listener(24_253, nobodyKnown)], on)).remarks;
		};
		expect(await remarksOf(known(false))).toEqual([expect.stringContaining("run cfm as an administrator")]);
		expect(await remarksOf(unknown("no token"))).toEqual([expect.stringContaining("run cfm as an administrator")]);
		expect(await remarksOf(known(true))).toEqual([expect.not.stringContaining("run cfm")]);
	});
});

describe("what is learned", () => {
	const learn = async (listeners: Listener[], ids?: Record<string, number | null>) =>
		learnRule(anEnvironment(), (await gather(listeners, machine(ids))).evidence);
	const three = { ana: 1, ben: 2, cleo: 4, dan: 5 };

	it("is a rule that every client bears out", async () => {
		const learned = await learn([listener(30_010, of("ana")), listener(30_020, of("ben"))]);
		expect(learned).toMatchObject({
			outcome: "fits",
			rule: { base: 30_000, stride: 10 },
			total: 2,
			misfits: 0,
			stored: false,
		});
		expect(learned.evidence.map(({ fits }) => fits)).toEqual([true, true]);
		expect(notLearned(learned)).toBeUndefined();
	});

	it("is nothing from a contradiction: the misfit is shown, and never averaged away", async () => {
		const learned = await learn(
			[
				listener(24_251, of("ana")),
				listener(24_252, of("ben")),
				listener(24_254, of("cleo")),
				listener(24_259, of("dan")),
			],
			three,
		);
		expect(learned).toMatchObject({ outcome: "contradiction", rule: { base: 24_250, stride: 1 }, misfits: 1 });
		expect(learned.evidence.map(({ fits }) => fits)).toEqual([true, true, true, false]);
		const error = notLearned(learned);
		expect(error).toMatchObject({ kind: "findings", code: "contradicting-evidence", data: { misfits: 1 } });
		if (error) await expectRunnable(error);
	});

	it("is nothing from one client", async () => {
		const learned = await learn([listener(24_251, of("ana"))]);
		expect(learned).toMatchObject({ outcome: "too-few", rule: null, evidence: [{ fits: null }] });
		expect(notLearned(learned)).toMatchObject({ kind: "not-found", code: "too-few-clients" });
	});

	it("is nothing from two clients with one ID on different ports, which is a finding", async () => {
		const ports = [listener(24_251, of("ana")), listener(24_257, of("ben"))];
		const learned = await learn(ports, { ana: 1, ben: 1 });
		expect(notLearned(learned)).toMatchObject({ kind: "findings", code: "contradicting-evidence" });
	});

	it("is nothing from rules that all fit: they are told, with the command that says which", async () => {
		const ids = { ana: 1, ben: 2, cleo: 4, dan: 7 };
		const both = Object.entries(ids).flatMap(([name, id]) => [
			listener(24_250 + id, of(name)),
			listener(25_250 + id, of(name)),
		]);
		const learned = await learn(both, ids);
		expect(learned).toMatchObject({
			outcome: "ambiguous",
			rule: null,
			candidates: [
				{ base: 24_250, stride: 1 },
				{ base: 25_250, stride: 1 },
			],
		});
		const error = notLearned(learned);
		expect(error).toMatchObject({
			kind: "findings",
			code: "ambiguous-evidence",
		});
		expect(said(error)).toEqual([
			"cfm environments set default --port-base 24250 --port-stride 1",
			"cfm environments set default --port-base 25250 --port-stride 1",
		]);
		expect(error?.message).not.toContain("are needed");
		if (error) await expectRunnable(error);
		const blocks = learnCommand.view(learned);
		const lines = blocks.flatMap((block) => ("line" in block ? [block.line] : []));
		expect(lines).toEqual([
			expect.stringContaining("Current rule"),
			"Possible: port = 24250 + 1 × ID",
			"Possible: port = 25250 + 1 × ID",
		]);
	});
});

describe("a learned rule", () => {
	const plan = (stage: Stage, rule = { base: 30_000, stride: 10 }, at = now) =>
		stage.plan((view) => planLearnedRule(view, { environment: "default", rule, commonPort: 24_250 }, at));

	it("becomes the environment's, with the day it was learned", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\ana" });
		await stage.carry((view) =>
			planLearnedRule(view, { environment: "default", rule: { base: 30_000, stride: 10 }, commonPort: 24_250 }, now),
		);
		const stored = await stage.plan((view) => view.environment("default"));
		expect(stored).toMatchObject({ portBase: 30_000, portStride: 10, portRuleLearnedAt: now.toISOString() });
		const later = new Date("2026-04-01T00:00:00.000Z");
		expect((await plan(stage, undefined, later)).changes).toEqual([]);
	});

	it("that was only configured is learned now, though it is the same", async () => {
		const stage = await Stage.set();
		const { changes, remarks } = await plan(stage, { base: 24_250, stride: 1 });
		expect(changes).toMatchObject([{ after: { portRuleLearnedAt: now.toISOString() } }]);
		expect(remarks).toEqual([]);
	});

	it("that changes ports of given IDs says so, and one that cannot be is refused", async () => {
		const stage = await Stage.set({ lastId: 4000 }, { 1: "CORP\\ana" });
		expect((await plan(stage, { base: 30_000, stride: 1 })).remarks).toHaveLength(1);
		const error = await failure(() => plan(stage));
		expect(error).toMatchObject({ code: "ports-out-of-range" });
		expect(said(error)[0]).toBe("cfm environments set default --range 1-3553");
		await expectRunnable(error);
		expect(await failure(() => plan(stage, { base: 24_249, stride: 1 }))).toMatchObject({ code: "common-port-taken" });
	});

	it("is the rule now when it was stored; when it was only planned, the old one is", async () => {
		const stage = await Stage.set();
		const environment = await stage.plan((view) => view.environment("default"));
		const evidence = [
			{ user: "ana", id: 1, ports: [30_010], process: null, pid: null, fits: null },
			{ user: "ben", id: 2, ports: [30_020], process: null, pid: null, fits: null },
		];
		const learned = learnRule(environment as Environment, evidence);
		const planned = await plan(stage);
		const learnedAt = now.toISOString();
		expect(storedRule(learned, planned, true)).toMatchObject({
			stored: true,
			current: { base: 30_000, stride: 10, learnedAt },
		});
		expect(storedRule(learned, planned, false)).toMatchObject({
			stored: false,
			current: { base: 24_250, stride: 1, learnedAt: null },
		});
	});

	it("that could not be stored says so before anybody asks for it, with what helps", async () => {
		const stage = await Stage.set({ lastId: 4000 });
		const why = (stride: number) =>
			stage.plan((view) =>
				whyNotStorable(view, { environment: "default", rule: { base: 30_000, stride }, commonPort: 24_250 }),
			);
		const hint = await why(10);
		expect(said({ hints: hint === undefined ? [] : [hint] }).join()).toMatch(
			/the highest port is 65535.*cfm environments set default --range 1-3553/,
		);
		expect(await why(1)).toBeUndefined();
	});
});
