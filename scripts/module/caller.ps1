# All that the cmdlets share: they call the program cfm and make objects and errors of its answer. Read when the first of them is
# called (import.ps1): who only imports the module does not wait for it.
# Held to Windows PowerShell 5.1 (docs/decisions/0051-powershell-module.md).

$script:program = $null
$script:hasViews = $false
$script:instant = '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$'
$script:instantName = '^(at|since|until|expires|due|time|notBefore|notAfter)$|[a-z](At|Since|Until|End|From|Expires|Time)$'
$script:categories = @{
	usage = 'InvalidArgument'; 'not-found' = 'ObjectNotFound'; conflict = 'ResourceExists'; denied = 'PermissionDenied'
	busy = 'ResourceBusy'; unavailable = 'ResourceUnavailable'; findings = 'InvalidResult'; partial = 'InvalidResult'
	cancelled = 'OperationStopped'; fault = 'NotSpecified'
}

# The program of the same folder; else that on PATH. No batch file: it cannot pass on every argument.
function script:Get-CfmProgram {
	if ($null -ne $script:program) { return $script:program }
	$windows = [Environment]::OSVersion.Platform -eq 'Win32NT'
	# In a bundle it stands in powershell\Cfm, in a clone in dist\powershell\Cfm. Nothing beside either is looked at.
	$up = if ([IO.Path]::GetFileName([IO.Path]::GetFullPath((Join-Path $PSScriptRoot '../..'))) -eq 'dist') { '../../..' } else { '../..' }
	foreach ($home_ in [IO.Path]::GetFullPath((Join-Path $PSScriptRoot $up))) {
		$exe = [IO.Path]::Combine($home_, 'bin', 'cfm.exe')
		$sh = [IO.Path]::Combine($home_, 'bin', 'cfm')
		if ($windows -and [IO.File]::Exists($exe)) { return $script:program = , $exe }
		if (-not $windows -and [IO.File]::Exists($sh)) { return $script:program = , $sh }
	}
	foreach ($found in @($ExecutionContext.InvokeCommand.GetCommand('cfm', 'Application'))) {
		if ($null -eq $found) { continue }
		if ($found.Path -notmatch '\.(cmd|bat)$') { return $script:program = , $found.Path }
		$start = Join-Path ([IO.Path]::GetDirectoryName($found.Path)) 'run.cjs'
		$node = $ExecutionContext.InvokeCommand.GetCommand('node', 'Application')
		if ($null -ne $node -and [IO.File]::Exists($start)) { return $script:program = $node.Path, $start }
	}
	return $null
}

# As every program built with Microsoft's C run-time takes a command line apart, and .NET on other systems too.
function script:Format-CfmWord([string] $Word) {
	if ($Word -match '^[^\s"]+$') { return $Word }
	'"' + (($Word -replace '(\\*)"', '$1$1\"') -replace '(\\+)$', '$1$1') + '"'
}

# Runs cfm. What it prints is read as UTF-8 and what it is given is written so, whatever the console's code pages are.
function script:Start-CfmProgram($Cmdlet, [string[]] $Words, [string] $Text) {
	$program = @(Get-CfmProgram)
	if ($program.Count -eq 0 -or $null -eq $program[0]) {
		return @{ Out = ''; Err = 'There is no cfm beside this module, and none on PATH.'; ExitCode = -1 }
	}
	$start = New-Object System.Diagnostics.ProcessStartInfo
	$start.FileName = $program[0]
	$all = @($program | Select-Object -Skip 1) + $Words
	$start.Arguments = (@($all | ForEach-Object { Format-CfmWord $_ }) -join ' ')
	$start.WorkingDirectory = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
	$start.UseShellExecute = $false
	$start.CreateNoWindow = $true
	$start.RedirectStandardInput = $true
	$start.RedirectStandardOutput = $true
	$start.RedirectStandardError = $true
	$utf8 = New-Object System.Text.UTF8Encoding $false
	$start.StandardOutputEncoding = $utf8
	$start.StandardErrorEncoding = $utf8
	$process = $null
	$shown = $false
	$activity = 'cfm ' + (@($Words | Where-Object { $_ -notlike '-*' } | Select-Object -First 2) -join ' ')
	try {
		$process = [System.Diagnostics.Process]::Start($start)
		$out = $process.StandardOutput.ReadToEndAsync()
		$err = $process.StandardError.ReadToEndAsync()
		try {
			if ($Text) {
				$bytes = $utf8.GetBytes($Text)
				$process.StandardInput.BaseStream.Write($bytes, 0, $bytes.Length)
				$process.StandardInput.BaseStream.Flush()
			}
			$process.StandardInput.Close()
		} catch [System.IO.IOException] { $null = $_ } # It ended before it read all: its answer says why.
		while (-not $out.Wait(700)) {
			$shown = $true
			$progress = New-Object System.Management.Automation.ProgressRecord 24250, $activity, 'Running'
			$Cmdlet.WriteProgress($progress)
		}
		$process.WaitForExit()
		@{ Out = $out.Result; Err = $err.Result; ExitCode = $process.ExitCode }
	} catch [System.ComponentModel.Win32Exception] {
		@{ Out = ''; Err = $_.Exception.Message; ExitCode = -1 }
	} finally {
		if ($shown) {
			$progress = New-Object System.Management.Automation.ProgressRecord 24250, $activity, 'Done'
			$progress.RecordType = 'Completed'
			$Cmdlet.WriteProgress($progress)
		}
		if ($null -ne $process) {
			# Ctrl-C: the registry is then as it was before.
			if (-not $process.HasExited) { try { $process.Kill() } catch { $null = $_ } }
			$process.Dispose()
		}
	}
}

# Both PowerShells take some texts for dates, whatever field they stand in: those are marked before, and only fields that hold
# instants become dates, in local time, as other cmdlets give them.
function script:ConvertFrom-CfmJson([string] $Json) {
	$marked = $Json -replace '(?<!\\)"(?=\d{4}-\d\d-\d\dT|\\?/Date\()', '"\u0001'
	$answer = $marked | ConvertFrom-Json
	if ($marked.Length -ne $Json.Length) { $null = Convert-CfmValue $answer '' }
	, $answer
}

function script:Convert-CfmValue($Value, [string] $Name) {
	if ($Value -is [string]) {
		if ($Value.Length -eq 0 -or $Value[0] -ne [char] 1) { return $Value }
		$plain = $Value.Substring(1)
		if ($Name -cmatch $script:instantName -and $plain -match $script:instant) {
			return [DateTime]::Parse($plain, [Globalization.CultureInfo]::InvariantCulture, 'RoundtripKind').ToLocalTime()
		}
		return $plain
	}
	if ($Value -is [array]) {
		for ($at = 0; $at -lt $Value.Length; $at++) {
			if ($null -ne $Value[$at]) { $Value[$at] = Convert-CfmValue $Value[$at] $Name }
		}
		return , $Value
	}
	if ($Value -is [System.Management.Automation.PSCustomObject]) {
		foreach ($property in $Value.PSObject.Properties) {
			$its = $property.Value
			if ($its -is [string]) {
				if ($its.Length -gt 0 -and $its[0] -eq [char] 1) { $property.Value = Convert-CfmValue $its $property.Name }
			} elseif ($its -is [array] -or $its -is [System.Management.Automation.PSCustomObject]) {
				$null = Convert-CfmValue $its $property.Name
			}
		}
	}
	$Value
}

function script:Get-CfmProperty($Object, [string] $Name) {
	if ($null -eq $Object) { return $null }
	$property = $Object.PSObject.Properties[$Name]
	if ($null -ne $property) { $property.Value }
}

# Calls cfm and gives its answer; warnings are written on the way.
function script:Read-CfmAnswer($Cmdlet, [string[]] $Words, [string] $Text) {
	$Cmdlet.WriteVerbose("cfm $(@($Words | ForEach-Object { Format-CfmWord $_ }) -join ' ')")
	$ran = Start-CfmProgram $Cmdlet $Words $Text
	foreach ($line in ($ran.Err -split '\r?\n')) { if ($line) { $Cmdlet.WriteVerbose($line) } }
	$answer = $null
	if ($ran.Out) { try { $answer = ConvertFrom-CfmJson $ran.Out } catch { $Cmdlet.WriteVerbose("Not JSON: $($ran.Out)") } }
	if ($null -eq (Get-CfmProperty $answer 'ok')) {
		$message = if ($ran.ExitCode -eq -1) { "cfm could not be started: $($ran.Err)" } else { "cfm gave no answer (exit code $($ran.ExitCode))." }
		$failure = [pscustomobject]@{ kind = 'fault'; code = 'no-answer'; message = $message; hints = @('cfm --version'); remedies = @(); data = [pscustomobject]@{} }
		$answer = [pscustomobject]@{ ok = $false; error = $failure; warnings = @() }
	}
	foreach ($warning in @($answer.warnings)) { $Cmdlet.WriteWarning($warning) }
	$answer.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty 'exitCode', $ran.ExitCode))
	$answer
}

function script:New-CfmErrorRecord($Failure, [int] $ExitCode, $Target, [string] $Message) {
	if (-not $Message) { $Message = $Failure.message }
	$exception = New-Object System.InvalidOperationException $Message
	$exception.Data['ExitCode'] = $ExitCode
	$exception.Data['Cfm'] = $Failure
	$category = $script:categories["$($Failure.kind)"]
	if (-not $category) { $category = 'NotSpecified' }
	$record = New-Object System.Management.Automation.ErrorRecord $exception, "cfm.$($Failure.code)", $category, $Target
	$record.ErrorDetails = New-Object System.Management.Automation.ErrorDetails $Message
	$record.ErrorDetails.RecommendedAction = @($Failure.hints) -join [Environment]::NewLine
	$record
}

# A caller's own preference does not reach a module's functions by itself.
function script:Get-CfmPreference($Cmdlet, [string] $Name) {
	$Cmdlet.SessionState.PSVariable.GetValue($Name)
}

# The words of one parameter; a value stands in the same word as its flag, so that one that begins with - is no flag.
function script:Get-CfmFlagWord([string] $Flag, $Value) {
	if ($Value -is [System.Management.Automation.SwitchParameter]) { if ($Value.IsPresent) { "--$Flag" }; return }
	foreach ($one in @($Value)) {
		if ($one -is [DateTime]) { $one = $one.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', [Globalization.CultureInfo]::InvariantCulture) }
		"--$Flag=$one"
	}
}

# What a cmdlet was given, as words for cfm, without its arguments.
function script:Get-CfmFlagList($Spec, $Bound) {
	foreach ($name in @($Bound.Keys | Sort-Object)) {
		if ($Spec.args -contains $name -or $Spec.data -contains $name) { continue }
		if ([System.Management.Automation.Cmdlet]::CommonParameters -contains $name) { continue }
		if ([System.Management.Automation.Cmdlet]::OptionalCommonParameters -contains $name) { continue }
		$flag = if ($Spec.flags -and $Spec.flags.ContainsKey($name)) { $Spec.flags[$name] } else { ($name -creplace '(?<=.)([A-Z])', '-$1').ToLowerInvariant() }
		Get-CfmFlagWord $flag $Bound[$name]
	}
}

# The name that cfm wants to hear before a severe change.
function script:Get-CfmName($Answer) {
	$failure = Get-CfmProperty $Answer 'error'
	if ($null -eq $failure -or $failure.code -ne 'agreement-needed') { return }
	foreach ($remedy in $failure.remedies) {
		$name = Get-CfmProperty $remedy.flags 'confirm'
		if ($null -ne $name) { return $name }
	}
}

# Asks as PowerShell does, with cfm's own plan: says which words answer the question for cfm; nothing when it was answered no.
function script:Get-CfmAgreement($State, $Spec, [string[]] $Words, [string[]] $Behind, [string] $Text) {
	$cmdlet = $State.cmdlet
	$answer = if ($Spec.danger -eq 'moderate' -and -not $State.named) { '--yes' }
	$title = "cfm $($Spec.words -join ' ')"
	$impact = if ($Spec.danger -eq 'mild') { 2 } else { 3 }
	$asks = $State.confirm -ne 0 -and $impact -ge $State.confirm
	# To have named what is at stake is an answer.
	if ($State.named) { $asks = $false }
	if ($State.whatIf -or $asks) {
		$ran = Start-CfmProgram $cmdlet ($Words + '--dry-run' + $Behind) $Text
		if ($ran.ExitCode -ne 0) { return , @('done', (Read-CfmAnswer $cmdlet ($Words + '--dry-run' + '--json' + $Behind) $Text)) }
		$plan = $ran.Out.Trim()
		if (-not $plan) { $plan = $title }
		if (-not $cmdlet.ShouldProcess($plan, "$plan", $title)) { return , @('no') }
	}
	, @('yes', $answer, $asks)
}

# One call of cfm: objects and errors of its answer go out by the cmdlet.
function script:Invoke-CfmRequest($State, $Spec, $Bound, [string[]] $Behind, [string] $Text, $Items) {
	$cmdlet = $State.cmdlet
	$words = @($Spec.words) + @(Get-CfmFlagList $Spec $Bound)
	if ($Text) {
		$words += '--from=-'
		if ($Spec.column) { $words += "--column=$($Spec.column)" }
		if ($Spec.keepGoing -and $State.errors -ne 'Stop' -and -not $Bound.ContainsKey('KeepGoing')) { $words += '--keep-going' }
	}
	if ($Behind.Count -gt 0) { $Behind = @('--') + $Behind }
	$changes = $Spec.danger -and (-not $Spec.gate -or ($Bound.ContainsKey($Spec.gate) -and $Bound[$Spec.gate]))
	$answer = $null
	if ($changes) {
		$agreed = Get-CfmAgreement $State $Spec $words $Behind $Text
		if ($agreed[0] -eq 'no') { return }
		if ($agreed[0] -eq 'done') { $answer = $agreed[1] }
		elseif ($agreed[1]) { $words += $agreed[1] }
	}
	if ($null -eq $answer) {
		$answer = Read-CfmAnswer $cmdlet ($words + '--json' + $Behind) $Text
		# Much is at stake. Who answered yes has seen the plan, and who piped a list has named every one in it; -Confirm:$false
		# alone has seen nothing, and must name what it is about.
		$name = if ($changes) { Get-CfmName $answer }
		$isNamed = $null -ne $Items -and "$name" -match '^\d{1,9}$' -and [int] "$name" -le $Items.Count
		if ($null -ne $name -and ($agreed[2] -or $isNamed)) {
			$words = @($words | Where-Object { $_ -ne '--yes' }) + "--confirm=$name"
			$answer = Read-CfmAnswer $cmdlet ($words + '--json' + $Behind) $Text
		} elseif ($null -ne $name) {
			$answer.error.hints = @("-ConfirmName '$("$name".Replace("'", "''"))'") + @($answer.error.hints)
		}
	}
	$result = Get-CfmProperty $answer 'result'
	if ($null -ne $result) { Write-CfmResult $cmdlet $Spec $Bound $result }
	if (-not $answer.ok) { Write-CfmFailure $State $Spec $answer $Behind $Items }
}

function script:Write-CfmResult($Cmdlet, $Spec, $Bound, $Result) {
	# Not at import: scripts seldom look at tables.
	if (-not $script:hasViews) {
		$script:hasViews = $true
		try { Update-FormatData -PrependPath (Join-Path $PSScriptRoot 'Cfm.format.ps1xml') } catch { $null = $_ }
	}
	$rows = $Spec.rows
	$type = $Spec.type
	if ($Spec.instead -and $Bound.ContainsKey($Spec.instead[0]) -and $Bound[$Spec.instead[0]]) { $rows = $Spec.instead[1]; $type = $Spec.instead[2] }
	if ($rows -and $null -ne $Result.PSObject.Properties[$rows] -and $null -ne $Result.PSObject.Properties['total']) {
		$environment = Get-CfmProperty $Result 'environment'
		foreach ($row in @($Result.$rows)) {
			if ($row -isnot [System.Management.Automation.PSCustomObject]) { $Cmdlet.WriteObject($row); continue }
			# Where a request is about one environment, its rows do not repeat it; a pipeline needs it.
			if ($environment -and $null -eq $row.PSObject.Properties['environment']) {
				$row.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty 'environment', $environment))
			}
			$row.PSObject.TypeNames.Insert(0, $type)
			$Cmdlet.WriteObject($row)
		}
		return
	}
	$Result.PSObject.TypeNames.Insert(0, $Spec.whole)
	$Cmdlet.WriteObject($Result)
}

function script:Write-CfmFailure($State, $Spec, $Answer, [string[]] $Behind, $Items) {
	$failure = $Answer.error
	# What a check found is its output.
	if ($failure.kind -eq 'findings') { return }
	$lines = @(Get-CfmProperty $failure.data 'lines' | Where-Object { $null -ne $_ })
	$bad = $lines.Count -gt 0 -and $null -ne $Items -and $failure.code -in 'lines-refused', 'bad-input-lines'
	if (-not $bad) {
		$target = if ($null -ne $Items) { @($Items | ForEach-Object { $_.from }) } elseif ($Behind.Count -gt 1) { $Behind[1..($Behind.Count - 1)] } else { $null }
		if ($target -is [array] -and $target.Count -eq 1) { $target = $target[0] }
		$State.cmdlet.WriteError((New-CfmErrorRecord $failure $Answer.exitCode $target ''))
		return
	}
	foreach ($line in $lines) {
		$its = @($Items | Where-Object { $_.line -le $line.line } | Select-Object -Last 1)
		$target = if ($its.Count) { $its[0].from } else { $null }
		$State.cmdlet.WriteError((New-CfmErrorRecord $failure $Answer.exitCode $target $line.problem))
	}
	$more = $failure.data.total - $lines.Count
	if ($more -gt 0) { $State.cmdlet.WriteError((New-CfmErrorRecord $failure $Answer.exitCode $null '')) }
}

# `begin` of every cmdlet.
function script:New-CfmState($Cmdlet, [bool] $WhatIf, $Confirm, $Bound) {
	$errors = if ($Bound.ContainsKey('ErrorAction')) { $Bound['ErrorAction'] } else { Get-CfmPreference $Cmdlet 'ErrorActionPreference' }
	if (-not $Bound.ContainsKey('WhatIf') -and (Get-CfmPreference $Cmdlet 'WhatIfPreference')) { $WhatIf = $true }
	if (-not $Bound.ContainsKey('Confirm')) { $Confirm = Get-CfmPreference $Cmdlet 'ConfirmPreference' }
	@{
		cmdlet = $Cmdlet; whatIf = $WhatIf; errors = "$errors"; confirm = [int] [System.Management.Automation.ConfirmImpact] "$Confirm"
		named = $Bound.ContainsKey('ConfirmName'); groups = (New-Object System.Collections.Specialized.OrderedDictionary); bound = $null; spec = $null; ran = $false
	}
}

# `process`: a command that takes many is called once, in `end`; any other now.
function script:Add-CfmInput($State, $Bound, $Piped) {
	$called = $State.cmdlet.MyInvocation.MyCommand.Name
	$Spec = $script:specs[$called]
	if ($null -eq $Spec) { $Spec = $script:specs["$called/$($State.cmdlet.ParameterSetName)"] }
	$copy = @{}
	foreach ($name in $Bound.Keys) { $copy[$name] = $Bound[$name] }
	$values = New-Object System.Collections.Generic.List[object]
	foreach ($name in $Spec.args) {
		$value = $copy[$name]
		# Nobody has an ID that is reserved: its row is named by the ID.
		if ($Spec.holder -and -not "$value" -and $Piped -isnot [string]) { $value = Get-CfmProperty $Piped 'id' }
		if ($null -ne $value) { foreach ($one in @($value)) { $values.Add($one) } }
	}
	if (-not $Spec.many) { Invoke-CfmRequest $State $Spec $copy ([string[]] $values.ToArray()) '' $null; return }
	$piped_ = $State.cmdlet.MyInvocation.ExpectingInput
	$key = if ($piped_) { "$($copy['Environment'])" } else { '' }
	# A list is of users; IDs are words.
	if ($Spec.holder -and $piped_ -and $values.Count -gt 0 -and "$($values[0])" -match '^\d+$') { $piped_ = $false; $key = "$key ID" }
	if (-not $State.groups.Contains($key)) {
		$State.groups[$key] = @{ bound = $copy; items = (New-Object System.Collections.Generic.List[object]); spec = $Spec; piped = $piped_; line = 2 }
	}
	$group = $State.groups[$key]
	foreach ($value in $values) {
		$text = "$value"
		$sid = if ($Spec.data -contains 'Sid') { "$($copy['Sid'])" } else { '' }
		$from = if ($piped_ -and $null -ne $Piped) { $Piped } else { $value }
		$group.items.Add(@{ text = $text; sid = $sid; from = $from; line = $group.line })
		$group.line += 1 + ($text -split '\r\n|\r|\n').Count - 1
	}
}

# `end`: everything that was gathered, one request for each environment.
function script:Complete-CfmInput($State) {
	foreach ($group in $State.groups.Values) {
		$spec = $group.spec
		$bound = $group.bound
		if ($group.piped -and $spec.column -and $group.items.Count -gt 0) {
			$csv = New-Object System.Text.StringBuilder
			$null = $csv.Append("$($spec.column),sid`r`n")
			foreach ($item in $group.items) {
				$null = $csv.Append('"').Append($item.text.Replace('"', '""')).Append('","').Append($item.sid.Replace('"', '""')).Append("`"`r`n")
			}
			Invoke-CfmRequest $State $spec $bound @() $csv.ToString() $group.items
		} else {
			if ($spec.data -contains 'Sid' -and $bound.ContainsKey('Sid')) { $spec = $spec.Clone(); $spec.data = @() }
			Invoke-CfmRequest $State $spec $bound ([string[]] @($group.items | ForEach-Object { $_.text })) '' $null
		}
	}
}

# What cfm says can stand where the cursor is.
function script:Get-CfmSuggestion([string] $command, [string] $parameter, [string] $typed, $given) {
	$its = $script:completions["$command/$parameter"]
	if ($null -eq $its) { return }
	$words = @($its.words)
	foreach ($name in 'Environment', 'Registry') {
		if ($given.Contains($name) -and $name -ne $parameter) { $words += "--$($name.ToLowerInvariant())", "$($given[$name])" }
	}
	if ($its.flag) { $words += "--$($its.flag)" }
	$words += "$typed".Trim([char[]] "'`"")
	$before = $env:CFM_COMPLETION_WORDS
	$env:CFM_COMPLETION_WORDS = $words -join [char] 31
	try {
		$program = @(Get-CfmProgram)
		$rest = @($program | Select-Object -Skip 1)
		$answer = & $program[0] @rest completion suggest powershell --json 2>$null | ConvertFrom-Json
	} catch { return } finally { $env:CFM_COMPLETION_WORDS = $before }
	foreach ($one in @($answer.result.suggestions)) {
		$tip = if ($one.summary) { $one.summary } else { $one.value }
		New-Object System.Management.Automation.CompletionResult $one.insert, $one.value, 'ParameterValue', $tip
	}
}
