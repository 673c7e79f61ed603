import type { Signature } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { ask } from "../processes/start.js";
import { windowsPowerShell } from "../processes/system.js";

/**
 * Reads the path as JSON from standard input, so that no character of it is ever part of a command. Both ways only
 * ASCII goes through the pipes: Windows PowerShell reads and writes them in the system's code page. By `$input`: where
 * policies constrain the language, `[Console]::In` may not be called.
 */
const script = `
$ErrorActionPreference = 'Stop'
$path = (($input -join '') | ConvertFrom-Json).path
$signature = Get-AuthenticodeSignature -LiteralPath $path
$subject = ''
if ($null -ne $signature.SignerCertificate) { $subject = $signature.SignerCertificate.Subject }
$answer = @{ status = [string]$signature.Status; subject = $subject } | ConvertTo-Json -Compress
[regex]::Replace($answer, '[^ -~]', { param($match) '\\u{0:x4}' -f [int][char]$match.Value })
`;

/** `SignatureStatus` of System.Management.Automation; everything else can't be determined. */
const statuses = new Map<unknown, Signature["status"]>(
	Object.entries({
		Valid: "valid",
		NotSigned: "unsigned",
		HashMismatch: "broken",
		NotTrusted: "untrusted",
		UnknownError: "untrusted",
	}),
);

/**
 * Who signed a program, asked of Windows PowerShell. No answer, or an empty one, is "can't determine".
 *
 * Started from PowerShell 7 it would look for its modules where those of 7 are, and not load the one that knows.
 */
export async function authenticode(file: string): Promise<Known<Signature>> {
	const { exitCode, output } = await ask(windowsPowerShell(), ["-NoProfile", "-NonInteractive", "-Command", script], {
		input: asciiJson({ path: file }),
		variables: withoutModulePath(process.env),
		timeout: 60_000,
	});
	return readAnswer(exitCode === 0 ? output : "");
}

/** The process environment without PowerShell's list of module folders, in whatever case it is spelled. */
export function withoutModulePath(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	return Object.fromEntries(Object.entries(variables).filter(([name]) => name.toUpperCase() !== "PSMODULEPATH"));
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
