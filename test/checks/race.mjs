/**
 * Many processes work on one registry at once: npm run check:race -- [--processes N] [--each N] [--rounds N]
 *
 * First all of them allocate: all IDs must be distinct, all must be stored, and nobody may be turned away. Then they
 * allocate while the registry is brought up to date, backed up and restored again and again. Every ID that was
 * acknowledged must be in the registry, or a restore must have told that it is forgotten; and none may be given to two.
 */
import { closeSync, copyFileSync, openSync, readdirSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
	allocated,
	buildAll,
	cli,
	expect,
	makeFolder,
	makeRegistry,
	numbersFrom,
	pause,
	randomFrom,
	root,
	run,
	startWorker,
} from "./harness.mjs";

/** Bytes of a page of a registry. */
const pageSize = 2048;

await run(async () => {
	const { processes, each, rounds, seed } = numbersFrom({
		processes: 16,
		each: 250,
		rounds: 12,
		seed: Date.now() % 1_000_000,
	});
	console.log(`seed ${seed}`);
	await buildAll();
	await allocateAtOnce(processes, each);
	for (const how of /** @type {const} */ (["whole", "damaged", "gone"])) {
		await allocateThroughRestores(how, Math.max(2, Math.floor(rounds / 3)), randomFrom(seed));
	}
});

/**
 * @param {number} processes
 * @param {number} each
 */
async function allocateAtOnce(processes, each) {
	const folder = makeFolder();
	const registry = join(folder.path, "registry.db");
	await makeRegistry(registry);

	const workers = Array.from({ length: processes }, (_, at) =>
		startWorker({ registry, environment: "busy", name: `w${at}`, from: 0, live: 0, count: each, wait: true }),
	);
	await Promise.all(workers.map(({ ready }) => ready));
	const begun = performance.now();
	for (const { child } of workers) child.stdin.end("go");
	const reports = await Promise.all(workers.map(({ report }) => report));
	const seconds = (performance.now() - begun) / 1000;

	const done = reports.flatMap((report) => report.done);
	const ids = new Set(done.map(({ id }) => id));
	const stored = await allocated(registry);
	folder.remove();
	const wrong = done.filter(({ user, id }) => stored.get(user) !== id).length;
	const longest = Math.max(...reports.map(({ longestWait }) => longestWait));
	console.log(
		`${processes} processes, ${done.length} allocations, ${ids.size} distinct IDs, ${wrong} not stored, ` +
			`longest wait ${longest} ms, ${Math.round(done.length / seconds)} allocations/s`,
	);
	const all = processes * each;
	const own = done.length === all && ids.size === all && stored.size === all && wrong === 0;
	expect(own, "not every allocation got an ID of its own");
}

/**
 * Three workers with one connection each, and one that opens the registry again all the time, allocate in a registry of
 * schema 4 that is brought up to date under them; then it is backed up and restored `rounds` times.
 *
 * @param {"whole" | "damaged" | "gone"} how the registry is when it is restored: in the two other cases what was given since
 *   the backup can't be told, so nobody allocates between that backup and the restore
 * @param {number} rounds
 * @param {ReturnType<typeof randomFrom>} random
 */
async function allocateThroughRestores(how, rounds, random) {
	const folder = makeFolder();
	const registry = join(folder.path, "registry.db");
	copyFileSync(join(root, "test/contract/schema-4/registry.db"), registry);
	const migrations = await Promise.all([1, 2].map(() => cli(registry, ["registry", "migrate", "--yes"])));
	expect(
		migrations.some(({ result }) => result.changed),
		"nobody brought the registry up to date",
	);
	await cli(registry, ["environments", "add", "busy", "--range", "1-20000"]);
	/** @type {Map<number, string>} ID → user, as acknowledged, whatever became of it */
	const given = new Map();
	/** @type {Map<string, number>} */
	const expected = new Map();
	let told = 0;
	const from = 0;
	for (let round = 0; round < rounds; round++) {
		const names = ["a", "b", "c", "d"];
		const workers = names.map((name) =>
			startWorker({
				...{ registry, environment: "busy", name: `${name}${round}`, from, live: 0, wait: true },
				...(name === "d" ? { reopenAfter: 3 } : {}),
			}),
		);
		await Promise.all(workers.map(({ ready }) => ready));
		const stop = () =>
			Promise.all(
				workers.map(({ child, report }) => {
					child.kill("SIGKILL");
					return report;
				}),
			);
		for (const { child } of workers) child.stdin.end("go");
		await pause(random.below(200));
		// The log of changes as it is while they work: in the place of a file that is gone it is another one's.
		copyFileSync(`${registry}-wal`, join(folder.path, "stale"));
		/** @type {Awaited<ReturnType<typeof stop>>} */
		let reports = [];
		if (how !== "whole") reports = await stop();
		const [one, other] = await Promise.all(
			[1, 2].map(() => cli(registry, ["registry", "backup", folder.path, "--keep", "2"])),
		);
		expect(one?.result.file !== other?.result.file, "two backups have one name");
		await pause(random.below(200));
		if (how === "damaged") damage(registry, random);
		if (how === "gone") {
			for (const part of ["", "-shm"]) rmSync(registry + part, { force: true });
			copyFileSync(join(folder.path, "stale"), `${registry}-wal`);
		}
		const restored = await cli(registry, ["registry", "restore", folder.path, "--confirm", "registry.db"]);
		await pause(random.below(100));
		if (how === "whole") reports = await stop();

		for (const { user, id } of reports.flatMap(({ done }) => done)) {
			expect(!given.has(id), `ID ${id} was given to ${given.get(id)} and to ${user}`);
			given.set(id, user);
			expected.set(user, id);
		}
		for (const { user, id } of restored.result.forgotten) {
			told++;
			expect(expected.get(user) === undefined || expected.get(user) === id, `${user} is told to have had ID ${id}`);
			expected.delete(user);
		}
		const stored = await allocated(registry);
		for (const [user, id] of expected) {
			expect(
				stored.get(user) === id,
				`${user} was given ID ${id}; stored is ${stored.get(user) ?? "none"}, and nobody told`,
			);
		}
		const left = readdirSync(folder.path).filter((name) => /unfinished|restoring|\.lock$/.test(name));
		expect(left.length === 0, `left behind: ${left.join(", ")}`);
	}
	const backups = readdirSync(folder.path).filter((name) => /^registry-.*\.db$/.test(name));
	expect(backups.length === 2, `${backups.length} backups are left of the two to keep`);
	folder.remove();
	console.log(
		`${rounds} restores of a registry that was ${how}: ${given.size} IDs given, ${told} told as forgotten, 0 lost, 0 double`,
	);
}

/**
 * Ruins a page of a file, any but the first.
 *
 * @param {string} file
 * @param {ReturnType<typeof randomFrom>} random
 */
function damage(file, random) {
	const pages = statSync(file).size / pageSize;
	const handle = openSync(file, "r+");
	writeSync(handle, Buffer.alloc(pageSize, 0xa5), 0, pageSize, (1 + random.below(pages - 1)) * pageSize);
	closeSync(handle);
}
