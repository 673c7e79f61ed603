/** What scripts rely on, through PowerShell: one object, arrays that stay arrays, exit codes, streams that stay apart. */
import fs from "node:fs";
import { isDeepStrictEqual } from "node:util";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exitCodes } from "../../../src/lib/cli/exit-codes.js";
import type { ErrorKind } from "../../../src/lib/errors.js";
import { loadAll } from "../../../src/main.js";
import { makeScene, me, preparation, type Scene, wordsOf } from "../../shape/scene.js";
import { eachNth, isWhole } from "../../whole.js";
import { installerPath } from "../wine/provision.js";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";

/** Examples that do not end well where the lane runs them, and why; every other one must. */
const endsBadly: Record<string, string | readonly string[]> = {
	// Nobody here has a browser, so nothing was ever written to one.
	"cfm web backups restore latest --dry-run": "no-backup",
	"cfm web backups restore latest --yes": "no-backup",
	// Linux has no netsh; Wine's succeeds and does nothing.
	"cfm ports reserve-block --yes": ["not-windows", "block-not-reserved"],
	// It is for Windows; Wine is not as cfm expects.
	"cfm self check --windows": ["not-windows", "windows-differs"],
	"cfm self check --windows --json": ["not-windows", "windows-differs"],
	// Nobody has the vendor of the examples.
	"cfm tokens show --module /opt/token.so --slot 1": "module-missing",
	"cfm sign test --module /opt/token.so --slot 1": "module-missing",
	"cfm tsa test --tsa http://tsa.example.com --anchor root.pem": "tsa-unreachable",
	"cfm tokens test --module /opt/token.so --slot 1": "module-missing",
	"cfm tokens test --module /opt/token.so --slot 1 --pin-file - --json": "module-missing",
	// The scene's client has another ID than the registry.
	"cfm audit": "findings",
	// The client is there.
	"cfm client forget --yes": "client-installed",
	// Nobody here runs a client.
	"cfm ports learn": "too-few-clients",
	"cfm ports learn --apply --yes": "too-few-clients",
};

/** The launchers by which a script may call cfm: what is found as `cfm`, and on Windows the batch file. */
const launchers = (shell: PowerShell): string[] => (shell.wine === undefined ? ["cfm"] : ["cfm", "cfm.cmd"]);

interface Called {
	name: string;
	/** What kept the case from being tried: a command before it failed. */
	failed?: string;
	exit: number;
	/** What ConvertFrom-Json made of stdout. */
	// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests assert
	answer: any;
	type: string;
}

/** Runs command lines, each in a registry of its own that was brought to where they make sense. */
const walk = `
	$cases = ([IO.File]::ReadAllText("$PSScriptRoot/cases.json") | ConvertFrom-Json).cases
	foreach ($case in $cases) {
		$env:CFM_HOME = $case.home
		$null = $ExecutionContext.SessionState.Path.SetLocation($case.work)
		$failed = $null
		foreach ($line in $case.before) {
			$words = @($line.words)
			$said = & cfm @words 2>&1
			if ($LASTEXITCODE -ne 0) { $failed = "cfm $words ended with $LASTEXITCODE\`: $said"; break }
		}
		if ($failed) { [pscustomobject]@{ name = $case.name; failed = $failed }; continue }
		$words = @($case.words)
		$answer = & cfm @words | ConvertFrom-Json
		[pscustomobject]@{ name = $case.name; exit = $LASTEXITCODE; answer = $answer; type = $answer.GetType().Name }
	}`;

const all = Object.entries(await loadAll());

describeEach(engines())("PowerShell on %s", (engine) => {
	const separator = engine === "wine" || process.platform === "win32" ? "\\" : "/";
	let shell: PowerShell;
	let scene: Scene;
	const at = (name: string) => `${shell.folder}${separator}${name}`;

	beforeAll(async () => {
		shell = await openPowerShell(engine);
		scene = makeScene();
	});
	afterAll(async () => {
		scene?.remove();
		await shell?.dispose();
	});

	/** Folders for cfm that are there already, with what scenes have in theirs; Windows trusts them as after an init. */
	const homes = async (...names: string[]): Promise<void> => {
		for (const name of names) {
			fs.cpSync(scene.home, shell.path(at(name)), { recursive: true });
			fs.chmodSync(shell.path(at(name)), 0o700);
		}
		await shell.wine?.evaluate(`
			const reg = require("native-reg");
			const key = reg.createKey(reg.HKLM, "SOFTWARE\\\\cfm\\\\TrustedFolders", reg.Access.ALL_ACCESS);
			for (const folder of ${JSON.stringify(names.map((name) => at(name).toLowerCase()))}) reg.setValueSZ(key, folder, "");
		`);
	};
	/** A working folder with the files that examples name. */
	const work = (name: string): string => {
		fs.cpSync(scene.work, shell.path(at(name)), { recursive: true });
		if (shell.wine !== undefined) {
			fs.copyFileSync(installerPath("no-start"), shell.path(`${at(name)}${separator}certifio-manager-se.exe`));
		}
		return at(name);
	};
	/** Who runs cfm, as the scenes and as the machine call them; the files they name lie in the folder. */
	const inPlace = (words: string[], folder: string): string[] =>
		words.map((word) => {
			const here = word.startsWith("{work}") ? word.replaceAll("/", separator).replace("{work}", folder) : word;
			return here === me() && shell.wine !== undefined ? shell.wine.user : here;
		});

	let walks = 0;
	/**
	 * Two examples of every command, under Wine one of each eighth (all: npm run check:powershell), each with folders of its
	 * own that no other walk has, nor a second try of the test.
	 */
	const examplesOf = () => {
		const walkNumber = ++walks;
		const isSome = engine === "wine" && !isWhole;
		return (isSome ? eachNth(all, 8) : all).flatMap(([id, { examples }]) =>
			examples.slice(0, isSome ? 1 : 2).map(({ line }, number) => {
				const own = `${id.replace(" ", "-")}-${number}-${walkNumber}`;
				const folder = work(`work-${own}`);
				return {
					name: line,
					home: `home-${own}`,
					work: folder,
					before: preparation(id, line).map((words) => ({ words: inPlace(words, folder) })),
					words: [...wordsOf(line), "--json"],
				};
			}),
		);
	};
	/** Walks the cases; what each of them did otherwise than it must, by its line. */
	const wrongOf = async (cases: ReturnType<typeof examplesOf>): Promise<Map<string, unknown>> => {
		await homes(...cases.map((one) => one.home));
		shell.put("cases.json", JSON.stringify({ cases: cases.map((one) => ({ ...one, home: at(one.home) })) }));
		const pin = { CFM_INSTALLER_SHA256: shell.wine === undefined ? undefined : sha256(installerPath("no-start")) };
		const { objects, errors, stderr, host } = await shell.run(walk, { timeoutMs: 1_800_000, env: pin });
		const told = new Map((objects as Called[]).map((one) => [one.name, one]));
		const wrong = new Map<string, unknown>();
		// A program that was not started writes an error of PowerShell's, which belongs to no case.
		const silent = { errors: [], stderr: [], host: { text: "", colour: false, prompts: [] } };
		if (!isDeepStrictEqual({ errors, stderr, host }, silent)) {
			wrong.set("(said beside the results)", { errors, stderr, host });
		}
		for (const { name } of cases) {
			const { failed, answer, exit, type } = told.get(name) ?? { failed: "it told nothing" };
			const right =
				failed === undefined &&
				type === "PSCustomObject" &&
				Array.isArray(answer?.warnings) &&
				exit === (answer.ok ? 0 : exitCodes[answer.error.kind as ErrorKind]) &&
				[endsBadly[name] ?? undefined].flat().includes(answer.error?.code) &&
				(!answer.ok || (typeof answer.result === "object" && answer.result !== null));
			if (!right) wrong.set(name, failed ?? { type, exit, answer });
		}
		return wrong;
	};

	test("every command there is: one object with ok, result or error, warnings; the exit code of its kind", async () => {
		const wrong = await wrongOf(examplesOf());
		if (engine !== "wine" || wrong.size === 0) return expect([...wrong]).toEqual([]);
		// Hundreds of starts under Wine, which refuses one in a thousand (describe-each.ts): a case, like a test of its own,
		// may be tried twice; all of them again would only meet the next refusal.
		const cases = examplesOf().filter(({ name }) => wrong.has(name));
		expect(cases, JSON.stringify([...wrong])).not.toEqual([]);
		expect([...(await wrongOf(cases))]).toEqual([]);
	}, 1_900_000);

	test("a list of none is an empty array, of one an array of one, of many an array", async () => {
		const { objects, errors } = await shell.run(
			`$null = cfm init --yes
			foreach ($names in @(), @('CORP\\ana'), @('CORP\\ben', 'CORP\\eve')) {
				if ($names.Count -gt 0) { $null = cfm ids allocate @names }
				$answer = cfm ids list --json | ConvertFrom-Json
				[pscustomobject]@{
					type = $answer.result.allocations.GetType().Name; count = $answer.result.allocations.Count
					total = $answer.result.total; looped = @($answer.result.allocations.ForEach({ $_.user })).Count
					warnings = $answer.warnings.GetType().Name
				}
			}`,
			{ env: { CFM_HOME: at("lists") } },
		);
		const list = (count: number) => ({ type: "Object[]", count, total: count, looped: count, warnings: "Object[]" });
		expect({ objects, errors }).toEqual({ objects: [list(0), list(1), list(3)], errors: [] });
	});

	test("and the same where ConvertFrom-Json does as Windows PowerShell 5.1's", async () => {
		const { objects } = await shell.run(
			"$one = cfm ids list --limit 1 --json | ConvertFrom-Json; $one.GetType().Name; $one.result.allocations.Count",
			{ env: { CFM_HOME: at("lists") }, windowsPowerShell: true },
		);
		expect(objects).toEqual(["PSCustomObject", 1]);
	});

	test("$LASTEXITCODE for every exit code there is, with and without --json, by every launcher", async () => {
		const [healthy = "", broken = "", held = "", damaged = ""] = ["healthy", "broken", "held", "damaged"].map(at);
		await homes("damaged");
		shell.put("some.txt", "ana\nCORP\\\nben\n");
		fs.writeFileSync(shell.path(`${damaged}${separator}registry.db`), "no registry".repeat(1000), { mode: 0o600 });
		const preload = shell.put(
			"preload.cjs",
			`const { LANE_FAULT, LANE_HASTE } = process.env;
			if (LANE_FAULT) require("node:os").hostname = () => { throw new TypeError("the host has no name"); };
			const now = Date.now, from = now();
			if (LANE_HASTE) Date.now = () => from + (now() - from) * 30;`,
		);
		const ready = await shell.run(
			`foreach ($folder in '${healthy}', '${broken}', '${held}') {
				$env:CFM_HOME = $folder
				$null = cfm init --yes; $null = cfm ids allocate ana ben
			}`,
		);
		expect(ready.errors).toEqual([]);
		const databaseOf = (folder: string) => new Database(shell.path(`${folder}${separator}registry.db`));
		databaseOf(broken).exec("UPDATE allocations SET user = 'mallory' WHERE id = 2").close();
		const [by, value] = shell.preloading(preload);
		const missing = "0".repeat(64);
		shell.put("program.exe", shell.wine === undefined ? "#!/bin/sh\n" : fs.readFileSync(installerPath("no-start")));
		const kinds: [exit: number, code: string | null, home: string, words: string[], env?: string][] = [
			[0, null, healthy, ["ids", "list"]],
			[1, "unexpected", healthy, ["ids", "allocate", "zoe"], "LANE_FAULT"],
			[2, "agreement-needed", healthy, ["ids", "release", "ana"]],
			[2, "bad-command-line", healthy, ["ids", "list", "--nonsense"]],
			[2, "unknown-command", healthy, ["idz", "lst"]],
			[3, "no-allocation", healthy, ["ids", "show", "CORP\\nobody"]],
			[4, "id-out-of-range", healthy, ["ids", "allocate", "eve", "--id", "30000"]],
			[
				5,
				"wrong-hash",
				healthy,
				["install", "--silent", "--allocate", "--installer", "program.exe", "--sha256", missing],
			],
			[7, "registry-damaged", damaged, ["ids", "list"]],
			[8, "registry-problems", broken, ["registry", "check"]],
			[9, "lines-refused", healthy, ["ids", "allocate", "--from", "some.txt", "--keep-going"]],
		];
		const cases = launchers(shell).flatMap((launcher) =>
			kinds.flatMap(([exit, code, folder, words, env]) =>
				[[], ["--json"]].map((json) => ({ launcher, exit, code, home: folder, words: [...words, ...json], env })),
			),
		);
		shell.put("exits.json", JSON.stringify({ cases }));
		const { objects, errors } = await shell.run(
			`$cases = ([IO.File]::ReadAllText("$PSScriptRoot/exits.json") | ConvertFrom-Json).cases
			foreach ($case in $cases) {
				$env:CFM_HOME = $case.home
				if ($case.env) { [Environment]::SetEnvironmentVariable($case.env, '1'); $env:${by} = '${value}' }
				$words = @($case.words)
				$out = & $case.launcher @words 2>$null
				$exit = $LASTEXITCODE
				if ($case.env) { [Environment]::SetEnvironmentVariable($case.env, $null); $env:${by} = $null }
				$code = if ($words[-1] -eq '--json') { ($out | ConvertFrom-Json).error.code } else { $null }
				[pscustomobject]@{ launcher = $case.launcher; words = $words -join ' '; exit = $exit; code = $code }
			}`,
			{ timeoutMs: 1_800_000 },
		);
		expect(errors).toEqual([]);
		expect(objects).toEqual(
			cases.map(({ launcher, exit, code, words }) => ({
				launcher,
				words: words.join(" "),
				exit,
				code: words.includes("--json") ? code : null,
			})),
		);
		// 6 takes its time: somebody else holds the registry, and cfm waits for 30 s, by a clock that runs faster here.
		const holder = databaseOf(held);
		holder.exec("BEGIN IMMEDIATE");
		try {
			const busy = await shell.run(
				`foreach ($launcher in ${launchers(shell)
					.map((one) => `'${one}'`)
					.join(", ")}) {
					& $launcher ids allocate eve 2>$null; $LASTEXITCODE
					$answer = & $launcher ids allocate eve --json | ConvertFrom-Json; $LASTEXITCODE; $answer.error.code
				}`,
				{ env: { CFM_HOME: held, LANE_HASTE: "1", [by]: value } },
			);
			expect(busy.objects).toEqual(launchers(shell).flatMap(() => [6, 6, "registry-busy"]));
		} finally {
			holder.close();
		}
		// 130 is interrupt.test.ts.
		const tried = new Set([...kinds.map(([exit]) => exit), 6, 130]);
		expect(tried).toEqual(new Set([0, ...Object.values(exitCodes)]));
	}, 1_900_000);

	test("Stop, with $PSNativeCommandUseErrorActionPreference: success goes on, and a failure ends the script", async () => {
		const preferences = { ErrorActionPreference: "Stop", PSNativeCommandUseErrorActionPreference: true };
		const { objects, errors, lastExitCode } = await shell.run(
			`$null = cfm init --yes; $null = cfm ids allocate ana; $null = cfm ids allocate ana; 'went on'
			cfm ids show nobody; 'not reached'`,
			{ preferences, env: { CFM_HOME: at("stop") } },
		);
		expect({ objects, lastExitCode }).toEqual({ objects: ["went on"], lastExitCode: 3 });
		expect(errors).toMatchObject([{ id: "ProgramExitedWithNonZeroCode", terminating: true }]);
	});

	test("what cfm says on stderr when all went well is no error, not even under Stop", async () => {
		const { objects, errors, stderr } = await shell.run(
			`$null = cfm init --yes
			cfm ids list
			cfm ids release 5 --dry-run 2>$null
			cfm ids allocate ana --dry-run; $LASTEXITCODE; $?`,
			{ preferences: { ErrorActionPreference: "Stop" }, env: { CFM_HOME: at("stderr") } },
		);
		expect(errors).toEqual([]);
		expect(stderr.join("\n")).toMatch(/Dry run: nothing was changed\./);
		expect(objects.slice(-2)).toEqual([0, true]);
	});

	test("no prompt, no colour, no spinner: not at a question, not where one could be", async () => {
		const { objects, stderr, host, console } = await shell.run(
			`$null = cfm init; $LASTEXITCODE
			$null = cfm init --yes
			$null = cfm ids allocate ana ben; cfm ids release ana; $LASTEXITCODE
			cfm ids list; cfm ids show ana; cfm --help; cfm ids --help; cfm registry check; cfm registry backup .`,
			{ env: { CFM_HOME: at("quiet") }, stdin: "yes\nyes\n" },
		);
		const said = [...objects, ...stderr].join("\n");
		expect(objects[0]).toBe(2);
		expect(said).toContain("--yes");
		expect(said).not.toMatch(/[\u001b\u0007\b\r]|[\u2800-\u28ff]/);
		expect(said).not.toMatch(/\?\s+(Yes|\(y\/N\))/i);
		expect({ host, console }).toEqual({ host: { text: "", colour: false, prompts: [] }, console: "" });
		expect(objects).toContain(2);
	});

	test("what was written by > is read back by --from: cfm's own list, and PowerShell's text in UTF-8 and UTF-16", async () => {
		const users = ["CORP\\jürgen", "CORP\\Łukasz", "CORP\\x😀"];
		const script = `param([string[]] $Users)
			$null = cfm init --yes
			$Users > users.txt
			(cfm ids allocate --from users.txt --json | ConvertFrom-Json).result.total
			cfm ids export > export.csv
			$null = cfm environments add other
			(cfm ids import export.csv --environment other --json | ConvertFrom-Json).result.allocations.user`;
		for (const windowsPowerShell of [false, true]) {
			const { objects, errors, stderr } = await shell.run(script, {
				parameters: { Users: users },
				windowsPowerShell,
				env: { CFM_HOME: at(`redirect-${windowsPowerShell}`) },
			});
			expect({ objects, errors, stderr }).toEqual({ objects: [users.length, ...users], errors: [], stderr: [] });
			const mark = fs
				.readFileSync(shell.path(at("users.txt")))
				.subarray(0, 2)
				.toString("hex");
			expect(mark === "fffe").toBe(windowsPowerShell);
		}
	});

	test("JSON comes through whole whatever code page the console has", async () => {
		const { objects } = await shell.run(
			`$null = cfm init --yes; $null = cfm ids allocate 'CORP\\Łukasz ü 😀'
			foreach ($page in 'windows-1252', 'iso-8859-1', 'us-ascii', 'utf-8') {
				[Console]::OutputEncoding = [Text.Encoding]::GetEncoding($page)
				(cfm ids list --json | ConvertFrom-Json).result.allocations[0].user
			}`,
			{ env: { CFM_HOME: at("pages") } },
		);
		expect(objects).toEqual(Array(4).fill("CORP\\Łukasz ü 😀"));
	});

	const calls = engine === "wine" && !isWhole ? 20 : 100;
	test(`${calls} calls in a loop: each answers, none is lost, every ID is another one`, async () => {
		const { objects, errors } = await shell.run(
			`$null = cfm init --yes
			foreach ($number in 1..${calls}) { (cfm ids allocate "user$number" --json | ConvertFrom-Json).result.allocations[0].id }
			(cfm ids list --json | ConvertFrom-Json).result.total`,
			{ env: { CFM_HOME: at("loop") } },
		);
		expect(errors).toEqual([]);
		expect(objects).toEqual([...Array.from({ length: calls }, (_, number) => number + 1), calls]);
	});
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());

function sha256(file: string): string {
	return process.getBuiltinModule("node:crypto").createHash("sha256").update(fs.readFileSync(file)).digest("hex");
}
