import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../../src/lib/adapters/registry-postgres/connect.js";
import {
	type Connection,
	ConnectionLoss,
	ServerRefusal,
} from "../../../src/lib/adapters/registry-postgres/connection.js";
import { until } from "../../until.js";
import { certificateFiles } from "./certificates.js";
import { type Pooler, startPooler } from "./pooler.js";
import { Server } from "./server.js";

const ana = { name: "ana", password: "ana's: p@ss\\word" };

let server: Server;
let passwords: string;
const opened: Connection[] = [];

beforeAll(async () => {
	server = await Server.started();
	server.sql(`CREATE ROLE ana LOGIN PASSWORD '${ana.password.replaceAll("'", "''")}'`);
	server.sql("CREATE ROLE certified LOGIN");
	passwords = join(server.reach.folder, "ana");
	writeFileSync(passwords, `${ana.password}\n`, { mode: 0o600 });
});

afterAll(async () => {
	await Promise.all(opened.map((connection) => connection.close()));
	await server.remove();
});

const certificate = (name: keyof typeof certificateFiles) => join(server.reach.certificates, certificateFiles[name]);

/** Connects to `HOST`, a host without its port, or to whole an address. */
async function open(address: string, secrets: object = { passwordFile: passwords }, readonly = false) {
	const variables = { HOME: server.reach.folder };
	const connection = await connect(address, { readonly, secrets: { variables, ...secrets } });
	opened.push(connection);
	return connection;
}

const at = (host: string, query = "") => `postgres://ana@${host}:${server.reach.port}/postgres${query}`;

/** What the server knows of the connection itself. */
async function seen(connection: Connection) {
	const { rows } = await connection.ask(
		`SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls, session_user::text AS who,
		current_setting('application_name') AS program, current_setting('client_encoding') AS encoding`,
	);
	return rows[0];
}

describe("the ways to a server", () => {
	it("by TCP, by the loopback's TLS where the server has it", async () => {
		expect(await seen(await open(at("127.0.0.1")))).toEqual({
			...{ tls: true, who: "ana", program: "cfm", encoding: "UTF8" },
		});
	});

	it("by its socket", async () => {
		const { socket, port } = server.reach;
		const connection = await open(`postgres://ana@/postgres?host=${socket}&port=${port}`);
		expect(await seen(connection)).toMatchObject({ tls: false, who: "ana" });
		expect(connection.host).toBe(`${socket}:${port}`);
	});

	it("by the process environment and a file of passwords", async () => {
		const list = join(server.reach.folder, "pgpass");
		writeFileSync(list, `127.0.0.1:*:postgres:ana:${ana.password.replace(/[\\:]/g, "\\$&")}\n`, { mode: 0o600 });
		const variables = {
			...{ PGHOST: "127.0.0.1", PGPORT: String(server.reach.port), PGUSER: "ana", PGDATABASE: "postgres" },
			...{ PGPASSFILE: list, HOME: server.reach.folder },
		};
		expect(await seen(await open("postgres://", { variables }))).toMatchObject({ who: "ana" });
		chmodSync(list, 0o644);
		await expect(open("postgres://", { variables })).rejects.toMatchObject({ kind: "denied", code: "open-to-others" });
	});

	it("by a question, which the server's time limit is not for", async () => {
		const asked: string[] = [];
		const ask = async (question: string) => {
			asked.push(question);
			return ana.password;
		};
		expect(await seen(await open(at("127.0.0.1"), { ask }))).toMatchObject({ who: "ana" });
		expect(asked).toEqual([`Password of ana on 127.0.0.1:${server.reach.port}:`]);
	});

	it("what other programs of PostgreSQL are told by the process environment changes nothing", async () => {
		const names = {
			PGOPTIONS: "-c synchronous_commit=off",
			PGAPPNAME: "other",
			PGSSLMODE: "disable",
			PGREPLICATION: "1",
		};
		Object.assign(process.env, names);
		try {
			const connection = await open(at("127.0.0.1"));
			const { rows } = await connection.ask("SELECT current_setting('synchronous_commit') AS how");
			expect(rows).toEqual([{ how: "on" }]);
			expect(await seen(connection)).toMatchObject({ tls: true, program: "cfm" });
		} finally {
			for (const name of Object.keys(names)) delete process.env[name];
		}
	});
});

describe("sslmode", () => {
	it.each([
		["disable", "127.0.0.1", false],
		["allow", "127.0.0.1", false],
		["prefer", "127.0.0.1", true],
		["require", "127.0.0.1", true],
	])("%s", async (mode, host, tls) => {
		expect(await seen(await open(at(host, `?sslmode=${mode}`)))).toMatchObject({ tls });
	});

	it("verify-ca asks for the authority, verify-full for the name, too", async () => {
		const root = `sslrootcert=${certificate("authority")}`;
		const notTrusted = { kind: "unavailable", code: "server-not-trusted" };
		expect(await seen(await open(at("127.0.0.1", `?sslmode=verify-ca&${root}`)))).toMatchObject({ tls: true });
		expect(await seen(await open(at("localhost", `?sslmode=verify-full&${root}`)))).toMatchObject({ tls: true });
		await expect(open(at("127.0.0.1", `?sslmode=verify-full&${root}`))).rejects.toMatchObject(notTrusted);
		const stranger = `sslrootcert=${certificate("stranger")}`;
		await expect(open(at("127.0.0.1", `?sslmode=verify-ca&${stranger}`))).rejects.toMatchObject(notTrusted);
		await expect(open(at("localhost", `?sslmode=require&${stranger}`))).rejects.toMatchObject(notTrusted);
		await expect(open(at("localhost", "?sslmode=verify-full"))).rejects.toMatchObject(notTrusted);
	});

	it("a client's certificate says who it is", async () => {
		const own = `sslcert=${certificate("client")}&sslkey=${certificate("clientKey")}`;
		const address = `postgres://certified@127.0.0.1:${server.reach.port}/postgres?${own}`;
		expect(await seen(await open(address, {}))).toMatchObject({ tls: true, who: "certified" });
		chmodSync(certificate("clientKey"), 0o644);
		await expect(open(address, {})).rejects.toMatchObject({ code: "open-to-others" });
		chmodSync(certificate("clientKey"), 0o600);
	});

	it("a role that must come by TLS comes by it although it is not asked for first", async () => {
		const own = `sslcert=${certificate("client")}&sslkey=${certificate("clientKey")}`;
		const address = `postgres://certified@127.0.0.1:${server.reach.port}/postgres?sslmode=allow&${own}`;
		expect(await seen(await open(address, { ask: async () => "none" }))).toMatchObject({ tls: true, who: "certified" });
	});
});

describe("what stands in the way", () => {
	it.each([
		["wrong-password", () => open(at("127.0.0.1"), { ask: async () => "s3cret" })],
		["password-needed", () => open(at("127.0.0.1"), {})],
		["no-database", () => open(`postgres://ana@127.0.0.1:${server.reach.port}/s3cretless`)],
		["login-refused", () => open(`postgres://certified@127.0.0.1:${server.reach.port}/postgres?sslmode=disable`)],
	])("%s", async (code, attempt) => {
		const told = await attempt().catch((error) => error);
		expect(told).toMatchObject({ name: "CfmError", code });
		expect(`${told.message}${JSON.stringify([told.data, told.hints])}`).not.toMatch(/s3cret\b|p@ss/);
	});

	it("a server that is not there may come back", async () => {
		const told = await open("postgres://ana@127.0.0.1:1/postgres").catch((error) => error);
		expect(told).toBeInstanceOf(ConnectionLoss);
		expect(told).toMatchObject({ host: "127.0.0.1:1", message: expect.stringContaining("127.0.0.1:1") });
	});

	it("a server that says nothing", async () => {
		const mute = createServer(() => {});
		await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
		const { port } = mute.address() as { port: number };
		const told = await open(`postgres://ana@127.0.0.1:${port}/postgres?connect_timeout=1`).catch((error) => error);
		mute.close();
		expect(told).toBeInstanceOf(ConnectionLoss);
		expect(told.message).toBe(`127.0.0.1:${port} does not answer`);
	});

	it("a statement that is refused leaves the connection whole", async () => {
		const connection = await open(at("127.0.0.1"));
		const told = await connection.ask("SELECT 1/0").catch((error) => error);
		expect(told).toBeInstanceOf(ServerRefusal);
		expect(told).toMatchObject({ code: "22012" });
		expect((await connection.ask("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
	});

	it("a session that is ended says so, also while nothing is asked", async () => {
		const connection = await open(at("127.0.0.1"));
		const heard = new Promise((resolve) => connection.onLoss(resolve));
		server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ana'");
		expect(await heard).toBeInstanceOf(ConnectionLoss);
		await expect(connection.ask("SELECT 1")).rejects.toBeInstanceOf(ConnectionLoss);
	});

	it("statements that are sent together are one flight", async () => {
		const connection = await open(at("127.0.0.1"));
		await Promise.all([connection.ask("SELECT 1"), connection.ask("SELECT 2")]);
		expect(connection.flights).toBe(1);
		await connection.ask("SELECT 3");
		expect(connection.flights).toBe(2);
	});

	it("a server that stops answering in the middle is lost, a statement that takes long is not", async () => {
		const own = await Server.started();
		const address = `postgres://postgres@127.0.0.1:${own.reach.port}/postgres?connect_timeout=2`;
		const connection = await open(address, { ask: async () => "owner's: p@ss/word" });
		// Longer than the time limit twice, and the server answers others meanwhile.
		expect((await connection.ask("SELECT pg_sleep(5)")).count).toBe(1);
		const asked = connection.ask("SELECT pg_sleep(60)").catch((error) => error);
		await until(
			"the statement",
			() => own.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%(60)%'") > "1",
		);
		own.signalAll("SIGSTOP");
		expect(await asked).toBeInstanceOf(ConnectionLoss);
		own.signalAll("SIGCONT");
		await own.remove();
	});
});

describe("several hosts", () => {
	let standby: Server;
	beforeAll(async () => {
		standby = await server.standby({ synchronous: false });
	});
	afterAll(() => standby.remove());

	const both = (query = "") =>
		`postgres://ana@127.0.0.1:${standby.reach.port},127.0.0.1:${server.reach.port}/postgres${query}`;
	const only = (query = "") => `postgres://ana@127.0.0.1:${standby.reach.port}/postgres${query}`;

	it("a change finds the one that can be changed, a look takes the first", async () => {
		const [first, second] = [`127.0.0.1:${standby.reach.port}`, `127.0.0.1:${server.reach.port}`];
		expect((await open(both())).host).toBe(second);
		expect((await open(both(), undefined, true)).host).toBe(first);
		expect((await open(both("?target_session_attrs=read-write"), undefined, true)).host).toBe(second);
	});

	it("a host that is gone is passed by", async () => {
		const address = `postgres://ana@127.0.0.1:1,127.0.0.1:${server.reach.port}/postgres`;
		expect((await open(address)).host).toBe(`127.0.0.1:${server.reach.port}`);
	});

	it("only a standby: that is said, and as long as a host is away one waits for it", async () => {
		await expect(open(only("?target_session_attrs=read-write"))).rejects.toMatchObject({ code: "registry-on-standby" });
		const away = await open(`postgres://ana@127.0.0.1:1,127.0.0.1:${standby.reach.port}/postgres`).catch(
			(error) => error,
		);
		expect(away).toBeInstanceOf(ConnectionLoss);
		expect(away.message).toMatch(/:1 does not let anybody connect.*is a standby/);
	});
});

describe("through PgBouncer, in transaction mode", () => {
	let pooler: Pooler;
	beforeAll(async () => {
		pooler = await startPooler(server.reach, [ana], 1);
	});
	afterAll(() => pooler.remove());

	it("statements with values, transactions, and what is set for one of them stays there", async () => {
		const address = `postgres://ana@127.0.0.1:${pooler.port}/postgres`;
		const [one, other] = [await open(address), await open(address)];
		await Promise.all([
			one.ask("BEGIN"),
			one.ask("SELECT set_config('synchronous_commit', 'off', true)"),
			one.ask("SELECT $1::int + $2::int AS sum", [1, 2]),
			one.ask("COMMIT"),
		]);
		const { rows } = await other.ask("SELECT current_setting('synchronous_commit') AS how, $1::text AS said", ["a'b"]);
		expect(rows).toEqual([{ how: "on", said: "a'b" }]);
		for (const connection of [one, other, one]) expect((await connection.ask("SELECT 1 AS one")).count).toBe(1);
	});
});
