import { execFileSync } from "node:child_process";
import { openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { makeFolder } from "../../folders.js";
import { filled } from "./filled.js";
import { makeDatabase, owner, Server } from "./server.js";
import { locationOf, secrets } from "./store.js";

// What a long list holds at once does not grow with it. Garbage would: the heap is kept so small that it is collected, and
// that 100,000 rows have no room in it. What is beside the heap (buffers, compiled code) varies by a quarter from run to run.

const program = join(import.meta.dirname, "..", "..", "..", "bin", "run.cjs");
const peak = join(import.meta.dirname, "..", "..", "..", "bench", "peak.cjs");
const smallHeap = ["--max-old-space-size=40", "--max-semi-space-size=1"];
const sizes = [10_000, 100_000] as const;

let server: Server;
let folder: string;
const locations = new Map<number, string>();
beforeAll(async () => {
	server = await Server.started();
	folder = makeFolder("memory");
	writeFileSync(join(folder, "password"), `${owner.password}\n`, { mode: 0o600 });
	for (const size of sizes) {
		const database = makeDatabase(server.reach);
		await createPostgresRegistry(locationOf(server.reach, database), secrets, recordKinds);
		server.sql(filled(size), owner, database);
		locations.set(size, locationOf(server.reach, database));
	}
});
afterAll(async () => {
	await server.remove();
	rmSync(folder, { recursive: true });
});

/** Runs a command on the registry of a size. @returns its peak of memory in MB, and how much it printed in KB */
function run(words: readonly string[], size: number): { peak: number; printed: number } {
	const [told, printed] = [join(folder, "peak"), join(folder, "printed")];
	const where = ["--registry", locations.get(size) ?? "", "--password-file", join(folder, "password")];
	execFileSync(process.execPath, [...smallHeap, "--require", peak, program, ...words, ...where], {
		env: { CFM_HOME: folder, HOME: folder },
		stdio: ["ignore", openSync(printed, "w"), "inherit", openSync(told, "w")],
	});
	return { peak: Number(readFileSync(told, "utf8")) / 1024, printed: readFileSync(printed).length / 1024 };
}

it.each([
	["ids list --json"],
	["ids list --output csv"],
	["ids history --json"],
	["ids history --output csv"],
	["ids history CORP\\f77 --json"],
])("%s: ten times as many rows, no more memory", (line) => {
	const [few, many] = sizes.map((size) => run(line.split(" "), size));
	if (!line.includes("CORP")) expect(many?.printed).toBeGreaterThan((few?.printed ?? 0) * 9);
	expect((many?.peak ?? 0) / (few?.peak ?? 1), `${few?.peak} MB, ${many?.peak} MB`).toBeLessThan(1.6);
});

it("a backup: ten times as many rows, no more memory", () => {
	const [few, many] = sizes.map((size) => run(["registry", "backup", join(folder, `${size}.db`)], size));
	expect((many?.peak ?? 0) / (few?.peak ?? 1), `${few?.peak} MB, ${many?.peak} MB`).toBeLessThan(1.6);
});
