/**
 * The power goes out while IDs are allocated: npm run check:power -- [--rounds N] [--control N] [--nth N] [--seed N]
 *
 * Each round starts from a disk on which all is durable, runs one or two processes that allocate IDs one by one under
 * `power/powerloss.c`, kills them at a random moment, and builds what the disk could then hold: synced bytes for
 * certain, anything of the rest (`power/disk.mjs`). On that disk the store must be sound, every acknowledged ID there,
 * and none of them given again. Often the next round starts from that very disk, not yet recovered.
 *
 * The control rounds do the same with synchronous=NORMAL, which does lose IDs: when it loses none here, the model
 * has no teeth and the check fails.
 *
 * Before that, `init`, `registry backup` and `registry restore` are cut after each of their changes, or each Nth
 * (`power/commands.mjs`).
 *
 * The seed repeats what survives of given writes; when a process dies is up to the machine.
 */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
	allocated,
	buildAll,
	expect,
	Failure,
	makeFolder,
	makeRegistry,
	numbersFrom,
	pause,
	randomFrom,
	run,
	startWorker,
} from "./harness.mjs";
import { operation } from "./operations.mjs";
import { cutCommands } from "./power/commands.mjs";
import { Disk, readFiles, readJournals, writeImage } from "./power/disk.mjs";
import { buildRecorder, recorded } from "./power/recorder.mjs";

/** @typedef {import("./harness.mjs").Random} Random */

/**
 * What is on a disk when a round begins.
 *
 * @typedef {object} Start
 * @property {Map<string, Buffer>} files
 * @property {Map<string, number>} acknowledged user → ID
 */

/**
 * @typedef {object} Tally
 * @property {number} rounds
 * @property {number} acknowledged IDs
 * @property {number} atStake rounds in which something was written and not synced when the power went
 * @property {number} lost IDs
 * @property {number} roundsWithLoss
 * @property {number} double IDs given again
 */

await run(async () => {
	const options = numbersFrom({ rounds: 200, control: 20, nth: 1, seed: Date.now() % 1_000_000 });
	console.log(`seed ${options.seed}`);
	buildRecorder();
	await buildAll();
	console.log(await cutCommands(options.seed, options.nth));
	const fresh = await freshDisk();
	const control = await series(options.control, options.seed, fresh, { synchronous: "NORMAL" });
	const held = await series(options.rounds, options.seed + 1, fresh, {});
	console.log(`control, synchronous=NORMAL: ${summary(control)}`);
	console.log(`as shipped: ${summary(held)}`);
	expect(control.lost > 0, "the control lost nothing: the model has no teeth");
	expect(held.lost + held.double === 0, "the power loss took acknowledged IDs");
});

/** @returns {Promise<Start>} */
async function freshDisk() {
	const folder = makeFolder();
	await makeRegistry(join(folder.path, "registry.db"));
	const files = readFiles(folder.path);
	folder.remove();
	return { files, acknowledged: new Map() };
}

/**
 * @param {number} rounds
 * @param {number} seed
 * @param {Start} fresh
 * @param {Record<string, string>} pragmas
 * @returns {Promise<Tally>}
 */
async function series(rounds, seed, fresh, pragmas) {
	/** @type {Tally} */
	const tally = { rounds: 0, acknowledged: 0, atStake: 0, lost: 0, roundsWithLoss: 0, double: 0 };
	let begun = 0;
	const lane = async () => {
		let start = fresh;
		while (begun < rounds) {
			const number = begun++;
			const random = randomFrom(seed * 100_003 + number);
			const { next, broken } = await round(start, `r${number}`, random, pragmas, tally);
			// Not for ever: the environment has 20,000 IDs.
			const goOn = !broken && next.acknowledged.size < 10_000 && random.below(4) > 0;
			start = goOn ? next : fresh;
			tally.rounds++;
		}
	};
	await Promise.all(Array.from({ length: availableParallelism() }, lane));
	return tally;
}

/**
 * @param {Start} start
 * @param {string} name
 * @param {Random} random
 * @param {Record<string, string>} pragmas
 * @param {Tally} tally
 * @returns {Promise<{ next: Start, broken: boolean }>}
 */
async function round(start, name, random, pragmas, tally) {
	const work = makeFolder();
	const folder = join(work.path, "disk");
	const journals = join(work.path, "journals");
	const probe = join(work.path, "probe");
	for (const path of [folder, journals, probe]) mkdirSync(path, { mode: 0o700 });
	writeImage(start.files, folder);
	const disk = new Disk(folder);

	const workers = await runUntilCut(folder, journals, name, random, pragmas);
	const acknowledged = new Map(start.acknowledged);
	const given = new Set(acknowledged.values());
	let double = 0;
	for (const { user, id } of workers.flatMap(({ done }) => done)) {
		if (given.has(id)) double++;
		given.add(id);
		acknowledged.set(user, id);
	}

	const { notes, last } = readJournals(journals);
	disk.replay(notes);
	disk.mustEqual(last);
	const image = disk.image(random);
	writeImage(image, probe);

	try {
		const registry = join(probe, "registry.db");
		const survived = await allocated(registry);
		const lost = [...acknowledged].filter(([user, id]) => survived.get(user) !== id);
		for (const worker of workers) {
			// The request that was under way, asked again as a script would: the ID it got already, or a fresh one.
			const { user } = operation(worker.name, worker.done.length, 0);
			const task = { registry, environment: "busy", name: worker.name, from: worker.done.length, live: 0 };
			const { done, again } = await startWorker({ ...task, count: 1, repeat: true }).report;
			const id = done[0]?.id ?? -1;
			const before = survived.get(user);
			expect(before === undefined || before === id, `${user} had ID ${before} and got ${id} as well`);
			expect(Number(again) === id, `${user} was answered ${id}, then ${again}`);
			if (given.has(id)) double++;
			given.add(id);
			survived.delete(user);
		}
		const strangers = [...survived.keys()].filter((user) => !acknowledged.has(user) && !isUnderWay(user, start));
		expect(strangers.length === 0, `nobody asked for ${strangers}`);
		tally.acknowledged += acknowledged.size - start.acknowledged.size;
		tally.lost += lost.length;
		tally.double += double;
		if (lost.length > 0) tally.roundsWithLoss++;
		if (disk.unsynced > 0) tally.atStake++;
		const broken = lost.length + double > 0;
		if (broken && pragmas.synchronous === undefined) {
			console.error(`${name}: lost ${lost.length}, double ${double}, for example ${lost[0]}; see ${work.path}`);
		} else work.remove();
		return { next: { files: image, acknowledged }, broken };
	} catch (error) {
		if (error instanceof Failure) throw new Failure(`${name}: ${error.message}; see ${work.path}`);
		throw error;
	}
}

/**
 * Whether a user's request was under way at an earlier cut on this disk, and so may have been carried out.
 *
 * @param {string} user
 * @param {Start} start
 */
function isUnderWay(user, start) {
	const [worker, number] = user.split(".u");
	return Number(number) === 0 || start.acknowledged.has(`${worker}.u${Number(number) - 1}`);
}

/**
 * @param {string} folder
 * @param {string} journals
 * @param {string} name
 * @param {Random} random
 * @param {Record<string, string>} pragmas
 */
async function runUntilCut(folder, journals, name, random, pragmas) {
	// Frequent checkpoints and clean ends put the other moments at stake: the WAL's reset and its removal.
	const reopenAfter = random.pick([undefined, undefined, 1, 15]);
	const checkpoint = random.pick([1000, 1000, 100, 20]);
	// Half of the cuts come after a number of changes, half after a time. Few changes: while the registry is being opened,
	// and recovered from the cut before.
	const changes = random.below(2) === 0 ? undefined : 1 + random.below(random.pick([60, 600, 4000]));
	const workers = Array.from({ length: random.pick([1, 1, 2]) }, (_, at) => {
		const worker = `${name}w${at}`;
		const task = {
			registry: join(folder, "registry.db"),
			environment: "busy",
			name: worker,
			from: 0,
			live: 0,
			...(reopenAfter === undefined ? {} : { reopenAfter }),
			pragmas: pragmas.synchronous === undefined ? { wal_autocheckpoint: checkpoint } : pragmas,
		};
		const started = startWorker(task, recorded(folder, journals, at === 0 ? changes : undefined));
		return { worker, ...started };
	});
	if (changes !== undefined) await workers[0]?.report;
	else {
		await Promise.all(workers.map(({ ready }) => ready));
		await pause(random.below(150));
	}
	for (const { child } of workers) child.kill("SIGKILL");
	const reports = await Promise.all(workers.map(({ report }) => report));
	return reports.map(({ done }, at) => ({ name: workers[at]?.worker ?? "", done }));
}

/** @param {Tally} tally */
function summary({ rounds, acknowledged, atStake, lost, roundsWithLoss, double }) {
	const fate = `${lost} lost${lost > 0 ? ` in ${roundsWithLoss} rounds` : ""}, ${double} double`;
	return `${rounds} rounds (${atStake} with unsynced writes), ${acknowledged} IDs acknowledged, ${fate}`;
}
