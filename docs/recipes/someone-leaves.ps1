#Requires -Version 5.1

<#
.SYNOPSIS
Takes back the ID of somebody who leaves, and says where on this machine a client still has it.

.DESCRIPTION
The ID is quarantined for the environment's quarantine days before anybody else can get it. A client that is still
installed would keep using it: the script warns if there is one on this machine. Safe to run again.

.PARAMETER User
Who leaves.

.PARAMETER Note
Why, for the history.

.EXAMPLE
.\someone-leaves.ps1 CORP\ana -Note 'left on 30 June'

.EXAMPLE
.\someone-leaves.ps1 CORP\ana -WhatIf

.LINK
../commands/ids/release.md
#>
[CmdletBinding(SupportsShouldProcess)]
param(
	[Parameter(Mandatory, Position = 0)]
	[string] $User,

	[string] $Note
)

$ErrorActionPreference = 'Stop'
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
	throw "This script needs all of PowerShell's language. AppLocker or App Control for Business allows it only $($ExecutionContext.SessionState.LanguageMode) here. An administrator can allow these scripts by their publisher, path or hash; cfm itself works, with --json for scripts."
}
$invokeCfm = Join-Path $PSScriptRoot 'invoke-cfm.ps1'

$words = @('ids', 'release', $User, '--yes')
if ($Note) { $words += '--note', $Note }
if (-not $PSCmdlet.ShouldProcess($User, 'Release the ID')) { $words += '--dry-run' }
$released = & $invokeCfm -Words $words

$clients = (& $invokeCfm -Words client, list).clients
foreach ($given in $released.allocations) {
	$still = @($clients | Where-Object { $_.clientId -eq $given.id })
	foreach ($client in $still) {
		Write-Warning "The client of $($client.user) still has ID $($given.id): in their session, cfm uninstall --silent --yes"
	}
	[pscustomobject]@{
		user = $given.user; id = $given.id; state = $given.state; until = $given.until; changed = $given.changed
		clients = @($still | ForEach-Object { $_.user })
	}
}
