#Requires -Version 5.1

<#
.SYNOPSIS
Finds the ID of somebody who does not know it: in the registry, in their client, in the history.

.DESCRIPTION
Looks for a part of the name. One object for each trace: from the registry (who has which ID now, or had it until its
quarantine ends), from the clients on this machine (which ID is installed), and, when both know nothing, from the
history of that exact name. When registry and client differ, both are there, and "cfm client set" puts the client right.

.PARAMETER User
The name, or a part of it.

.EXAMPLE
.\find-lost-id.ps1 ana

.EXAMPLE
.\find-lost-id.ps1 CORP\ana | Where-Object { $_.from -eq 'client' }

.LINK
../commands/ids/show.md
#>
[CmdletBinding()]
param(
	[Parameter(Mandatory, Position = 0)]
	[string] $User
)

$ErrorActionPreference = 'Stop'
Import-Module Cfm

$traces = @(
	Get-CfmId -User "*$User*" | Select-Object @{ n = 'from'; e = { 'registry' } }, user, id, port, state, @{ n = 'at'; e = { $_.since } }
	Get-CfmClient | Where-Object { $_.user -like "*$User*" -and $null -ne $_.clientId } | Select-Object @{ n = 'from'; e = { 'client' } },
		user, @{ n = 'id'; e = { $_.clientId } }, port, @{ n = 'state'; e = { $_.verdict } }, @{ n = 'at'; e = { $null } }
)
if ($traces.Count -eq 0) {
	$traces = Get-CfmHistory $User | Select-Object @{ n = 'from'; e = { 'history' } }, @{ n = 'user'; e = { $_.subject } },
		id, @{ n = 'port'; e = { $null } }, @{ n = 'state'; e = { $_.action } }, at
}
$traces
