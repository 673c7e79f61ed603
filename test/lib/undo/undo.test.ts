import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { actKinds } from "../../../src/lib/acts.js";
import { tools } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { migrate } from "../../../src/lib/adapters/registry-sqlite/schema.js";
import { SqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/store.js";
import type { SqlDatabase } from "../../../src/lib/adapters/sqlite/database.js";
import type { CommandLine } from "../../../src/lib/command-line.js";
import { addEnvironment, removeEnvironment, setEnvironment } from "../../../src/lib/environment/plan.js";
import type { CfmError } from "../../../src/lib/errors.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import { history } from "../../../src/lib/id/history.js";
import { importIds } from "../../../src/lib/id/import.js";
import { moveId } from "../../../src/lib/id/move.js";
import { parseTarget, releaseIds } from "../../../src/lib/id/release.js";
import { renameUser } from "../../../src/lib/id/rename.js";
import { reserveIds } from "../../../src/lib/id/reserve.js";
import { setId } from "../../../src/lib/id/set.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import { became, intended, type Plan, type RegistryOperation } from "../../../src/lib/operation/operation.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { type RecordKind, recordChange } from "../../../src/lib/registry/kind.js";
import type { Change, Registry } from "../../../src/lib/registry/registry.js";
import { addSites, removeSites } from "../../../src/lib/site/plan.js";
import { undoRequest } from "../../../src/lib/undo/undo.js";
import { aTrial, keepers, type Trial, trials } from "../../contract/kind-samples.js";
import {
	anAttribution,
	anInstallation,
	aRest,
	everything,
	idChange,
	installationChange,
} from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";

const kinds: readonly RecordKind[] = [
	...recordKinds,
	trials as unknown as RecordKind,
	keepers as unknown as RecordKind,
];
const environment = "default";
const who = (user: string) => [{ account: parseAccount(user) }];
const caller = { actor: "CORP\\admin", machine: "TS01" };

let registry: Registry;
let agreed: { question: string; details?: readonly string[] }[];

beforeEach(async () => {
	const database = new Database(":memory:") as unknown as SqlDatabase;
	migrate(database, undefined, kinds);
	registry = new SqliteRegistry(database, ":memory:", tools);
	agreed = [];
	await run(addEnvironment({ name: environment, settings: { lastId: 50 }, commonPort: 24_250 }), "init");
});

async function run<P extends Plan, R extends object>(
	operation: RegistryOperation<P, R>,
	requestKey: string,
	own: Partial<typeof caller & { command: string }> = {},
): Promise<R> {
	const attribution = anAttribution({ ...caller, ...own, requestKey });
	const asker = {
		async agree(danger: (typeof agreed)[number]) {
			agreed.push(danger);
			return true;
		},
	};
	return carryOut(operation, { registry, attribution, asker });
}

const change = (requestKey: string, ...changes: Change[]) =>
	registry.change(anAttribution({ ...caller, requestKey }), async (transaction) => {
		await transaction.apply(changes, anAttribution({ ...caller, requestKey }));
		return {};
	});

const undo = (request: string, key = `undo-${request}`, own: Partial<typeof caller> = {}) =>
	run(undoRequest({ request, caller: { ...caller, ...own } }, { kinds, acts: actKinds }), key, own);
const refusal = (request: string) => failure(() => undo(request));
const commands = ({ hints }: CfmError) =>
	hints.map((hint) => (typeof hint === "object" && "line" in hint ? hint.line : hint) as CommandLine);

/** All that is stored but the log. */
async function state(): Promise<unknown> {
	const { events: _, ...rest } = await everything(registry);
	const own = await registry.read(async (view) => [
		await Array.fromAsync(view.records(trials, {})),
		await Array.fromAsync(view.records(keepers, {})),
	]);
	return { ...rest, own };
}

const give = (user: string, id?: number, note?: string) =>
	allocateIds({ environment, applicants: who(user), id, note });

/** Requests of every command and kind that changes the registry alone; what comes before them is made by `set`. */
const requests: Readonly<Record<string, { set?: () => Promise<unknown>; it: () => Promise<unknown> }>> = {
	"an allocation": { it: () => run(give("CORP\\ana"), "it") },
	"an allocation of many": {
		it: () =>
			run(allocateIds({ environment, applicants: ["a", "b", "c"].flatMap((one) => who(`CORP\\${one}x`)) }), "it"),
	},
	"an allocation that returned a resting ID": {
		set: async () => {
			await run(give("CORP\\ana"), "0");
			await run(releaseIds({ environment, targets: [parseTarget("CORP\\ana")], atOnce: false }), "1");
		},
		it: () => run(give("CORP\\ana"), "it"),
	},
	"a release": {
		set: () => run(give("CORP\\ana", undefined, "boss"), "0"),
		it: () => run(releaseIds({ environment, targets: [parseTarget("CORP\\ana")], atOnce: false, note: "left" }), "it"),
	},
	"a release at once": {
		set: () => run(give("CORP\\ana"), "0"),
		it: () => run(releaseIds({ environment, targets: [parseTarget("CORP\\ana")], atOnce: true }), "it"),
	},
	"a release of all": {
		set: () => run(allocateIds({ environment, applicants: [...who("CORP\\ana"), ...who("CORP\\ben")] }), "0"),
		it: () => run(releaseIds({ environment, targets: [], patterns: ["*"], atOnce: false }), "it"),
	},
	"a reservation": { it: () => run(reserveIds({ environment, ranges: [{ first: 3, last: 9 }] }), "it") },
	"a move": {
		set: () => run(give("CORP\\ana"), "0"),
		it: () => run(moveId({ environment, account: parseAccount("CORP\\ana"), id: 20 }), "it"),
	},
	"an import": {
		it: () =>
			run(
				importIds(
					{
						environment,
						rows: Array.from({ length: 30 }, (_, at) => ({
							line: at,
							id: at + 5,
							state: at % 3 === 0 ? "reserved" : "allocated",
							account: at % 3 === 0 ? null : parseAccount(`CORP\\u${at}`),
							note: null,
						})),
					} as never,
					() => {},
				),
				"it",
			),
	},
	"a note": {
		set: () => run(give("CORP\\ana", undefined, "one"), "0"),
		it: () => run(setId({ environment, target: parseTarget("CORP\\ana"), note: "two" }), "it"),
	},
	"a new name, with what names the user": {
		set: async () => {
			await run(give("CORP\\ana"), "0");
			await change(
				"1",
				installationChange(null, anInstallation({ user: "CORP\\ana" })),
				recordChange(
					trials,
					"trial.set",
					null,
					aTrial("t1", { user: "CORP\\ben", approvedBy: "ana@corp.example.com" }),
				),
				recordChange(keepers, "keeper.add", null, { user: "CORP\\Ana", since: "2026-01-01T00:00:00.000Z" }),
			);
		},
		it: () =>
			run(
				renameUser({ environment, target: parseTarget("CORP\\ana"), account: parseAccount("CORP\\ana.s") }, kinds),
				"it",
			),
	},
	"a new environment": {
		it: () =>
			run(
				addEnvironment({ name: "lab", settings: { domains: [{ name: "LAB", aliases: [] }] }, commonPort: 24_251 }),
				"it",
			),
	},
	"other values of an environment": {
		it: () =>
			run(
				setEnvironment({
					name: environment,
					settings: { lastId: 90, domains: [{ name: "CORP", aliases: ["corp.example.com"] }] },
					commonPort: 24_250,
				}),
				"it",
			),
	},
	"the end of an environment, with all that stood in it": {
		set: async () => {
			await run(addEnvironment({ name: "lab", settings: {}, commonPort: 24_251 }), "0");
			await run(addSites({ environment: "lab", sites: [{ origin: "https://a.example" }] }), "1");
			await run(allocateIds({ environment: "lab", applicants: who("CORP\\zoe") }), "2");
			await run(releaseIds({ environment: "lab", targets: [parseTarget("CORP\\zoe")], atOnce: false }), "3");
			await change("4", recordChange(trials, "trial.set", null, aTrial("t9", { environment: "lab" })));
		},
		it: () => run(removeEnvironment("lab"), "it"),
	},
	"new sites": { it: () => run(addSites({ environment, sites: [{ origin: "https://a.example" }] }), "it") },
	"a removed site": {
		set: () => run(addSites({ environment, sites: [{ origin: "https://a.example", note: "n" }] }), "0"),
		it: () => run(removeSites({ environment, origins: ["https://a.example"] }), "it"),
	},
	"rows of a kind that nobody here knows": {
		it: () =>
			change(
				"it",
				recordChange(trials, "trial.set", null, aTrial("t1", { steps: ["a"], remark: "x", urgent: true })),
				recordChange(keepers, "keeper.add", null, { user: "CORP\\ana", since: "2026-01-01T00:00:00.000Z" }),
			),
	},
	"a move between states that goes one way only": {
		set: () => change("0", recordChange(trials, "trial.set", null, aTrial("t1"))),
		it: async () => {
			const approved = aTrial("t1");
			const active: Trial = { ...approved, state: "active", remark: "since today" };
			await change(
				"it",
				recordChange(trials, "trial.set", approved, active),
				recordChange(trials, "trial.set", active, { ...active, state: "expired", steps: ["end"] }),
			);
		},
	},
};

describe.each(Object.entries(requests))("%s", (_, { set, it: make }) => {
	it("is undone whole, again undone, and leaves a registry that is sound", async () => {
		await set?.();
		const was = await state();
		await make();
		const made = await state();
		expect(made).not.toEqual(was);
		expect(await undo("it", "back")).toMatchObject({ request: "it", outcome: "undone" });
		expect(await state()).toEqual(was);
		expect((await registry.check(kinds)).problems).toEqual([]);
		expect(await undo("back", "forth")).toMatchObject({ outcome: "undone" });
		expect(await state()).toEqual(made);
		expect(await undo("forth", "back again")).toMatchObject({ outcome: "undone" });
		expect(await state()).toEqual(was);
		expect((await registry.check(kinds)).problems).toEqual([]);
	});

	it("is already so the second time", async () => {
		await set?.();
		await make();
		await undo("it", "once");
		const after = await everything(registry);
		expect(await undo("it", "twice")).toMatchObject({ outcome: "already-so", total: 0 });
		expect(await everything(registry)).toEqual(after);
	});

	it("shows what it undoes, and asks", async () => {
		await set?.();
		await make();
		agreed = [];
		const { changes } = await undo("it");
		expect(agreed).toHaveLength(1);
		expect(agreed[0]?.question).toContain(`(${changes.length} record`);
		expect(agreed[0]?.details?.length).toBe(Math.min(21, changes.length));
	});
});

describe("latest", () => {
	it("is the caller's own last change, whoever has changed something since", async () => {
		await run(give("CORP\\ana"), "mine");
		await run(give("CORP\\ben"), "theirs", { actor: "CORP\\other" });
		expect(await undo("latest", "u")).toMatchObject({ request: "mine", actor: "CORP\\admin" });
		expect(await undo("latest", "u2", { actor: "CORP\\other" })).toMatchObject({ request: "theirs" });
	});

	it("of an account of a domain is the same on another machine; of a local one it is not", async () => {
		await run(give("CORP\\ana"), "1", { machine: "TS02" });
		await run(give("CORP\\ben"), "2", { actor: "root", machine: "TS02" });
		expect(await undo("latest", "u")).toMatchObject({ request: "1" });
		expect(await failure(() => undo("latest", "u2", { actor: "root" }))).toMatchObject({ code: "nothing-to-undo" });
		expect(await undo("latest", "u3", { actor: "root", machine: "TS02" })).toMatchObject({ request: "2" });
	});

	it("after an undo is that undo", async () => {
		await run(give("CORP\\ana"), "1");
		await undo("latest", "u1");
		expect(await undo("latest", "u2")).toMatchObject({ request: "u1" });
		expect(await registry.read((view) => view.allocation(environment, 1))).toMatchObject({ user: "CORP\\ana" });
	});
});

describe("an allocation", () => {
	it("that was not installed becomes free, not quarantined", async () => {
		await run(give("CORP\\ana", 7), "it");
		await undo("it");
		expect(await registry.read((view) => view.isFree(environment, 7))).toBe(true);
	});

	it("that was installed since is refused, until the client is gone", async () => {
		await run(give("CORP\\ana", 7), "it");
		const installed = anInstallation({ user: "CORP\\ana", id: 7 });
		await change("install", installationChange(null, installed));
		const error = await refusal("it");
		expect(error).toMatchObject({ kind: "conflict", code: "undo-in-use", data: { id: 7 } });
		expect(commands(error)).toMatchObject([{ command: "ids release", words: ["7"] }]);
		await change("gone", installationChange(installed, { ...installed, outcome: "uninstalled" }));
		expect(await undo("it", "now")).toMatchObject({ outcome: "undone" });
	});

	it("whose web ID was set since is refused", async () => {
		await run(give("CORP\\ana", 7), "it");
		const act = { action: "web.set", environment, subject: "ana@corp.example.com" } as const;
		await change("web", became(act, { user: "ana@corp.example.com" }));
		expect(await refusal("it")).toMatchObject({ code: "undo-in-use" });
	});

	it("does not put back quarantines that were over", async () => {
		const over = aRest(1, "2026-01-01T00:00:00.000Z", { user: "CORP\\old" });
		await change("0", idChange(null, over));
		await run(give("CORP\\ana"), "it");
		expect((await everything(registry)).events.slice(-2).map(({ action }) => action)).toEqual(["free", "allocate"]);
		expect(await undo("it")).toMatchObject({ total: 1 });
		expect(await registry.read((view) => view.isFree(environment, 1))).toBe(true);
	});
});

describe("what something newer stands on is refused, with the newer change:", () => {
	const sure = async (request: string, newer: string) => {
		const before = await everything(registry);
		const error = await refusal(request);
		expect(error).toMatchObject({ kind: "conflict", code: "undo-overtaken", data: { newer: { request: newer } } });
		expect(error.message).toMatch(/ by .+, \d{4}-\d\d-\d\d \d\d:\d\d UTC\)\.$/);
		expect(commands(error)).toMatchObject([{ command: "undo", words: [newer] }]);
		await expectRunnable(error);
		expect(await everything(registry)).toEqual(before);
	};

	it("an allocation that was moved, released, renamed or noted since", async () => {
		await run(give("CORP\\ana"), "it");
		await run(setId({ environment, target: { id: 1 }, note: "n" }), "newer");
		await sure("it", "newer");
		await undo("newer", "u");
		expect(await undo("it", "u2")).toMatchObject({ outcome: "undone" });
	});

	it("one of many", async () => {
		await run(allocateIds({ environment, applicants: [...who("CORP\\ana"), ...who("CORP\\ben")] }), "it");
		await run(releaseIds({ environment, targets: [parseTarget("CORP\\ben")], atOnce: false }), "newer");
		await sure("it", "newer");
	});

	it("a release whose ID was given to somebody else", async () => {
		await run(give("CORP\\ana"), "0");
		await run(releaseIds({ environment, targets: [parseTarget("CORP\\ana")], atOnce: true }), "it");
		await run(give("CORP\\ben"), "newer");
		await sure("it", "newer");
	});

	it("a release whose user has another ID now, in another spelling", async () => {
		await run(give("CORP\\ana"), "0");
		await run(releaseIds({ environment, targets: [parseTarget("CORP\\ana")], atOnce: false }), "it");
		await run(give("ana@corp.example.com", 9), "newer");
		await sure("it", "newer");
	});

	it("an environment that somebody has used since", async () => {
		await run(addEnvironment({ name: "lab", settings: {}, commonPort: 24_251 }), "it");
		await run(addSites({ environment: "lab", sites: [{ origin: "https://a.example" }] }), "newer");
		expect(await refusal("it")).toMatchObject({ code: "undo-overtaken" });
		await undo("newer", "u");
		expect(await undo("it", "u2")).toMatchObject({ outcome: "undone" });
	});

	it("a row of any kind", async () => {
		await change("it", recordChange(trials, "trial.set", null, aTrial("t1")));
		await change("newer", recordChange(trials, "trial.set", aTrial("t1"), aTrial("t1", { urgent: true })));
		await sure("it", "newer");
	});
});

describe("what is outside the registry is undone by its own commands, which are told:", () => {
	it.each([
		["web.set", {}, null, ["web backups list", "web backups restore"]],
		["client.install", {}, null, ["uninstall"]],
		["client.uninstall", {}, null, ["install"]],
		["client.set", {}, { clientId: 3 }, ["ids move", "client set"]],
		["config.set", { subject: "setting install.timeout" }, { value: "60" }, ["config set"]],
	] as const)("%s", async (action, own, before, told) => {
		const act = { action, environment, subject: "CORP\\ana", ...own } as const;
		await change("it", intended(act, before, { x: 1 }), became(act, { x: 1 }));
		const error = await refusal("it");
		expect(error).toMatchObject({ kind: "conflict", code: "undo-elsewhere" });
		expect(commands(error).map(({ command }) => command)).toEqual(told);
		await expectRunnable(error);
	});

	it("a recorded installation", async () => {
		await change("it", installationChange(null, anInstallation()));
		expect(commands(await refusal("it"))).toMatchObject([{ command: "uninstall", flags: { user: "CORP\\ana" } }]);
	});

	it("every act that is made", async () => {
		for (const { actions } of actKinds) for (const action of actions) expect(action).toMatch(/^[a-z]+\.[a-z-]+$/);
	});
});

it("a request that nobody made is not found", async () => {
	const error = await refusal("nobody");
	expect(error).toMatchObject({ kind: "not-found", code: "no-such-request" });
	await expectRunnable(error);
});

it("an undo is in the history of the user, with the request that it undid", async () => {
	await run(give("CORP\\ana"), "it");
	await undo("it");
	const { events } = await history(await registry.snapshot(), { account: parseAccount("CORP\\ana") });
	const told = (await Array.fromAsync(events)).flat();
	expect(told.map(({ action, note }) => `${action} ${note}`)).toEqual(["allocate null", "allocation.undo undo it"]);
});

it("a new name reaches rows of every kind, in every field that is about users", async () => {
	await requests["a new name, with what names the user"]?.set?.();
	const old = parseTarget("CORP\\ana");
	const account = parseAccount("CORP\\ana.s");
	expect(await run(renameUser({ environment, target: old, account }, kinds), "it")).toMatchObject({ records: 3 });
	const rows = await registry.read(async (view) => [
		...(await Array.fromAsync(view.records(trials, {}))).flat(),
		...(await Array.fromAsync(view.records(keepers, {}))).flat(),
	]);
	expect(rows).toMatchObject([{ user: "CORP\\ben", approvedBy: "CORP\\ana.s" }, { user: "CORP\\ana.s" }]);
});
