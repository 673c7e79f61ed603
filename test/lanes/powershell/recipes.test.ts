/** The recipes of docs/recipes, each run on real data with its result checked, as 7 and with 5.1's cmdlets. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeScene, me } from "../../shape/scene.js";
import { isWhole } from "../../whole.js";
import { installerPath } from "../wine/provision.js";
import { describeEach } from "./describe-each.js";
import {
	engines,
	missingEngines,
	type Outcome,
	openPowerShell,
	type PowerShell,
	type RunOptions,
} from "./powershell.js";
import { project } from "./provision.js";

const recipes = path.join(project, "docs", "recipes");

/** What an SMTP client said in its letter. */
interface Letters {
	port: number;
	letters: string[];
	close(): Promise<void>;
}

/** A mail server that takes every letter, and keeps it. */
async function mailServer(): Promise<Letters> {
	const letters: string[] = [];
	const server = net.createServer((socket) => {
		let letter: string | undefined;
		socket.on("error", () => {});
		socket.write("220 lane\r\n");
		let rest = "";
		socket.on("data", (chunk) => {
			rest += chunk.toString("latin1");
			for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
				const line = rest.slice(0, end);
				rest = rest.slice(end + 2);
				if (letter !== undefined && line !== ".") letter += `${line}\n`;
				else if (letter !== undefined) {
					letters.push(letter);
					letter = undefined;
					socket.write("250 kept\r\n");
				} else if (/^DATA/i.test(line)) {
					letter = "";
					socket.write("354 go on\r\n");
				} else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
				else socket.write("250 ok\r\n");
			}
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as net.AddressInfo;
	return { port, letters, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** As 7 does it, and with its cmdlets made to do as 5.1's: under Wine these alone, both by npm run check:powershell. */
const flavours = engines().flatMap((engine) =>
	[false, true]
		.filter((windowsPowerShell) => windowsPowerShell || engine !== "wine" || isWhole)
		.map((windowsPowerShell) => ({ engine, windowsPowerShell })),
);

describeEach(flavours)("on $engine, cmdlets of 5.1: $windowsPowerShell", ({ engine, windowsPowerShell }) => {
	const separator = engine === "wine" || process.platform === "win32" ? "\\" : "/";
	let shell: PowerShell;
	let installer: string;
	let sha256: string;
	/** Who runs it, in full and without the domain. */
	let user: string;
	const bare = () => user.replace(/^.*\\/, "");
	const at = (name: string) => `${shell.folder}${separator}${name}`;
	const read = (name: string) => fs.readFileSync(shell.path(at(name)), "utf8");

	const run = (script: string, options: RunOptions = {}): Promise<Outcome> =>
		shell.run(`$ErrorActionPreference = 'Stop'\n${script}`, { windowsPowerShell, ...options });
	/** Runs a script that must work. */
	const works = async (script: string, options?: RunOptions): Promise<Outcome> => {
		const outcome = await run(script, options);
		expect(outcome.errors).toEqual([]);
		expect(outcome.stderr).toEqual([]);
		return outcome;
	};
	// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests assert
	const cfm = async (words: string): Promise<any> =>
		((await works(`cfm ${words} --json | ConvertFrom-Json`)).objects[0] as { result: unknown }).result;

	beforeAll(async () => {
		shell = await openPowerShell(engine);
		user = shell.wine?.user ?? me();
		fs.mkdirSync(shell.path(at("recipes")));
		for (const name of fs.readdirSync(recipes).filter((one) => one.endsWith(".ps1"))) {
			fs.copyFileSync(path.join(recipes, name), path.join(shell.path(at("recipes")), name));
		}
		const scene = makeScene();
		const source = shell.wine ? installerPath("ok") : path.join(scene.work, "certifio-manager-se.exe");
		installer = at("certifio-manager-se.exe");
		fs.copyFileSync(source, shell.path(installer));
		fs.chmodSync(shell.path(installer), 0o700);
		sha256 = createHash("sha256").update(fs.readFileSync(source)).digest("hex");
		scene.remove();
		const domain = user.includes("\\") ? `--domain ${user.split("\\")[0]}` : "";
		await works(
			`$null = cfm init --yes --range 1-500 ${domain}
			$null = cfm config set install.installer '${installer}' --machine
			$null = cfm config set install.sha256 ${sha256} --machine`,
		);
		const profile = { settleSeconds: 10, ...(shell.wine ? {} : { startsAfterInstall: false }) };
		const home = (await works("(cfm registry info --json | ConvertFrom-Json).result.registry")).objects[0] as string;
		const file = home.replace(/registry\.db$/, "client-profile.json");
		fs.writeFileSync(shell.path(file), JSON.stringify(profile), { mode: 0o600 });
	});
	afterAll(() => shell?.dispose());

	test("invoke-cfm: a failure is an error with cfm's code, hints and exit code in it", async () => {
		const { objects, streams } = await works(
			`$list = ./recipes/invoke-cfm.ps1 ids list
			$list.total; $list.allocations.GetType().Name
			try { ./recipes/invoke-cfm.ps1 ids show CORP\\nobody; 'not reached' } catch {
				$_.FullyQualifiedErrorId; $_.Exception.Message; $_.CategoryInfo.Category.ToString()
				$_.ErrorDetails.RecommendedAction; $_.TargetObject.kind; $_.Exception.Data['ExitCode']
			}
			$half = 'CORP\\one', 'CORP\\' | ./recipes/invoke-cfm.ps1 -Words ids, allocate, --from, -, --keep-going, --dry-run -Accept 9
			$half.refused.Count
			try { 'CORP\\' | ./recipes/invoke-cfm.ps1 -Words ids, allocate, --from, - } catch { $_.TargetObject.data.lines[0].line }
			try { ./recipes/invoke-cfm.ps1 ids release CORP\\one } catch { $_.FullyQualifiedErrorId }`,
		);
		expect(objects).toEqual([
			0,
			"Object[]",
			expect.stringMatching(/^cfm\.no-allocation,/),
			expect.stringContaining("CORP\\nobody"),
			"ObjectNotFound",
			expect.stringContaining("cfm ids "),
			"not-found",
			3,
			1,
			1,
			expect.stringMatching(/^cfm\.(no-allocation|agreement-needed),/),
		]);
		expect(streams.warnings).toEqual([]);
		// An empty pipeline is not the host's own standard input.
		const nobody = await run("@() | ./recipes/invoke-cfm.ps1 -Words ids, allocate, --from, -, --dry-run", {
			stdin: "CORP\\ghost\n",
		});
		expect(nobody.errors[0]?.id).toMatch(/^cfm\.empty-input,/);
	});

	test("invoke-cfm: no cfm, no answer, and a caller with $PSNativeCommandUseErrorActionPreference", async () => {
		shell.put("silent.cjs", "process.exitCode = 3;");
		const { objects } = await works(
			`$PSNativeCommandUseErrorActionPreference = $true
			try { ./recipes/invoke-cfm.ps1 ids show nobody } catch { $_.FullyQualifiedErrorId }
			function cfm { & '${shell.node}' silent.cjs }
			try { ./recipes/invoke-cfm.ps1 ids list } catch { $_.FullyQualifiedErrorId; $_.Exception.Data['ExitCode'] }`,
		);
		expect(objects).toEqual([
			expect.stringMatching(/^cfm\.no-allocation,/),
			expect.stringMatching(/^cfm\.no-answer,/),
			3,
		]);
	});

	test("take-on-department: from a CSV to IDs, installs, a report; safe to run again", async () => {
		shell.put(
			"department.csv",
			`\ufeffName,SamAccountName\r\nOwn,${bare()}\r\nZoë,zoë\r\nBad,a"b\r\n`.replace('a"b', '"a""b"'),
		);
		const script = `Import-Csv department.csv -Encoding UTF8 |
			./recipes/take-on-department.ps1 -Report report.csv -IdFile ids.csv -Note 'Finance & Co' -Install`;

		const planned = await works(`${script} -WhatIf`);
		expect(planned.objects).toMatchObject([
			{ result: "would be new" },
			{ result: "would be new" },
			{ result: "refused" },
		]);
		expect(fs.existsSync(shell.path(at("report.csv")))).toBe(false);
		expect((await cfm("ids list")).total).toBe(0);

		const row = (own: object) => expect.objectContaining({ problem: "", ...own });
		const first = await works(script);
		expect(first.objects).toEqual([
			row({ user: bare(), id: 1, result: "new", install: "installed" }),
			row({ user: "zoë", id: 2, result: "new", install: "at logon" }),
			expect.objectContaining({ user: 'a"b', id: null, result: "refused", problem: expect.stringMatching(/\S/) }),
		]);
		expect((await cfm("ids list")).allocations).toMatchObject([
			{ user: bare(), id: 1, note: "Finance & Co" },
			{ user: "zoë", id: 2 },
		]);
		expect(await cfm("client show")).toMatchObject({ installed: true, clientId: 1, verdict: "ok" });
		expect(read("report.csv")).toMatch(
			/^\ufeff?"user","id","port","result","install","problem"\r?\n"\S+","1","\d+","new","installed",""\r?\n"zoë"/,
		);
		expect(read("ids.csv")).toMatch(/^\ufeffuser,id,port,state/);

		const second = await works(script);
		expect(second.objects.slice(0, 2)).toEqual([
			row({ id: 1, result: "had one", install: "already-so" }),
			row({ id: 2, result: "had one", install: "at logon" }),
		]);
		expect(
			(await cfm("ids history")).events.filter(({ action }: { action: string }) => action === "install"),
		).toHaveLength(1);

		const listed = async (names: string, words = "-WhatIf", options: RunOptions = {}) =>
			(await works(`${names} | ./recipes/take-on-department.ps1 -Report other.csv ${words}`, options))
				.objects as Record<string, unknown>[];
		const names = (rows: Record<string, unknown>[], result: string) =>
			rows.filter((one) => one.result === result).map((one) => one.user);
		// None of these is a heading, a remark or a blank line: each is somebody, or is told with the reason.
		const odd = await listed(
			"'Müller, Jan', 'User', 'ben9', '#adm', '', '  ', $null, 'a;b', \"x`ny\", 'c\"d', 'last9'",
			"-WhatIf",
		);
		expect(names(odd, "would be new")).toEqual(["User", "ben9", "#adm", "last9"]);
		expect(names(odd, "refused")).toEqual(["Müller, Jan", "a;b", "x\ny", 'c"d', "", "", ""]);
		expect(odd.filter(({ result, problem }) => result === "refused" && problem === "")).toEqual([]);
		const twice = await listed("'CORP\\ana7', 'corp\\ANA7', 'CORP\\ben7', 'ana7@corp.example', 'CORP\\cleo7'");
		expect(names(twice, "would be new")).toEqual(["CORP\\ana7", "CORP\\ben7", "CORP\\cleo7"]);
		expect(names(twice, "duplicate")).toEqual(["ana7@corp.example", "corp\\ANA7"]);
		expect(twice.every(({ result, problem }) => (result === "duplicate") === (problem !== ""))).toBe(true);
		expect(names(await listed("'', 'a;b'"), "refused")).toEqual(["a;b", ""]);
		expect(names(await listed("'a;b', 'CORP\\'"), "refused")).toEqual(["a;b", "CORP\\"]);
		// Nobody is nobody, whatever stands on the host's own standard input.
		shell.put("other.csv", "old");
		expect(await listed("@()", "-IdFile none.csv", { stdin: "CORP\\ghost\n" })).toEqual([]);
		expect(read("other.csv")).toMatch(/^\ufeff?$/);
		expect((await cfm("ids list")).total).toBe(2);

		const words = `'CORP\\new', ' anna2 ' | ./recipes/take-on-department.ps1 -Domain LAB -Report report.csv -WhatIf`;
		expect((await works(words)).objects).toMatchObject([{ user: "CORP\\new" }, { user: "LAB\\anna2" }]);
		const nameless = await run("[pscustomobject]@{ Mail = 'x' } | ./recipes/take-on-department.ps1 -Report report.csv");
		expect(nameless.errors[0]?.message).toContain("-Column");
	});

	test("install-on-logon: with the ID of the list, one line in the log; without one nothing", async () => {
		await works("$null = cfm uninstall --silent --yes");
		const script = (list: string, hash = sha256) =>
			run(
				`& ./recipes/install-on-logon.ps1 -IdFile ${list} -Installer '${installer}' -Sha256 ${hash} -Log logon.log; exit $LASTEXITCODE`,
			);
		const done = await script("ids.csv");
		expect({ exit: done.exitCode, objects: done.objects, stderr: done.stderr }).toEqual({
			exit: 0,
			objects: [],
			stderr: [],
		});
		expect(read("logon.log")).toMatch(/^\ufeff?\d{4}-\d\d-\d\dT\S+ \S+: ID 1, installed\r?\n$/);
		expect(await cfm("client show")).toMatchObject({ installed: true, clientId: 1 });
		expect((await script("ids.csv")).exitCode).toBe(0);
		expect(read("logon.log")).toMatch(/: ID 1, already-so\r?\n$/);
		// A wrong hash is told in the log, and by the exit code; nobody sees it on the screen.
		const refused = await script("ids.csv", "0".repeat(64));
		expect({ exit: refused.exitCode, errors: refused.errors }).toEqual({ exit: 5, errors: [] });
		expect(read("logon.log")).toMatch(/failed: cfm\.wrong-hash/);
		expect((await script("gone.csv")).exitCode).toBe(1);
	});

	test("install-on-logon: only the ID of this user in this environment, whoever has the name elsewhere", async () => {
		const domain = (await works("[Environment]::UserDomainName")).objects[0] as string;
		const me = bare();
		const [none, right, unsure] = [
			/: no ID in \S+, nothing to install$/,
			/: ID 1, already-so$/,
			/: several IDs may be/,
		];
		const lists: [what: string, rows: string[], code: number, log: RegExp][] = [
			["somebody else's", ["CORP\\somebody,9"], 0, none],
			["who begins or ends alike", [`${domain}\\${me}x,9`, `x${me},10`, `${me}x@${domain},11`], 0, none],
			["another environment's", [`${domain}\\${me},9,south`, `${me},10,south`], 0, none],
			["their own, beside another environment's", [`${domain}\\${me},9,south`, `${domain}\\${me},1`], 0, right],
			["a namesake's of another domain", [`${me}@other.example,9`, `OTHER\\${me},10`], 0, none],
			["their own, in other case", [`${me}@other.example,9`, `${domain}\\${me},1`.toUpperCase()], 0, right],
			["by the first label", [`OTHER\\${me},9`, `${me}@${domain.toLowerCase()}.example,1`], 0, right],
			["by the whole domain", [`${me}@${domain},1`, `${me},9`], 0, right],
			["of two with one first label", [`${me}@${domain}.one,1`, `${me}@${domain}.two,9`], 4, unsure],
			["the one in full, before all", [`${me},8`, `${me}@${domain}.x,9`, `${domain}\\${me},1`], 0, right],
			["without a domain", [`${me},1`, "CORP\\somebody,9"], 0, right],
			["without a domain, and a namesake's", [`${me},1`, `OTHER\\${me},9`], 4, unsure],
			["without a domain, twice", [`${me},1`, `${me},9`], 4, unsure],
			["only reserved", [`${domain}\\${me},9,default,reserved`], 0, none],
		];
		const told = await works(
			lists
				.map(([, rows], at) => {
					const lines = rows.map((row) => {
						const [user, id, environment = "default", state = "allocated"] = row.split(",");
						return `${user},${id},1,${state},${environment}\r\n`;
					});
					shell.put(`list-${at}.csv`, `user,id,port,state,environment\r\n${lines.join("")}`);
					return `& ./recipes/install-on-logon.ps1 -IdFile list-${at}.csv -Installer '${installer}' -Sha256 ${sha256} -Log each.log; $LASTEXITCODE`;
				})
				.join("\n"),
		);
		const log = read("each.log").trim().split(/\r?\n/);
		for (const [at, [what, , code, line]] of lists.entries()) {
			expect([what, told.objects[at], log[at]]).toEqual([what, code, expect.stringMatching(line)]);
		}
		const south = await run(
			`& ./recipes/install-on-logon.ps1 -IdFile list-2.csv -Environment south -Installer '${installer}' -Sha256 ${sha256} -Log each.log; exit $LASTEXITCODE`,
		);
		expect(south.exitCode).toBe(3);
		expect(read("each.log")).toMatch(/failed: cfm\.no-environment.*\r?\n$/);
	});

	test("take-on-department: the list for the logon has the environment's IDs and no others", async () => {
		await works("$null = cfm environments add south --range 1-5 --port-base 40000");
		const take = (words: string) => works(`'${bare()}' | ./recipes/take-on-department.ps1 -Report own.csv ${words}`);
		expect((await take("-Environment south")).objects).toMatchObject([{ id: 1, port: 40_001, result: "new" }]);
		expect((await take("-IdFile here.csv")).objects).toMatchObject([{ id: 1, result: "had one" }]);
		const environments = (name: string) =>
			read(name)
				.trim()
				.split(/\r?\n/)
				.slice(1)
				.map((line) => line.split(",")[4]);
		expect(environments("here.csv")).toEqual(["default", "default"]);
		await take("-Environment south -IdFile there.csv");
		expect(environments("there.csv")).toEqual(["south"]);
		await works(
			`$null = cfm ids release ${bare()} --environment south --at-once --yes
			$null = cfm environments remove south --confirm south`,
		);
	});

	test("find-lost-id: in the registry and in the client; in the history when it is gone from both", async () => {
		await works("$null = cfm ids allocate CORP\\lost; $null = cfm ids release CORP\\lost --at-once --yes");
		const own = await works(`./recipes/find-lost-id.ps1 ${bare()}`);
		expect(own.objects).toMatchObject([
			{ from: "registry", user: bare(), id: 1, state: "allocated" },
			{ from: "client", user, id: 1, state: "ok", at: null },
		]);
		const lost = await works("./recipes/find-lost-id.ps1 CORP\\lost");
		expect(lost.objects).toMatchObject([
			{ from: "history", id: 3, state: "allocate" },
			{ from: "history", id: 3, state: "release" },
		]);
		const nobody = await run("./recipes/find-lost-id.ps1 CORP\\neverwas");
		expect(nobody.errors[0]?.id).toMatch(/^cfm\.no-(history|allocation)/);
	});

	test("nightly-check: says what is new and what is gone, once; by log and mail", async () => {
		const mail = await mailServer();
		try {
			const night = `./recipes/nightly-check.ps1 -State state.json -Log changes.log -SmtpServer 127.0.0.1 -SmtpPort ${mail.port} -From cfm@corp.example -To it@corp.example`;
			const quiet = await works(night);
			expect(quiet.objects).toEqual([]);
			expect(fs.existsSync(shell.path(at("changes.log")))).toBe(false);

			// Another ID than the client has: in the night that follows it is told, the night after it is not.
			await works(`$null = cfm ids move ${bare()} --id 77 --yes`);
			const what = `client of ${user}: wrong-id`;
			expect((await works(night)).objects).toEqual([{ change: "new", what }]);
			expect((await works(night)).objects).toEqual([]);
			await works(`$null = cfm ids move ${bare()} --id 1 --yes`);
			expect((await works(night)).objects).toEqual([{ change: "gone", what }]);
			expect(read("changes.log").trim().split(/\r?\n/)).toEqual([
				expect.stringMatching(/^\ufeff?\d{4}-\d\d-\d\dT\S+ new: client of .*: wrong-id$/),
				expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+ gone: client of /),
			]);
			expect(mail.letters).toHaveLength(2);
			expect(mail.letters[0]).toMatch(/Subject: cfm on \S+: 1 changed[\s\S]*new: client of/);

			// That cfm cannot do its work is news, too.
			const broken = await works(night, { env: { CFM_HOME: at("nowhere") } });
			expect(broken.objects.map((one) => (one as { what: string }).what)).toEqual([
				expect.stringMatching(/^registry: cfm\.no-registry: /),
				expect.stringMatching(/^clients: cfm\.no-registry: /),
			]);
			await works(night);
		} finally {
			await mail.close();
		}
		// A mail that could not be sent is no night that was told.
		await works(`$null = cfm ids move ${bare()} --id 78 --yes`);
		const away = `./recipes/nightly-check.ps1 -State state.json -Log changes.log -SmtpServer 127.0.0.1 -SmtpPort ${mail.port} -From a@b.example -To a@b.example`;
		expect((await run(away)).errors).toHaveLength(1);
		expect((await works("./recipes/nightly-check.ps1 -State state.json -Log changes.log")).objects).toHaveLength(1);
		await works(
			`$null = cfm ids move ${bare()} --id 1 --yes; ./recipes/nightly-check.ps1 -State state.json -Log changes.log`,
		);
	});

	test("nightly-check: what a user wrote is one line, and who is not logged on is no news", async () => {
		const clients = (...rows: object[]) =>
			`function cfm { '${JSON.stringify({ ok: true, result: { problems: [], clients: rows }, warnings: [] })}' }`;
		const row = (name: string, verdict: string, more = {}) => ({ user: name, verdict, ...more });
		const night = async (...rows: object[]) =>
			(await works(`${clients(...rows)}\n./recipes/nightly-check.ps1 -State own.json -Log own.log`)).objects;
		const away = { notLoggedOn: true };
		const hostile = "CORP\\b\u001b[2J\n2026-01-01T00:00:00 new: forged";
		expect(await night(row("CORP\\ana", "wrong-id"), row(hostile, "unknown"), row("CORP\\cleo", "ok"))).toEqual([
			{ change: "new", what: "client of CORP\\ana: wrong-id" },
			{ change: "new", what: "client of CORP\\b?[2J?2026-01-01T00:00:00 new: forged: unknown" },
		]);
		expect(read("own.log").trim().split("\n")).toHaveLength(2);
		// Nobody is logged on: nothing that is known has changed.
		const nobody = ["CORP\\ana", hostile, "CORP\\cleo", "CORP\\dora"].map((name) => row(name, "unknown", away));
		expect(await night(...nobody)).toEqual([
			expect.objectContaining({ change: "gone", what: expect.stringMatching(/forged/) }),
		]);
		expect(await night(...nobody)).toEqual([]);
		expect(await night(row("CORP\\ana", "ok"), ...nobody.slice(2))).toEqual([
			{ change: "gone", what: "client of CORP\\ana: wrong-id" },
		]);
	});

	test("in ConstrainedLanguage nightly-check reports, and every other script says why it can't run", async () => {
		const constrained = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'";
		const night = await run(`${constrained}\n./recipes/nightly-check.ps1 -State clm.json -Log clm.log`, {
			env: { CFM_HOME: at("nowhere") },
		});
		expect(night.errors).toEqual([]);
		expect(night.objects.map((one) => (one as { what: string }).what)).toEqual([
			expect.stringMatching(/^registry: cfm\.no-registry: /),
			expect.stringMatching(/^clients: cfm\.no-registry: /),
		]);
		expect(read("clm.log").trim().split("\n")).toHaveLength(2);
		for (const call of [
			"find-lost-id.ps1 ana",
			"invoke-cfm.ps1 ids list",
			"someone-leaves.ps1 ana",
			"take-on-department.ps1 -InputObject ana -Report clm.csv",
		]) {
			const { errors } = await run(`${constrained}\n./recipes/${call}`);
			expect(
				errors.map(({ message }) => message),
				call,
			).toEqual([expect.stringContaining("ConstrainedLanguage")]);
		}
		const logon = await run(
			`${constrained}\n./recipes/install-on-logon.ps1 -IdFile a -Installer b -Sha256 c -Log logon.log`,
		);
		expect(logon.lastExitCode).toBe(1);
		expect(read("logon.log")).toContain("ConstrainedLanguage");
	});

	test("someone-leaves: the ID rests, a client that still has it is told; safe to run again", async () => {
		const planned = await works(`./recipes/someone-leaves.ps1 ${bare()} -WhatIf`);
		expect(planned.objects).toMatchObject([{ id: 1, state: "quarantined", changed: true }]);
		expect((await cfm("ids show 1")).allocations).toMatchObject([{ state: "allocated" }]);
		const done = await works(`./recipes/someone-leaves.ps1 ${bare()} -Note 'left on 30 June'`);
		expect(done.objects).toMatchObject([{ user: bare(), id: 1, state: "quarantined", changed: true, clients: [user] }]);
		expect(done.streams.warnings).toEqual([expect.stringContaining("cfm uninstall --silent --yes")]);
		expect((await cfm("ids show 1")).allocations).toMatchObject([{ state: "quarantined", note: "left on 30 June" }]);
		await works("$null = cfm uninstall --silent --yes");
		const again = await works(`./recipes/someone-leaves.ps1 ${bare()}`);
		expect(again.objects).toMatchObject([{ id: 1, state: "quarantined", changed: false, clients: [] }]);
		expect(again.streams.warnings).toEqual([]);
	});
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());
