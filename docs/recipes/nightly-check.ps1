#Requires -Version 5.1

<#
.SYNOPSIS
Checks the registry and the clients every night, and tells only what changed since the night before.

.DESCRIPTION
Runs "cfm registry check" and "cfm client list", makes a line of each thing that is not as it should be, and compares
them with those of the last time. What is new or gone is written to the log, mailed when a mail server is named, and
given as objects. A night like the one before says nothing.

A failure to run cfm is reported like any other finding. What was not told, since the mail failed for instance, is told
the next time.

As a task of every night, in an elevated window (only administrators may be able to write these folders):

schtasks /Create /TN cfm-nightly /SC DAILY /ST 02:00 /RU SYSTEM /TR "powershell.exe -NoProfile -File C:\cfm\docs\recipes\nightly-check.ps1 -State C:\cfm-nightly\state.json -Log C:\cfm-nightly\changes.log"

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
$invokeCfm = Join-Path $PSScriptRoot 'invoke-cfm.ps1'

$found = @(
	try {
		foreach ($problem in (& $invokeCfm -Words registry, check -Accept 8).problems) {
			"registry: $($problem.code): $($problem.message)"
		}
	} catch { "registry: $($_.FullyQualifiedErrorId -replace ',.*'): $($_.Exception.Message)" }
	try {
		foreach ($client in (& $invokeCfm -Words client, list).clients) {
			if ($client.verdict -ne 'ok') { "client of $($client.user): $($client.verdict)" }
		}
	} catch { "clients: $($_.FullyQualifiedErrorId -replace ',.*'): $($_.Exception.Message)" }
)
$before = @()
if (Test-Path -Path $State) { $before = @((Get-Content -Path $State -Raw -Encoding UTF8 | ConvertFrom-Json).found) }

$changes = @(
	foreach ($line in $found) { if ($before -notcontains $line) { [pscustomobject]@{ change = 'new'; what = $line } } }
	foreach ($line in $before) { if ($found -notcontains $line) { [pscustomobject]@{ change = 'gone'; what = $line } } }
)
if ($changes.Count -gt 0) {
	$lines = @($changes | ForEach-Object { "$($_.change): $($_.what)" })
	$time = Get-Date -Format 's'
	Add-Content -Path $Log -Value @($lines | ForEach-Object { "$time $_" }) -Encoding UTF8
	if ($SmtpServer) {
		$subject = "cfm on $([Environment]::MachineName): $($lines.Count) changed"
		$message = [System.Net.Mail.MailMessage]::new($From, $To, $subject, ($lines -join [Environment]::NewLine))
		$mail = [System.Net.Mail.SmtpClient]::new($SmtpServer, $SmtpPort)
		try { $mail.Send($message) } finally { $mail.Dispose(); $message.Dispose() }
	}
	ConvertTo-Json -InputObject @{ found = $found } | Set-Content -Path $State -Encoding UTF8
}
$changes
