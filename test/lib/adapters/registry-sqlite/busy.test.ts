import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSqliteRegistry, openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { patiently } from "../../../../src/lib/adapters/registry-sqlite/store.js";
import { anAllocation, anEnvironment, environmentChange, idChange, make } from "../../../contract/store.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const file = () => at("registry.db");

/** Another process that takes the registry for itself, says so, and keeps it for a while. */
const holder = `
	const [file, begin, milliseconds] = process.argv.slice(1);
	const database = require("better-sqlite3")(file);
	database.exec(begin);
	process.stdout.write("held");
	setTimeout(() => database.exec("ROLLBACK"), Number(milliseconds));
`;

async function heldFor(milliseconds: number, begin: string) {
	const words = ["-e", holder, file(), begin, String(milliseconds)];
	const child = spawn(process.execPath, words, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] });
	await once(child.stdout, "data");
	return { child, since: performance.now(), ended: once(child, "exit") };
}

describe("a registry that another process holds", () => {
	beforeEach(async () => {
		await createSqliteRegistry(file());
		const registry = await openSqliteRegistry(file(), { readonly: false });
		await make(registry, [environmentChange(null, anEnvironment())]);
		registry.close();
	});

	it("is waited for, then changed", async () => {
		const { since, ended } = await heldFor(1000, "BEGIN IMMEDIATE");
		const registry = await openSqliteRegistry(file(), { readonly: false });
		await make(registry, [idChange(null, anAllocation(1))]);
		expect(performance.now() - since).toBeGreaterThan(900);
		registry.close();
		expect((await ended)[0]).toBe(0);
	});

	it("is looked at without waiting", async () => {
		const { child, ended } = await heldFor(1000, "BEGIN IMMEDIATE");
		const registry = await openSqliteRegistry(file(), { readonly: true });
		expect(await registry.read((view) => view.countEvents({}))).toBe(1);
		expect(child.exitCode).toBeNull();
		registry.close();
		await ended;
	});

	it("for itself alone is waited for even to be looked at", async () => {
		const { since, ended } = await heldFor(600, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
		void ended;
		const registry = openSqliteRegistry(file(), { readonly: true });
		const answer = await Promise.race([registry.then(() => "opened"), new Promise((r) => setTimeout(r, 300, "waits"))]);
		expect(answer).toBe("waits");
		(await registry).close();
		expect(performance.now() - since).toBeGreaterThan(500);
	});
});

describe("patience", () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());
	const busy = (code = "SQLITE_BUSY") => Object.assign(new Error("database is locked"), { code });

	it("ends after 30 seconds, as busy", async () => {
		const start = Date.now();
		let attempts = 0;
		const waiting = failure(() =>
			patiently(() => {
				attempts += 1;
				throw busy();
			}, "/x/registry.db"),
		);
		await vi.advanceTimersByTimeAsync(29_900);
		expect(attempts).toBeGreaterThan(29_900 / 50);
		await vi.advanceTimersByTimeAsync(200);
		expect(await waiting).toMatchObject({ kind: "busy", code: "registry-busy", data: { sqlite: "SQLITE_BUSY" } });
		expect(Date.now() - start).toBeLessThan(30_200);
	});

	it("pauses for a different time each time, 5 to 50 ms", async () => {
		const moments: number[] = [];
		const waiting = patiently(() => {
			if (moments.push(Date.now()) < 50) throw busy("SQLITE_BUSY_SNAPSHOT");
			return "done";
		}, "/x");
		await vi.advanceTimersByTimeAsync(3000);
		expect(await waiting).toBe("done");
		const pauses = moments.slice(1).map((moment, n) => moment - (moments[n] ?? 0));
		expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(51);
		expect(new Set(pauses).size).toBeGreaterThan(5);
	});

	it("is for a held registry only", async () => {
		for (const [code, kind] of [
			["SQLITE_FULL", "unavailable"],
			["SQLITE_READONLY", "denied"],
			["SQLITE_CORRUPT", "unavailable"],
		] as const) {
			let attempts = 0;
			const error = await failure(() =>
				patiently(() => {
					attempts += 1;
					throw busy(code);
				}, "/x"),
			);
			expect({ attempts, kind: error.kind }).toEqual({ attempts: 1, kind });
		}
		await expect(patiently(() => Promise.reject(new TypeError("a fault")), "/x")).rejects.toThrow("a fault");
	});
});
