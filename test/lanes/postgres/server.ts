import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../folders.js";
import { until } from "../../until.js";
import { certificateFiles, makeCertificates } from "./certificates.js";
import { freePort, handOver, run, start } from "./programs.js";

/** The role that owns the server: it may do everything. */
export const owner = { name: "postgres", password: "owner's: p@ss/word" } as const;

/** What a test must know of a server to reach it, as plain data. */
export interface Reach {
	folder: string;
	port: number;
	/** The folder of its Unix socket. */
	socket: string;
	/** The folder of `certificateFiles`. */
	certificates: string;
}

/** A server of the lane's own, on the loopback and a socket: SCRAM everywhere, TLS for those who ask for it. */
export class Server {
	private process: ChildProcess | undefined;

	private mounted = false;

	private constructor(readonly reach: Reach) {}

	/** Makes a server that is not running yet. @param options.disk the megabytes of a disk of its own, which root can mount */
	static async make(options: { disk?: number } = {}): Promise<Server> {
		const folder = makeFolder("postgres");
		const socket = join(folder, "socket");
		const certificates = join(folder, "certificates");
		for (const name of [socket, certificates]) mkdirSync(name);
		makeCertificates(certificates);
		const server = new Server({ folder, port: await freePort(), socket, certificates });
		const password = join(folder, "password");
		writeFileSync(password, owner.password, { mode: 0o600 });
		const { server: certificate, serverKey, authority } = certificateFiles;
		const own = [password, folder, socket, certificates];
		for (const file of [certificate, serverKey, authority]) own.push(join(certificates, file));
		handOver(...own);
		if (options.disk !== undefined) {
			mkdirSync(server.data);
			execFileSync("mount", ["-t", "tmpfs", "-o", `size=${options.disk}m,mode=700`, "tmpfs", server.data]);
			server.mounted = true;
			handOver(server.data);
		}
		const how = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--no-sync"];
		run(["initdb", "-D", server.data, "-U", owner.name, `--pwfile=${password}`, ...how]);
		server.configure();
		return server;
	}

	/** Makes and starts one. */
	static async started(): Promise<Server> {
		const server = await Server.make();
		await server.start();
		return server;
	}

	/** The folder of its data. */
	get data(): string {
		return join(this.reach.folder, "data");
	}

	get isRunning(): boolean {
		return this.process !== undefined && this.process.exitCode === null && this.process.signalCode === null;
	}

	private configure(): void {
		const { port, socket, certificates } = this.reach;
		const file = (name: string) => `'${join(certificates, name)}'`;
		const settings = [
			`port = ${port}`,
			"listen_addresses = '127.0.0.1'",
			`unix_socket_directories = '${socket}'`,
			"ssl = on",
			`ssl_cert_file = ${file(certificateFiles.server)}`,
			`ssl_key_file = ${file(certificateFiles.serverKey)}`,
			`ssl_ca_file = ${file(certificateFiles.authority)}`,
			"shared_buffers = 32MB",
			"max_connections = 120",
			"log_min_messages = warning",
		];
		appendFileSync(join(this.data, "postgresql.conf"), `${settings.join("\n")}\n`);
		const rules = [
			"local all all scram-sha-256",
			"hostssl all certified 127.0.0.1/32 cert",
			"hostnossl all certified 127.0.0.1/32 reject",
			"host all all 127.0.0.1/32 scram-sha-256",
			"host replication all 127.0.0.1/32 scram-sha-256",
		];
		writeFileSync(join(this.data, "pg_hba.conf"), `${rules.join("\n")}\n`);
	}

	/** Starts it, and returns when it lets clients in. */
	async start(): Promise<void> {
		const log = openSync(join(this.reach.folder, "log"), "a");
		const program = start(["postgres", "-D", this.data], { stdio: ["ignore", log, log] });
		this.process = program;
		running.add(program);
		program.once("exit", () => running.delete(program));
		await until("a server that lets clients in", () => {
			if (program.exitCode !== null) throw new Error(`the server ended:\n${this.log()}`);
			return this.answers();
		});
	}

	private answers(): boolean {
		try {
			run(["pg_isready", "-q", "-h", "127.0.0.1", "-p", String(this.reach.port)]);
			return true;
		} catch {
			return false;
		}
	}

	/** Ends it: `fast` finishes nothing and tells its clients, `immediate` is a crash; both forget no commit. */
	async stop(how: "fast" | "immediate" = "fast"): Promise<void> {
		const program = this.process;
		this.process = undefined;
		if (program === undefined || program.exitCode !== null) return;
		const ended = once(program, "exit");
		program.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
		await ended;
	}

	/** Stops the processes of the server where they are: connections stay open, and nothing answers. */
	signalAll(signal: "SIGSTOP" | "SIGCONT"): void {
		const postmaster = Number(readFileSync(join(this.data, "postmaster.pid"), "utf8").split("\n")[0]);
		const isChild = (pid: number) => parentOf(pid) === postmaster;
		const children = readdirSync("/proc").map(Number).filter(isChild);
		for (const pid of [postmaster, ...children]) {
			try {
				process.kill(pid, signal);
			} catch {
				// The end of a session is the end of its process.
			}
		}
	}

	/** Runs SQL as a role by `psql`. @returns rows, a line each, fields parted by `|` */
	sql(text: string, as: Role = owner, database = "postgres"): string {
		return psql(this.reach, text, as, database);
	}

	/** A standby of this server, running; replication is synchronous from then on when asked for. */
	async standby(options: { synchronous: boolean }): Promise<Server> {
		const folder = makeFolder("postgres");
		const socket = join(folder, "socket");
		mkdirSync(socket);
		handOver(folder, socket);
		const { certificates, port } = this.reach;
		const standby = new Server({ folder, port: await freePort(), socket, certificates });
		const from = `host=127.0.0.1 port=${port} user=${owner.name} application_name=standby`;
		run(["pg_basebackup", "-D", standby.data, "-d", from, "--checkpoint=fast", "--write-recovery-conf", "--no-sync"], {
			PGPASSWORD: owner.password,
		});
		standby.configure();
		await standby.start();
		await until("replication", () => this.sql("SELECT count(*) FROM pg_stat_replication") === "1");
		if (options.synchronous) {
			this.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
			this.sql("SELECT pg_reload_conf()");
			await until(
				"synchronous replication",
				() => this.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") === "1",
			);
		}
		return standby;
	}

	/** Makes a standby a server of its own, which waits for nobody. */
	promote(): void {
		this.sql("ALTER SYSTEM RESET synchronous_standby_names");
		this.sql("SELECT pg_reload_conf()");
		this.sql("SELECT pg_promote()");
	}

	/** What the server has written. */
	log(): string {
		return readFileSync(join(this.reach.folder, "log"), "utf8");
	}

	/** Ends it and removes all it has. */
	async remove(): Promise<void> {
		await this.stop("immediate");
		if (this.mounted) execFileSync("umount", [this.data]);
		rmSync(this.reach.folder, { recursive: true, force: true, maxRetries: 3 });
	}
}

/** The process that started one; undefined when that has ended, or is none. */
function parentOf(pid: number): number | undefined {
	try {
		const [, after = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) \S /);
		return Number(after.split(" ")[0]);
	} catch {
		return undefined;
	}
}

/** A role that logs in by password. */
export interface Role {
	name: string;
	password: string;
}

/** Runs SQL as a role, by the server's own client. @throws Error with what the server said */
export function psql({ socket, port }: Reach, text: string, as: Role = owner, database = "postgres"): string {
	const words = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", socket, "-p", String(port)];
	return run([...words, "-U", as.name, "-d", database, "-f", "-"], { PGPASSWORD: as.password }, text).trim();
}

/** A new, empty database. @returns its name */
export function makeDatabase(reach: Reach): string {
	const name = `farm_${Math.random().toString(36).slice(2)}`;
	psql(reach, `CREATE DATABASE ${name}`);
	return name;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
	for (const program of running) program.kill("SIGQUIT");
});
