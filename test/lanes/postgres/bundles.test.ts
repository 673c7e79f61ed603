import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "../../folders.js";
import { certificateFiles } from "./certificates.js";
import { makeDatabase, owner, Server } from "./server.js";

// The programs as they are built: the bundles of hot commands for servers have a driver of their own making.
const root = join(import.meta.dirname, "..", "..", "..");
const program = join(root, "bin", "run.cjs");
const { hot, bundleOf, onServer } = createRequire(import.meta.url)(program) as {
	hot: string[];
	bundleOf(id: string, where: string): string;
	onServer: string;
};

let server: Server;
let folder: string;
let database: string;
beforeAll(async () => {
	server = await Server.started();
	folder = makeFolder("bundles");
	database = makeDatabase(server.reach);
	writeFileSync(join(folder, "password"), `${owner.password}\n`, { mode: 0o600 });
	// Tells which files of dist/ were loaded: those that are read.
	writeFileSync(
		join(folder, "tell.cjs"),
		`const fs = require("fs"), { readFileSync } = fs, { basename } = require("path"), read = [];
		fs.readFileSync = (file, ...more) => {
			if (/\\.cjs$/.test(String(file))) read.push(basename(String(file)));
			return readFileSync(file, ...more);
		};
		process.on("exit", () => fs.writeFileSync(process.env.TELL, read.join(" ")));`,
	);
	cfm("init --yes", ways().socket);
});
afterAll(async () => {
	await server.remove();
	rmSync(folder, { recursive: true });
});

const ways = () => {
	const { port, socket, certificates } = server.reach;
	const root = join(certificates, certificateFiles.authority);
	return {
		socket: `postgres://${owner.name}@/${database}?host=${socket}&port=${port}`,
		TLS: `postgres://${owner.name}@localhost:${port}/${database}?sslmode=verify-full&sslrootcert=${root}`,
		"a name, without TLS": `postgres://${owner.name}@localhost:${port}/${database}?sslmode=disable`,
	};
};

/** Runs a command. @returns its result, and the bundles that were loaded, behind run.cjs itself */
function cfm(line: string, registry?: string): { result: Record<string, unknown>; loaded: string[] } {
	const tell = join(folder, "told");
	const words = [...line.split(" "), "--json", "--password-file", join(folder, "password")];
	const out = execFileSync(
		process.execPath,
		[
			"--require",
			join(folder, "tell.cjs"),
			program,
			...words,
			...(registry === undefined ? [] : ["--registry", registry]),
		],
		{ env: { CFM_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder, TELL: tell }, encoding: "utf8" },
	);
	return { result: JSON.parse(out).result, loaded: readFileSync(tell, "utf8").split(" ").slice(1) };
}

describe.each(["socket", "TLS", "a name, without TLS"] as const)("by %s", (way) => {
	it("each hot command loads its own bundle, and nothing else of the program", () => {
		const user = `CORP\\${way.slice(0, 1)}`;
		const lines = {
			"ids allocate": `ids allocate ${user} --ignore-ports`,
			"ids show": `ids show ${user}`,
			"ids list": "ids list",
			find: `find ${user}`,
			"ids release": `ids release ${user} --yes`,
		};
		expect(Object.keys(lines).sort()).toEqual(hot.toSorted());
		for (const [id, line] of Object.entries(lines)) {
			const { result, loaded } = cfm(line, ways()[way]);
			expect(JSON.stringify(result)).toContain(JSON.stringify(user));
			expect(loaded).toEqual([`${bundleOf(id, onServer)}.cjs`]);
		}
	});
});

it("where a setting names the server, the bundle for files leaves it to the other", () => {
	writeFileSync(join(folder, "config.json"), JSON.stringify({ registry: ways().socket }), { mode: 0o600 });
	const { result, loaded } = cfm("ids list");
	expect(result.total).toBe(3);
	expect(loaded).toEqual(["ids-list.cjs", `${bundleOf("ids list", onServer)}.cjs`]);
	rmSync(join(folder, "config.json"));
});

it("a hot command on a file loads nothing of PostgreSQL, and one on a server nothing of SQLite", () => {
	for (const id of hot) {
		const text = (where: string) => readFileSync(join(root, "dist", `${bundleOf(id, where)}.cjs`), "utf8");
		expect(text("")).not.toMatch(/begin_change|give_newcomer|SCRAM-SHA-256/);
		expect(text(onServer)).toMatch(/begin_change/);
		expect(text(onServer)).not.toMatch(/BEGIN IMMEDIATE|better-sqlite3/);
	}
});
