/** What arrives of a script's words, by each way to start cfm; docs/powershell.md tells administrators what this finds. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";
import { project, provisionLauncher } from "./provision.js";

/** Every sign of ASCII that is no letter, digit or control character, and what names and notes hold besides. */
const signs = [..." !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"].map((sign) => `a${sign}b`);
const others = [
	"jürgen",
	"Łukasz",
	"x😀",
	"CORP\\anna",
	"tail\\",
	"two words\\",
	"a & b ^ c < d | e > f",
	"50%",
	"a%OS%b",
	"a!OS!b",
	"-x:y",
	"--",
	"",
];
const words = [...signs, ...others];

/** Stands for run.cjs and prints what it was given. */
const echo = `console.log(JSON.stringify(process.argv.slice(2)).replace(/[^ -~]/g, (letter) =>
	"\\\\u" + letter.charCodeAt(0).toString(16).padStart(4, "0")));`;

/** Accounts that are allowed to be, one sign of trouble each, and a note with all of them. */
const names = [
	"CORP\\two words",
	"CORP\\o'hara",
	"CORP\\50%",
	"CORP\\%OS%",
	"CORP\\a^b",
	"CORP\\a&b",
	"CORP\\wow!",
	"CORP\\jürgen",
	"CORP\\Łukasz",
	"CORP\\x😀",
];
const note = 'he said "yes" & 50% ^ left | <now> !OS! %OS% ü Ł 😀 \\';

describeEach(engines())("PowerShell on %s", (engine) => {
	let shell: PowerShell;
	beforeAll(async () => {
		shell = await openPowerShell(engine);
		shell.put("run.cjs", echo);
		shell.put("cfm.cmd", fs.readFileSync(path.join(project, "bin", "cfm.cmd")));
		if (engine === "wine") shell.put("cfm.exe", fs.readFileSync(provisionLauncher()));
	});
	afterAll(() => shell?.dispose());

	/** Says of each word what arrived. */
	const lostBy = async (launcher: string): Promise<string[]> => {
		const { objects, errors } = await shell.run(
			`param([string[]] $Words) foreach ($word in $Words) { (${launcher} $word END 2>&1) -join '' }`,
			{ parameters: { Words: words } },
		);
		expect(errors).toEqual([]);
		expect(objects).toHaveLength(words.length);
		return words.filter((word, at) => objects[at] !== JSON.stringify([word, "END"]).replace(/[^ -~]/g, escaped));
	};

	test("hands node run.cjs every word as it is", async () => {
		const script = "param([string[]] $Words) & node run.cjs $Words END | ConvertFrom-Json";
		const { objects, errors } = await shell.run(script, { parameters: { Words: words } });
		expect({ objects, errors }).toEqual({ objects: [...words, "END"], errors: [] });
	});

	if (engine === "wine") {
		test("cfm.exe carries every word, and is what is found as cfm", async () => {
			expect(await lostBy("& .\\cfm.exe")).toEqual([]);
			const { objects } = await shell.run("(Get-Command cfm -CommandType Application)[0].Source");
			expect(objects).toEqual(["C:\\cfm\\bin\\cfm.exe"]);
		});

		// So PowerShell starts it when Windows refused the first start: by what opens cfm.exe, which is cfm.exe.
		test("cfm.exe passes over its own path as the first word", async () => {
			const { objects } = await shell.run(`
				foreach ($words in '"C:\\cfm\\bin\\cfm.exe" --version', 'c:\\CFM\\bin\\cfm.exe --version', 'C:\\cfm\\bin\\cfm.exe.x --version') {
					$start = [System.Diagnostics.ProcessStartInfo]::new('C:\\cfm\\bin\\cfm.exe', $words)
					$start.UseShellExecute = $false
					$start.RedirectStandardOutput = $true
					$start.RedirectStandardError = $true
					$process = [System.Diagnostics.Process]::Start($start)
					$process.StandardOutput.ReadToEnd().Trim()
					$process.WaitForExit()
					$process.ExitCode
				}`);
			const version = expect.stringMatching(/^cfm\/\d/);
			expect(objects).toEqual([version, 0, version, 0, "", 2]);
		});

		// Once in some runs Wine's cmd loses the output of a program; what it does to words it does each time.
		test("cfm.cmd cannot carry what cmd.exe acts on", { retry: 1 }, async () => {
			const lost = ['a"b', "a&b", "a<b", "a>b", "a^b", "a|b", "a%OS%b", ""];
			expect(await lostBy("& .\\cfm.cmd")).toEqual(lost);
		});

		test("what cfm.cmd cannot carry comes through it by --from", async () => {
			shell.put("users.txt", `\ufeff${names.join("\r\n")}\r\n`);
			const { objects, errors } = await shell.run(`
				$null = cfm.cmd init --yes --registry odd\\registry.db
				(cfm.cmd ids allocate --from users.txt --registry odd\\registry.db --json | ConvertFrom-Json).result.total
				(cfm.cmd ids list --registry odd\\registry.db --json | ConvertFrom-Json).result.allocations.user`);
			expect({ objects, errors }).toEqual({ objects: [names.length, ...names], errors: [] });
		});
	}

	test("odd names and notes are kept to the letter: as words, by --from and by --from -", async () => {
		const { objects, errors, stderr } = await shell.run(
			`param([string[]] $Names, [string] $Note)
			$null = cfm init --yes
			foreach ($name in $Names) {
				$answer = cfm ids allocate $name --note $Note --json | ConvertFrom-Json
				if ($LASTEXITCODE -ne 0) { throw $answer.error.message }
				$shown = cfm ids show $name --json | ConvertFrom-Json
				[pscustomobject]@{ user = $shown.result.allocations[0].user; note = $shown.result.allocations[0].note }
			}`,
			{ parameters: { Names: names, Note: note } },
		);
		expect({ errors, stderr }).toEqual({ errors: [], stderr: [] });
		expect(objects).toEqual(names.map((user) => ({ user, note })));
		// The same again, twice over: they are all there already, whichever way they come.
		shell.put("names.txt", `${names.join("\n")}\n`);
		const again = await shell.run(
			`param([string[]] $Names)
			(cfm ids allocate --from names.txt --json | ConvertFrom-Json).result.allocations.created
			# 5.1 pipes text in ASCII and 7 in UTF-8: a script says which.
			$OutputEncoding = [Text.UTF8Encoding]::new($false)
			($Names | cfm ids allocate --from - --json | ConvertFrom-Json).result.allocations.created`,
			{ parameters: { Names: names } },
		);
		expect(again.errors).toEqual([]);
		expect(again.objects).toEqual([...names, ...names].map(() => false));
	});

	test("an account that ends in a backslash, or holds what no account may, is refused and not bent", async () => {
		const { objects } = await shell.run(
			`foreach ($name in 'CORP\\', 'CORP\\a"b', 'CORP\\a<b', 'CORP\\a|b', 'CORP\\tail\\') {
				$answer = cfm ids allocate $name --json | ConvertFrom-Json
				"$LASTEXITCODE $($answer.error.code)"
			}`,
		);
		expect(objects).toEqual(Array(5).fill("2 bad-user"));
	});
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
