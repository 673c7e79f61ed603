import { completionShells } from "../../lib/cli/completion/scripts.js";
import { type Suggestion, suggest } from "../../lib/cli/completion/suggest.js";
import { fromLine, fromWords, type Typed } from "../../lib/cli/completion/words.js";
import { command } from "../../lib/cli/definition.js";
import { quoted } from "../../lib/command-line.js";
import { t, visible } from "../../lib/text.js";
import { valuesOf } from "./_values.js";

/** What a shell puts in the place of the word, beside the value itself. */
interface Insertable extends Suggestion {
	insert: string;
}

/** Nothing to offer. Of `file` and `folder` the shell knows more than cfm. */
const none = { kind: "values", suggestions: [] as Insertable[], total: 0 };

export default command({
	summary: t`Print what can follow on a command line: the completion scripts ask this`,
	description: t`Reads the line up to the cursor from CFM_COMPLETION_LINE, or its words after cfm from CFM_COMPLETION_WORDS, separated by U+001F. A mistake is answered with nothing.`,
	role: "none",
	args: { shell: { summary: t`Whose quotation marks are wanted`, required: true, choices: completionShells } },
	examples: [{ what: t`As PowerShell's script asks it`, line: "cfm completion suggest powershell --json" }],
	async run({ args }, context) {
		const typed = typedIn(context.shell.streams.variables);
		if (typed === undefined) return none;
		const found = suggest(typed, await context.shell.program());
		if (!("of" in found)) return answer(found.suggestions, args.shell, typed);
		if (found.of === "file" || found.of === "folder") return { ...none, kind: found.of };
		const { environment, registry } = found.given;
		try {
			const values = await valuesOf(found.of, { typed: found.typed, environment, registry }, context);
			const whole = values.map(({ value, summary }) => ({ value: found.front + value, summary }));
			return answer(whole, args.shell, typed);
		} catch {
			return none;
		}
	},
	view: ({ kind, suggestions }) => [
		{ verbatim: [visible(kind), ...suggestions.map(toLine)].map((text) => `${text}\n`).join("") },
	],
});

function typedIn({ CFM_COMPLETION_WORDS, CFM_COMPLETION_LINE }: NodeJS.ProcessEnv): Typed | undefined {
	if (CFM_COMPLETION_LINE !== undefined) return fromLine(CFM_COMPLETION_LINE);
	return fromWords(CFM_COMPLETION_WORDS ?? "");
}

/** A value that hides something in it is not offered: nobody could see what they accept. */
function answer(suggestions: readonly Suggestion[], shell: string, { insert }: Typed) {
	const all: Insertable[] = [];
	for (const one of suggestions.filter(({ value }) => visible(value) === value)) {
		const text = inserted(one.value, shell, insert);
		if (text !== undefined) all.push({ ...one, insert: text });
	}
	return { kind: "values", suggestions: all, total: all.length };
}

/** bash puts in what it is given; zsh and fish quote by themselves. */
function inserted(value: string, shell: string, insert: Typed["insert"]): string | undefined {
	if (shell === "powershell") return quoted(value, "powershell");
	return shell === "bash" ? insert(value) : value;
}

function toLine({ insert, summary }: Insertable): string {
	return summary === null ? visible(insert) : `${visible(insert)}\t${visible(summary)}`;
}
