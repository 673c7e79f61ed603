import { beforeEach, expect, it } from "vitest";
import { recordKinds } from "../../src/lib/record-kinds.js";
import {
	anAllocation,
	anEnvironment,
	anInstallation,
	aReservation,
	aRest,
	collect,
	environmentChange,
	idChange,
	installationChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

/** What somebody did behind the tool's back, and what `check` must say of it. */
const tamperings: [what: string, sql: string, code: string][] = [
	[
		"a row given to somebody else",
		`UPDATE allocations SET "user" = 'CORP\\eve' WHERE id = 1`,
		"changed-behind-the-log",
	],
	[
		"a name that users are found by edited",
		"UPDATE allocations SET name_key = 'eve' WHERE id = 1",
		"changed-behind-the-log",
	],
	[
		"a domain that users are found by edited",
		"UPDATE allocations SET domain_key = '' WHERE id = 1",
		"changed-behind-the-log",
	],
	["a remark edited", "UPDATE allocations SET note = 'x' WHERE id = 1", "changed-behind-the-log"],
	["a quarantine made shorter", "UPDATE allocations SET until = '2020-01-01' WHERE id = 8", "changed-behind-the-log"],
	["a row moved to a free ID", "UPDATE allocations SET id = 9 WHERE id = 1", "ids-do-not-add-up"],
	["a row deleted", "DELETE FROM allocations WHERE id = 1", "ids-do-not-add-up"],
	[
		"a row deleted and its ID set free",
		"DELETE FROM allocations WHERE id = 2; UPDATE gaps SET lo = 2 WHERE lo = 3",
		"changed-behind-the-log",
	],
	["the highest row deleted", "DELETE FROM allocations WHERE id = 8", "ids-do-not-add-up"],
	[
		"the highest row deleted, and the gap below it",
		"DELETE FROM allocations WHERE id = 8; DELETE FROM gaps",
		"changed-behind-the-log",
	],
	[
		"a row added and its ID taken",
		`INSERT INTO allocations (environment, id, state, "user", name_key, domain_key, since)
		SELECT environment, 3, 'allocated', 'CORP\\eve', 'eve', 'corp', '2026-01-01' FROM environments;
		UPDATE gaps SET lo = 4 WHERE lo = 3`,
		"changed-behind-the-log",
	],
	["free IDs that are taken", "UPDATE gaps SET lo = 2 WHERE lo = 3", "ids-do-not-add-up"],
	["free IDs that are gone", "UPDATE gaps SET lo = 6 WHERE lo = 3", "ids-do-not-add-up"],
	["a gap that reaches too far", "UPDATE gaps SET hi = 21 WHERE lo = 3", "ids-do-not-add-up"],
	["a gap with nothing above it", "INSERT INTO gaps SELECT environment, 9, 12 FROM environments", "ids-do-not-add-up"],
	["no gaps any more", "DELETE FROM gaps", "ids-do-not-add-up"],
	[
		"another name of a domain",
		`INSERT INTO domains SELECT environment, '[{"name":"CORP","aliases":["evil.example"]}]' FROM environments`,
		"changed-behind-the-log",
	],
	["a longer range", "UPDATE environments SET last_id = 25", "changed-behind-the-log"],
	["a shorter range", "UPDATE environments SET last_id = 7", "ids-do-not-add-up"],
	["another port rule", "UPDATE environments SET port_base = 30000", "changed-behind-the-log"],
	["no quarantine", "UPDATE environments SET quarantine_days = 0", "changed-behind-the-log"],
	[
		"an environment added",
		`INSERT INTO environments (name, first_id, last_id, port_base, port_stride, quarantine_days)
		VALUES ('secret', 1, 1, 1000, 1, 0)`,
		"changed-behind-the-log",
	],
	["an installation edited", "UPDATE installations SET outcome = 'failed'", "changed-behind-the-log"],
	["an installation deleted", "DELETE FROM installations", "changed-behind-the-log"],
	["the first event deleted", "DELETE FROM events WHERE seq = 1", "event-log-changed"],
	["an event deleted", "DELETE FROM events WHERE seq = 3", "event-log-changed"],
	["the last event deleted", "DELETE FROM events WHERE seq = 6", "changed-behind-the-log"],
	[
		"two events exchanged",
		"UPDATE events SET seq = 99 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = 99",
		"event-log-changed",
	],
	["an event that is no longer JSON", `UPDATE events SET "after" = '{' WHERE seq = 5`, "event-log-changed"],
	[
		"an event of an installation that is no longer JSON",
		`UPDATE events SET "after" = '{' WHERE seq = 6`,
		"event-log-changed",
	],
	...[
		"at",
		"actor",
		"machine",
		"command",
		"action",
		"environment",
		"subject",
		"before",
		"note",
		"request_key",
		"hash",
	].map((column): [string, string, string] => [
		`another ${column} in an event`,
		`UPDATE events SET "${column}" = 'x' WHERE seq = 5`,
		"event-log-changed",
	]),
	["another id in an event", "UPDATE events SET id = 9 WHERE seq = 5", "event-log-changed"],
	["an event's before that was left out", `UPDATE events SET "before" = NULL WHERE seq = 5`, "event-log-changed"],
];

/** `check` finds what no command of the tool has done. */
export function checkContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(async () => {
		const ana = anAllocation(1, { user: "CORP\\ana" });
		const resting = aRest(8, "2026-04-01T08:00:00.000Z");
		await make(registry(), [
			environmentChange(null, anEnvironment()),
			idChange(null, ana),
			idChange(null, aReservation(2)),
			idChange(null, anAllocation(8)),
		]);
		await make(registry(), [idChange(anAllocation(8), resting), installationChange(null, anInstallation())]);
	});

	it("finds nothing wrong with what the tool itself did, and says how much it looked at", async () => {
		expect(await registry().check(recordKinds)).toEqual({
			problems: [],
			remarks: [],
			checked: { environments: 1, allocations: 3, events: 6 },
		});
	});

	it("finds nothing wrong when an environment is set, removed and made again", async () => {
		const lab = anEnvironment({ name: "Lab" });
		const wider = anEnvironment({ name: "Lab", lastId: 30 });
		await make(registry(), [environmentChange(null, lab), idChange(null, aReservation(1, { environment: "Lab" }))]);
		await make(registry(), [environmentChange(lab, wider)]);
		await make(registry(), [environmentChange(wider, null)]);
		await make(registry(), [environmentChange(null, anEnvironment({ name: "LAB" }))]);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("finds nothing wrong with domains that come and go, and sees that one is gone", async () => {
		const plain = anEnvironment({ name: "Lab", domain: "LAB" });
		const domains = [
			{ name: "LAB", aliases: ["lab.example.com"] },
			{ name: "CORP", aliases: [] },
		];
		const more = { ...plain, domains };
		await make(registry(), [environmentChange(null, plain)]);
		await make(registry(), [environmentChange(plain, more)]);
		expect(await registry().read((view) => view.environment("Lab"))).toEqual(more);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
		await make(registry(), [environmentChange(more, plain)]);
		expect(await registry().read((view) => view.environment("Lab"))).toEqual(plain);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
		await make(registry(), [environmentChange(plain, more)]);
		await store().tamper("DELETE FROM domains");
		expect((await registry().check(recordKinds)).problems).toMatchObject([{ code: "changed-behind-the-log" }]);
		const events = await registry().read((view) => collect(view.events({ environment: "Lab" })));
		expect(events.map(({ after }) => "domains" in (after as object))).toEqual([false, true, false, true]);
	});

	it("tells environments apart as the store does", async () => {
		for (const name of ["Ärzte", "ärzte"]) {
			if ((await registry().read((view) => view.environment(name))) !== undefined) continue;
			const user = `CORP\\${name.codePointAt(0)}`;
			await make(registry(), [
				environmentChange(null, anEnvironment({ name })),
				idChange(null, anAllocation(1, { environment: name, user })),
			]);
		}
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it.each(tamperings)("finds %s", async (_, sql, code) => {
		await store().tamper(sql);
		const { problems } = await registry().check(recordKinds);
		expect(problems.map((problem) => problem.code)).toContain(code);
		for (const { message } of problems) expect(message).toMatch(/\.$/);
	});

	it("does not list the same thing a thousand times", async () => {
		const wide = anEnvironment({ name: "wide", lastId: 1500, portBase: 1000 });
		const many = Array.from({ length: 1000 }, (_, at) => anAllocation(at + 1, { environment: "wide" }));
		await make(registry(), [environmentChange(null, wide), ...many.map((row) => idChange(null, row))]);
		await store().tamper("UPDATE allocations SET note = 'x'");
		const { problems } = await registry().check(recordKinds);
		expect(problems.length).toBeGreaterThan(5);
		expect(problems.length).toBeLessThan(50);
	});
}
