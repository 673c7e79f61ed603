#Requires -Modules Pester
# The module Cfm with a real cfm and a registry of its own, as an administrator uses it.

BeforeAll {
	Import-Module Cfm -Force
	$env:CFM_HOME = Join-Path $TestDrive 'cfm'
	$null = Initialize-CfmRegistry -Range 1-200 -Confirm:$false
	function Get-Failure([scriptblock] $Script) {
		try { & $Script } catch { return $_ }
		throw 'nothing failed'
	}
}

AfterAll { Remove-Module Cfm }

Describe 'the module' {
	It 'has only verbs that PowerShell approves' {
		$verbs = (Get-Verb).Verb
		@((Get-Command -Module Cfm).Verb | Where-Object { $_ -notin $verbs }) | Should -BeNullOrEmpty
	}

	It 'says at import that it needs all of the language' {
		$path = (Get-Module Cfm).Path
		$constrained = [powershell]::Create()
		try {
			$constrained.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage'
			$null = $constrained.AddCommand('Import-Module').AddArgument($path).Invoke()
			"$($constrained.Streams.Error)" | Should -Match 'ConstrainedLanguage here. An administrator can allow the module'
		} catch { "$_" | Should -Match 'ConstrainedLanguage here. An administrator can allow the module' } finally { $constrained.Dispose() }
	}

	It 'is what its manifest says' {
		$manifest = Test-ModuleManifest (Get-Module Cfm).Path.Replace('.psm1', '.psd1')
		$manifest.ExportedFunctions.Count | Should -Be (Get-Command -Module Cfm).Count
		$manifest.PowerShellVersion | Should -Be '5.1'
	}

	It 'has help for every cmdlet and every parameter, with examples' {
		(Get-Help New-CfmId).Synopsis | Should -Be 'Give each user the lowest free ID.'
		$tree = [Management.Automation.Language.Parser]::ParseFile((Get-Module Cfm).Path, [ref] $null, [ref] $null)
		$exported = (Get-Module Cfm).ExportedFunctions.Keys
		foreach ($function in $tree.EndBlock.Statements.Where({ $_.Name -in $exported })) {
			$help = $function.GetHelpContent()
			$help.Synopsis.Trim() | Should -Match '\.$' -Because $function.Name
			$help.Examples.Count | Should -BeGreaterThan 0 -Because $function.Name
			foreach ($parameter in $function.Body.ParamBlock.Parameters) {
				$help.Parameters[$parameter.Name.VariablePath.UserPath.ToUpper()] | Should -Match '\S' -Because "$($function.Name) $parameter"
			}
		}
	}

	It 'asks with -WhatIf and -Confirm wherever cfm has --dry-run' {
		foreach ($name in 'New-CfmId', 'Remove-CfmId', 'Remove-CfmEnvironment', 'Test-CfmHealth') {
			(Get-Command $name).Parameters.Keys | Should -Contain 'WhatIf'
		}
		(Get-Command Get-CfmId).Parameters.Keys | Should -Not -Contain 'WhatIf'
	}
}

Describe 'New-CfmId' {
	It 'gives IDs to objects of the pipeline by one request, with their SIDs' {
		$users = [pscustomobject]@{ SamAccountName = 'gus'; SID = 'S-1-5-21-1-2-3-1001' }, [pscustomobject]@{ SamAccountName = 'zoë'; SID = 'S-1-5-21-1-2-3-1002' }
		$given = $users | New-CfmId -Domain CORP
		$given.user | Should -Be 'CORP\gus', 'CORP\zoë'
		$given[0].PSTypeNames[0] | Should -Be 'Cfm.Id'
		$given[0].environment | Should -Be 'default'
		(Get-CfmId 'CORP\zoë').sid | Should -Be 'S-1-5-21-1-2-3-1002'
		@(Get-CfmHistory | Where-Object action -EQ allocate | ForEach-Object requestKey | Select-Object -Unique).Count | Should -Be 1
	}

	It 'shows cfm''s plan with -WhatIf and changes nothing' {
		'CORP\nobody.yet' | New-CfmId -WhatIf | Should -BeNullOrEmpty
		Get-CfmId -User 'CORP\nobody.yet' | Should -BeNullOrEmpty
	}

	It 'tells each that it refuses, and gives the others theirs' {
		$given = 'CORP\ok.one', 'a;b', "two`nlines", 'CORP\ok.two' | New-CfmId -ErrorAction SilentlyContinue -ErrorVariable refused
		$given.user | Should -Be 'CORP\ok.one', 'CORP\ok.two'
		$refused.TargetObject | Should -Be 'a;b', "two`nlines"
		$refused[0].FullyQualifiedErrorId | Should -Be 'cfm.lines-refused,New-CfmId'
	}

	It 'with -ErrorAction Stop gives nobody any' {
		{ 'CORP\not.given', 'a;b' | New-CfmId -ErrorAction Stop } | Should -Throw -ErrorId 'cfm.bad-input-lines,New-CfmId'
		Get-CfmId -User 'CORP\not.given' | Should -BeNullOrEmpty
	}

	It 'does nothing for an empty pipeline' {
		@() | New-CfmId | Should -BeNullOrEmpty
	}

	It 'carries any character, whatever the code page' {
		$before = [Console]::OutputEncoding
		$note = '\"x\" a "b c" it is 100 %PATH% $(z) & | ^ < > ü 日本 😀 C:\tail\'
		try {
			[Console]::OutputEncoding = [Text.Encoding]::GetEncoding('us-ascii')
			$null = New-CfmId 'CORP\ünï' -Note $note
			(Get-CfmId 'CORP\ünï').note | Should -BeExactly $note
		} finally { [Console]::OutputEncoding = $before }
	}

	It 'makes no flag and no command of a name' {
		foreach ($name in '-x', '--help', '--', '"', '%PATH%', '& calc', '$(calc)', 'a"b\', ' ') {
			(Get-Failure { Get-CfmId -Who $name -ErrorAction Stop }).FullyQualifiedErrorId | Should -Match '^cfm\.(bad-user|no-allocation|no-user|bad-who)' -Because $name
		}
	}
}

Describe 'Get-CfmId' {
	It 'gives rows, with instants as dates in local time' {
		$row = Get-CfmId 'CORP\gus'
		$row.since | Should -BeOfType [DateTime]
		$row.since.Kind | Should -Be 'Local'
		$row.since | Should -BeGreaterThan (Get-Date).AddHours(-1)
		$row.since | Should -BeLessOrEqual (Get-Date)
	}

	It 'leaves a note a text that looks like a date' {
		foreach ($note in '2026-01-15T09:30:00.000Z', '/Date(0)/') {
			$null = Set-CfmId 'CORP\gus' -Note $note
			(Get-CfmId 'CORP\gus').note | Should -BeExactly $note
		}
	}

	It 'tells of each that has none, and goes on' {
		$found = 'CORP\nobody', 'CORP\gus' | Get-CfmId -ErrorAction SilentlyContinue -ErrorVariable failed
		$found.user | Should -Be 'CORP\gus'
		$failed[0].FullyQualifiedErrorId | Should -Be 'cfm.no-allocation,Get-CfmId'
		$failed[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
		$failed[0].TargetObject | Should -Be 'CORP\nobody'
		$failed[0].ErrorDetails.RecommendedAction | Should -Match 'ids allocate'
	}

	It 'heeds the preference of the script that calls it' {
		$ErrorActionPreference = 'Stop'
		{ Get-CfmId 'CORP\nobody' } | Should -Throw -ErrorId 'cfm.no-allocation,Get-CfmId'
	}

	It 'shows a table' {
		(Get-CfmId -Limit 1 | Out-String) | Should -Match '(?s)User\s+Id\s+Port\s+State'
		(Get-CfmId -Ranges -Limit 1).PSTypeNames[0] | Should -Be 'Cfm.IdRange'
	}

	It 'completes with the users that there are' {
		$line = 'New-CfmId -Environment '
		(TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Contain 'default'
		$line = 'Remove-CfmId CORP\gu'
		(TabExpansion2 $line $line.Length).CompletionMatches.ListItemText | Should -Contain 'CORP\gus'
	}
}

Describe 'changes that ask' {
	It 'need -Confirm:$false where nobody can be asked' {
		$null = New-CfmId 'CORP\leaver'
		Remove-CfmId 'CORP\leaver' -WhatIf
		(Get-CfmId 'CORP\leaver').state | Should -Be 'allocated'
		(Get-CfmId 'CORP\leaver' | Remove-CfmId -Confirm:$false).state | Should -Be 'quarantined'
	}

	It 'want the name where much is at stake, also with -Confirm:$false' {
		$null = Add-CfmEnvironment farm -Range 1-9
		Remove-CfmEnvironment farm -WhatIf
		Remove-CfmEnvironment farm -ConfirmName farm -WhatIf
		{ Remove-CfmEnvironment farm -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'cfm.agreement-needed,Remove-CfmEnvironment'
		$Error[0].ErrorDetails.RecommendedAction | Should -Match "^-ConfirmName 'farm'"
		$ConfirmPreference = 'None'
		Remove-CfmEnvironment farm -ErrorAction SilentlyContinue
		{ Remove-CfmEnvironment farm -ConfirmName fram -ErrorAction Stop } | Should -Throw -ErrorId 'cfm.wrong-confirmation,Remove-CfmEnvironment'
		(Get-CfmEnvironment).name | Should -Contain 'farm'
		$ConfirmPreference = 'High'
		# The name is the answer: nobody is asked.
		$null = Remove-CfmEnvironment farm -ConfirmName farm
		(Get-CfmEnvironment).name | Should -Not -Contain 'farm'
	}

	It 'count what a pattern means, and take a pipeline for the list that it is' {
		'one', 'two', 'three' | ForEach-Object { "CORP\many-$_" } | New-CfmId | Out-Null
		{ Remove-CfmId 'CORP\many-*' -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'cfm.agreement-needed,Remove-CfmId'
		Remove-CfmId 'CORP\many-*' -ConfirmName 3 -WhatIf
		@(Get-CfmId -User 'CORP\many-*' -State allocated).Count | Should -Be 3
		@(Remove-CfmId 'CORP\many-o*' -ConfirmName 1).state | Should -Be 'quarantined'
		@(Get-CfmId -User 'CORP\many-*' -State allocated | Remove-CfmId -Confirm:$false).Count | Should -Be 2
	}

	It 'are asked by the environment of each row' {
		$null = Add-CfmEnvironment two -Range 1-9
		$null = New-CfmId 'CORP\both'; $null = New-CfmId 'CORP\both' -Environment two
		(Get-CfmId -User 'CORP\both' | Remove-CfmId -Confirm:$false).environment | Sort-Object | Should -Be 'default', 'two'
	}

	It 'release what is only reserved, by its ID' {
		$null = Lock-CfmId 150
		(Get-CfmId -State reserved | Remove-CfmId -Confirm:$false).id | Should -Be 150
	}

	It 'can be undone' {
		$null = New-CfmId 'CORP\undone'
		$key = @(Get-CfmHistory 'CORP\undone')[-1].requestKey
		$null = Undo-CfmChange $key -Confirm:$false
		Get-CfmId -User 'CORP\undone' -State allocated | Should -BeNullOrEmpty
	}
}

Describe 'checks' {
	It 'give what they find as objects, and no error' {
		$findings = Test-CfmHealth -ErrorAction Stop
		$findings.id | Should -Not -BeNullOrEmpty
		$findings[0].PSTypeNames[0] | Should -Be 'Cfm.Health'
	}
}

Describe 'Invoke-Cfm' {
	It 'gives the whole result, takes lines, and throws' {
		(Invoke-Cfm ids list --limit 1).allocations.Count | Should -Be 1
		('CORP\piped' | Invoke-Cfm -Words ids, allocate, --from, -).allocations.user | Should -Be 'CORP\piped'
		$failure = Get-Failure { Invoke-Cfm ids show 'CORP\nobody' }
		$failure.FullyQualifiedErrorId | Should -Be 'cfm.no-allocation,Invoke-Cfm'
		$failure.TargetObject.code | Should -Be 'no-allocation'
		$failure.Exception.Data['ExitCode'] | Should -Be 3
	}
}
