/** What listens, as Windows' own table tells it. Under Wine it has ports and no processes: unknown, and never nobody. */
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allTraces, ask, cliFolder, done, installing, machineWithCli, Recorded, traces } from "./cli.js";
import { project } from "./provision.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
	await done(wine, ["ids", "allocate", wine.user, "CONTOSO\\weg"]);
	await done(wine, installing(wine, "ok"));
	expect(await traces(wine, 24251)).toEqual(allTraces(1));
});
afterAll(() => wine?.dispose());

const nothingKnown = { pid: null, process: null, user: null, session: null, since: null };
const unknown = ["pid", "process", "user", "session", "since"];

describe("listeners", () => {
	test("of a client that runs: the port and whose it should be; whose it is could not be told", async () => {
		const { exitCode, result, warnings } = await ask(wine, ["ports", "list", "--port", "24251"]);
		expect(exitCode).toBe(0);
		expect(result).toMatchObject({
			listeners: [{ address: "127.0.0.1", port: 24251, ...nothingKnown, id: 1, expectedUser: wine.user, unknown }],
			total: 1,
		});
		expect(result.listeners[0].verdict).toBe("unknown-owner");
		expect(warnings).toEqual([expect.stringContaining("as an administrator")]);
	});

	test("make no evidence for a rule while nobody knows whose they are", async () => {
		expect(await ask(wine, ["ports", "learn"])).toMatchObject({
			exitCode: 3,
			error: { code: "too-few-clients" },
			result: { evidence: [], rule: null },
			warnings: [
				expect.stringMatching(/^cfm can't determine the programs? of \d+ listeners?: run cfm as an administrator\.$/),
			],
		});
	});
});

describe("a port", () => {
	test("that a client has, and one that nobody has", async () => {
		expect(await ask(wine, ["ports", "check", "1"])).toMatchObject({
			exitCode: 4,
			error: { code: "port-not-usable" },
			result: { port: 24251, usable: false, reasons: [{ code: "owner-unknown", blocking: true, user: null }] },
		});
		// Wine's netsh says nothing and exits with 0: that is not "no range".
		expect(await ask(wine, ["ports", "check", "24299"])).toMatchObject({
			exitCode: 0,
			result: { usable: true, reasons: [] },
			warnings: [expect.stringContaining("netsh"), expect.stringContaining("netsh")],
		});
	});

	test("of a client that was stopped is missing, and not gone from the list", async () => {
		const other = await machineWithCli();
		try {
			await done(other, ["ids", "allocate", other.user, "--id", "9", "--ignore-ports"]);
			await done(other, installing(other, "no-start"));
			const { listeners } = await done(other, ["ports", "list", "--ids-only", "--port", "24259"]);
			expect(listeners).toMatchObject([
				{
					address: null,
					port: 24259,
					...nothingKnown,
					id: 9,
					expectedUser: other.user,
					verdict: "missing",
					unknown: [],
				},
			]);
		} finally {
			await other.dispose();
		}
	});
});

describe("with recorded answers of netsh, in the code page of a German console", () => {
	let netsh: Recorded;
	beforeAll(async () => {
		netsh = await Recorded.put(wine, "C:\\windows\\system32\\netsh.exe");
	});

	/** One answer to all questions: the table of excluded ranges is no dynamic range, which is told. */
	const table = (...rows: string[]) =>
		netsh.answer({
			output: [
				"",
				'Portausschlussbereiche f\u0081r das Protokoll "tcp"',
				"",
				"Startport      Endport",
				"----------    --------",
				...rows,
				"",
				"* - Verwaltete Portausschl\u0081sse.",
				"",
			].join("\r\n"),
		});

	test("an excluded port is not usable, and not given", async () => {
		table("     24252       24254      ", "     50000       50059     *");
		expect(await ask(wine, ["ports", "check", "2"])).toMatchObject({
			exitCode: 4,
			result: { port: 24252, reasons: [{ code: "excluded", first: 24252, last: 24254 }] },
		});
		const given = await done(wine, ["ids", "allocate", "CONTOSO\\neu", "--dry-run"]);
		expect(given).toMatchObject({
			allocations: [{ id: 5 }],
			skipped: [
				{ id: 3, port: 24253, code: "port-excluded" },
				{ id: 4, port: 24254, code: "port-excluded" },
			],
		});
		expect(netsh.calls().some((line) => line.endsWith("int ipv4 show excludedportrange protocol=tcp"))).toBe(true);
	});

	test("a block is planned around what Windows holds, and refused while it is in use", async () => {
		table("     24252       24254      ", "     24300       24399     *");
		const plan = await done(wine, ["ports", "reserve-block"]);
		expect(plan.steps.map(({ command }: { command: string }) => command)).toEqual([
			"net stop winnat",
			"netsh int ipv4 add excludedportrange protocol=tcp startport=24251 numberofports=49 store=persistent",
			"netsh int ipv4 add excludedportrange protocol=tcp startport=24400 numberofports=19851 store=persistent",
			"net start winnat",
		]);
		netsh.calls();
		expect(await ask(wine, ["ports", "reserve-block", "--yes"])).toMatchObject({
			exitCode: 4,
			error: { code: "block-in-use" },
		});
		expect(netsh.calls().filter((line) => line.includes("add"))).toEqual([]);
	});

	test("a block is set apart word by word, and a netsh that only says yes is not believed", async () => {
		await done(wine, ["environments", "add", "south", "--range", "1-50", "--port-base", "21000"]);
		table();
		const answer = await ask(wine, ["ports", "reserve-block", "--environment", "south", "--yes"]);
		expect(answer).toMatchObject({
			exitCode: 7,
			error: { code: "block-not-reserved", data: { left: [{ first: 21001, last: 21050 }] } },
		});
		const added = netsh.calls().filter((line) => line.includes(" add "));
		expect(added).toEqual([
			expect.stringMatching(
				/netsh\.exe"? int ipv4 add excludedportrange protocol=tcp startport=21001 numberofports=50 store=persistent$/,
			),
		]);
		table("     21001       21050     *");
		expect(await done(wine, ["ports", "reserve-block", "--environment", "south", "--yes"])).toMatchObject({
			outcome: "already-so",
			steps: [],
		});
	});
});

test("Windows' own functions tell of a process what there is to tell: our own, since no other can be found", async () => {
	const { outputFiles } = await build({
		stdin: {
			contents: `export { loadNative } from "./src/lib/adapters/windows/native.ts";
				export { sidBytes } from "./src/lib/adapters/windows/tcp-table.ts";`,
			resolveDir: project,
		},
		bundle: true,
		write: false,
		platform: "node",
		format: "cjs",
		plugins: [
			{
				name: "koffi",
				setup: ({ onResolve }) =>
					onResolve({ filter: /^koffi$/ }, () => ({
						path: path.win32.join(cliFolder, "dist\\vendor\\koffi.cjs"),
						external: true,
					})),
			},
		],
		supported: { "dynamic-import": false },
	});
	const begun = Date.now();
	const told = await wine.evaluate(`
		const module = { exports: {} };
		(new Function("module", "exports", "require", ${JSON.stringify(outputFiles[0]?.text)}))(module, module.exports, require);
		const { owner, rows, accountOf } = await module.exports.loadNative();
		const own = owner(process.pid);
		const account = accountOf(module.exports.sidBytes(own.sid));
		return { own, account, none: owner(0), gone: owner(999996), pid: process.pid, rows: rows(4).length };
	`);
	const { own, account, none, gone, pid, rows } = told as Record<string, never> & { own: Record<string, unknown> };
	expect(own).toMatchObject({ pid, process: "node.exe", sid: expect.stringMatching(/^S-1-5-21-/), unknown: [] });
	expect(own.user).toMatch(/\\/);
	expect(account).toBe(own.user);
	expect(Math.abs(Date.parse(String(own.since)) - begun)).toBeLessThan(120_000);
	expect(none).toMatchObject({ pid: null, unknown });
	expect(gone).toMatchObject({ pid: 999996, process: null, user: null, since: null });
	expect(rows).toBeGreaterThan(0);
});
