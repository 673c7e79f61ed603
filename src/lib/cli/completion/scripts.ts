/**
 * What each shell reads once. It asks `cfm completion suggest` at every press of the key and knows nothing by itself, so it
 * stays right when cfm changes. What cfm answers is a line that says of what kind it is (`values`, `file`, `folder`), then
 * a line for each value with a tab before what it is.
 */
export const completionScripts = {
	bash: `# cfm: completion for bash. Add to ~/.bashrc:  source <(cfm completion bash)
_cfm() {
	local line answer kind cur
	answer=$(CFM_COMPLETION_LINE="\${COMP_LINE:0:COMP_POINT}" "$1" completion suggest bash 2>/dev/null) || return 0
	COMPREPLY=()
	cur=$2
	kind=\${answer%%$'\\n'*}
	case $kind in
		file) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
		folder) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
		values)
			[ "$answer" = "$kind" ] && return 0
			while IFS= read -r line; do COMPREPLY+=("\${line%%$'\\t'*}"); done <<< "\${answer#*$'\\n'}"
			;;
	esac
}
complete -F _cfm cfm
`,
	zsh: `#compdef cfm
# cfm: completion for zsh. Add to ~/.zshrc, after compinit:  source <(cfm completion zsh)
_cfm() {
	local -a answer values shown
	local line given="\${(j: :)words[1,CURRENT]}"
	answer=("\${(@f)$(CFM_COMPLETION_LINE="$given" "\${(Q)words[1]}" completion suggest zsh 2>/dev/null)}")
	case $answer[1] in
		file) _files ;;
		folder) _files -/ ;;
		values)
			for line in "\${(@)answer[2,-1]}"; do
				values+=("\${line%%$'\\t'*}")
				shown+=("\${line/$'\\t'/  -- }")
			done
			compadd -U -l -d shown -a values
			;;
	esac
}
compdef _cfm cfm
`,
	fish: `# cfm: completion for fish. Run once:  cfm completion fish > ~/.config/fish/completions/cfm.fish
function __cfm_complete
	set -l program (commandline -opc)[1]
	set -l typed (commandline -ct)
	set -lx CFM_COMPLETION_LINE (commandline -cp)
	set -l answer ($program completion suggest fish 2>/dev/null)
	switch "$answer[1]"
		case file
			__fish_complete_path "$typed"
		case folder
			__fish_complete_directories "$typed"
		case values
			string join \\n -- $answer[2..-1]
	end
end
complete -c cfm -f -k -a '(__cfm_complete)'
`,
	powershell: `# cfm: completion for PowerShell. Add to $PROFILE:  cfm completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName cfm, cfm.exe, cfm.cmd -ScriptBlock {
	param($word, $line, $position)
	$words = @(foreach ($element in @($line.CommandElements | Select-Object -Skip 1)) {
		if ($element.Extent.EndOffset -lt $position) {
			if ($element.Value -is [string]) { $element.Value } else { $element.Extent.Text }
		}
	})
	# PowerShell closes an open quotation mark before it asks.
	$typed = "$word" -replace '^[''"]|[''"]$', ''
	$before = $env:CFM_COMPLETION_WORDS
	$env:CFM_COMPLETION_WORDS = ($words + $typed) -join [char]31
	try { $answer = & $line.CommandElements[0].Extent.Text completion suggest powershell --json 2>$null | ConvertFrom-Json }
	finally { $env:CFM_COMPLETION_WORDS = $before }
	if ($answer.result.kind -ne 'values') { return }
	foreach ($one in $answer.result.suggestions) {
		# Under ConstrainedLanguage no object of this type may be made; a text does, without what it is.
		if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') { $one.insert; continue }
		$tip = if ($one.summary) { $one.summary } else { $one.value }
		New-Object System.Management.Automation.CompletionResult $one.insert, $one.value, 'ParameterValue', $tip
	}
}
`,
} as const;

export type CompletionShell = keyof typeof completionScripts;
export const completionShells = Object.keys(completionScripts) as CompletionShell[];
