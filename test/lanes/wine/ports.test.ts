/** What listens, as Windows' own table tells it, and whose it is. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	allTraces,
	ask,
	done,
	inProcess,
	installing,
	machineWithCli,
	occupy,
	Recorded,
	traces,
	trustToo,
} from "./cli.js";
import type { Wine } from "./setup.js";

const begun = Date.now();
let wine: Wine;
let other: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
	await done(wine, ["ids", "allocate", wine.user, "CONTOSO\\weg"]);
	await done(wine, installing(wine, "ok"));
	expect(await traces(wine, 24251)).toEqual(allTraces(1));
	other = await wine.as("CONTOSO\\dörte Ł");
	await trustToo(other);
	await done(wine, ["ids", "allocate", other.user, "--id", "30"]);
	await done(other, installing(other, "ok"));
});
afterAll(() => wine?.dispose());

const unknown = ["pid", "process", "user", "session", "since"];
const nobody = { pid: null, process: null, user: null, session: null, since: null };

describe("listeners", () => {
	test("of a client that runs: its process, its account, its session, since when, and whose port it is", async () => {
		const { exitCode, result, warnings } = await ask(wine, ["ports", "list", "--port", "24251"]);
		expect(exitCode).toBe(0);
		expect(result).toMatchObject({
			listeners: [
				{
					...{ address: "127.0.0.1", port: 24251, id: 1, expectedUser: wine.user, verdict: "ok", unknown: [] },
					...{ process: "certifio-manager-se.exe", user: wine.user, session: expect.any(Number) },
				},
			],
			total: 1,
		});
		const [{ pid, since }] = result.listeners;
		expect(pid).toBeGreaterThan(0);
		expect(Date.parse(since)).toBeGreaterThan(begun);
		expect(Date.parse(since)).toBeLessThanOrEqual(Date.now());
		expect(warnings).toEqual([]);
	});

	test("on IPv6 are told beside those on IPv4", async () => {
		const end = await occupy(wine, 24_290, "::1");
		try {
			expect((await done(wine, ["ports", "list", "--port", "24290"])).listeners).toMatchObject([
				{ address: "::1", port: 24_290, process: "node.exe", user: wine.user, unknown: [] },
			]);
		} finally {
			await end();
		}
	});

	test("are evidence for the rule of ports", async () => {
		expect(await ask(wine, ["ports", "learn"])).toMatchObject({
			exitCode: 3,
			error: { code: "too-few-clients" },
			result: {
				evidence: [{ id: 1, ports: [24251], process: "certifio-manager-se.exe", user: wine.user }],
				rule: null,
			},
			warnings: [],
		});
	});
});

describe("a port", () => {
	test("that a client has, one that another account has, and one that nobody has", async () => {
		expect(await ask(wine, ["ports", "check", "1"])).toMatchObject({
			exitCode: 0,
			result: { port: 24251, usable: true, reasons: [{ code: "own-client", blocking: false, user: wine.user }] },
		});
		// The lane's table ends at the account; that the port can't be had is seen all the same, and not "free".
		expect(await ask(wine, ["ports", "check", "30"])).toMatchObject({
			exitCode: 4,
			error: { code: "port-not-usable" },
			result: { port: 24280, usable: false, reasons: [{ code: "bind-refused", blocking: true }] },
		});
		// Wine's netsh says nothing and exits with 0: that is not "no range".
		expect(await ask(wine, ["ports", "check", "24299"])).toMatchObject({
			exitCode: 0,
			result: { usable: true, reasons: [] },
			warnings: [expect.stringContaining("netsh"), expect.stringContaining("netsh")],
		});
	});

	test("of a client that was stopped is missing, and not gone from the list", async () => {
		const stopped = await machineWithCli();
		try {
			await done(stopped, ["ids", "allocate", stopped.user, "--id", "9", "--ignore-ports"]);
			await done(stopped, installing(stopped, "no-start"));
			const { listeners } = await done(stopped, ["ports", "list", "--ids-only", "--port", "24259"]);
			expect(listeners).toMatchObject([
				{
					address: null,
					port: 24259,
					...nobody,
					id: 9,
					expectedUser: stopped.user,
					verdict: "missing",
					unknown: [],
				},
			]);
		} finally {
			await stopped.dispose();
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
	const asked = Date.now();
	const told = await inProcess(
		wine,
		{
			"owners.ts": ["lookAtOwners"],
			"account-names.ts": ["accountNames"],
			"who-am-i.ts": ["whoAmI"],
			"listeners.ts": ["listListening"],
		},
		`
		const owners = await lookAtOwners([process.pid, 0, 999996]);
		const own = owners.get(process.pid);
		const names = await accountNames([own.sid, "S-1-5-32-544", "S-1-5-21-9-9-9-1"]);
		const rows = await listListening();
		return { own, names: [...names], me: await whoAmI(), none: owners.get(0), gone: owners.get(999996), pid: process.pid, rows: rows.value.length };
		`,
	);
	const { own, names, me, none, gone, pid, rows } = told as Record<string, never> & { own: Record<string, unknown> };
	expect(own).toMatchObject({ pid, process: "node.exe", sid: expect.stringMatching(/^S-1-5-21-/), unknown: [] });
	expect(own.user).toBe(wine.user);
	expect(me).toEqual({ account: wine.user, sid: own.sid });
	expect(names).toEqual([
		[own.sid, own.user],
		["S-1-5-32-544", "BUILTIN\\Administrators"],
	]);
	expect(Math.abs(Date.parse(String(own.since)) - asked)).toBeLessThan(120_000);
	expect(none).toMatchObject({ pid: null, unknown });
	expect(gone).toMatchObject({ pid: 999996, process: null, user: null, since: null });
	expect(rows).toBeGreaterThan(0);
});
