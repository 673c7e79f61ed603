import { type Known, known, type Signature, unknown } from "../../client/ports.js";
import { windowsPowerShell } from "./system.js";

/** Reads the path as JSON from standard input, so that no character of it is ever part of a command. */
const script = `
$ErrorActionPreference = 'Stop'
$path = ([Console]::In.ReadToEnd() | ConvertFrom-Json).path
$signature = Get-AuthenticodeSignature -LiteralPath $path
$subject = ''
if ($null -ne $signature.SignerCertificate) { $subject = $signature.SignerCertificate.Subject }
@{ status = [string]$signature.Status; subject = $subject } | ConvertTo-Json -Compress
`;

/** `SignatureStatus` of System.Management.Automation; everything else could not be told. */
const statuses: Readonly<Record<string, Signature["status"]>> = {
	Valid: "valid",
	NotSigned: "unsigned",
	HashMismatch: "broken",
	NotTrusted: "untrusted",
	UnknownError: "untrusted",
};

/** Who signed a program, asked of Windows itself. No answer, or an empty one, is "could not tell". */
export async function authenticode(file: string): Promise<Known<Signature>> {
	const { execa } = await import("execa");
	const result = await execa(windowsPowerShell(), ["-NoProfile", "-NonInteractive", "-Command", script], {
		input: JSON.stringify({ path: file }),
		reject: false,
		timeout: 60_000,
		windowsHide: true,
	});
	return readAnswer(result.exitCode === 0 ? String(result.stdout) : "");
}

/** Tells the answer of the script; apart, so that recorded answers can be tried. */
export function readAnswer(text: string): Known<Signature> {
	try {
		const answer = JSON.parse(text) as { status?: unknown; subject?: unknown };
		const status = statuses[String(answer.status)];
		if (status === undefined) return unknown(`Windows answered ${String(answer.status)}`);
		return known({
			status,
			signer: typeof answer.subject === "string" && answer.subject !== "" ? answer.subject : null,
		});
	} catch {
		return unknown("Windows gave no answer about its signature");
	}
}
