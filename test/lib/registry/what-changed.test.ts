import { describe, expect, it } from "vitest";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { RegistryEvent } from "../../../src/lib/registry/registry.js";
import { changesOf, eventsOfChanges, whatChanged } from "../../../src/lib/registry/what-changed.js";
import { collect } from "../../contract/store.js";

const held = {
	environment: "default",
	id: 7,
	state: "allocated",
	user: "CORP\\ana",
	sid: null,
	note: null,
	since: "x",
	until: null,
};

describe("what an event changed", () => {
	it.each([
		["an ID that was given", { before: null, after: held, id: 7 }, "free → allocated"],
		[
			"one that was released",
			{ before: held, after: { ...held, state: "quarantined", until: "y", since: "y" }, id: 7 },
			"allocated → quarantined",
		],
		["one that is free again", { before: { ...held, state: "quarantined" }, after: null, id: 7 }, "quarantined → free"],
		["a note", { before: held, after: { ...held, note: "Finance" }, id: 7 }, "note none → Finance"],
		[
			"a setting of an environment",
			{ before: { name: "d", domain: null }, after: { name: "d", domain: "CORP" }, id: null },
			"domain none → CORP",
		],
		[
			"a step of an activation, and what follows from it",
			{
				before: { step: "approved", identity: null, attempts: 1 },
				after: { step: "identity-confirmed", identity: "questions", attempts: 2 },
				id: null,
			},
			"approved → identity-confirmed, attempts 1 → 2",
		],
		[
			"signatures that were made",
			{ before: { used: 0, allowance: 10 }, after: { used: 7, allowance: 10 }, id: null },
			"signatures 0 → 7",
		],
		[
			"access that is new",
			{ before: null, after: { granted: "2026-01-15", expiresAt: "2026-03-16T05:00:00.000Z" }, id: null },
			"granted 2026-01-15, expires 2026-03-16T05:00:00.000Z",
		],
		[
			"an activation that is new",
			{
				before: null,
				after: { product: "cloud", said: "2026-01-15", safeUntil: "2026-01-30T05:00:00.000Z" },
				id: null,
			},
			"cloud from 2026-01-15, usable until 2026-01-30T05:00:00.000Z",
		],
		["a row that is new", { before: null, after: { origin: "https://a.example" }, id: null }, ""],
		[
			"what is to be done",
			{ before: { clientId: 7 }, after: { phase: "intended", clientId: 8, words: [] }, id: 7 },
			"intended, client ID 7 → 8",
		],
		["what is not told as a row", { before: "?", after: "?", id: null }, ""],
	])("%s", (_, event, told) => {
		expect(whatChanged(event)).toBe(told);
	});

	it.each(recordKinds.map((kind) => [kind.name, Object.keys(kind.table.columns)] as const))(
		"of a row of the kind %s is told in words, not in the names of fields",
		(_, fields) => {
			const row = (value: string) => Object.fromEntries(fields.map((field) => [field, value]));
			const told = whatChanged({ before: row("a"), after: row("b"), id: null });
			expect(told.match(/[a-z]+[A-Z]\w*/g)).toBeNull();
		},
	);

	it("cuts what is long", () => {
		const told = whatChanged({ before: { note: "" }, after: { note: "n".repeat(200) }, id: null });
		expect(told.length).toBeLessThan(80);
	});
});

describe("the two events of a move", () => {
	const from = {
		action: "move",
		requestKey: "k",
		subject: "CORP\\ana",
		id: 7,
		before: held,
		after: null,
	} as RegistryEvent;
	const to = { ...from, id: 42, before: null, after: held };
	const told = async (...events: RegistryEvent[]) => {
		const chunks = (async function* () {
			for (const event of events) yield [event];
		})();
		return (await collect(changesOf(chunks))).map(({ id, change }) => `${id}: ${change}`);
	};

	it("are one change, whichever comes first", async () => {
		expect(await told(from, to)).toEqual(["42: 7 → 42"]);
		expect(await told(to, from)).toEqual(["42: 7 → 42"]);
	});

	it("of two moves, or where only one is there, stay apart", async () => {
		expect(await told(from, { ...to, requestKey: "other" })).toHaveLength(2);
		expect(await told(from)).toEqual(["7: allocated → free"]);
		expect(await told({ ...from, action: "release" }, to)).toEqual(["7: allocated → free", "42: free → allocated"]);
	});

	it("are counted as one, so that no number of last changes cuts a move in two", async () => {
		const release = { ...from, action: "release", requestKey: "later" };
		const other = { ...from, requestKey: "other", subject: "CORP\\ben" };
		const all = [release, to, from, other, { ...other, id: 43, before: null, after: held }];
		const ids = async (most: number) => {
			const chunks = (async function* () {
				yield all.slice(0, 2);
				yield all.slice(2);
			})();
			return (await collect(eventsOfChanges(chunks, most))).map(({ action, id }) => `${action} ${id}`);
		};
		expect(await ids(1)).toEqual(["release 7"]);
		expect(await ids(2)).toEqual(["release 7", "move 42", "move 7"]);
		expect(await ids(3)).toEqual(["release 7", "move 42", "move 7", "move 7", "move 43"]);
		expect(await ids(9)).toHaveLength(5);
	});
});
