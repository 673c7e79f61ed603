import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadAll } from "../../src/main.js";
import { makeScene, prepare, type Scene, wordsOf } from "../shape/scene.js";
import { cfm, root } from "./cfm.js";

// Every documented example runs as written: through the router, which is fast, and through oclif, which knows the whole
// grammar. Both are made from one definition, and nobody can tell which one it was.

const examples = Object.entries(await loadAll()).flatMap(([id, { examples }]) =>
	examples.map(({ line }) => [line, id] as const),
);

/** Those that need more than a Linux machine without a client has. */
const codes: Readonly<Record<string, number>> = {
	"cfm ports reserve-block --yes": 7,
	// Nobody has the vendor of the examples.
	"cfm tokens show --module /opt/token.so --slot 1": 3,
	"cfm sign test --module /opt/token.so --slot 1": 3,
	"cfm tsa test --tsa http://tsa.example.com --anchor root.pem": 7,
	"cfm tokens test --module /opt/token.so --slot 1": 3,
	"cfm tokens test --module /opt/token.so --slot 1 --pin-file - --json": 3,
	"cfm self check --windows": 7,
	"cfm self check --windows --json": 7,
	"cfm ports learn": 3,
	"cfm ports learn --apply --yes": 3,
	// In its scene a client has not the ID that its user was moved to.
	"cfm audit": 8,
	"cfm audit --fix --all-users --dry-run": 8,
	// Where no site is managed yet, there is something that nobody can tell.
	"cfm doctor --fail-on unknown --json": 8,
};

/** What listens on this machine comes and goes. */
const isLive = (id: string) => id === "ports list" || id === "ports reserve-block";

let helper: Scene;
/** Hands a command line to oclif at once. */
let viaOclif: string;
beforeAll(() => {
	helper = makeScene();
	viaOclif = join(helper.folder, "via-oclif.cjs");
	writeFileSync(
		viaOclif,
		`const { load } = require(${JSON.stringify(join(root, "bin", "run.cjs"))});
		const dist = ${JSON.stringify(join(root, "dist"))};
		const words = process.argv.slice(2);
		load(dist + "/cfm.cjs").viaOclif(words, dist).then((code) => { process.exitCode = code; });`,
	);
});
afterAll(() => helper.remove());

/** Takes out what no two runs have alike. */
function normalised(text: string): string {
	return text
		.replace(/\d{4}-\d\d-\d\d([T ])\d\d:\d\d(:\d\d(\.\d+)?Z)?/g, "TIME")
		.replace(/\d{8}T\d{6}(\d{3})?Z/g, "STAMP")
		.replace(/\b\d+ ms\b/g, "N ms")
		.replace(/(install|uninstall)-\d{8}T\d{6}-\d+\.log/g, "$1-LOG")
		.replace(/\d{8}T\d{6}-[\da-f]{6}/g, "BACKUP")
		.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, "BATCH")
		.replace(/^Extension: [a-p]{32}$/gm, "Extension: ID")
		.replace(/"(version|key)": "(\d+\.\d+\.\d+\.\d+|MII[\w+/=]+)"/g, '"$1": "NEW"')
		.replace(/"requestKey":"[^"]*"/g, '"requestKey":"KEY"')
		.replace(/"seconds":[\d.]+/g, '"seconds":0');
}

/** What a file says is compared, but for the names that a key of chance made. */
const isTold = (file: string) => /\.(json|csv|txt)$/.test(file) && !file.endsWith("doctor-masks.json");

/** What a run left behind: the names of all files, what the small ones say, and what the registry tells. */
async function left(scene: Scene) {
	const files = readdirSync(scene.folder, { recursive: true, encoding: "utf8" })
		.filter((file) => !/\.db-(wal|shm)$/.test(file))
		.map((file) => [normalised(file), isTold(file) && normalised(textOf(join(scene.folder, file)))]);
	const { out } = await cfm(scene, ["ids", "history", "--json"]);
	return { files: files.toSorted(), history: normalised(out) };
}

function textOf(file: string): string {
	return readFileSync(file, "utf8");
}

/** Scenes are made one after the other: who has a client is found by this process's own HOME. */
let lastPrepared: Promise<unknown> = Promise.resolve();

describe("the router and oclif understand alike and do the same", () => {
	it.concurrent.each(examples)("%s", async (line, id) => {
		const scene = makeScene();
		const kept = `${scene.folder}-kept`;
		try {
			lastPrepared = lastPrepared.then(() => prepare(scene, id, line));
			await lastPrepared;
			cpSync(scene.folder, kept, { recursive: true, preserveTimestamps: true });
			const ran: Record<string, unknown>[] = [];
			for (const way of [{}, { script: viaOclif }]) {
				const { code, out, err } = await cfm(scene, wordsOf(line), way);
				expect(code, `${way.script ?? "the router"}: ${err}`).toBe(codes[line] ?? 0);
				const told = isLive(id) || line.includes(" --live") ? {} : { out: normalised(out), err: normalised(err) };
				ran.push({ code, ...told, ...(await left(scene)) });
				// The second way starts where the first one did, at the very same place.
				rmSync(scene.folder, { recursive: true });
				renameSync(kept, scene.folder);
				cpSync(scene.folder, kept, { recursive: true, preserveTimestamps: true });
			}
			expect(ran[1]).toEqual(ran[0]);
		} finally {
			scene.remove();
			rmSync(kept, { recursive: true, force: true });
		}
	});
});
