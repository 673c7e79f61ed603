#Requires -Modules Pester
# invoke-cfm.ps1 as an administrator's own tests would hold it: its errors, its words, and what it does when there is no
# answer. Where cfm itself is not what is tried, Pester's Mock stands for it, as it can in anybody's scripts.

BeforeAll {
	$invokeCfm = "$PSScriptRoot/recipes/invoke-cfm.ps1"
	function Get-Failure([scriptblock] $Script) {
		try { & $Script } catch { return $_ }
		throw 'nothing failed'
	}
}

Describe 'invoke-cfm and the real cfm' {
	BeforeAll {
		$env:CFM_HOME = Join-Path $TestDrive 'cfm'
		$null = & $invokeCfm -Words init, --yes, --range, 1-3
		$null = & $invokeCfm ids allocate 'CORP\ana' 'CORP\Łukasz ü'
	}

	It 'gives what stands under result, and leaves cfm''s exit code' {
		$list = & $invokeCfm ids list
		$list.total | Should -Be 2
		, $list.allocations | Should -BeOfType [array]
		$list.allocations.user | Should -Be 'CORP\ana', 'CORP\Łukasz ü'
		$LASTEXITCODE | Should -Be 0
	}

	It 'makes of exit <exit> the error <id> of category <category>' -ForEach @(
		@{ exit = 2; id = 'cfm.bad-command-line'; category = 'InvalidArgument'; words = 'ids', 'list', '--nonsense' }
		@{ exit = 2; id = 'cfm.agreement-needed'; category = 'InvalidArgument'; words = 'ids', 'release', 'CORP\ana' }
		@{ exit = 3; id = 'cfm.no-allocation'; category = 'ObjectNotFound'; words = 'ids', 'show', 'CORP\nobody' }
		@{ exit = 4; id = 'cfm.id-out-of-range'; category = 'ResourceExists'; words = 'ids', 'allocate', 'eve', '--id', '30000' }
	) {
		$failure = Get-Failure { & $invokeCfm -Words $words }
		$failure.FullyQualifiedErrorId | Should -BeLike "$id,*"
		$failure.CategoryInfo.Category | Should -Be $category
		$failure.Exception.Data['ExitCode'] | Should -Be $exit
		$failure.TargetObject.code | Should -Be ($id -replace '^cfm\.')
		"$failure" | Should -Be $failure.TargetObject.message
		$LASTEXITCODE | Should -Be $exit
	}

	It 'can be caught by -ErrorId, whatever $ErrorActionPreference is' -ForEach 'Continue', 'SilentlyContinue', 'Stop' {
		$ErrorActionPreference = $_
		{ & $invokeCfm ids show 'CORP\nobody' } | Should -Throw -ErrorId 'cfm.no-allocation,*'
	}

	It 'ends a script that does not catch it' {
		{ & $invokeCfm ids show 'CORP\nobody'; throw 'not reached' } | Should -Throw -ErrorId 'cfm.no-allocation,*'
	}

	It 'takes lines from the pipeline, and an exit code that is said to be no failure' {
		$half = 'CORP\ana', 'CORP\' | & $invokeCfm -Words ids, allocate, --from, -, --keep-going -Accept 9
		$half.allocations.user | Should -Be 'CORP\ana'
		$half.refused.line | Should -Be 2
	}

	It 'says all that is the same in strict mode' {
		Set-StrictMode -Version Latest
		(& $invokeCfm ids list).total | Should -Be 2
		{ & $invokeCfm ids show 'CORP\nobody' } | Should -Throw -ErrorId 'cfm.no-allocation,*'
	}
}

Describe 'invoke-cfm and a cfm that is mocked' {
	It 'hands over each word as it is, --json last' {
		Mock cfm { '{"ok":true,"result":{},"warnings":[]}' }
		& $invokeCfm -Words ids, show, 'CORP\two words', '--note=50% & "x"'
		Should -Invoke cfm -Exactly 1 -ParameterFilter {
			($args -join '|') -eq 'ids|show|CORP\two words|--note=50% & "x"|--json'
		}
	}

	It 'pipes what is piped into it, also nothing' {
		# A mock does not see what is piped into it.
		function cfm { $global:piped = @($input); '{"ok":true,"result":{},"warnings":[]}' }
		'a', '', 'ü' | & $invokeCfm -Words ids, allocate, --from, -
		$global:piped | Should -Be 'a', '', 'ü'
		@() | & $invokeCfm -Words ids, allocate, --from, -
		$global:piped | Should -BeNullOrEmpty
	}

	It 'gives warnings as warnings' {
		Mock cfm { '{"ok":true,"result":{"total":0},"warnings":["careful","very"]}' }
		$null = & $invokeCfm ids list -WarningVariable told -WarningAction SilentlyContinue
		$told.Message | Should -Be 'careful', 'very'
	}

	It 'has the hints as what to do about it' {
		Mock cfm {
			$global:LASTEXITCODE = 6
			'{"ok":false,"error":{"kind":"busy","code":"registry-busy","message":"Busy.","hints":["cfm a","cfm b"],"data":{}},"warnings":[]}'
		}
		$failure = Get-Failure { & $invokeCfm ids list }
		$failure.ErrorDetails.RecommendedAction | Should -Be "cfm a$([Environment]::NewLine)cfm b"
		$failure.CategoryInfo.Category | Should -Be 'ResourceBusy'
	}

	It 'has a category for kind <kind>' -ForEach @(
		'usage', 'not-found', 'conflict', 'denied', 'busy', 'unavailable', 'findings', 'partial', 'cancelled', 'fault' |
			ForEach-Object { @{ kind = $_ } }
	) {
		$global:kind = $kind
		Mock cfm { '{"ok":false,"error":{"kind":"' + $global:kind + '","code":"x","message":"m","hints":[],"data":{}},"warnings":[]}' }
		$failure = Get-Failure { & $invokeCfm ids list }
		"$($failure.FullyQualifiedErrorId)" | Should -BeLike 'cfm.x,*'
		# Only a fault of cfm's own is of no kind.
		($failure.CategoryInfo.Category -eq 'NotSpecified') | Should -Be ($kind -eq 'fault')
	}

	It 'says that there was no answer when cfm gives <what>' -ForEach @(
		@{ what = 'nothing'; text = $null }
		@{ what = 'half an object'; text = '{"ok":true,"res' }
		@{ what = 'plain text'; text = 'Segmentation fault' }
	) {
		$global:text = $text
		Mock cfm { $global:LASTEXITCODE = 139; $global:text }
		$failure = Get-Failure { & $invokeCfm ids list 2> (Join-Path $TestDrive 'told.txt') }
		Join-Path $TestDrive 'told.txt' | Should -Not -FileContentMatch '\S'
		$failure.FullyQualifiedErrorId | Should -BeLike 'cfm.no-answer,*'
		$failure.Exception.Data['ExitCode'] | Should -Be 139
		"$failure" | Should -BeLike '*139*'
	}
}
