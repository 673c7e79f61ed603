import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { loadAll } from "../../../src/main.js";
import { makeScene, prepare, type Scene, wordsOf } from "../../shape/scene.js";
import { ana, server as machine } from "../../shape/server.js";
import { owner, psql, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

// Every documented example of a command that needs the registry, as written, on both stores: nobody can tell which one it
// was but by where it says that the registry is.

const examples = Object.entries(await loadAll())
	.filter(([, { registry }]) => registry)
	.flatMap(([id, { examples }]) => examples.map(({ line }) => [line, id] as const));

/** As a registry in a file is called: one of the examples types it. */
const database = "registry.db";
/** A registry that was just made: a copy of it takes a tenth of the time. */
const template = "made";

let server: Server;
const sql = (text: string) => psql(server.reach, text);
const here = process.cwd();

beforeAll(async () => {
	server = await Server.started();
	sql("ALTER SYSTEM SET fsync = off");
	sql("SELECT pg_reload_conf()");
	// Whoever is named as an operator there logs in there.
	for (const login of [ana.username, "CORP\\ana", "CORP\\ben", "CORP\\signers"]) sql(`CREATE ROLE "${login}" LOGIN`);
	sql(`CREATE DATABASE "${database}"`);
	await createPostgresRegistry(locationOf(server.reach, database), secrets, recordKinds);
	sql(`ALTER DATABASE "${database}" RENAME TO ${template}`);
});
afterAll(() => server.remove());

const administrator = { account: ana.username, sid: null, administers: true, memberOf: async () => [] };
let scenes: Scene[] = [];
beforeEach(() => {
	scenes = [];
});
afterEach(() => {
	process.chdir(here);
	for (const scene of scenes) scene.remove();
});

function newScene(): Scene {
	// On the server the owner asks, so in a file somebody does who may do everything there.
	const scene = makeScene((own, real) => ({ ...machine(own, real), asker: async () => administrator }), ana);
	scenes.push(scene);
	return scene;
}

/** A scene whose registry is on the server. */
function sceneOnServer(isEmpty: boolean): Scene {
	const scene = newScene();
	sql(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
	sql(`CREATE DATABASE "${database}" ${isEmpty ? "" : `TEMPLATE ${template}`}`);
	const passwords = join(scene.folder, "passwords");
	writeFileSync(passwords, `*:*:*:*:${owner.password.replaceAll(/[\\:]/g, "\\$&")}\n`, { mode: 0o600 });
	Object.assign(scene.environment, { CFM_REGISTRY: locationOf(server.reach, database), PGPASSFILE: passwords });
	return scene;
}

/** Runs an example where it makes sense. @returns how it ended, what it told and what it left */
async function ranIn(scene: Scene, id: string, line: string) {
	await prepare(scene, id, line);
	process.chdir(scene.work);
	const words = wordsOf(line);
	const { code, out } = await scene.run(words.includes("--json") ? words : [...words, "--json"]);
	process.chdir(here);
	const history = await scene.run(["ids", "history", "--json"]);
	const told = (text: string) => normalised(JSON.parse(text), scene);
	return { code, out: told(out), history: { code: history.code, out: told(history.out) }, files: filesOf(scene) };
}

function filesOf(scene: Scene) {
	return readdirSync(scene.work)
		.filter((name) => /\.(json|csv|txt)$/.test(name))
		.map((name) => [name, normalised(readFileSync(join(scene.work, name), "utf8"), scene)]);
}

/** What is told of the store itself, or that only a server has. */
const ofStore = ["login", "kind", "journalMode", "sizeBytes", "sqliteVersion", "synchronous", "server"];
/** What a check tells of the file: on a server it is skipped. */
const ofFile = "CFM-MACHINE-009";

/** Takes out what no two runs have alike, and what tells where the registry is. */
function normalised(value: unknown, scene: Scene, key = ""): unknown {
	if (Array.isArray(value)) {
		const alike = value.filter((one) => one?.id !== ofFile);
		return alike.map((one) => normalised(one, scene));
	}
	if (key === "counts" && isCounts(value)) {
		const { fine, skipped, ...counts } = value;
		return { ...counts, fineOrSkipped: fine + skipped };
	}
	if (typeof value === "object" && value !== null) {
		const alike = Object.entries(value).filter(([name]) => !ofStore.includes(name));
		return Object.fromEntries(alike.map(([name, one]) => [name, normalised(one, scene, name)]));
	}
	if (key === "seconds") return 0;
	// One process keeps one log a second.
	if (key === "log") return "LOG";
	if (typeof value !== "string") return value;
	// It names the registry by its identity.
	if (key === "uid") return value.replace(/@[\da-f]+/, "@IDENTITY");
	if (["requestKey", "request", "identity", "batch", "extensionId", "messageId"].includes(key))
		return key.toUpperCase();
	return (
		value
			.replaceAll(scene.environment.CFM_REGISTRY ?? join(scene.home, database), "REGISTRY")
			// A file keeps what it was before a restore beside it, a server has the folder of backups.
			.replace(join(scene.home, "backups", `${database}.before-restore`), "REGISTRY.before-restore")
			.replaceAll(scene.folder, "SCENE")
			.replace(/\d{4}-\d\d-\d\d([T ])\d\d:\d\d(:\d\d(\.\d+)?Z)?/g, "TIME")
			.replace(/([\da-f]{8}-)?\d{8}T\d{6}(\d{3}Z|Z|-[\da-f]+)/g, "STAMP")
			.replace(/^undo [\w-]+$/, "undo REQUEST")
	);
}

/** How many checks ended how. */
function isCounts(value: unknown): value is Record<"fine" | "skipped", number> {
	return typeof value === "object" && value !== null && "fine" in value && "skipped" in value;
}

describe("on PostgreSQL as in a file", () => {
	it.each(examples.filter(([, id]) => id !== "me"))("%s", async (line, id) => {
		const inFile = await ranIn(newScene(), id, line);
		const onServer = await ranIn(sceneOnServer(id === "init"), id, line);
		expect(onServer).toEqual(inFile);
	});

	it("cfm me asks a server only when --registry names it: nobody needs a password to see their own", async () => {
		const scene = sceneOnServer(false);
		await prepare(scene, "me", "cfm me");
		const me = async (...words: string[]) => JSON.parse((await scene.run(["me", "--json", ...words])).out).result;
		expect(await me()).toMatchObject({ allocatedId: null, unknown: [{ part: "registry" }] });
		const named = await me("--registry", scene.environment.CFM_REGISTRY ?? "");
		expect(named).toMatchObject({ allocatedId: 7, unknown: [] });
	});
});
