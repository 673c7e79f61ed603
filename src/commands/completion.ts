import { type CompletionShell, completionScripts, completionShells } from "../lib/cli/completion/scripts.js";
import { command } from "../lib/cli/definition.js";
import { t } from "../lib/text.js";

export default command({
	summary: t`Print the script that makes a shell complete cfm's commands, flags and values`,
	description: t`The Tab key then offers commands, flags, users, IDs, environments, sites and backups. One line installs it: in the file that $PROFILE names, in ~/.bashrc, in ~/.zshrc after compinit; for fish, run it once.

    cfm completion powershell | Out-String | Invoke-Expression
    source <(cfm completion bash)
    source <(cfm completion zsh)
    cfm completion fish > ~/.config/fish/completions/cfm.fish`,
	role: "none",
	args: { shell: { summary: t`The shell`, required: true, choices: completionShells } },
	examples: [
		{ what: t`For PowerShell`, line: "cfm completion powershell" },
		{ what: t`For bash`, line: "cfm completion bash" },
	],
	async run({ args }) {
		const shell = args.shell as CompletionShell;
		return { shell, script: completionScripts[shell] };
	},
	view: ({ script }) => [{ verbatim: script }],
});
