/**
 * A client of a PostgreSQL server that allocates: `node postgres-worker.mjs TASK-AS-JSON`. It says `ready` when it is
 * connected, begins at the end of stdin, and says how long all took and the longest one.
 */
import { once } from "node:events";
import { Client } from "pg";
import { parseAccount } from "../src/lib/account/account.js";
import { open } from "../src/lib/adapters/registry-postgres/open.js";
import { allocateIds } from "../src/lib/id/allocate.js";
import { carryOut } from "../src/lib/operation/carry-out.js";
import { chainStart, eventOf } from "../src/lib/registry/event-chain.js";

const task = JSON.parse(process.argv[2] ?? "") as {
	do: "product" | "five trips";
	location: string;
	port: number;
	database: string;
	password: string;
	name: string;
	count: number;
};

const by = { actor: "bench", machine: "bench", command: "ids allocate" };

/** Allocates one ID for a user. */
type Allocate = (user: string, key: string) => Promise<unknown>;

/** As `ids allocate` does. */
async function product(): Promise<Allocate> {
	const secrets = { variables: {}, ask: async () => task.password };
	const registry = await open(task.location, { readonly: false, secrets });
	const asker = { agree: async () => true };
	return (user, requestKey) => {
		const request = { environment: "default", applicants: [{ account: parseAccount(user) }] };
		const attribution = { ...by, requestKey, repeatable: false, fingerprint: "" };
		return carryOut(allocateIds(request), { registry, attribution, asker });
	};
}

/** What an allocator does that knows no better: a lock, and a trip for each thing to ask and to write, with the same event. */
async function fiveTrips(): Promise<Allocate> {
	const { port, database, password } = task;
	const client = new Client({ host: "127.0.0.1", port, database, password, user: "postgres", ssl: false });
	await client.connect();
	return async (user, key) => {
		const [, locked] = (await client.query("BEGIN; SELECT seq, hash FROM plain.chain FOR UPDATE")) as unknown as {
			rows: { seq: string; hash: string }[];
		}[];
		const { rows } = await client.query(
			`SELECT (SELECT id FROM plain.allocations WHERE "user" = $1) AS held,
				(SELECT coalesce(max(id), 0) + 1 FROM plain.allocations) AS free`,
			[user],
		);
		const id = Number(rows[0]?.free);
		const since = new Date().toISOString();
		await client.query("INSERT INTO plain.allocations VALUES ($1, $2, $3)", [id, user, since]);
		const last = { seq: Number(locked?.rows[0]?.seq), hash: locked?.rows[0]?.hash ?? chainStart };
		const given = { environment: "default", id, user, sid: null, note: null, since, until: null };
		const change = { of: "allocation", action: "allocate", environment: "default", id, before: null } as const;
		const after = { ...given, state: "allocated" } as const;
		const attribution = { ...by, requestKey: key, repeatable: false, fingerprint: "" };
		const event = eventOf(last, { ...change, after }, attribution, since);
		await client.query(
			`WITH told AS (INSERT INTO plain.events VALUES ($1, $2, $3, $4)) UPDATE plain.chain SET seq = $1, hash = $4`,
			[event.seq, JSON.stringify(event), key, event.hash],
		);
		await client.query("COMMIT");
	};
}

const allocate = await (task.do === "product" ? product() : fiveTrips());
console.log("ready");
await once(process.stdin.resume(), "end");
let longest = 0;
const begun = performance.now();
for (let number = 0; number < task.count; number += 1) {
	const asked = performance.now();
	await allocate(`CORP\\${task.name}.u${number}`, `${task.name}-${number}`);
	longest = Math.max(longest, performance.now() - asked);
}
console.log(JSON.stringify({ ms: performance.now() - begun, longest }));
process.exit(0);
