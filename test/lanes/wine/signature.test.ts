/** WinVerifyTrust, asked in process of programs that are signed, changed, and not signed. */
import fs from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inProcess, machineWithCli, putProgram, Recorded } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
});
afterAll(() => wine?.dispose());

interface Told {
	known: boolean;
	value: { status: string; signer: string | null; chain: string[]; countersigner: string | null; signedAt: string };
}

const signatureOf = async (file: string) =>
	(await inProcess(
		wine,
		{ "signature.ts": ["readSignature"] },
		`return readSignature(${JSON.stringify(file)});`,
	)) as Told;

test("the signer, its chain, and who confirmed when", async () => {
	// The vendor's own file, which is signed by the OpenJS Foundation.
	fs.copyFileSync(wine.path("C:\\node\\node.exe"), wine.path("C:\\lane\\signed ü Ł.exe"));
	const { known, value } = await signatureOf("C:\\lane\\signed ü Ł.exe");
	expect(known).toBe(true);
	expect(value.signer).toMatch(/^CN=OpenJS Foundation, /);
	expect(value.chain[0]).toBe(value.signer);
	expect(value.chain.length).toBeGreaterThan(1);
});

test("a program that was changed after it was signed is broken", async () => {
	const bytes = fs.readFileSync(wine.path("C:\\node\\node.exe"));
	bytes.write("X", 0x1000, "latin1");
	fs.writeFileSync(wine.path("C:\\lane\\changed.exe"), bytes);
	expect(await signatureOf("C:\\lane\\changed.exe")).toMatchObject({ known: true, value: { status: "broken" } });
});

test("a program that nobody signed is unsigned; what is no file can't be determined", async () => {
	putProgram(wine, "hold", "C:\\lane\\unsigned.exe");
	expect(await signatureOf("C:\\lane\\unsigned.exe")).toEqual({
		known: true,
		value: { status: "unsigned", signer: null, chain: [], countersigner: null, signedAt: null },
	});
	expect(await signatureOf("C:\\lane\\missing.exe")).toMatchObject({ known: false });
});

test("Windows PowerShell, where Windows itself can't be asked, gets only ASCII and no path in its command (recorded answers)", async () => {
	const powershell = await Recorded.put(wine, "C:\\windows\\system32\\WindowsPowerShell\\v1.0\\powershell.exe");
	const told = async (output: string, code = 0) => {
		powershell.answer({ output, code });
		const body = 'return authenticode("C:\\\\lane\\\\in st ü Ł.exe");';
		return inProcess(wine, { "authenticode.ts": ["authenticode"] }, body);
	};
	const signer = "CN=Notarius inc., O=Notarius inc., L=Montréal, C=CA";
	const signed = `{"status":"Valid","subject":"${signer.replace("é", "\\u00e9")}"}\r\n`;
	expect(await told(signed)).toEqual({ known: true, value: { status: "valid", signer } });
	const [call] = powershell.calls();
	expect(call).toMatch(/-NoProfile -NonInteractive -Command "/);
	expect(call).not.toContain("in st");
	// Windows PowerShell reads its standard input in the system's code page: only ASCII comes through whole.
	expect(powershell.input()).toMatch(/^[ -~]+$/);
	expect(JSON.parse(powershell.input()).path).toBe("C:\\lane\\in st ü Ł.exe");
	for (const [output, code] of [
		['{"status":"Valid","subject":"O=Notarius inc."', 0],
		['{"status":"Valid","subject":"O=Notarius inc."}', 1],
		["", 0],
	] as const) {
		expect(await told(output, code)).toMatchObject({ known: false });
	}
	powershell.answer({});
});
