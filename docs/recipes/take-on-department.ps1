#Requires -Version 5.1

<#
.SYNOPSIS
Gives the people of a department their IDs, installs for whoever runs it, and writes a CSV of what happened.

.DESCRIPTION
Takes what Import-Csv or Get-ADUser pipes in. Whoever has an ID keeps it, so the script can be run again whenever
somebody is added. A name that cannot be one is left out and stands in the report with the reason, and so does whoever is
named a second time; all others get their IDs in one request.

The client belongs into each user's own session: it is installed now for the user who runs this, with -Install, and for
the others by install-on-logon.ps1, which finds their IDs in the file that -IdFile names.

.PARAMETER InputObject
A user: a name, or an object that has one.

.PARAMETER Column
The property that holds the name; without it the first there is of SamAccountName, UserPrincipalName, User.

.PARAMETER Domain
The domain to put before names that come without one.

.PARAMETER Environment
The environment to give the IDs in; without it the configured one.

.PARAMETER Report
The CSV to write: user, id, port, result, install, problem.

.PARAMETER IdFile
Where to write the list of all IDs of the environment for install-on-logon.ps1, a share that users can read for instance.

.PARAMETER Note
A remark to keep with each ID.

.PARAMETER Install
Install the client for the user who runs this, when one of them it is; the installer is the configured one.

.EXAMPLE
Import-Csv finance.csv | .\take-on-department.ps1 -Domain CORP -Report finance-ids.csv

.EXAMPLE
Get-ADUser -Filter 'Department -eq "Finance"' | .\take-on-department.ps1 -Domain CORP -Report ids.csv -IdFile \\files\cfm\ids.csv

.EXAMPLE
Import-Csv finance.csv | .\take-on-department.ps1 -Domain CORP -Report finance-ids.csv -WhatIf

Shows which IDs would be given, and changes nothing.

.LINK
install-on-logon.md
#>
[CmdletBinding(SupportsShouldProcess)]
param(
	[Parameter(Mandatory, ValueFromPipeline)]
	[AllowNull()]
	[AllowEmptyString()]
	[psobject] $InputObject,

	[string] $Column,

	[string] $Domain,

	[string] $Environment,

	[Parameter(Mandatory)]
	[string] $Report,

	[string] $IdFile,

	[string] $Note,

	[switch] $Install
)

begin {
	$ErrorActionPreference = 'Stop'
	Import-Module Cfm
	# What cfm's answer leaves out is nothing, also where the session is strict about it.
	Set-StrictMode -Off
	$names = [System.Collections.Generic.List[string]]::new()
	$known = [System.Collections.Generic.Dictionary[string, string]]::new([System.StringComparer]::OrdinalIgnoreCase)
	$dropped = [System.Collections.Generic.List[object]]::new()
	function Get-Row([string] $User, [string] $Result, [string] $Problem) {
		[pscustomobject]@{ user = $User; id = $null; port = $null; result = $Result; install = ''; problem = $Problem }
	}
}

process {
	if ($null -eq $InputObject -or $InputObject -is [string]) { $name = "$InputObject" }
	else {
		$columns = if ($Column) { @($Column) } else { @('SamAccountName', 'UserPrincipalName', 'User') }
		$there = @($columns | Where-Object { $null -ne $InputObject.PSObject.Properties[$_] })
		if ($there.Count -eq 0) { throw "No column $($columns -join ', ') in what was piped in: name it with -Column." }
		$name = [string] $InputObject.($there[0])
	}
	$name = $name.Trim()
	if ($name -eq '') { $dropped.Add((Get-Row '' 'refused' 'No name.')) }
	else {
		if ($Domain -and $name -notmatch '[\\@]') { $name = "$Domain\$name" }
		if ($known.ContainsKey($name)) { $dropped.Add((Get-Row $name 'duplicate' "Named before, as $($known[$name]).")) }
		else {
			$known[$name] = $name
			$names.Add($name)
		}
	}
}

end {
	$isReal = $PSCmdlet.ShouldProcess("$($names.Count) users", 'Give IDs')
	$words = @('ids', 'allocate', '--from', '-', '--keep-going')
	if ($Environment) { $words += '--environment', $Environment }
	if ($Note) { $words += '--note', $Note }
	if (-not $isReal) { $words += '--dry-run' }
	$answer = $null
	if ($names.Count -gt 0) {
		# Who is on which line that cfm reads: the first is the heading, and a name that cannot be one may have several.
		$onLine = @{}
		$line = 2
		foreach ($name in $names) {
			$onLine[$line] = $name
			$line += ($name -split '\r\n|\r|\n').Count
		}
		# Without a heading and quotation marks a name can read as the heading, or as a remark.
		$lines = @('user') + @($names | ForEach-Object { '"' + $_.Replace('"', '""') + '"' })
		$answer = $lines | Invoke-Cfm -Words $words -Accept 9
	}

	$rows = @(
		foreach ($given in $answer.allocations) {
			$result = if (-not $given.created) { 'had one' } elseif ($isReal) { 'new' } else { 'would be new' }
			[pscustomobject]@{
				user = $given.user; id = $given.id; port = $given.port; result = $result; install = 'at logon'; problem = ''
			}
		}
		foreach ($bad in $answer.refused) {
			# CORP\ana and ana@corp.example are one user.
			$result = if ($bad.duplicateOf) { 'duplicate' } else { 'refused' }
			Get-Row $onLine[[int] $bad.line] $result $bad.problem
		}
		$dropped
	)

	if ($Install -and $isReal) {
		$own = $rows | Where-Object { $_.id -and ($_.user -replace '^.*\\' -replace '@.*$') -eq [Environment]::UserName }
		foreach ($row in $own) {
			try { $row.install = (Invoke-Cfm -Words install, --silent, --user, $row.user).outcome }
			catch {
				$row.install = 'failed'
				$row.problem = "$($_.TargetObject.code): $($_.Exception.Message)"
			}
		}
	}

	if ($isReal) {
		$rows | Export-Csv -Path $Report -NoTypeInformation -Encoding UTF8
		if ($IdFile -and $null -ne $answer) {
			$null = Invoke-Cfm -Words ids, export, --environment, $answer.environment, --out-file, $IdFile, --force
		}
	}
	$rows
}
