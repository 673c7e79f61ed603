/** The registry on PostgreSQL: many clients at once, very many IDs, one command as a process, a list of users. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { cfm, count, pairs, program, startWork, summary, timed } from "./harness.mjs";

const cache = join(import.meta.dirname, "..", ".cache", "bench");
const worker = join(cache, "postgres-worker.mjs");
const many = 16;

/** @param {import("./run.mjs").Bench} bench */
export async function postgres({ folder, report, rounds, rows }) {
	if (!existsSync("/usr/lib/postgresql")) return report.skipped("postgres", "there is no PostgreSQL");
	for (const [from, to] of [
		["bench/postgres-worker.ts", "postgres-worker.mjs"],
		["test/lanes/postgres/server.ts", "postgres-server.mjs"],
		["test/lanes/postgres/filled.ts", "postgres-filled.mjs"],
	]) {
		await build({
			entryPoints: [join(import.meta.dirname, "..", from ?? "")],
			...{ outfile: join(cache, to ?? ""), bundle: true, platform: "node", format: "esm", target: "node22" },
			external: ["better-sqlite3", "better-sqlite3/*", "pg"],
			logLevel: "warning",
		});
	}
	const { Server, owner } = await import(join(cache, "postgres-server.mjs"));
	const { filled } = await import(join(cache, "postgres-filled.mjs"));
	const server = await Server.started();
	try {
		await measure({ folder, report, rounds, rows }, server, { owner, filled });
	} finally {
		await server.remove();
	}
}

/**
 * @param {Pick<import("./run.mjs").Bench, "folder" | "report" | "rounds" | "rows">} bench
 * @param {any} server
 * @param {{ owner: { name: string, password: string }, filled: (rows: number) => string }} lane
 */
async function measure({ folder, report, rounds, rows }, server, { owner, filled }) {
	const { port, socket, certificates } = server.reach;
	const password = join(folder, "password");
	writeFileSync(password, `${owner.password}\n`, { mode: 0o600 });
	server.sql("CREATE DATABASE farm");
	const at = {
		socket: `postgres://${owner.name}@/farm?host=${socket}&port=${port}`,
		tls: `postgres://${owner.name}@localhost:${port}/farm?sslmode=verify-full&sslrootcert=${certificates}/authority.crt`,
		clear: `postgres://${owner.name}@127.0.0.1:${port}/farm?sslmode=disable`,
	};
	/** @param {string} registry */
	const there = (registry) => ["--registry", registry, "--password-file", password];
	cfm(folder, ["init", "--yes", "--range", "1-40000", ...there(at.socket)]);
	const file = join(folder, "registry.db");
	cfm(folder, ["init", "--yes", "--range", "1-40000", "--registry", file]);

	let number = 0;
	/**
	 * Lets clients allocate at once, each a process.
	 *
	 * @param {"product" | "five trips"} which
	 * @param {{ clients: number, each: number, database?: string }} how
	 * @returns {Promise<{ ms: number, longest: number }>}
	 */
	const together = async (which, { clients, each, database = "farm" }) => {
		number += 1;
		const location = at.clear.replace("/farm?", `/${database}?`);
		const task = { do: which, location, port, database, password: owner.password, count: each };
		const workers = Array.from({ length: clients }, (_, at) =>
			startWork({ ...task, name: `n${number}.${at}` }, worker),
		);
		await Promise.all(workers.map(({ ready }) => ready));
		const begun = performance.now();
		for (const { go } of workers) go();
		const told = await Promise.all(workers.map(({ done }) => done));
		return { ms: performance.now() - begun, longest: Math.max(...told.map(({ longest }) => longest)) };
	};

	report.heading(`${many} clients on PostgreSQL / lock and five trips, the same event`);
	server.sql(
		`CREATE SCHEMA plain; CREATE TABLE plain.chain (seq bigint, hash text); INSERT INTO plain.chain VALUES (0, '');
		CREATE TABLE plain.allocations (id integer PRIMARY KEY, "user" text UNIQUE, since text);
		CREATE TABLE plain.events (seq bigint PRIMARY KEY, event text, request_key text, hash text)`,
		owner,
		"farm",
	);
	for (const clients of [1, many]) {
		const [faster, waits] = [[], []];
		for (let round = 0; round < (rounds ?? 11); round++) {
			const plain = await together("five trips", { clients, each: 100 });
			const product = await together("product", { clients, each: 100 });
			faster.push(plain.ms / product.ms);
			waits.push(product.longest / plain.longest);
		}
		const bar = { least: 1.7 };
		const name = clients === 1 ? "postgres: 1 client" : `postgres: ${many} clients`;
		report.ratio(name, summary(faster), ...(clients === 1 ? [] : [bar]));
		if (clients > 1) report.ratio(`${name}, longest wait`, summary(waits), { most: 1 });
	}

	report.heading(`One allocation among ${count(rows)} IDs / among few`);
	server.sql("CREATE DATABASE full_one");
	const full = at.socket.replace("/farm?", "/full_one?");
	cfm(folder, ["init", "--yes", "--range", "1-40000", ...there(full)]);
	server.sql(filled(rows), owner, "full_one");
	const grown = [];
	for (let round = 0; round < (rounds ?? 11); round++) {
		const few = await together("product", { clients: 1, each: 200 });
		const among = await together("product", { clients: 1, each: 200, database: "full_one" });
		grown.push(among.ms / few.ms);
	}
	report.ratio(`postgres: among ${count(rows)} IDs`, summary(grown), { most: 1.1 });

	report.heading("One allocation on PostgreSQL as a whole process / node -e 0");
	for (const [how, registry, most] of /** @type {const} */ ([
		["by socket", at.socket, 2.5],
		["by TLS", at.tls, 3.5],
	])) {
		const ratio = () => {
			number += 1;
			const nothing = timed({ args: ["-e", "0"], home: folder }).ms;
			const words = ["ids", "allocate", `p${number}`, "--ignore-ports", ...there(registry)];
			return timed({ args: [program, ...words], home: folder }).ms / nothing;
		};
		report.ratio(`postgres: ${how}`, pairs(ratio, rounds ?? 21, { most }), { most });
	}

	report.heading("1,000 users from a file: on PostgreSQL / in a file");
	const list = join(folder, "users.txt");
	const users = () => {
		number += 1;
		writeFileSync(list, Array.from({ length: 1000 }, (_, at) => `l${number}.u${at}\n`).join(""));
		const words = [program, "ids", "allocate", "--from", list, "--ignore-ports"];
		const own = timed({ args: [...words, "--registry", file], home: folder }).ms;
		return timed({ args: [...words, ...there(at.socket)], home: folder }).ms / own;
	};
	report.ratio("postgres: 1,000 users", pairs(users, rounds ?? 7, { most: 1.5 }), { most: 1.5 });
}
