/**
 * A process that works on a registry through the product's own code, and says how long it took as one JSON line.
 * `node worker.mjs TASK-AS-JSON`.
 */
import { spawn } from "node:child_process";
import { fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { parseAccount } from "../src/lib/account/account.js";
import { openSqliteRegistry } from "../src/lib/adapters/registry-sqlite/open.js";
import { type Environment, environments } from "../src/lib/environment/environment.js";
import { defaults } from "../src/lib/environment/plan.js";
import { allocateIds } from "../src/lib/id/allocate.js";
import { carryOut } from "../src/lib/operation/carry-out.js";
import type { Plan, RegistryOperation } from "../src/lib/operation/operation.js";
import { accesses } from "../src/lib/registered/access.js";
import { certificates } from "../src/lib/registered/certificate.js";
import { recordChange } from "../src/lib/registry/kind.js";
import type { Attribution, Registry } from "../src/lib/registry/registry.js";

type Task =
	| { do: "fill"; registry: string; rows: number }
	| { do: "certificates"; registry: string; rows: number }
	| { do: "allocate"; registry: string; name: string; count: number; wait?: boolean }
	| { do: "turns"; contestants: Contestant[]; turns: number; each: number };

/** Somebody who makes `each` durable changes when it is their turn. */
type Contestant =
	| { product: string; name: string }
	| { append: string; bytes: number }
	| { shell: string; script: string };

/** IDs of one environment; every port stays below 65,536. */
const idsPerEnvironment = 40_000;

/** Who asks for every ID. */
const asking = attribution("ids allocate");

const task = JSON.parse(process.argv[2] ?? "") as Task;
if (task.do === "fill") await fill(task.registry, task.rows);
else if (task.do === "certificates") await register(task.registry, task.rows);
else if (task.do === "allocate") await allocate(task);
else await takeTurns(task);

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

/**
 * Registers so many certificates and access to each, with what the filters of a list look at; none of it ends within weeks.
 * Their bytes are as many as real ones have, and no certificate.
 */
async function register(file: string, rows: number): Promise<void> {
	const registry = await openSqliteRegistry(file, { readonly: false });
	const day = 86_400_000;
	const iso = (ms: number) => new Date(ms).toISOString();
	const [now, since] = [Date.now(), Date.parse("2026-01-01T08:00:00.000Z")];
	const own = attribution("certs import");
	for (let done = 0; done < rows; done += 10_000) {
		const changes = Array.from({ length: Math.min(10_000, rows - done) }, (_, at) => {
			const number = done + at + 1;
			const alias = `Seal ${String(number).padStart(6, "0")}`;
			const isRevoked = number % 997 === 0;
			const begins = number % 499 === 0 ? now + 30 * day : now - 300 * day;
			const certificate = {
				...{ number, alias, fingerprint: number.toString(16).padStart(64, "a"), place: null, note: null },
				...{ subject: `CN=${alias},O=Example,C=CA`, issuer: "CN=Example CA,C=CA", serial: number.toString(16) },
				...{ notBefore: iso(begins), notAfter: iso(now + (60 + (number % 1500)) * day), replacedBy: null },
				...{ der: "MIIE".repeat(300), owner: number % 10 === 0 ? null : `CORP\\u${number % 1000}` },
				...{ wallet: number % 3 === 0 ? "Principal" : `Vault ${number % 50}`, since: iso(since + number * 60_000) },
				status: number % 101 === 0 ? "retired" : number % 103 === 0 ? "suspended" : "active",
				revocation: isRevoked ? "revoked" : "good",
				...{ revocationSeen: iso(now), revokedAt: isRevoked ? iso(now - day) : null, revocationReason: null },
			} as const;
			const access = {
				...{ certificate: number, alias, generation: 1, granted: iso(now).slice(0, 10), grantedAt: iso(now) },
				...{ expiresAt: iso(now + (20 + (number % 40)) * day), zone: "UTC", used: 0, allowance: 1000, since: iso(now) },
			};
			// What was revoked would be due: it is retired.
			const row = { ...certificate, status: isRevoked ? ("retired" as const) : certificate.status };
			return [
				recordChange(certificates, "certificate.register", null, row),
				recordChange(accesses, "access.grant", null, access),
			];
		});
		await registry.change(own, (transaction) => transaction.apply(changes.flat(), own));
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
		await new Promise((resolve) => process.stdin.once("data", resolve));
		process.stdin.destroy();
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

/** Lets the contestants work in turn, in this one process; answers the time of each turn of each of them. */
async function takeTurns({ contestants, turns, each }: Extract<Task, { do: "turns" }>): Promise<void> {
	const ready = await Promise.all(contestants.map((contestant) => enter(contestant, each)));
	const times: number[][] = contestants.map(() => []);
	for (let turn = 0; turn < turns; turn++) {
		for (const [at, { play }] of ready.entries()) {
			const begun = performance.now();
			await play(turn);
			times[at]?.push(performance.now() - begun);
		}
	}
	for (const { leave } of ready) leave();
	say({ times });
}

interface Player {
	play(turn: number): Promise<void>;
	leave(): void;
}

async function enter(contestant: Contestant, each: number): Promise<Player> {
	if ("product" in contestant) {
		const registry = await openSqliteRegistry(contestant.product, { readonly: false });
		const environment = environmentAt(await total(registry));
		await addEnvironment(registry, environment);
		return {
			play: async (turn) => {
				for (let at = 0; at < each; at++) await give(registry, environment, [`CORP\\${contestant.name}.${turn}.${at}`]);
			},
			leave: () => registry.close(),
		};
	}
	return "append" in contestant ? appender(contestant, each) : shell(contestant, each);
}

/** What any durable log must do: append a record, wait until it is on the disk, append the next one. */
function appender({ append, bytes }: Extract<Contestant, { append: string }>, each: number): Player {
	const record = Buffer.alloc(bytes, "x");
	const handle = openSync(append, "a", 0o600);
	return {
		play: async () => {
			for (let at = 0; at < each; at++) {
				writeSync(handle, record);
				fdatasyncSync(handle);
			}
		},
		leave: () => {},
	};
}

/** One sqlite3 shell that reads a script bit by bit: transactions, parted by empty lines. */
function shell({ shell: registry, script }: Extract<Contestant, { shell: string }>, each: number): Player {
	const transactions = readFileSync(script, "utf8").split("\n\n");
	const child = spawn("sqlite3", ["-bail", registry], { stdio: ["pipe", "pipe", "inherit"] });
	child.stdin.write("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;\n");
	return {
		play: async (turn) => {
			const done = new Promise((resolve, reject) => {
				child.stdout.once("data", resolve);
				child.once("close", () => reject(new Error("the sqlite3 shell gave up")));
			});
			const turns = transactions.slice(turn * each, (turn + 1) * each).join("\n");
			child.stdin.write(`.output /dev/null\n${turns}\n.output stdout\n.print done\n`);
			await done;
			child.removeAllListeners("close");
		},
		leave: () => child.stdin.end(),
	};
}

const asker = { agree: async () => true };

async function give(registry: Registry, environment: string, users: readonly string[]): Promise<number[]> {
	const request = { environment, applicants: users.map((user) => ({ account: parseAccount(user) })) };
	const answer = await carryOut(allocateIds(request), { registry, attribution: asking, asker });
	return answer.allocations.map(({ id }) => id);
}

async function addEnvironment(registry: Registry, name: string): Promise<void> {
	const adding: RegistryOperation<Plan, object> = {
		asked: name,
		plan: async (view) => {
			const after: Environment = { ...defaults, name, lastId: idsPerEnvironment };
			const change = recordChange(environments, "add-environment", null, after);
			return { changes: (await view.environment(name)) === undefined ? [change] : [] };
		},
		answer: () => ({}),
	};
	await carryOut(adding, { registry, attribution: attribution("environments add"), asker });
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

function attribution(command: string): Attribution {
	const requestKey = `${Date.now().toString(36)}-${process.pid.toString(36)}`;
	return { actor: "CORP\\admin", machine: "bench", command, requestKey, repeatable: false, fingerprint: "" };
}

function say(what: object): void {
	writeSync(1, `${JSON.stringify(what)}\n`);
}
