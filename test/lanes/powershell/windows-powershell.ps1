# Run before a script that is to see Windows PowerShell 5.1: puts before the real cmdlets what 5.1's do otherwise.
# ConvertFrom-Json gives an array as one object and leaves dates as text; `>`, Out-File and the like write and read in
# 5.1's encodings; Export-Csv begins with a line #TYPE. The language, the engine and all else stay 7's.

# What -Encoding means in 5.1; without it each cmdlet has a default of its own. 7 has made an Encoding of the name where
# the parameter is the provider's.
function global:Get-EncodingOf51($Asked, [string] $Default) {
	if ($null -eq $Asked) { return $Default }
	if ($Asked -is [System.Text.UTF8Encoding] -or $Asked -eq 'UTF8') { return 'utf8BOM' }
	$Asked
}

$encoding = { param($default) "`$PSBoundParameters['Encoding'] = Get-EncodingOf51 `$PSBoundParameters['Encoding'] $default" }
$changes = @{
	'ConvertFrom-Json' = "`$PSBoundParameters['NoEnumerate'] = `$true; `$PSBoundParameters['DateKind'] = 'String'"
	'Out-File' = & $encoding 'unicode'
	'Get-Content' = & $encoding 'ansi'
	'Set-Content' = & $encoding 'ansi'
	'Add-Content' = & $encoding 'ansi'
	'Export-Csv' = "$(& $encoding 'ascii'); if (-not `$NoTypeInformation) { `$PSBoundParameters['IncludeTypeInformation'] = `$true }"
}
foreach ($name in $changes.Keys) {
	$proxy = [System.Management.Automation.ProxyCommand]::Create((Get-Command $name -CommandType Cmdlet))
	# A proxy's parameter has the type, and not what turns a name into it.
	$proxy = $proxy -replace '\[System\.Text\.Encoding\](?=\s*\$\{Encoding\})', '[string]'
	# Each proxy begins so; the parameters are still as they were given.
	$proxy = $proxy.Insert($proxy.IndexOf('$outBuffer = $null'), "$($changes[$name])`n")
	$null = New-Item -Path "Function:\global:$name" -Value $proxy -Force
}
