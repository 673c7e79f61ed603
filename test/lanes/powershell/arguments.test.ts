/** What arrives of a script's words, by each way to start cfm; docs/… tells administrators what this finds. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engines, missingEngines, openPowerShell, type PowerShell } from "./powershell.js";
import { project } from "./provision.js";

/** Every sign of ASCII that is no letter, digit or control character, and what names and notes hold besides. */
const signs = [..." !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"].map((sign) => `a${sign}b`);
const others = [
	"jürgen",
	"Łukasz",
	"x😀",
	"CORP\\anna",
	"tail\\",
	"two words\\",
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

describe.each(engines())("PowerShell on %s", (engine) => {
	let shell: PowerShell;
	beforeAll(async () => {
		shell = await openPowerShell(engine);
		shell.put("run.cjs", echo);
		shell.put("cfm.cmd", fs.readFileSync(path.join(project, "bin", "cfm.cmd")));
	});
	afterAll(() => shell?.dispose());

	test("hands node run.cjs every word as it is", async () => {
		const script = "param([string[]] $Words) & node run.cjs $Words END | ConvertFrom-Json";
		const { objects, errors } = await shell.run(script, { parameters: { Words: words } });
		expect({ objects, errors }).toEqual({ objects: [...words, "END"], errors: [] });
	});

	test.runIf(engine === "wine")(
		"cfm.cmd cannot carry what cmd.exe acts on, unless it is quoted once more",
		async () => {
			const { objects } = await shell.run(
				`param([string[]] $Words, [string[]] $Acted)
			function Got($word, $given) { [pscustomobject]@{ word = $word; got = (& .\\cfm.cmd $given END 2>&1) -join '' } }
			foreach ($word in $Words) { Got $word $word }
			foreach ($word in $Acted) { Got $word ('"' + $word + '"') }`,
				{ parameters: { Words: words, Acted: ["a&b", "a|b", "a<b", "a>b", "a^b"] } },
			);
			const lost = (objects as { word: string; got: string }[])
				.filter(({ word, got }) => got !== JSON.stringify([word, "END"]).replace(/[^ -~]/g, escaped))
				.map(({ word }) => word);
			// Wine's cmd also drops a single % (a%b, 50%), which Windows keeps.
			expect(lost).toEqual(['a"b', "a%b", "a&b", "a<b", "a>b", "a^b", "a|b", "50%", "a%OS%b", ""]);
		},
	);
});

test.for(Object.entries(missingEngines()))("skipped on %s: %s", (_, { skip }) => skip());

const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
