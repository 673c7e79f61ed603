import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findTarget, nameOf } from "../../../../src/lib/adapters/registry-postgres/target.js";
import { coversFor } from "../../../../src/lib/adapters/registry-postgres/tls.js";
import { makeFolder } from "../../../folders.js";

const folder = makeFolder("target");
afterAll(() => rmSync(folder, { recursive: true }));

/** A process environment in which nothing of this machine is found. */
const bare = { HOME: folder, APPDATA: folder, PGSYSCONFDIR: folder };

describe("where an address leads", () => {
	it("what the address says comes before the service, and that before the process environment", async () => {
		const services = join(folder, "services.conf");
		writeFileSync(services, "[farm]\nhost=service\nport=1\ndbname=service\napplication_name=other\n");
		const variables = {
			...bare,
			...{ PGSERVICEFILE: services, PGSERVICE: "farm" },
			...{ PGHOST: "variable", PGDATABASE: "variable", PGUSER: "variable", PGCONNECT_TIMEOUT: "3" },
		};
		expect(await findTarget("postgres:///address", variables)).toMatchObject({
			endpoints: [{ host: "service", port: 1 }],
			database: "address",
			user: "variable",
			patience: 3000,
			sessions: "any",
		});
	});

	it("the service of the user, else that of the machine", async () => {
		mkdirSync(join(folder, "shared"));
		writeFileSync(join(folder, "shared", "pg_service.conf"), "[both]\nhost=machine\n[shared]\nhost=machine\n");
		writeFileSync(join(folder, "own.conf"), "[both]\nhost=own\n");
		const variables = { ...bare, PGSYSCONFDIR: join(folder, "shared"), PGSERVICEFILE: join(folder, "own.conf") };
		const hosts = ["both", "shared"].map(async (service) => {
			const { endpoints } = await findTarget(`postgres://?service=${service}&user=x`, variables);
			return endpoints[0]?.host;
		});
		expect(await Promise.all(hosts)).toEqual(["own", "machine"]);
		await expect(findTarget("postgres://?service=none", variables)).rejects.toMatchObject({ code: "no-service" });
	});

	it("a service with a password, or with anything else that cfm has no word for, is refused by name", async () => {
		const services = join(folder, "secret.conf");
		writeFileSync(services, "[farm]\nhost=db\npassword=s3cret\n");
		const told = findTarget("postgres://?service=farm", { ...bare, PGSERVICEFILE: services });
		await expect(told).rejects.toThrow(/no parameter password/);
		await expect(told).rejects.not.toThrow(/s3cret/);
	});

	it("several hosts, each with its port", async () => {
		const { endpoints } = await findTarget("postgres://u@a:1,[::1],%2Frun%2Fp/x?connect_timeout=5", bare);
		expect(endpoints.map(nameOf)).toEqual(["a:1", "[::1]:5432", "/run/p"]);
	});

	it("a port in the process environment is not that of a host in the address", async () => {
		const { endpoints } = await findTarget("postgres://u@a/x?sslmode=require", { ...bare, PGPORT: "6432" });
		expect(endpoints).toEqual([{ host: "a", port: 5432 }]);
	});

	it.each([
		["port=0", "port"],
		["host=a,b&port=1,2,3", "port"],
		["sslmode=always", "sslmode"],
		["target_session_attrs=standby", "target_session_attrs"],
		["connect_timeout=soon", "connect_timeout"],
	])("%s is refused", async (query, name) => {
		const told = findTarget(`postgres://?user=u&${query}`, bare);
		await expect(told).rejects.toMatchObject({ code: "bad-registry-address", message: expect.stringContaining(name) });
	});
});

describe("sslmode", () => {
	const covers = async (address: string, variables: Record<string, string> = {}) => {
		const all = { ...bare, ...variables };
		const target = await findTarget(address, all);
		return coversFor(target, target.endpoints[0] as never, all).map((cover) => {
			if (cover === false) return "clear";
			const { rejectUnauthorized, checkServerIdentity } = cover;
			if (!rejectUnauthorized) return "any server";
			return checkServerIdentity?.("db.example.com", { subject: { CN: "other" } } as never) === undefined
				? "right authority"
				: "right server";
		});
	};

	it.each([
		["postgres://u@db.example.com/x", ["right server"]],
		["postgres://u@127.0.0.1/x", ["any server", "clear"]],
		["postgres://u@localhost/x", ["any server", "clear"]],
		["postgres://u@[::1]/x", ["any server", "clear"]],
		["postgres://u@%2Frun%2Fp/x?sslmode=verify-full", ["clear"]],
		["postgres://u@db.example.com/x?sslmode=disable", ["clear"]],
		["postgres://u@db.example.com/x?sslmode=allow", ["clear", "any server"]],
		["postgres://u@db.example.com/x?sslmode=prefer", ["any server", "clear"]],
		["postgres://u@db.example.com/x?sslmode=require", ["any server"]],
		["postgres://u@db.example.com/x?sslmode=verify-ca", ["right authority"]],
		["postgres://u@127.0.0.1/x?sslmode=verify-full", ["right server"]],
	])("%s", async (address, expected) => {
		expect(await covers(address)).toEqual(expected);
	});

	it("with a root certificate, require looks at it as libpq does", async () => {
		const root = join(folder, "root.crt");
		writeFileSync(root, "");
		expect(await covers(`postgres://u@db.example.com/x?sslmode=require&sslrootcert=${root}`)).toEqual([
			"right authority",
		]);
	});
});
