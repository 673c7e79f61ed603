/**
 * A process that changes the registry, one request at a time, and says so line by line: `ready`, then
 * `did NUMBER allocate|release USER ID` for each, only once it is acknowledged, then `done LONGEST-WAIT-MS`.
 * Made to be killed: `node worker.cjs TASK-AS-JSON`.
 */
import { readSync, writeSync } from "node:fs";
import { operation } from "./operations.mjs";
import { openProduct } from "./product.js";

const task = JSON.parse(process.argv[2] ?? "{}") as {
	registry: string;
	environment: string;
	name: string;
	/** The operation to begin with. */
	from: number;
	/** How many to do; absent: until killed. */
	count?: number;
	/** See `operation`. */
	live: number;
	/** The first one was under way when the worker before was killed: say what is stored, then ask twice again. */
	repeat?: boolean;
	/** Close and open the registry after this many, so that the clean end of a connection is met too. */
	reopenAfter?: number;
	/** Open the registry, then wait for a byte on stdin. */
	wait?: boolean;
	/** SQLite's settings, against the product's own: a control run takes `synchronous: "NORMAL"`. */
	pragmas?: Record<string, string | number>;
};

const open = () => openProduct(task.registry, task.pragmas ?? {});
// One plain write a line: nothing is buffered in the process, so what was acknowledged is out before the next request.
const say = (line: string) => writeSync(1, `${line}\n`);

async function work(): Promise<void> {
	let product = await open();
	say("ready");
	if (task.wait) readSync(0, Buffer.alloc(1));

	let longest = 0;
	const end = task.from + (task.count ?? Number.POSITIVE_INFINITY);
	for (let number = task.from; number < end; number++) {
		const again = task.repeat && number === task.from;
		const { kind, user, key } = operation(task.name, number, task.live);
		if (again) say(`stored ${number} ${(await product.find(task.environment, user)) ?? "-"}`);
		const begun = performance.now();
		const id = await product[kind](task.environment, user, key);
		longest = Math.max(longest, performance.now() - begun);
		say(`did ${number} ${kind} ${user} ${id}`);
		if (again) say(`again ${number} ${await product[kind](task.environment, user, key)}`);
		if (task.reopenAfter !== undefined && number % task.reopenAfter === task.reopenAfter - 1) {
			product.close();
			product = await open();
		}
	}
	product.close();
	say(`done ${Math.round(longest)}`);
}

work().catch((error) => {
	console.error(error);
	process.exitCode = 1;
});
