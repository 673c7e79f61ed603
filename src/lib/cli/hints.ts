import { type Again, type CommandLine, type Dialect, type Hint, line, render, withFlags } from "../command-line.js";
import { settingDefinitions } from "../settings/settings.js";
import type { Request } from "./definition.js";
import type { Streams } from "./streams.js";

/**
 * The commands that take no `--registry`, by their first words. The small bundle (`src/hot.ts`) has only four definitions
 * to ask; a test compares this list with all.
 */
const withoutRegistry = /^(help|config|client detect|web backups)?( |$)/;

/** Where no environment means all of them. */
const ofAllEnvironments = /^(ids (list|export|history)|sites list)$/;

/** Flags of the command that was typed which say how it answers, not what it does. */
const howItAnswers = { json: undefined, pretty: undefined } as const;

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
	// A database's address may hold a password.
	const secret = typeof said.flags.registry === "string" && said.flags.registry.includes("://");
	return withFlags(said, secret ? { ...howItAnswers, registry: undefined } : howItAnswers);
}

/**
 * The voice for whoever reads these streams.
 *
 * @param typed the command line that was typed, as far as it could be read
 * @param takes whether its command has a flag
 */
export function voiceFor(streams: Streams, typed?: () => CommandLine, takes?: (flag: string) => boolean): Voice {
	return new Voice(typed, takes, () => streams.dialect ?? dialectOf(process.platform, streams.environment));
}

/**
 * The shell that whoever reads this types into: on Windows PowerShell unless it is cmd.exe, elsewhere sh.
 *
 * Asking Windows for the parent process costs more than the whole command, and `cfm.exe` or a batch file may stand
 * between. The process environment tells: cmd.exe sets PROMPT, and each PowerShell puts its user's modules first in
 * PSModulePath. Where one was started from the other, both are there: PowerShell then, the usual one.
 */
export function dialectOf(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): Dialect {
	if (platform !== "win32") return "sh";
	const isPowerShell = /^[^;]*\\Documents\\(Windows)?PowerShell\\Modules/i.test(environment.PSModulePath ?? "");
	return environment.PROMPT !== undefined && !isPowerShell ? "cmd" : "powershell";
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

	/** A hint as a text; undefined when its command cannot be printed, or repeats one that has no such flag. */
	text(hint: Hint): string | undefined {
		if (typeof hint === "string") return hint;
		const whole = this.line(hint);
		const text = whole && render(whole, this.dialect());
		return text !== undefined && "say" in hint ? `${hint.say} ${text}` : text;
	}

	/** The command in a hint, made whole: with the registry that `--registry` named, and the environment where it matters. */
	line(hint: Hint): CommandLine | undefined {
		if (typeof hint === "string") return undefined;
		const said: CommandLine | Again = "line" in hint ? hint.line : hint;
		const typed = this.typed();
		if ("again" in said) {
			return typed && Object.keys(said.again).every(this.takes) ? withFlags(typed, said.again) : undefined;
		}
		const { registry, environment } = typed?.flags ?? {};
		const named = said.flags.environment;
		// Who has named another environment for good, and asked for this one by its flag, must repeat the flag.
		const isUsual = typeof named === "string" && named.toLowerCase() === settingDefinitions.environment.fallback;
		const isLeftOut = isUsual && environment === undefined && !ofAllEnvironments.test(said.command);
		const whole = isLeftOut ? withFlags(said, { environment: undefined }) : said;
		const isComplete = whole.flags.registry !== undefined || whole.flags.help === true;
		return registry === undefined || isComplete || withoutRegistry.test(whole.command)
			? whole
			: withFlags(whole, { registry });
	}
}
