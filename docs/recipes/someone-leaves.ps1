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
Import-Module Cfm

# The plan is the answer, too.
$words = @('ids', 'release', $User, '--yes')
if ($Note) { $words += '--note', $Note }
if (-not $PSCmdlet.ShouldProcess($User, 'Release the ID')) { $words += '--dry-run' }
foreach ($given in (Invoke-Cfm $words).allocations) {
	$still = @(Get-CfmClient | Where-Object { $_.clientId -eq $given.id })
	foreach ($client in $still) {
		Write-Warning "The client of $($client.user) still has ID $($given.id): in their session, cfm uninstall --silent --yes"
	}
	$given | Select-Object user, id, state, until, changed, @{ n = 'clients'; e = { , @($still | ForEach-Object { $_.user }) } }
}
