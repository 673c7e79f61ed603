import { type Again, type CommandLine, type Dialect, type Hint, line, render, withFlags } from "../command-line.js";
import { mayHoldPassword } from "../registry/location.js";
import { foldedAscii } from "../registry/name.js";
import { settingDefinitions } from "../settings/settings.js";
import { visible } from "../text.js";
import type { Request } from "./definition.js";
import type { Streams } from "./streams.js";

/**
 * The commands that take no `--registry`, by their first words. A small bundle (`src/hot.ts`) has only one definition to
 * ask; a test compares this list with all.
 */
const withoutRegistry =
	/^(help|completion|config|client detect|self check|web backups|certs (inspect|verify)|notify test|schedule|sign|signatures|tokens|tsa)?( |$)/;

/** Where no environment means all of them. */
const ofAllEnvironments = /^(ids (list|export|history)|sites list)$/;

/** Flags of the command that was typed which say how it answers, not what it does. */
const howItAnswers = {
	json: undefined,
	pretty: undefined,
	verbose: undefined,
	output: undefined,
	columns: undefined,
} as const;

/** The command line that was typed, as a value. */
export function typedLine(
	command: string,
	{ args, flags }: Pick<Request<never, never>, "args" | "flags">,
): CommandLine {
	const words = Object.values<string | readonly string[] | undefined>(args).flat();
	const said = line(
		command,
		words.filter((word) => word !== undefined),
		flags,
	);
	const secret = Object.entries(said.flags).filter(([, value]) => typeof value === "string" && mayHoldPassword(value));
	return withFlags(said, { ...howItAnswers, ...Object.fromEntries(secret.map(([name]) => [name, undefined])) });
}

/**
 * The voice for whoever reads these streams.
 *
 * @param typed the command line that was typed, as far as it could be read
 * @param takes whether its command has a flag
 */
export function voiceFor(streams: Streams, typed?: () => CommandLine, takes?: (flag: string) => boolean): Voice {
	return new Voice(typed, takes, () => streams.dialect ?? dialectOf(process.platform, streams.variables));
}

/** Shells by the names of their programs; any other program that calls `cfm` is no reader. */
const shells: Readonly<Record<string, Dialect>> = {
	...{ "cmd.exe": "cmd", "powershell.exe": "powershell", "powershell_ise.exe": "powershell", "pwsh.exe": "powershell" },
	// Git for Windows, MSYS2, Cygwin.
	...{ "bash.exe": "sh", "sh.exe": "sh", "zsh.exe": "sh", "dash.exe": "sh", "ksh.exe": "sh" },
};

/**
 * The shell that whoever reads this types into: on Windows PowerShell unless it is another one, elsewhere sh.
 *
 * `cfm.exe` says in CFM_PARENT which program called it: asking Windows from here costs more than the whole command. Where
 * nobody says it, or it is no shell (a batch file, an editor, a task), the process environment must do: cmd.exe sets PROMPT,
 * and each PowerShell puts its user's modules first in PSModulePath. Where one was started from the other, both are there:
 * PowerShell then, the usual one.
 */
export function dialectOf(platform: NodeJS.Platform, variables: NodeJS.ProcessEnv): Dialect {
	if (platform !== "win32") return "sh";
	const caller = variables.CFM_PARENT?.toLowerCase() ?? "";
	const called = Object.hasOwn(shells, caller) ? shells[caller] : undefined;
	if (called !== undefined) return called;
	const isPowerShell = /^[^;]*\\Documents\\(Windows)?PowerShell\\Modules/i.test(variables.PSModulePath ?? "");
	return variables.PROMPT !== undefined && !isPowerShell ? "cmd" : "powershell";
}

/** Says what is to be done next, so that it acts on what was meant when it is copied, in the shell of whoever reads it. */
export class Voice {
	constructor(
		private readonly typed: () => CommandLine | undefined = () => undefined,
		private readonly takes: (flag: string) => boolean = () => true,
		private readonly dialect: () => Dialect = () => "sh",
	) {}

	/** Hints as texts; without commands that cannot be printed. */
	texts(hints: readonly Hint[]): string[] {
		return hints.map((hint) => this.text(hint)).filter((text) => text !== undefined);
	}

	/** A hint as a text, nothing hidden in it; undefined when its command cannot be printed, or repeats one that has no such flag. */
	text(hint: Hint): string | undefined {
		if (typeof hint === "string") return visible(hint);
		const whole = this.line(hint);
		const text = whole && render(whole, this.dialect());
		return text !== undefined && "say" in hint ? `${visible(hint.say)} ${text}` : text;
	}

	/** The command in a hint, made whole: with the registry that `--registry` named, and the environment where it matters. */
	line(hint: Hint): CommandLine | undefined {
		if (typeof hint === "string") return undefined;
		const said: CommandLine | Again = "line" in hint ? hint.line : hint;
		const typed = this.typed();
		if ("again" in said) {
			return typed && Object.keys(said.again).every(this.takes) ? withFlags(typed, said.again) : undefined;
		}
		const { registry, environment, "password-file": password } = typed?.flags ?? {};
		const named = said.flags.environment;
		// Who has named another environment for good, and asked for this one by its flag, must repeat the flag.
		const isUsual = typeof named === "string" && foldedAscii(named) === settingDefinitions.environment.fallback;
		const isLeftOut = isUsual && environment === undefined && !ofAllEnvironments.test(said.command);
		const whole = isLeftOut ? withFlags(said, { environment: undefined }) : said;
		const isComplete = whole.flags.registry !== undefined || whole.flags.help === true;
		return registry === undefined || isComplete || withoutRegistry.test(whole.command)
			? whole
			: withFlags(whole, { registry, "password-file": password });
	}
}
