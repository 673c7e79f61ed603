import type { Signature } from "../../client/ports.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { windowsPowerShell } from "../processes/system.js";

/**
 * Reads the path as JSON from standard input, so that no character of it is ever part of a command. Both ways only
 * ASCII goes through the pipes: Windows PowerShell reads and writes them in the system's code page.
 */
const script = `
$ErrorActionPreference = 'Stop'
$path = ([Console]::In.ReadToEnd() | ConvertFrom-Json).path
$signature = Get-AuthenticodeSignature -LiteralPath $path
$subject = ''
if ($null -ne $signature.SignerCertificate) { $subject = $signature.SignerCertificate.Subject }
$answer = @{ status = [string]$signature.Status; subject = $subject } | ConvertTo-Json -Compress
[regex]::Replace($answer, '[^ -~]', { param($match) '\\u{0:x4}' -f [int][char]$match.Value })
`;

/** `SignatureStatus` of System.Management.Automation; everything else could not be told. */
const statuses = new Map<unknown, Signature["status"]>(
	Object.entries({
		Valid: "valid",
		NotSigned: "unsigned",
		HashMismatch: "broken",
		NotTrusted: "untrusted",
		UnknownError: "untrusted",
	}),
);

/** Who signed a program, asked of Windows itself. No answer, or an empty one, is "could not tell". */
export async function authenticode(file: string): Promise<Known<Signature>> {
	const { execa } = await import("execa");
	const result = await execa(windowsPowerShell(), ["-NoProfile", "-NonInteractive", "-Command", script], {
		input: asciiJson({ path: file }),
		reject: false,
		timeout: 60_000,
		windowsHide: true,
	});
	return readAnswer(result.exitCode === 0 ? String(result.stdout) : "");
}

function asciiJson(value: object): string {
	return JSON.stringify(value).replace(
		/[\u007f-\uffff]/g,
		(unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** Tells the answer of the script; apart, so that recorded answers can be tried. */
export function readAnswer(text: string): Known<Signature> {
	try {
		const answer = JSON.parse(text) as { status?: unknown; subject?: unknown };
		const status = statuses.get(answer.status);
		if (status === undefined) return unknown(t`Windows answered ${String(answer.status)}`);
		return known({
			status,
			signer: typeof answer.subject === "string" && answer.subject !== "" ? answer.subject : null,
		});
	} catch {
		return unknown(t`Windows gave no answer about its signature`);
	}
}
