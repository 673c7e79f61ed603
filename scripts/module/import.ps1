# What an import reads: the cmdlets with their parameters and help, which scripts/module.mjs adds, and Invoke-Cfm. What they do
# stands in Cfm.caller.ps1. Held to Windows PowerShell 5.1 (docs/decisions/0051-powershell-module.md).

if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
	throw "The module Cfm needs all of PowerShell's language. AppLocker or App Control for Business allows it only $($ExecutionContext.SessionState.LanguageMode) here. An administrator can allow the module by its path or hash; cfm itself works, with --json for scripts."
}

# All that is shared, once; every cmdlet begins with it.
$script:isLoaded = $false
$script:load = {
	if (-not $script:isLoaded) {
		. ([IO.Path]::Combine($PSScriptRoot, 'Cfm.caller.ps1'))
		$script:isLoaded = $true
	}
}

$script:complete = {
	param($command, $parameter, $typed, $tree, $given)
	$null = $tree
	. $script:load
	Get-CfmSuggestion $command $parameter $typed $given
}

function Invoke-Cfm {
	<#
	.SYNOPSIS
	Runs any command of cfm and gives its result as an object.

	.DESCRIPTION
	Adds --json, gives what stands under "result" of the answer, and writes warnings as warnings. A failure ends the pipeline with an
	error record: FullyQualifiedErrorId is "cfm." and the code, RecommendedAction of ErrorDetails has the hints, TargetObject is the
	error as cfm printed it, and Exception.Data["ExitCode"] the exit code.

	.PARAMETER Words
	The command line, without "cfm" and without --json. Write flags in full; separate words by commas where PowerShell would
	take a flag for its own.

	.PARAMETER Accept
	Exit codes that are no failure here: 8 (a check found something) and 9 (a part failed) come with a result.

	.PARAMETER InputObject
	Lines to be piped into cfm, for --from -

	.EXAMPLE
	Invoke-Cfm ids list

	The whole result: the rows, and their total.

	.LINK
	docs/powershell.md
	#>
	[CmdletBinding()]
	param(
		[Parameter(Mandatory, Position = 0, ValueFromRemainingArguments)]
		[string[]] $Words,
		[int[]] $Accept = @(),
		[Parameter(ValueFromPipeline)]
		[AllowEmptyString()]
		[string] $InputObject
	)
	begin { . $script:load; $lines = New-Object System.Collections.Generic.List[string] }
	process { if ($PSBoundParameters.ContainsKey('InputObject')) { $lines.Add($InputObject) } }
	end {
		$text = if ($lines.Count -gt 0) { ($lines -join "`n") + "`n" } else { '' }
		$ends = [Array]::IndexOf($Words, '--')
		$all = if ($ends -lt 0) { $Words + '--json' } else { @($Words | Select-Object -First $ends) + '--json' + @($Words | Select-Object -Skip $ends) }
		$answer = Read-CfmAnswer $PSCmdlet $all $text
		if ($answer.ok -or ($Accept -contains $answer.exitCode -and $null -ne $answer.PSObject.Properties['result'])) { return $answer.result }
		$PSCmdlet.ThrowTerminatingError((New-CfmErrorRecord $answer.error $answer.exitCode $answer.error ''))
	}
}
