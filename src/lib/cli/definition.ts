import type { Context } from "../context.js";
import type { CfmError } from "../errors.js";
import { languages, t } from "../text.js";
import type { Block } from "./view.js";

interface FlagCommon {
	summary: string;
	char?: string;
	required?: boolean;
	/** Many commands have it: help shows it apart. */
	common?: boolean;
}

export interface BooleanFlag extends FlagCommon {
	kind: "boolean";
}

export interface TextFlag extends FlagCommon {
	kind: "text";
	/** What stands for the value in help: `FILE`. */
	value: string;
	choices?: readonly string[];
	multiple?: boolean;
}

export interface IntegerFlag extends FlagCommon {
	kind: "integer";
	value: string;
	least?: number;
	most?: number;
}

export type Flag = BooleanFlag | TextFlag | IntegerFlag;
export type Flags = Readonly<Record<string, Flag>>;

export interface Arg {
	summary: string;
	required?: boolean;
	/** Takes all the words that are left; only the last argument can. */
	many?: boolean;
}
export type Args = Readonly<Record<string, Arg>>;

type FlagValue<F extends Flag> = F extends BooleanFlag
	? boolean
	: F extends IntegerFlag
		? F extends { required: true }
			? number
			: number | undefined
		: F extends { multiple: true }
			? string[]
			: F extends { choices: readonly (infer C)[] }
				? C | undefined
				: F extends { required: true }
					? string
					: string | undefined;

type ArgValue<A extends Arg> = A extends { many: true }
	? string[]
	: A extends { required: true }
		? string
		: string | undefined;

export type FlagValues<F extends Flags> = { readonly [K in keyof F]: FlagValue<F[K]> };
export type ArgValues<A extends Args> = { readonly [K in keyof A]: ArgValue<A[K]> };

/** How much a change asks of the administrator: nothing, a yes, or the name of what is at stake. */
export type Danger = "mild" | "moderate" | "severe";

export interface Example {
	what: string;
	/** Runnable as written. */
	line: string;
}

/** What every command has. */
const everyCommand = {
	json: { common: true, kind: "boolean", summary: t`Print one JSON object` },
	pretty: { common: true, kind: "boolean", summary: t`Indent the JSON` },
	lang: { common: true, kind: "text", value: "LANGUAGE", choices: languages, summary: t`The language of messages` },
} as const satisfies Flags;

const registryCommand = {
	registry: { common: true, kind: "text", value: "FILE", summary: t`The registry to use` },
} as const satisfies Flags;

const changingCommand = {
	"dry-run": { common: true, kind: "boolean", summary: t`Show what would be changed, and change nothing` },
	yes: { common: true, kind: "boolean", char: "y", summary: t`Do not ask for confirmation` },
} as const satisfies Flags;

/** Too much is at stake for a yes: the name must be said. */
const severeCommand = {
	"dry-run": changingCommand["dry-run"],
	confirm: {
		common: true,
		kind: "text",
		value: "NAME",
		summary: t`The name to confirm, instead of typing it when asked`,
	},
} as const satisfies Flags;

const requestFlag = {
	"request-id": {
		common: true,
		kind: "text",
		value: "KEY",
		summary: t`Name this request: repeated with the same KEY, it returns the same answer`,
	},
} as const satisfies Flags;

type EveryFlag = typeof everyCommand &
	typeof registryCommand &
	typeof changingCommand &
	typeof severeCommand &
	typeof requestFlag;

/** What a command gets: its words, parsed and checked. */
export interface Request<A extends Args, F extends Flags> {
	args: ArgValues<A>;
	flags: FlagValues<F> & FlagValues<EveryFlag>;
}

/**
 * The one description of a command: help, both parsers, the docs and the tests are made from it.
 *
 * `run` calls the domain and returns the result; `view` says it to people; `verdict` turns a result that is bad news
 * (findings, a batch that partly failed) into its error, after the result was shown.
 */
export interface CommandDefinition<A extends Args = Args, F extends Flags = Flags, R extends object = object> {
	summary: string;
	description?: string;
	args?: A;
	flags?: F;
	/** Needs the registry: gets `--registry`. */
	registry?: boolean;
	/** Changes something: gets `--dry-run`, and `--yes` or (severe) `--confirm`. */
	changes?: Danger;
	/** Whether `--request-id` makes it harmless to repeat; false where the memory of requests is itself replaced. */
	repeats?: boolean;
	examples: readonly Example[];
	run(request: Request<A, F>, context: Context): Promise<R>;
	view(result: R): Block[];
	verdict?(result: R): CfmError | undefined;
}

/** A definition when it does not matter which. */
export type AnyCommand = CommandDefinition<Args, Flags, object>;

/** Checks a definition's types; the result is the definition with all its flags. */
export function command<const A extends Args, const F extends Flags, R extends object>(
	definition: CommandDefinition<A, F, R>,
): AnyCommand {
	const flags: Flags = {
		...definition.flags,
		...(definition.registry ? registryCommand : {}),
		...(definition.changes === "severe" ? severeCommand : definition.changes ? changingCommand : {}),
		...(definition.registry && definition.changes && definition.repeats !== false ? requestFlag : {}),
		...everyCommand,
	};
	// `run` and `view` take narrower types than AnyCommand says; the parsers build exactly those from the same flags.
	return { ...definition, flags } as unknown as AnyCommand;
}
