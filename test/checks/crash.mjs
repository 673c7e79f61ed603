/**
 * Processes are killed at random moments: npm run check:crash -- [--kills N] [--processes P] [--seed N]
 *
 * Several workers at a time allocate and release one by one in a shared registry and are killed by SIGKILL; the next
 * one asks first for what was under way, under the same request key, and must get the answer of the first time. One
 * kill in ten hits a whole `cfm` process instead. After every 50 kills the store must be sound, hold exactly what was
 * acknowledged, and its history must never have given an ID that somebody had.
 *
 * The seed repeats the choices; when exactly a process dies is up to the machine.
 */
import { join } from "node:path";
import {
	allocated,
	buildAll,
	cli,
	expect,
	Failure,
	makeFolder,
	makeRegistry,
	numbersFrom,
	pause,
	randomFrom,
	run,
	startCli,
	startWorker,
} from "./harness.mjs";
import { operation } from "./operations.mjs";

/** @typedef {import("./harness.mjs").Random} Random */

const killsPerRegistry = 50;

/** Users of one worker who keep their ID at a time. */
const live = 100;

/** How long a whole command takes here, in ms; follows the machine. */
let commandTime = 80;

await run(async () => {
	const options = numbersFrom({ kills: 500, processes: 3, seed: Date.now() % 1_000_000 });
	console.log(`seed ${options.seed}`);
	await buildAll();
	const random = randomFrom(options.seed);
	const tally = { workers: 0, commands: 0, acknowledged: 0, repeated: 0, carriedOut: 0 };
	const kills = () => tally.workers + tally.commands;
	const begun = performance.now();
	let told = begun;
	while (kills() < options.kills) {
		await batch(Math.min(killsPerRegistry, options.kills - kills()), options.processes, random, tally);
		if (performance.now() - told < 30_000) continue;
		told = performance.now();
		console.error(`${kills()} kills, ${tally.acknowledged} requests acknowledged`);
	}
	const seconds = (performance.now() - begun) / 1000;
	console.log(
		`${kills()} kills (${tally.workers} of workers, ${tally.commands} of whole commands) in ${Math.round(seconds)} s, ` +
			`${tally.acknowledged} requests acknowledged, 0 lost, 0 double; ${tally.repeated} under way repeated, ` +
			`${tally.carriedOut} of them had been carried out and got the same answer`,
	);
});

/**
 * @typedef {object} Tally
 * @property {number} workers how many were killed
 * @property {number} commands how many were killed
 * @property {number} acknowledged requests
 * @property {number} repeated requests that were under way at a kill, and asked again
 * @property {number} carriedOut of these, how many had been carried out
 */

/**
 * A fresh registry, `kills` kills, and the account of it.
 *
 * @param {number} kills
 * @param {number} processes
 * @param {Random} random
 * @param {Tally} tally
 */
async function batch(kills, processes, random, tally) {
	const folder = makeFolder();
	const registry = join(folder.path, "registry.db");
	try {
		await killInit(registry, random, tally);
		await makeRegistry(registry);
		const end = tally.workers + tally.commands + kills - 1;
		const mayKill = () => tally.workers + tally.commands < end;
		/** @type {Map<string, number>} */
		const expected = new Map();
		const lanes = [commandLane(registry, Math.floor(kills / 10), mayKill, random, tally, expected)];
		for (let at = 0; at < processes; at++) lanes.push(workerLane(registry, `w${at}`, mayKill, random, tally, expected));
		await Promise.all(lanes);
		compare(await allocated(registry), expected);
		checkHistory(await history(registry));
	} catch (error) {
		if (error instanceof Failure) throw new Failure(`${error.message}; see ${registry}`);
		throw error;
	}
	folder.remove();
}

/**
 * Kills workers that follow one another, each going on where the last one died.
 *
 * @param {string} registry
 * @param {string} name
 * @param {() => boolean} mayKill
 * @param {Random} random
 * @param {Tally} tally
 * @param {Map<string, number>} expected user → ID, as acknowledged
 */
async function workerLane(registry, name, mayKill, random, tally, expected) {
	let from = 0;
	let repeat = false;
	const task = () => ({ registry, environment: "busy", name, from, live, repeat });
	/** @param {Awaited<ReturnType<typeof startWorker>["report"]>} report */
	const account = ({ done, stored, again }) => {
		const [first] = done;
		if (repeat && first) checkRepeated(first, stored, again, expected, tally);
		for (const { number, kind, user, id } of done) {
			expect(number === from && user === operation(name, number, live).user, `${name} lost its place at ${number}`);
			if (kind === "allocate") expected.set(user, id);
			else expected.delete(user);
			from++;
		}
		tally.acknowledged += done.length;
	};
	while (mayKill()) {
		const { child, ready, report } = startWorker(task());
		// Mostly while it works; at times while it opens the registry, which may be left to it to recover.
		if (random.below(8) > 0) await ready;
		await pause(random.below(random.pick([20, 100, 400])));
		child.kill("SIGKILL");
		const told = await report;
		if (told.killed) tally.workers++;
		account(told);
		repeat = true;
	}
	account(await startWorker({ ...task(), count: 1 }).report);
}

/**
 * A request that was under way at a kill must have happened or not, and asked again must give the one answer.
 *
 * @param {import("./harness.mjs").Done} done
 * @param {string | undefined} stored the user's ID before it was asked again
 * @param {string | undefined} again the answer when asked a third time; undefined when killed before it
 * @param {Map<string, number>} expected
 * @param {Tally} tally
 */
function checkRepeated({ kind, user, id }, stored, again, expected, tally) {
	tally.repeated++;
	const carriedOut = (stored !== "-") === (kind === "allocate");
	if (carriedOut) tally.carriedOut++;
	const before = kind === "release" ? expected.get(user) : carriedOut ? Number(stored) : id;
	expect(before === id, `${kind} of ${user}, who had ID ${before}, was answered ${id}`);
	expect(again === undefined || Number(again) === id, `${kind} of ${user} was answered ${id}, then ${again}`);
}

/**
 * Kills whole commands: allocations, and releases of what they got.
 *
 * @param {string} registry
 * @param {number} count
 * @param {() => boolean} mayKill
 * @param {Random} random
 * @param {Tally} tally
 * @param {Map<string, number>} expected
 */
async function commandLane(registry, count, mayKill, random, tally, expected) {
	for (let number = 0; number < count && mayKill(); number++) {
		const user = `c.u${number}`;
		const id = await killCommand(registry, "allocate", user, random, tally);
		expected.set(user, id);
		if (random.below(3) > 0) continue;
		const released = await killCommand(registry, "release", user, random, tally);
		expect(released === id, `${user} had ID ${id} and gave back ${released}`);
		expected.delete(user);
	}
}

/**
 * @param {string} registry
 * @param {"allocate" | "release"} kind
 * @param {string} user
 * @param {Random} random
 * @param {Tally} tally
 * @returns {Promise<number>} the ID
 */
async function killCommand(registry, kind, user, random, tally) {
	const args = ["ids", kind, user, "--environment", "busy", "--request-id", `${kind}-${user}`];
	if (kind === "release") args.push("--yes");
	const first = startCli(registry, [...args, "--json"]);
	const { code, stdout, stderr } = await killedSoon(first, random, tally);
	expect(code === null || code === 0, `cfm ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
	const acknowledged = stdout.endsWith("\n") ? idIn(JSON.parse(stdout).result) : undefined;
	const stored = (await history(registry, user)).findLast(({ action }) => action === kind);
	const id = idIn((await cli(registry, args)).result);
	const again = idIn((await cli(registry, args)).result);
	tally.repeated++;
	if (stored) tally.carriedOut++;
	const before = acknowledged ?? (stored && idOf(stored));
	expect(acknowledged === undefined || stored !== undefined, `${kind} of ${user} was acknowledged and is not stored`);
	expect(before === undefined || before === id, `${kind} of ${user} was answered ${before}, then ${id}`);
	expect(again === id, `${kind} of ${user} was answered ${id}, then ${again}`);
	tally.acknowledged++;
	return id;
}

/**
 * `cfm init` killed on its way must leave nothing that a second one cannot finish.
 *
 * @param {string} registry
 * @param {Random} random
 * @param {Tally} tally
 */
async function killInit(registry, random, tally) {
	await killedSoon(startCli(registry, ["init", "--yes", "--json"]), random, tally);
}

/**
 * @param {ReturnType<typeof startCli>} command
 * @param {Random} random
 * @param {Tally} tally
 */
async function killedSoon({ child, ended }, random, tally) {
	const begun = performance.now();
	let over = false;
	ended.then(() => {
		over = true;
	});
	// The first third is Node's own start.
	await pause(commandTime / 3 + random.below(commandTime));
	if (!over) child.kill("SIGKILL");
	const result = await ended;
	if (result.code === null) tally.commands++;
	else commandTime = 0.8 * commandTime + 0.2 * (performance.now() - begun);
	return result;
}

/** @typedef {{ action: string, subject: string, before: any, after: any }} Event */

/**
 * @param {string} registry
 * @param {string[]} user whose, or everybody's
 * @returns {Promise<Event[]>} oldest first
 */
async function history(registry, ...user) {
	const { result } = await cli(registry, ["ids", "history", ...user, "--environment", "busy"], [0, 3]);
	return result?.events ?? [];
}

/** @param {Event} event */
function idOf({ before, after }) {
	return (after ?? before).id;
}

/** @param {any} result of `ids allocate` or `ids release` for one user */
function idIn(result) {
	return /** @type {number} */ (result.allocations[0].id);
}

/**
 * @param {Map<string, number>} stored
 * @param {Map<string, number>} expected
 */
function compare(stored, expected) {
	for (const [user, id] of expected) {
		expect(stored.get(user) === id, `${user} was given ID ${id}, stored is ${stored.get(user) ?? "none"}`);
	}
	for (const [user, id] of stored) expect(expected.has(user), `${user} has ID ${id} and should have none`);
}

/**
 * Follows every ID through time: it is given only while nobody has it.
 *
 * @param {Event[]} events
 */
function checkHistory(events) {
	/** @type {Map<number, string>} */
	const holders = new Map();
	for (const event of events) {
		const id = idOf(event);
		if (event.action === "allocate") {
			expect(!holders.has(id), `ID ${id} was given to ${event.subject} while ${holders.get(id)} had it`);
			holders.set(id, event.subject);
		} else if (event.action === "release") {
			expect(holders.get(id) === event.subject, `${event.subject} released ID ${id}, which was ${holders.get(id)}'s`);
			holders.delete(id);
		}
	}
}
