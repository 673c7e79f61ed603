import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { patiently } from "../../../../src/lib/adapters/registry-sqlite/store.js";
import { anAllocation, anEnvironment, environmentChange, idChange, make } from "../../../contract/store.js";
import { until } from "../../../until.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const file = () => at("registry.db");

/** Another process that takes the registry for itself, says so, and gives it back when its input ends. */
const holder = `
	const [file, begin] = process.argv.slice(1);
	const database = require("better-sqlite3")(file);
	database.exec(begin);
	process.stdout.write("held");
	process.stdin.on("end", () => database.exec("ROLLBACK")).resume();
`;

async function hold(begin: string) {
	const words = ["-e", holder, file(), begin];
	const child = spawn(process.execPath, words, { cwd: import.meta.dirname, stdio: ["pipe", "pipe", "inherit"] });
	await once(child.stdout, "data");
	const ended = once(child, "exit");
	const giveBack = async () => {
		child.stdin.end();
		expect((await ended)[0]).toBe(0);
	};
	return { child, giveBack };
}

describe("a registry that another process holds", () => {
	beforeEach(async () => {
		await createSqliteRegistry(file());
		const registry = await openSqliteRegistry(file(), { readonly: false });
		await make(registry, [environmentChange(null, anEnvironment())]);
		registry.close();
		// Who is turned away pauses, by a clock that stands still until the test moves it.
		vi.useFakeTimers({ toFake: ["setTimeout"] });
	});
	afterEach(() => void vi.useRealTimers());
	const turnedAway = () => until("somebody to be turned away", () => vi.getTimerCount() > 0);

	it("is waited for, then changed", async () => {
		const { child, giveBack } = await hold("BEGIN IMMEDIATE");
		const registry = await openSqliteRegistry(file(), { readonly: false });
		const changed = make(registry, [idChange(null, anAllocation(1))]);
		await turnedAway();
		await vi.advanceTimersByTimeAsync(1000);
		expect(child.exitCode).toBeNull();
		await giveBack();
		await vi.runAllTimersAsync();
		await changed;
		expect(await registry.read((view) => view.countEvents({}))).toBe(2);
		registry.close();
	});

	it("is looked at without waiting", async () => {
		const { child, giveBack } = await hold("BEGIN IMMEDIATE");
		const registry = await openSqliteRegistry(file(), { readonly: true });
		expect(await registry.read((view) => view.countEvents({}))).toBe(1);
		expect(child.exitCode).toBeNull();
		registry.close();
		await giveBack();
	});

	it("for itself alone is waited for even to be looked at", async () => {
		const { giveBack } = await hold("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
		const registry = openSqliteRegistry(file(), { readonly: true });
		await turnedAway();
		await giveBack();
		await vi.runAllTimersAsync();
		(await registry).close();
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
