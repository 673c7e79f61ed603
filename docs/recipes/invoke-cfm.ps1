#Requires -Version 5.1

<#
.SYNOPSIS
Calls cfm and makes of its failure an error that can be caught, with the code and the hints in it.

.DESCRIPTION
Adds --json to the command line, gives what stands under "result" of the answer, and writes warnings as warnings. When cfm
fails, the error has

- FullyQualifiedErrorId: "cfm." and the code, such as "cfm.no-allocation" (scripts match on it);
- the message, and the hints as RecommendedAction of its ErrorDetails;
- TargetObject: the whole error as cfm printed it: kind, code, message, hints, data;
- Exception.Data["ExitCode"]: the exit code.

The other recipes call it. Write the words of a command line with their long flags, or give them as an array: PowerShell
takes short ones such as -o for its own.

.PARAMETER Words
The command line, without "cfm" and without --json.

.PARAMETER Accept
Exit codes that are no failure here: 8 (a check found something) and 9 (a part failed) come with a result.

.PARAMETER InputObject
Lines to be piped into cfm, for --from -

.EXAMPLE
.\invoke-cfm.ps1 ids list

All IDs, and their total.

.EXAMPLE
try { .\invoke-cfm.ps1 ids show CORP\ana } catch { $_.TargetObject.hints }

What to do about the failure.

.EXAMPLE
Get-Content users.txt | .\invoke-cfm.ps1 -Words ids, allocate, --from, - -Accept 9

.LINK
../powershell.md
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

begin {
	if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
		throw "This script needs all of PowerShell's language. AppLocker or App Control for Business allows it only $($ExecutionContext.SessionState.LanguageMode) here. An administrator can allow these scripts by their publisher, path or hash; cfm itself works, with --json for scripts."
	}
	# cfm says itself, below, whether it failed; 7 would end the script before the answer is read.
	$PSNativeCommandUseErrorActionPreference = $false
	# 5.1 pipes text into programs in ASCII.
	$OutputEncoding = [System.Text.UTF8Encoding]::new($false)
	$lines = [System.Collections.Generic.List[string]]::new()
}

process {
	if ($PSBoundParameters.ContainsKey('InputObject')) { $lines.Add($InputObject) }
}

end {
	# An empty pipeline is an empty input: without it cfm would wait for what the window, or the host, has to say.
	$said = if ($lines.Count -gt 0 -or $MyInvocation.ExpectingInput) { $lines | & cfm @Words --json } else { & cfm @Words --json }
	$exitCode = $LASTEXITCODE
	$answer = $null
	try { if ($said) { $answer = $said | ConvertFrom-Json } } catch { Write-Verbose "Not JSON: $said" }
	if ($null -ne $answer) {
		foreach ($warning in $answer.warnings) { Write-Warning $warning }
		if ($answer.ok -or $Accept -contains $exitCode) { return $answer.result }
	}

	$failure = if ($null -ne $answer) { $answer.error } else {
		[pscustomobject]@{
			kind = 'fault'; code = 'no-answer'; message = "cfm gave no answer (exit code $exitCode)."; hints = @('cfm --version')
		}
	}
	$categories = @{
		usage = 'InvalidArgument'; 'not-found' = 'ObjectNotFound'; conflict = 'ResourceExists'; denied = 'PermissionDenied'
		busy = 'ResourceBusy'; unavailable = 'ResourceUnavailable'; findings = 'InvalidResult'; partial = 'InvalidResult'
		cancelled = 'OperationStopped'; fault = 'NotSpecified'
	}
	$exception = [System.InvalidOperationException]::new($failure.message)
	$exception.Data['ExitCode'] = $exitCode
	$record = [System.Management.Automation.ErrorRecord]::new(
		$exception, "cfm.$($failure.code)", $categories[$failure.kind], $failure)
	$record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($failure.message)
	$record.ErrorDetails.RecommendedAction = $failure.hints -join [Environment]::NewLine
	$PSCmdlet.ThrowTerminatingError($record)
}
