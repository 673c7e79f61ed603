import { once } from "node:events";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../folders.js";
import { until } from "../../until.js";
import { freePort, handOver, run, start } from "./programs.js";
import type { Reach, Role } from "./server.js";

export interface Pooler {
	port: number;
	/** Ends it and removes what it has. */
	remove(): Promise<void>;
}

/**
 * PgBouncer before a server, in transaction mode with as few connections as `connections`: what a client leaves in a
 * session, the next client finds.
 */
export async function startPooler(server: Reach, roles: readonly Role[], connections = 2): Promise<Pooler> {
	const folder = makeFolder("pgbouncer");
	const port = await freePort();
	const users = join(folder, "users");
	const configuration = join(folder, "pgbouncer.ini");
	const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
	writeFileSync(users, roles.map(({ name, password }) => `${quoted(name)} ${quoted(password)}\n`).join(""));
	writeFileSync(
		configuration,
		[
			"[databases]",
			`* = host=127.0.0.1 port=${server.port}`,
			"[pgbouncer]",
			"listen_addr = 127.0.0.1",
			`listen_port = ${port}`,
			"unix_socket_dir =",
			"auth_type = scram-sha-256",
			`auth_file = ${users}`,
			"pool_mode = transaction",
			`default_pool_size = ${connections}`,
			"max_client_conn = 200",
			"",
		].join("\n"),
	);
	handOver(folder, users, configuration);
	const log = join(folder, "log");
	const file = openSync(log, "a");
	const program = start(["pgbouncer", configuration], { stdio: ["ignore", file, file] });
	process.once("exit", () => program.kill("SIGKILL"));
	await until("a pooler that lets clients in", () => {
		if (program.exitCode !== null) throw new Error(`PgBouncer ended:\n${readFileSync(log, "utf8")}`);
		try {
			run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", String(port)]);
			return true;
		} catch {
			return false;
		}
	});
	return {
		port,
		async remove() {
			if (program.exitCode === null) {
				const ended = once(program, "exit");
				program.kill("SIGKILL");
				await ended;
			}
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
