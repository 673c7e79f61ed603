/**
 * A process that works on a registry through the product's own code, and says how long it took as one JSON line.
 * `node worker.mjs TASK-AS-JSON`.
 */
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from "node:fs";
import { parseAccount } from "../src/lib/account/account.js";
import { openSqliteRegistry } from "../src/lib/adapters/sqlite/open.js";
import { defaults } from "../src/lib/environment/plan.js";
import { allocationAnswer, planAllocation } from "../src/lib/id/allocate.js";
import { carryOut } from "../src/lib/registry/carry-out.js";
import type { Change, Environment, Origin, Registry } from "../src/lib/registry/port.js";

type Task =
	| { do: "fill"; registry: string; rows: number }
	| { do: "allocate"; registry: string; name: string; count: number; wait?: boolean }
	| { do: "append"; file: string; bytes: number; count: number };

/** IDs of one environment; every port stays below 65,536. */
const idsPerEnvironment = 40_000;

const task = JSON.parse(process.argv[2] ?? "") as Task;
if (task.do === "fill") await fill(task.registry, task.rows);
else if (task.do === "allocate") await allocate(task);
else append(task);

/** Gives IDs to users until there are so many rows, environment after environment; the last one keeps room. */
async function fill(file: string, rows: number): Promise<void> {
	const registry = await openSqliteRegistry(file, { readonly: false });
	for (let filled = await total(registry); ; ) {
		const environment = environmentAt(filled);
		await addEnvironment(registry, environment);
		if (filled >= rows) break;
		const end = Math.min(rows, filled + 10_000, (Math.floor(filled / idsPerEnvironment) + 1) * idsPerEnvironment);
		const users = Array.from({ length: end - filled }, (_, at) => userAt(filled + at));
		await give(registry, environment, users);
		filled = end;
	}
	registry.close();
	say({});
}

/** One user after the other, each in a durable transaction of its own. */
async function allocate({ registry: file, name, count, wait }: Extract<Task, { do: "allocate" }>): Promise<void> {
	const registry = await openSqliteRegistry(file, { readonly: false });
	const environment = environmentAt(await total(registry));
	await addEnvironment(registry, environment);
	const ids: number[] = [];
	let longest = 0;
	if (wait) {
		say({ ready: true });
		readSync(0, Buffer.alloc(1));
	}
	const begun = performance.now();
	for (let at = 0; at < count; at++) {
		const asked = performance.now();
		ids.push(...(await give(registry, environment, [`CORP\\${name}.${at}`])));
		longest = Math.max(longest, performance.now() - asked);
	}
	const ms = performance.now() - begun;
	registry.close();
	say({ ms, longest, ids, environment });
}

/** What any durable log must do: append a record, wait until it is on the disk, append the next one. */
function append({ file, bytes, count }: Extract<Task, { do: "append" }>): void {
	const record = Buffer.alloc(bytes, "x");
	const handle = openSync(file, "a", 0o600);
	const begun = performance.now();
	for (let at = 0; at < count; at++) {
		writeSync(handle, record);
		fdatasyncSync(handle);
	}
	const ms = performance.now() - begun;
	closeSync(handle);
	say({ ms });
}

async function give(registry: Registry, environment: string, users: readonly string[]): Promise<number[]> {
	const request = { environment, applicants: users.map((user) => ({ account: parseAccount(user) })) };
	const answer = await carryOut(registry, origin("ids allocate"), {
		plan: (view) => planAllocation(view, request),
		answer: allocationAnswer,
	});
	return answer.allocations.map(({ id }) => id);
}

async function addEnvironment(registry: Registry, name: string): Promise<void> {
	await carryOut(registry, origin("environments add"), {
		plan: async (view) => {
			const after: Environment = { ...defaults, name, lastId: idsPerEnvironment };
			const change: Change = { of: "environment", action: "add-environment", environment: name, before: null, after };
			return { changes: (await view.environment(name)) === undefined ? [change] : [] };
		},
		answer: () => ({}),
	});
}

function total(registry: Registry): Promise<number> {
	return registry.read((view) => view.countAllocations({}));
}

function environmentAt(filled: number): string {
	return `farm-${1 + Math.floor(filled / idsPerEnvironment)}`;
}

function userAt(number: number): string {
	return `CORP\\user.${number}`;
}

function origin(command: string): Origin {
	const requestKey = `${Date.now().toString(36)}-${process.pid.toString(36)}`;
	return { actor: "CORP\\admin", machine: "bench", command, requestKey, repeatable: false, fingerprint: "" };
}

function say(what: object): void {
	writeSync(1, `${JSON.stringify(what)}\n`);
}
