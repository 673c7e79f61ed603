# Reads a JSON array of command lines on stdin and writes, as JSON, what the parser makes of each: see parse-lines.ts.
$ErrorActionPreference = 'Stop'
$utf8 = [Text.UTF8Encoding]::new($false)
$text = [IO.StreamReader]::new([Console]::OpenStandardInput(), $utf8).ReadToEnd()
# Not ConvertFrom-Json, which makes dates of what looks like one.
$lines = [Text.Json.JsonSerializer]::Deserialize($text, [string[]])

# The word that a program gets of one element of the line; throws when that depends on more than the line.
function Get-Word($Element) {
	switch ($Element.GetType().Name) {
		'CommandParameterAst' { return $Element.Extent.Text }
		# A number is handed over as it was written.
		'ConstantExpressionAst' { return $Element.Extent.Text }
		'StringConstantExpressionAst' {
			$bare = "$($Element.StringConstantType)" -eq 'BareWord'
			if ($bare -and $Element.Value -match '[*?\[]|^~') { throw "is expanded: $($Element.Extent.Text)" }
			return $Element.Value
		}
		default { throw "not constant: $($Element.Extent.Text)" }
	}
}

$parsed = foreach ($line in $lines) {
	$tokens = $null; $errors = $null
	$tree = [Management.Automation.Language.Parser]::ParseInput($line, [ref] $tokens, [ref] $errors)
	$wrong = @($errors | ForEach-Object { $_.Message })
	$words = @()
	$statements = @($tree.EndBlock.Statements)
	$call = @(if ($statements.Count -eq 1) { $statements[0].PipelineElements })
	if ($call.Count -ne 1 -or $null -eq $call[0] -or $call[0].GetType().Name -ne 'CommandAst') { $wrong += 'not one call of one program' }
	else {
		if ($statements[0].Background) { $wrong += 'runs in the background' }
		if ($call[0].Redirections.Count -gt 0) { $wrong += "is redirected: $($call[0].Redirections)" }
		foreach ($element in $call[0].CommandElements) {
			try { $words += Get-Word $element } catch { $wrong += $_.Exception.Message }
		}
	}
	if ($tokens.Where({ "$($_.Kind)" -eq 'Comment' }).Count -gt 0) { $wrong += 'holds a comment' }
	[pscustomobject]@{ words = if ($wrong.Count -gt 0) { , @() } else { , $words }; wrong = $wrong }
}
$json = ConvertTo-Json -InputObject @($parsed) -Depth 4 -Compress -EscapeHandling EscapeNonAscii
[Console]::Out.Write($json)
