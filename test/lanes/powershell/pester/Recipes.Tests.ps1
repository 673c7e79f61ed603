#Requires -Modules Pester
# The recipes with a real cfm and a registry of their own, and what they ask of cfm. That they install and mail is in
# recipes.test.ts: here nothing of the machine is touched.

BeforeDiscovery {
	$scripts = Get-ChildItem "$PSScriptRoot/recipes/*.ps1" | ForEach-Object { @{ name = $_.Name; path = $_.FullName } }
}

BeforeAll {
	$recipes = "$PSScriptRoot/recipes"
	$invokeCfm = "$recipes/invoke-cfm.ps1"
	$env:CFM_HOME = Join-Path $TestDrive 'cfm'
	$null = & $invokeCfm -Words init, --yes, --range, 1-50
	function Get-Total { (& $invokeCfm ids list).total }
}

Describe '<name>' -ForEach $scripts {
	It 'tells by Get-Help what it does, what each parameter is, and how it is used' {
		$help = Get-Help $path -Full
		$help.Synopsis | Should -Match '\.$'
		$help.examples.example | Should -Not -BeNullOrEmpty
		$own = $help.parameters.parameter | Where-Object { $_.name -notin 'WhatIf', 'Confirm' }
		$own.ForEach({ $_.description.Text | Should -Match '\S' -Because $_.name })
	}

	It 'has -WhatIf when it changes something' {
		$changes = (Get-Content $path -Raw) -match "'(allocate|release)'"
		(Get-Command $path).Parameters.ContainsKey('WhatIf') | Should -Be $changes
	}
}

Describe 'take-on-department' {
	BeforeAll {
		$script = "$recipes/take-on-department.ps1"
		$report = Join-Path $TestDrive 'report.csv'
		Set-Content -Path (Join-Path $TestDrive 'in.csv') -Encoding UTF8 -Value 'Name,SamAccountName', 'Zoë,zoë', 'Ana,ana', 'Bad,a;b', 'Again,ANA'
	}

	It 'changes nothing with -WhatIf' {
		$planned = Import-Csv (Join-Path $TestDrive 'in.csv') | & $script -Domain CORP -Report $report -WhatIf
		$planned.result | Should -Be 'would be new', 'would be new', 'refused', 'duplicate'
		Get-Total | Should -Be 0
		$report | Should -Not -Exist
	}

	It 'gives IDs, and a report that Import-Csv reads back' {
		$rows = Import-Csv (Join-Path $TestDrive 'in.csv') | & $script -Domain CORP -Report $report
		$rows.result | Should -Be 'new', 'new', 'refused', 'duplicate'
		$back = @(Import-Csv $report -Encoding UTF8)
		$back.user | Should -Be $rows.user
		$back[0].user | Should -Be 'CORP\zoë'
		$back[0].id | Should -Be '1'
	}

	It 'gives the same IDs when it is run again' {
		$rows = Import-Csv (Join-Path $TestDrive 'in.csv') | & $script -Domain CORP -Report $report
		$rows[0, 1].result | Should -Be 'had one', 'had one'
		$rows[0, 1].id | Should -Be 1, 2
		Get-Total | Should -Be 2
	}

	It 'takes one user, and nobody at all, in strict mode too' {
		Set-StrictMode -Version Latest
		(@('CORP\ana') | & $script -Report $report -WhatIf).result | Should -Be 'had one'
		@() | & $script -Report $report -WhatIf | Should -BeNullOrEmpty
		('', 'CORP\ben' | & $script -Report $report -WhatIf).result | Should -Be 'would be new', 'refused'
	}
}

Describe 'someone-leaves' {
	BeforeAll {
		$script = "$recipes/someone-leaves.ps1"
		$null = & $invokeCfm ids allocate 'CORP\leaver'
	}

	It 'changes nothing with -WhatIf' {
		(& $script 'CORP\leaver' -WhatIf).state | Should -Be 'quarantined'
		(& $invokeCfm ids show 'CORP\leaver').allocations.state | Should -Be 'allocated'
	}

	It 'takes the ID back with the note, and does so once' {
		$first = & $script 'CORP\leaver' -Note 'left'
		$first.changed | Should -BeTrue
		$first.clients | Should -BeNullOrEmpty
		(& $script 'CORP\leaver').changed | Should -BeFalse
		(& $invokeCfm ids show $first.id).allocations.note | Should -Be 'left'
	}

	It 'says who is not known, as an error' {
		{ & $script 'CORP\nobody' } | Should -Throw -ErrorId 'cfm.no-allocation,*'
	}
}

Describe 'find-lost-id' {
	BeforeAll {
		$script = "$recipes/find-lost-id.ps1"
		$null = & $invokeCfm ids allocate 'CORP\lost.one' 'CORP\lost.two'
	}

	It 'finds all that have a part of the name, in strict mode too' {
		Set-StrictMode -Version Latest
		(& $script lost | Where-Object { $_.from -eq 'registry' }).user | Should -Be 'CORP\lost.one', 'CORP\lost.two'
	}

	It 'finds in the history who has none any more' {
		$null = & $invokeCfm -Words ids, release, 'CORP\lost.two', --at-once, --yes
		$traces = & $script 'CORP\lost.two'
		$traces.from | Select-Object -Unique | Should -Be 'history'
		$traces.state | Should -Be 'allocate', 'release'
	}
}

Describe 'nightly-check' {
	BeforeAll {
		$script = "$recipes/nightly-check.ps1"
		$files = @{ State = (Join-Path $TestDrive 'state.json'); Log = (Join-Path $TestDrive 'changes.log') }
		# What is there on the first night is not what this is about.
		$null = & $script @files
	}

	It 'says nothing in a night like the one before' {
		& $script @files | Should -BeNullOrEmpty
	}

	It 'says once that cfm can do nothing, and once that it can again' {
		$right = $env:CFM_HOME
		try {
			$env:CFM_HOME = Join-Path $TestDrive 'gone'
			(& $script @files | Where-Object { $_.change -eq 'new' }).what | Should -BeLike '*cfm.no-registry*'
			& $script @files | Should -BeNullOrEmpty
		} finally { $env:CFM_HOME = $right }
		(& $script @files | Where-Object { $_.change -eq 'gone' }).what | Should -BeLike '*cfm.no-registry*'
		@(Get-Content $files.Log -Encoding UTF8)[-1] | Should -Match '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d (new|gone): '
	}
}

Describe 'install-on-logon' {
	BeforeAll {
		$script = "$recipes/install-on-logon.ps1"
		$words = @{ Installer = 'setup.exe'; Sha256 = ('0' * 64); Log = (Join-Path $TestDrive 'logon.log') }
		$list = Join-Path $TestDrive 'ids.csv'
		function Set-List([string[]] $Rows) {
			Set-Content -Path $list -Encoding UTF8 -Value (@('user,id,port,state,environment') + $Rows)
		}
	}

	It 'asks cfm for the ID of the list, the installer and its hash, in the environment' {
		Set-List "$([Environment]::UserDomainName)\$([Environment]::UserName),7,1,allocated,default"
		Mock cfm { $global:asked = $args; '{"ok":true,"result":{"id":7,"outcome":"installed","rebootRequired":false},"warnings":[]}' }
		& $script -IdFile $list @words
		$LASTEXITCODE | Should -Be 0
		$global:asked -join ' ' | Should -Be "install --silent --id 7 --environment default --installer setup.exe --sha256 $('0' * 64) --json"
		@(Get-Content $words.Log -Encoding UTF8)[-1] | Should -BeLike '*: ID 7, installed'
	}

	It 'asks nothing of cfm for who is not in the list, in strict mode too' {
		Set-StrictMode -Version Latest
		Set-List 'CORP\somebody,9,1,allocated,default'
		Mock cfm { throw 'not to be called' }
		& $script -IdFile $list @words
		$LASTEXITCODE | Should -Be 0
		Should -Invoke cfm -Exactly 0
	}

	It 'ends with cfm''s exit code, and the code in the log' {
		Set-List "$([Environment]::UserDomainName)\$([Environment]::UserName),7,1,allocated,default"
		Mock cfm {
			$global:LASTEXITCODE = 5
			'{"ok":false,"error":{"kind":"denied","code":"wrong-hash","message":"Another file.","hints":[],"data":{}},"warnings":[]}'
		}
		& $script -IdFile $list @words
		$LASTEXITCODE | Should -Be 5
		@(Get-Content $words.Log -Encoding UTF8)[-1] | Should -BeLike '*failed: cfm.wrong-hash*: Another file.'
	}
}
