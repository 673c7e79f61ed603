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
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
	throw "This script needs all of PowerShell's language. AppLocker or App Control for Business allows it only $($ExecutionContext.SessionState.LanguageMode) here. An administrator can allow these scripts by their publisher, path or hash; cfm itself works, with --json for scripts."
}
$invokeCfm = Join-Path $PSScriptRoot 'invoke-cfm.ps1'
$pattern = "*$User*"

$traces = @(
	foreach ($given in (& $invokeCfm -Words ids, list, --user, $pattern).allocations) {
		[pscustomobject]@{
			from = 'registry'; user = $given.user; id = $given.id; port = $given.port; state = $given.state; at = $given.since
		}
	}
	foreach ($client in (& $invokeCfm -Words client, list).clients) {
		if ($client.user -like $pattern -and $null -ne $client.clientId) {
			[pscustomobject]@{
				from = 'client'; user = $client.user; id = $client.clientId; port = $client.port; state = $client.verdict; at = $null
			}
		}
	}
)
if ($traces.Count -eq 0) {
	$traces = foreach ($event_ in (& $invokeCfm -Words ids, history, $User).events) {
		[pscustomobject]@{
			from = 'history'; user = $event_.subject; id = $event_.id; port = $null; state = $event_.action; at = $event_.at
		}
	}
}
$traces
