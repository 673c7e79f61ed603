#Requires -Version 5.1

<#
.SYNOPSIS
Installs the client for the user who logs on, with the ID that an administrator gave them.

.DESCRIPTION
For a logon script or Active Setup: it asks nothing, shows nothing, and writes one line into a log. Who has no ID gets
nothing installed. Who has the client already, with the right ID, is done in a moment.

Users cannot read the registry of an elevated "cfm init". So the ID comes from a list that an administrator exports:
cfm ids export --out-file \\files\cfm\ids.csv --force. The installation then stands in no registry; "cfm client list"
shows it to the administrator all the same.

The line for a logon script:

powershell.exe -NoProfile -ExecutionPolicy RemoteSigned -File "C:\Program Files\cfm\docs\recipes\install-on-logon.ps1" -IdFile \\files\cfm\ids.csv -Installer \\files\cfm\certifio-manager-se.exe -Sha256 HASH

For Active Setup it is the value StubPath of a key below HKLM\SOFTWARE\Microsoft\Active Setup\Installed Components; raise
the value Version (1,0 then 1,1) to have it run once more for everybody.

.PARAMETER IdFile
The list of IDs, as "cfm ids export" writes it.

.PARAMETER Installer
The client's installer.

.PARAMETER Sha256
What the installer's SHA-256 must be; Get-FileHash tells it.

.PARAMETER Log
The log; without it cfm-install.log in the user's own AppData\Local.

.EXAMPLE
.\install-on-logon.ps1 -IdFile \\files\cfm\ids.csv -Installer \\files\cfm\certifio-manager-se.exe -Sha256 HASH

.LINK
../commands/install.md
#>
[CmdletBinding()]
param(
	[Parameter(Mandatory)]
	[string] $IdFile,

	[Parameter(Mandatory)]
	[string] $Installer,

	[Parameter(Mandatory)]
	[string] $Sha256,

	[string] $Log = (Join-Path $env:LOCALAPPDATA 'cfm-install.log')
)

$ErrorActionPreference = 'Stop'
$invokeCfm = Join-Path $PSScriptRoot 'invoke-cfm.ps1'
$name = [Environment]::UserName
$account = "$([Environment]::UserDomainName)\$name"

function Write-LogLine([string] $Text) {
	Add-Content -Path $Log -Value "$(Get-Date -Format 's') ${account}: $Text" -Encoding UTF8
}

try {
	$mine = @(Import-Csv -Path $IdFile -Encoding UTF8 | Where-Object {
			$_.state -eq 'allocated' -and ($_.user -eq $account -or $_.user -eq $name -or $_.user -like "$name@*")
		})
	if ($mine.Count -eq 0) {
		Write-LogLine 'no ID, nothing to install'
		exit 0
	}
	if ($mine.Count -gt 1) {
		Write-LogLine "several IDs are theirs ($($mine.id -join ', ')): nothing was installed"
		exit 4
	}
	$words = @('install', '--silent', '--id', $mine[0].id, '--installer', $Installer, '--sha256', $Sha256)
	$done = & $invokeCfm -Words $words -WarningAction SilentlyContinue
	Write-LogLine "ID $($done.id), $($done.outcome)$(if ($done.rebootRequired) { ', the machine must be restarted' })"
	exit 0
} catch {
	Write-LogLine "failed: $($_.FullyQualifiedErrorId): $($_.Exception.Message)"
	$code = $_.Exception.Data['ExitCode']
	exit $(if ($code) { $code } else { 1 })
}
