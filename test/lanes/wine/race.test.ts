/** Many win32 processes on one registry, of two accounts: no ID twice, none lost, no error; also when some are killed. */
import fs from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, cliFolder, done, events, home, machineWithCli, trustToo } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
let other: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
	other = await wine.as("CONTOSO\\dora");
	await trustToo(other);
});
afterAll(() => wine?.dispose());

/**
 * A process that gives users IDs one after another, each by a whole `cfm ids allocate` on the built bundle, and notes
 * in a file, line by line, what was answered.
 */
const worker = (name: string, count: number): string[] => [
	"-e",
	`
		const { appendFileSync } = require("node:fs");
		const { load } = require(${JSON.stringify(`${cliFolder}\\bin\\run.cjs`)});
		const dist = ${JSON.stringify(`${cliFolder}\\dist`)};
		const { main } = load(dist + "\\\\cfm.cjs");
		(async () => {
			for (let at = 0; at < ${count}; at += 1) {
				let text = "";
				const streams = { out: (piece) => (text += piece, true), err: (piece) => { text += piece; },
					inIsTerminal: false, outIsTerminal: false, errIsTerminal: false, columns: 80, variables: process.env };
				const code = await main(["ids", "allocate", "${name}-" + at, "--json"], dist, streams);
				appendFileSync(${JSON.stringify(`${home}\\${name}.log`)}, JSON.stringify({ code, text }) + "\\n");
			}
		})();
	`,
];

/** What a worker was answered: user and ID. */
function answered(name: string): [string, number][] {
	const log = wine.path(`${home}\\${name}.log`);
	if (!fs.existsSync(log)) return [];
	const lines = fs.readFileSync(log, "utf8").split("\n").slice(0, -1);
	return lines.map((line) => {
		const { code, text } = JSON.parse(line);
		expect(text).toContain('"ok":true');
		expect(code).toBe(0);
		const [allocation] = JSON.parse(text).result.allocations;
		return [allocation.user, allocation.id];
	});
}

const holders = async (): Promise<[string, number][]> =>
	(await done(wine, ["ids", "list"])).allocations.map(({ user, id }: { user: string; id: number }) => [user, id]);

const byId = (a: [string, number], b: [string, number]): number => a[1] - b[1];

test("8 processes × 20 allocations, half of them another account's: 160 distinct IDs, no error", async () => {
	const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
	const outcomes = await Promise.all(
		names.map((name, at) =>
			(at % 2 === 0 ? wine : other).exec("node", worker(name, 20), { env: { CFM_HOME: home }, timeoutMs: 120_000 }),
		),
	);
	for (const outcome of outcomes) expect(outcome).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
	const given = names.flatMap(answered).sort(byId);
	expect(given.map(([, id]) => id)).toEqual(Array.from({ length: 160 }, (_, at) => at + 1));
	expect(await holders()).toEqual(given);
	expect((await events(wine)).filter(({ action }) => action === "allocate")).toHaveLength(160);
	expect(await done(wine, ["registry", "check"])).toMatchObject({ total: 0, checked: { allocations: 160 } });
});

test("whole commands at once: the same user gets one ID, different users different ones", async () => {
	const users = ["gleich", "GLEICH", "Gleich", "x1", "x2", "x3", "x4", "x5"];
	const answers = await Promise.all(users.map((user) => ask(wine, ["ids", "allocate", user])));
	const given = answers.map(({ exitCode, result }) => [exitCode, result?.allocations[0].id]);
	expect(given.map(([code]) => code)).toEqual(users.map(() => 0));
	const ids = given.map(([, id]) => id);
	expect(new Set(ids.slice(0, 3)).size).toBe(1);
	expect([...new Set(ids)].sort()).toEqual([161, 162, 163, 164, 165, 166]);
	expect(answers.filter(({ result }) => result.allocations[0].created)).toHaveLength(6);
});

test("processes that are ended in the middle: what was answered is there, and the registry is whole", async () => {
	const names = ["k0", "k1", "k2", "k3"];
	const workers = await Promise.all(
		names.map((name) => wine.start("node", worker(name, 1000), { env: { CFM_HOME: home } })),
	);
	for (const [at, { kill, done: ended }] of workers.entries()) {
		await expect.poll(() => answered(names[at] ?? "").length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(3);
		await kill();
		await ended;
	}
	const now = new Map((await holders()).map(([user, id]) => [user, id]));
	for (const [user, id] of names.flatMap(answered)) expect([user, now.get(user)]).toEqual([user, id]);
	expect(await done(wine, ["registry", "check"])).toMatchObject({ problems: [] });
	expect(await ask(wine, ["ids", "allocate", "danach"])).toMatchObject({ exitCode: 0 });
});
