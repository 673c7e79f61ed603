#Requires -Version 5.1

<#
.SYNOPSIS
Installs the client for the user who logs on, with the ID that an administrator gave them.

.DESCRIPTION
For a logon script or Active Setup: it asks nothing, shows nothing, and writes one line into a log. Who has no ID gets
nothing installed. Who has the client already, with the right ID, is done in a moment.

Users cannot read the registry of an elevated "cfm init". So the ID comes from a list that an administrator exports:
cfm ids export --environment default --out-file \\files\cfm\ids.csv --force. The installation then stands in no
registry; "cfm client list" shows it to the administrator all the same.

Of the list only -Environment counts, and only who is the user as cfm compares accounts: DOMAIN\name first; then
name@domain, when the domain is theirs or begins with it (ana@corp.example is CORP\ana, ana@other.example is somebody
else). A name without a domain is taken when nobody else in the list has that name.

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

.PARAMETER Environment
The environment that this server belongs to.

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

	[string] $Environment = 'default',

	[string] $Log = (Join-Path $env:LOCALAPPDATA 'cfm-install.log')
)

$ErrorActionPreference = 'Stop'
$invokeCfm = Join-Path $PSScriptRoot 'invoke-cfm.ps1'
$name = [Environment]::UserName
$domain = [Environment]::UserDomainName
$account = "$domain\$name"
$anyCase = [StringComparison]::OrdinalIgnoreCase

# What a list or an answer says must not be another line of the log.
function Write-LogLine([string] $Text) {
	$plain = $Text -replace '[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]', '?'
	Add-Content -Path $Log -Value "$(Get-Date -Format 's') ${account}: $plain" -Encoding UTF8
}

if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
	Write-LogLine "failed: This script needs all of PowerShell's language. AppLocker or App Control for Business allows it only $($ExecutionContext.SessionState.LanguageMode) here. An administrator can allow these scripts by their publisher, path or hash; cfm itself works, with --json for scripts."
	exit 1
}

# Whether the domain of an account in the list is the user's: CORP is the first label of corp.example.
function Test-Domain([string] $Its) {
	if ([string]::Equals($Its, $domain, $anyCase)) { return $true }
	# Of two DNS names the first labels say nothing: corp.example is not corp.other.
	if ($Its.Contains('.') -eq $domain.Contains('.')) { return $false }
	[string]::Equals($Its.Split('.')[0], $domain.Split('.')[0], $anyCase)
}

try {
	# The registry has names in this form.
	$folded = $name.Normalize()
	$exact = @(); $alike = @(); $bare = @(); $others = @()
	foreach ($row in @(Import-Csv -Path $IdFile -Encoding UTF8)) {
		if ($row.state -ne 'allocated' -or $row.environment -ne $Environment) { continue }
		# "cfm ids export" puts an apostrophe before what a spreadsheet would take for a formula.
		$user = $row.user -replace "^'(?=[-=+@])"
		$slash = $user.IndexOf('\'); $at = $user.LastIndexOf('@')
		if ($slash -ge 0) { $its = $user.Substring(0, $slash); $who = $user.Substring($slash + 1) }
		elseif ($at -ge 0) { $its = $user.Substring($at + 1); $who = $user.Substring(0, $at) }
		else { $its = ''; $who = $user }
		# Not -eq: it compares as a language does, and in Windows PowerShell a sharp s is ss. To cfm they are two users.
		if (-not [string]::Equals($who, $folded, $anyCase)) { continue }
		if ($its -eq '') { $bare += $row }
		elseif ([string]::Equals($user, $account, $anyCase)) { $exact += $row }
		elseif (Test-Domain $its) { $alike += $row }
		else { $others += $row }
	}
	# A name without a domain may be anybody's with that name.
	$mine = @(if ($exact.Count) { $exact } elseif ($alike.Count) { $alike } elseif ($bare.Count) { $bare + $others })
	if ($mine.Count -eq 0) {
		Write-LogLine "no ID in $Environment, nothing to install"
		exit 0
	}
	if ($mine.Count -gt 1) {
		$told = ($mine | ForEach-Object { "$($_.user) $($_.id)" }) -join ', '
		Write-LogLine "several IDs may be theirs ($told): nothing was installed"
		exit 4
	}
	$words = @('install', '--silent', '--id', $mine[0].id, '--environment', $Environment)
	$words += '--installer', $Installer, '--sha256', $Sha256
	$done = & $invokeCfm -Words $words -WarningAction SilentlyContinue
	Write-LogLine "ID $($done.id), $($done.outcome)$(if ($done.rebootRequired) { ', the machine must be restarted' })"
	exit 0
} catch {
	Write-LogLine "failed: $($_.FullyQualifiedErrorId): $($_.Exception.Message)"
	$code = $_.Exception.Data['ExitCode']
	exit $(if ($code) { $code } else { 1 })
}
