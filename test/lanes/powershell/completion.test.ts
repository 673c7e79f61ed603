/** Completion, asked of PowerShell's own engine. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeEach } from "./describe-each.js";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";

/** What PowerShell would offer at the end of each line. */
const ask = `
	cfm completion powershell | Out-String | Invoke-Expression
	foreach ($line in $lines) {
		$told = [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)
		[pscustomobject]@{ line = $line; offers = @($told.CompletionMatches | ForEach-Object { "$($_.CompletionText) | $($_.ToolTip)" }) }
	}`;

const lines: [string, string[]][] = [
	["cfm ids sh", ["show | Show the allocation of a user or an ID"]],
	["cfm ids show CORP\\a", ["CORP\\ana | ID 1"]],
	["cfm ids show 'CORP\\z", ["'CORP\\zoé o''brien' | ID 3"]],
	["cfm ids list --environment ", ["default | default"]],
	["cfm ids show --environment=d", ["'--environment=default' | --environment=default"]],
	["cfm.exe ids list --state a", ["allocated | allocated"]],
];

describeEach(engines())("PowerShell on %s", (engine) => {
	let shell: PowerShell;
	beforeAll(async () => {
		shell = await openPowerShell(engine);
	});
	afterAll(() => shell?.dispose());

	test("offers commands and values, quoted as PowerShell reads them, with what they are", async () => {
		const asked = lines.filter(([line]) => works(line, shell));
		shell.put("lines.json", JSON.stringify(asked.map(([line]) => line)));
		const before =
			"$null = cfm init --yes; $null = cfm ids allocate 'CORP\\ana' 'CORP\\ben' \"CORP\\zo$([char]233) o'brien\"\n";
		const { objects, errors } = await shell.run(
			`${before}$lines = ConvertFrom-Json ([IO.File]::ReadAllText("$PSScriptRoot/lines.json"))${ask}`,
			{ env: { CFM_HOME: `${shell.folder}${shell.wine === undefined ? "/" : "\\"}completion` } },
		);
		expect(errors).toEqual([]);
		expect(objects).toEqual(asked.map(([line, offers]) => ({ line, offers })));
	});
});

/** Only Windows has programs that end in .exe. */
function works(line: string, { wine }: PowerShell): boolean {
	return wine !== undefined || !line.startsWith("cfm.exe");
}

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());
