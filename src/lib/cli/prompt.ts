import { CfmError } from "../errors.js";
import { t, visible } from "../text.js";

/** What asks: the prompt library, loaded when the first question is asked. A test answers in a person's place. */
export type Prompts = () => Promise<Pick<typeof import("@inquirer/prompts"), "confirm" | "input" | "password">>;

const library: Prompts = () => import("@inquirer/prompts");

/**
 * The questions `cfm` asks. Only called on a terminal: a prompt library started elsewhere leaves a half-drawn prompt.
 *
 * @throws CfmError cancelled `cancelled` on Ctrl-C
 */
export async function askYesNo(question: string, prompts = library): Promise<boolean> {
	const { confirm } = await prompts();
	// Their first letters are the keys: o/N in French. The English y and n are taken everywhere.
	const [yes, no] = [t.in("answer")`Yes`, t.in("answer")`No`];
	const theme = { keywords: { yes, no, error: () => t`Answer ${yes} or ${no}.` } };
	return asked(() => confirm({ message: visible(question), default: false, theme }, { output: process.stderr }));
}

/**
 * @param check what is wrong with an answer, or undefined when it will do
 */
export async function askText(
	question: string,
	fallback: string | undefined,
	check: (answer: string) => string | undefined,
	prompts = library,
): Promise<string> {
	const { input } = await prompts();
	return asked(() =>
		input(
			{
				message: visible(question),
				...(fallback === undefined ? {} : { default: fallback }),
				validate: (answer) => visible(check(answer) ?? "") || true,
			},
			{ output: process.stderr },
		),
	);
}

/** What is typed is not shown. */
export async function askSecret(question: string, prompts = library): Promise<string> {
	const { password } = await prompts();
	return asked(() => password({ message: visible(question) }, { output: process.stderr }));
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
	try {
		return await ask();
	} catch (error) {
		if (error instanceof Error && error.name === "ExitPromptError") throw cancelled();
		throw error;
	}
}

/** The administrator said no, or pressed Ctrl-C. */
export function cancelled(): CfmError {
	return new CfmError("cancelled", "cancelled", t`Cancelled. Nothing was changed.`);
}
