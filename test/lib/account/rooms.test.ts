import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { parseDomains } from "../../../src/lib/account/domains.js";
import { requireOwnId } from "../../../src/lib/client/install.js";
import { showClient } from "../../../src/lib/client/list.js";
import type { LocalUser } from "../../../src/lib/client/machine.js";
import { requireThisUser } from "../../../src/lib/client/this-user.js";
import { type Environment, portOf, requireEnvironment } from "../../../src/lib/environment/environment.js";
import { CfmError } from "../../../src/lib/errors.js";
import { planAllocation } from "../../../src/lib/id/allocate.js";
import { history } from "../../../src/lib/id/history.js";
import { showAllocation } from "../../../src/lib/id/show.js";
import { listPorts } from "../../../src/lib/port/list.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { expectationOf } from "../../../src/lib/webid/expected.js";
import { anAllocation, anEnvironment, collect, idChange, make } from "../../contract/store.js";
import { FakeMachine, profile } from "../client/fake-machine.js";
import { listener, owner } from "../port/fake-network.js";
import { Stage } from "../registry/stage.js";

/** Who is registered, with which SID; whom the machine tells; the environment's domains; what every room must say. */
interface Case {
	registered: Readonly<Record<number, string | [user: string, sid: string]>>;
	machine: string | [user: string, sid: string];
	domains?: string;
	/** An ID, or a code; `no-allocation` where the account is surely nobody's. */
	says: number | string;
	/** Where it is only typed, without the SID that the machine tells; as the rooms that hear the machine otherwise. */
	typed?: number | string;
	/** Whether the account would be given another ID, which must never be a guess; as `says` otherwise. */
	given?: number | string;
}

const cases: Case[] = [
	{ registered: { 7: "CORP\\ana" }, machine: "CORP\\ana", says: 7 },
	{ registered: { 7: "ana@corp.example.com" }, machine: "CORP\\Ana", says: 7 },
	{ registered: { 7: "LAB\\ana" }, machine: "CORP\\ana", says: "no-allocation" },
	{ registered: { 7: "CORP\\ben" }, machine: "CORP\\ana", says: "no-allocation" },
	// A name without a domain, registered: whose it is, nobody said, until the environment does.
	{ registered: { 7: "ana" }, machine: "CORP\\ana", says: "user-ambiguous" },
	{ registered: { 7: "ana" }, machine: "CORP\\ana", domains: "CORP", says: 7 },
	{ registered: { 7: "ana" }, machine: "CORP\\ana", domains: "LAB CORP", says: "no-allocation" },
	{ registered: { 7: "ana", 8: "CORP\\ana" }, machine: "CORP\\ana", says: 8 },
	// A machine that tells no domain, as Linux does, means the only one of that name.
	{ registered: { 7: "CORP\\ana" }, machine: "ana", says: 7, given: "user-ambiguous" },
	{ registered: { 7: "CORP\\ana", 8: "LAB\\ana" }, machine: "ana", says: "user-ambiguous" },
	{ registered: { 7: "CORP\\ana", 8: "LAB\\ana" }, machine: "ana", domains: "LAB", says: 8 },
	{ registered: { 7: "ana" }, machine: "ana", says: 7 },
	// A domain whose NetBIOS name is not its first label.
	{ registered: { 7: "ana@example.com" }, machine: "CORP\\ana", says: "no-allocation" },
	{ registered: { 7: "ana@example.com" }, machine: "CORP\\ana", domains: "CORP=example.com", says: 7 },
	{ registered: { 7: "ana@example.com" }, machine: "LAB\\ana", domains: "CORP=example.com LAB", says: "no-allocation" },
	// One spelling, two registered accounts: never the later one.
	{
		registered: { 7: "ana@corp.example.com", 8: "ana@corp.example.org" },
		machine: "CORP\\ana",
		says: "user-ambiguous",
	},
	{
		registered: { 7: "ana@corp.example.com", 8: "ana@corp.example.org" },
		machine: "CORP\\ana",
		domains: "CORP=corp.example.org",
		says: 8,
	},
	// Entra ID's names are no names of a domain.
	{ registered: { 7: "ana" }, machine: "AzureAD\\ana", says: "no-allocation" },
	{ registered: { 7: "AzureAD\\ana" }, machine: "AzureAD\\ana", says: 7 },
	// SIDs decide where both are known.
	{
		registered: { 7: ["ana@corp.example.com", "S-1-12-1-7"] },
		machine: ["AzureAD\\AnaLopez", "S-1-12-1-7"],
		says: 7,
		typed: "no-allocation",
	},
	{ registered: { 7: ["ana", "S-1-5-21-7"] }, machine: ["CORP\\ana", "S-1-5-21-7"], says: 7, typed: "user-ambiguous" },
	{
		registered: { 7: ["CORP\\ana", "S-1-5-21-7"] },
		machine: ["CORP\\ana", "S-1-5-21-8"],
		says: "user-recreated",
		typed: 7,
	},
	{
		registered: { 7: ["CORP\\ana", "S-1-5-21-7"], 8: "CORP\\ben" },
		machine: ["CORP\\ben", "S-1-5-21-7"],
		says: 7,
		typed: 8,
	},
];

const one = (text: string | [string, string]) => {
	const [user, sid] = typeof text === "string" ? [text, null] : text;
	return { user, sid };
};

/** What a promise comes to: an ID, or the code of an error. */
async function said(work: Promise<number | null | undefined>): Promise<number | string | null | undefined> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof CfmError) return error.code;
		throw error;
	}
}

/** A row says of who is not sure only that it is unknown. */
const rowOf = (says: number | string) =>
	says === "no-allocation" ? "nobody" : typeof says === "number" ? says : "unknown";

describe.each(cases)("$registered and $machine on the machine ($domains)", (given) => {
	const { user: account, sid } = one(given.machine);
	const local: LocalUser = { account, sid, profileFolder: "C:\\Users\\ana", isCurrent: true };
	const typed = given.typed ?? given.says;

	async function ask<T>(work: (view: RegistryView, environment: Environment) => Promise<T>): Promise<T> {
		const domains = parseDomains(given.domains?.split(" ") ?? []);
		const stage = await Stage.set({ ...anEnvironment({ domain: domains[0]?.name ?? null }), domains });
		await make(
			stage.registry,
			Object.entries(given.registered).map(([id, text]) => idChange(null, anAllocation(Number(id), one(text)))),
		);
		return stage.plan(async (view) => work(view, await requireEnvironment(view, "default")));
	}

	it("client list", async () => {
		const shown = await ask((view, environment) => showClient(new FakeMachine(), profile, view, environment, local));
		const unsure = shown.unknown.includes("allocatedId") ? "unknown" : "nobody";
		expect(shown.allocatedId ?? unsure).toBe(rowOf(given.says));
	});

	it("web list", async () => {
		const expected = await ask((view, environment) => expectationOf(view, environment, local));
		expect(expected.id ?? (expected.why === "unknown" ? "unknown" : "nobody")).toBe(rowOf(given.says));
	});

	it("install", async () => {
		const machine = new FakeMachine();
		machine.user = local;
		const own = ask(async (view, environment) => {
			const { account } = await requireThisUser(machine, undefined, environment);
			return (await requireOwnId(view, environment, account, undefined)).id;
		});
		expect(await said(own)).toBe(given.says);
	});

	it("ports list", async () => {
		const rows = await ask((view, environment) => {
			const listeners = Object.keys(given.registered).map((id) =>
				listener(portOf(environment, Number(id)), owner(account, { sid })),
			);
			return listPorts(view, environment, { machine: "TS01" }, listeners);
		});
		const ids = (verdict: string) => rows.filter((row) => row.verdict === verdict).map(({ id }) => id);
		expect(ids("ok")).toEqual(typeof given.says === "number" ? [given.says] : []);
		expect(ids("unknown-owner").length > 0).toBe(rowOf(given.says) === "unknown");
	});

	it("ids show", async () => {
		const target = { account: parseAccount(account) };
		const shown = ask(async (view) => (await showAllocation(view, target)).allocations[0]?.id);
		expect(await said(shown)).toBe(typed);
	});

	it("ids history", async () => {
		const events = ask(async (view) => {
			const found = await history(view, { account: parseAccount(account) });
			return (await collect(found.events)).map(({ id }) => id);
		}).catch((error: CfmError) => error.code);
		const told = await events;
		if (typeof typed === "number") expect(told).toContain(typed);
		else if (typed === "no-allocation") expect(told).toBe("no-history");
		// Where several fit, the search finds them all.
		else expect([typed, ...Object.keys(given.registered).map(Number)]).toEqual(expect.arrayContaining([told].flat()));
	});

	it("ids allocate", async () => {
		const applicants = [{ account: parseAccount(account) }];
		const answered = ask(async (view) => {
			const { answers } = await planAllocation(view, { environment: "default", applicants });
			return answers[0]?.created ? null : answers[0]?.allocation.id;
		});
		const expected = given.given ?? typed;
		expect(await said(answered)).toBe(expected === "no-allocation" ? null : expected);
	});
});
