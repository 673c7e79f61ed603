/** Ctrl-C and a kill in the middle of a change, by each launcher: what was not acknowledged did not happen. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { until } from "../../until.js";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";
import { provisionLauncher } from "./provision.js";

/**
 * Loaded into cfm: when a change is to be committed, its rows are written. There it stops, and says so by a file. If nobody
 * ends it, it goes on after half a minute, and commits.
 */
const preload = `
const { LANE_STOP } = process.env;
if (LANE_STOP) {
	const fs = require("node:fs");
	const { dlopen } = process;
	process.dlopen = function (module, ...given) {
		dlopen.call(process, module, ...given);
		const { Database } = module.exports;
		if (Database === undefined) return;
		const { prepare } = Database.prototype;
		Database.prototype.prepare = function (sql, ...more) {
			const statement = prepare.call(this, sql, ...more);
			const { run } = statement;
			if (sql === "COMMIT") {
				statement.run = (...words) => {
					for (const until = Date.now() + 30_000; Date.now() < until; ) {
						fs.writeFileSync(LANE_STOP, "");
						Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
					}
					return run.apply(statement, words);
				};
			}
			return statement;
		};
	};
}`;

describeEach(engines())("PowerShell on %s", (engine) => {
	const separator = engine === "wine" || process.platform === "win32" ? "\\" : "/";
	let shell: PowerShell;
	let number = 0;
	const at = (name: string) => `${shell.folder}${separator}${name}`;

	beforeAll(async () => {
		shell = await openPowerShell(engine);
		shell.put("preload.cjs", preload);
		if (shell.wine === undefined) return;
		const source = path.join(import.meta.dirname, "programs", "interrupt.c");
		const words = ["-O2", "-s", "-municode", "-Wall", "-Werror", "-o", shell.path(at("interrupt.exe")), source];
		execFileSync("x86_64-w64-mingw32-gcc", words);
	});
	afterAll(() => shell?.dispose());

	/** A registry of its own in which cfm stops in the middle of the next change. */
	const stopping = async () => {
		number += 1;
		const [home, stop, go] = [at(`home-${number}`), at(`stop-${number}`), at(`go-${number}`)];
		const env = {
			CFM_HOME: home,
			LANE_STOP: stop,
			...Object.fromEntries([shell.preloading(at("preload.cjs"))]),
		};
		const made = await shell.run("$null = cfm init --yes; $null = cfm ids allocate eve; $LASTEXITCODE", {
			env: { CFM_HOME: home },
		});
		expect(made.objects).toEqual([0]);
		const file = shell.path(`${home}${separator}registry.db`);
		const state = () => {
			const database = new Database(file, { timeout: 10_000 });
			try {
				const rows = database.prepare("SELECT count(*) FROM allocations").pluck().get();
				const events = database.prepare("SELECT count(*) FROM events").pluck().get();
				return { rows, events, whole: database.pragma("integrity_check", { simple: true }) };
			} finally {
				database.close();
			}
		};
		const isHeld = () => {
			const database = new Database(file, { timeout: 0 });
			try {
				database.exec("BEGIN IMMEDIATE; ROLLBACK");
				return false;
			} catch (error) {
				return (error as { code: string }).code === "SQLITE_BUSY";
			} finally {
				database.close();
			}
		};
		/** Waits until cfm is in the middle of it, then lets happen what is to happen. */
		const inTheMiddle = async () => {
			await vi.waitFor(() => expect(fs.existsSync(shell.path(stop))).toBe(true), { timeout: 20_000, interval: 20 });
			const held = isHeld();
			fs.writeFileSync(shell.path(go), "");
			return held;
		};
		/** Whatever lives there holds the registry until it has committed. */
		const ended = () => until("cfm to hold the registry no more", () => !isHeld());
		/** The registry is free again, and answers. */
		const goesOn = async () => {
			const { objects } = await shell.run(
				"(cfm ids list --json | ConvertFrom-Json).result.allocations.user; (cfm registry check --json | ConvertFrom-Json).ok; (cfm ids allocate ana --json | ConvertFrom-Json).result.allocations[0].id",
				{ env: { CFM_HOME: home } },
			);
			return objects;
		};
		return { env, go, state, inTheMiddle, ended, goesOn };
	};

	if (engine !== "wine") {
		test("Ctrl-C in the middle of a change leaves the registry as it was, and nothing running", async () => {
			const cfm = await stopping();
			const before = cfm.state();
			const running = shell.run("'before'; cfm ids allocate ana ben; 'after'", {
				env: cfm.env,
				interruptWhen: shell.path(cfm.go),
			});
			expect(await cfm.inTheMiddle()).toBe(true);
			expect((await running).objects).toEqual(["before"]);
			await cfm.ended();
			expect(cfm.state()).toEqual(before);
			expect(await cfm.goesOn()).toEqual(["eve", true, 2]);
		});
		return;
	}

	test.each([
		["ctrl-c", "cfm.exe", "130"],
		["kill", "cfm.exe", "1"],
		// STATUS_CONTROL_C_EXIT, with which Windows ends a program that minds no Ctrl-C.
		["ctrl-c", "run.cjs", String(0xc000013a)],
	] as const)("%s through %s leaves the registry as it was, and nothing running", async (how, launcher, exit) => {
		const cfm = await stopping();
		const before = cfm.state();
		const program =
			launcher === "run.cjs" ? ["C:\\node\\node.exe", "C:\\cfm\\bin\\run.cjs"] : [`C:\\cfm\\bin\\${launcher}`];
		const words = [how, cfm.go, ...program, "ids", "allocate", "ana", "ben"];
		const command = ["&", ".\\interrupt.exe", ...words].join(" ");
		const running = shell.run(`'before'; ${command}; 'after'`, { env: cfm.env, terminal: true });
		expect(await cfm.inTheMiddle()).toBe(true);
		const { objects } = await running;
		await vi.waitFor(() => expect(fs.readFileSync(shell.path(cfm.go), "utf8")).toBe(exit), { timeout: 10_000 });
		// Whether the script itself still gets on depends on who is told of the key first.
		expect(objects[0]).toBe("before");
		await cfm.ended();
		expect(cfm.state()).toEqual(before);
		expect(await cfm.goesOn()).toEqual(["eve", true, 2]);
	});

	test("cfm.exe ends with 130 when Ctrl-C ended Node, and with Node's own code else", async () => {
		shell.put("run.cjs", "process.exitCode = Number(process.argv[2]);");
		fs.copyFileSync(provisionLauncher(), shell.path(at("cfm.exe")));
		const { objects, errors } = await shell.run(
			`foreach ($code in 0, 1, 9, 130, 3010, ${0xc000013a | 0}) { & .\\cfm.exe $code; $LASTEXITCODE }`,
		);
		expect({ objects, errors }).toEqual({ objects: [0, 1, 9, 130, 3010, 130], errors: [] });
	});
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());
