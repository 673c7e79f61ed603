/**
 * Many processes allocate at once: node test/checks/race.mjs [--processes N] [--each N]
 *
 * All IDs must be distinct, all must be stored, and nobody may be turned away.
 */
import { join } from "node:path";
import { allocated, buildAll, expect, makeFolder, makeRegistry, numbersFrom, run, startWorker } from "./harness.mjs";

await run(async () => {
	const { processes, each } = numbersFrom({ processes: 16, each: 250 });
	await buildAll();
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
});
