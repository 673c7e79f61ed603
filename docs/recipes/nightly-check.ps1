#Requires -Version 5.1

<#
.SYNOPSIS
Checks the registry and the clients every night, and tells only what changed since the night before.

.DESCRIPTION
Runs "cfm registry check" and "cfm client list", makes a line of each thing that is not as it should be, and compares
them with those of the last time. What is new or gone is written to the log, mailed when a mail server is named, and
given as objects. A night like the one before says nothing.

A failure to run cfm is reported like any other finding. What was not told, since the mail failed for instance, is told
the next time. Of users who are not logged on Windows knows too little to judge their clients: what was found when they were
stays as it is.

It works in ConstrainedLanguage too, where AppLocker or App Control for Business allows no more to scripts.

As a task of every night, in an elevated PowerShell window (only administrators may be able to write these folders; in
cmd.exe without the --%):

schtasks --% /Create /TN cfm-nightly /SC DAILY /ST 02:00 /RU SYSTEM /TR "powershell.exe -NoProfile -File \"C:\Program Files\cfm\docs\recipes\nightly-check.ps1\" -State C:\cfm-nightly\state.json -Log C:\cfm-nightly\changes.log"

.PARAMETER State
The file that remembers what was found, until the next time.

.PARAMETER Log
The file to which what changed is added.

.PARAMETER SmtpServer
The mail server; without it no mail is sent.

.PARAMETER SmtpPort
Its port.

.PARAMETER From
The sender's address.

.PARAMETER To
The receiver's address.

.EXAMPLE
.\nightly-check.ps1 -State C:\cfm-nightly\state.json -Log C:\cfm-nightly\changes.log

.EXAMPLE
.\nightly-check.ps1 -State state.json -Log changes.log -SmtpServer mail.corp.example -From cfm@corp.example -To it@corp.example

.LINK
../commands/registry/check.md
#>
[CmdletBinding()]
param(
	[Parameter(Mandatory)]
	[string] $State,

	[Parameter(Mandatory)]
	[string] $Log,

	[string] $SmtpServer,

	[int] $SmtpPort = 25,

	[string] $From,

	[string] $To
)

$ErrorActionPreference = 'Stop'
# cfm says itself, below, whether it failed; 7 would end the script before the answer is read.
$PSNativeCommandUseErrorActionPreference = $false

# What a user wrote must not be another line of the log.
function Get-Plain([string] $Text) { $Text -replace '[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]', '?' }

# Not by invoke-cfm.ps1: errors of its kind cannot be made in ConstrainedLanguage, and this must report there too.
function Get-Lines([string] $About, [string[]] $Words, [scriptblock] $Read) {
	try {
		$said = & cfm @Words --json
		$exitCode = $LASTEXITCODE
		$answer = $null
		try { if ($said) { $answer = $said | ConvertFrom-Json } } catch { Write-Verbose "Not JSON: $said" }
		if ($null -eq $answer) { "${About}: cfm.no-answer: cfm gave no answer (exit code $exitCode)." }
		else {
			foreach ($warning in $answer.warnings) { Write-Warning $warning }
			if ($null -ne $answer.result) { & $Read $answer.result }
			else { "${About}: cfm.$($answer.error.code): $(Get-Plain $answer.error.message)" }
		}
	} catch { "${About}: $($_.FullyQualifiedErrorId -replace ',.*'): $(Get-Plain $_.Exception.Message)" }
}

$before = @()
if (Test-Path -Path $State) { $before = @((Get-Content -Path $State -Raw -Encoding UTF8 | ConvertFrom-Json).found) }

$found = @(
	Get-Lines 'registry' @('registry', 'check') {
		foreach ($problem in $args[0].problems) { "registry: $($problem.code): $(Get-Plain $problem.message)" }
	}
	Get-Lines 'clients' @('client', 'list') {
		foreach ($client in $args[0].clients) {
			$of = "client of $(Get-Plain $client.user): "
			if ($client.verdict -eq 'unknown' -and $client.notLoggedOn) {
				foreach ($line in $before) { if ($line -ne "${of}unknown" -and "$line".StartsWith($of)) { $line } }
			} elseif ($client.verdict -ne 'ok') { "$of$($client.verdict)" }
		}
	}
)

function Get-Change([string] $Change, [string] $What) {
	$row = '' | Select-Object -Property change, what
	$row.change = $Change
	$row.what = $What
	$row
}
$changes = @(
	foreach ($line in $found) { if ($before -notcontains $line) { Get-Change 'new' $line } }
	foreach ($line in $before) { if ($found -notcontains $line) { Get-Change 'gone' $line } }
)
if ($changes.Count -gt 0) {
	$lines = @($changes | ForEach-Object { "$($_.change): $($_.what)" })
	$time = Get-Date -Format 's'
	Add-Content -Path $Log -Value @($lines | ForEach-Object { "$time $_" }) -Encoding UTF8
	if ($SmtpServer) {
		$subject = "cfm on $([Environment]::MachineName): $($lines.Count) changed"
		$body = $lines -join "`r`n"
		$mail = @{ SmtpServer = $SmtpServer; Port = $SmtpPort; From = $From; To = $To; Subject = $subject; Body = $body }
		# 7 calls it obsolete, and has nothing else that ConstrainedLanguage allows.
		if ("$subject$body" -match '[^\x00-\x7f]') { Send-MailMessage @mail -Encoding UTF8 -WarningAction SilentlyContinue }
		else { Send-MailMessage @mail -Encoding ASCII -WarningAction SilentlyContinue }
	}
	ConvertTo-Json -InputObject @{ found = $found } | Set-Content -Path $State -Encoding UTF8
}
$changes
