import type { Context } from "../context.js";
import type { CfmError } from "../errors.js";
import type { Role } from "../registry/role.js";
import { languages, t } from "../text.js";
import type { Block } from "./view.js";

/**
 * What values are, so that shells can offer those that there are: `holder` a user or an ID that somebody has, `new` what only
 * whoever types knows.
 */
export type ValueKind =
	| "activation"
	| "browser-backup"
	| "certificate"
	| "environment"
	| "file"
	| "finding"
	| "folder"
	| "help-topic"
	| "holder"
	| "new"
	| "operator"
	| "request"
	| "service"
	| "setting"
	| "site"
	| "user";

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
	/** What its values are, where its name does not say so in all commands (`value-kinds.ts`). */
	of?: ValueKind;
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
	choices?: readonly string[];
	/** What its values are, where its name does not say so in all commands (`value-kinds.ts`). */
	of?: ValueKind;
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

/** Whoever runs a command, as far as it is about themselves. */
export interface Me {
	/** Whether this is how they are called. */
	is(user: string): boolean;
	/** Whether these users are they themselves; of none: whether they could see others at all. */
	areOnly(users: readonly string[]): boolean | Promise<boolean>;
}

/**
 * The role that a command needs, once operators are named. `none`: what people do for themselves, or without the registry;
 * `as-done`: that of whoever may make the changes that its plan has.
 */
export type NeededRole = Role | "none" | "as-done";

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
	verbose: { common: true, kind: "boolean", summary: t`Also print on stderr what cfm does` },
	lang: { common: true, kind: "text", value: "LANGUAGE", choices: languages, summary: t`The language of messages` },
} as const satisfies Flags;

const registryCommand = {
	registry: {
		common: true,
		kind: "text",
		value: "REGISTRY",
		summary: t`The registry to use: a file, or postgres://HOST/DATABASE`,
	},
	"password-file": {
		common: true,
		kind: "text",
		value: "FILE",
		summary: t`The file whose first line is the password for a registry on PostgreSQL`,
	},
} as const satisfies Flags;

const changingCommand = {
	"dry-run": { common: true, kind: "boolean", summary: t`Show what would be changed, and change nothing` },
	yes: { common: true, kind: "boolean", char: "y", summary: t`Do not ask for confirmation` },
} as const satisfies Flags;

/** Too much is at stake for a yes: somebody must specify the name. */
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

/** How a list can be printed. `json` is `--json`; the rest is for people, spreadsheets and other programs. */
export const outputs = ["table", "plain", "csv", "tsv", "yaml", "json"] as const;

const listCommand = {
	output: {
		common: true,
		kind: "text",
		value: "FORMAT",
		choices: outputs,
		summary: t`Print the list as table, plain, csv, tsv, yaml or json`,
	},
	columns: {
		common: true,
		kind: "text",
		value: "FIELDS",
		summary: t`Print only these fields, in this order, separated by commas`,
	},
} as const satisfies Flags;

/** What a command's result lists: the field that holds the rows, and the fields that a row has. */
export interface ListOf {
	rows: string;
	fields: readonly string[];
	/** With this flag it lists something else. */
	instead?: ListOf & { flag: string };
}

/** What a command lists, as it was called. */
export function listOf({ list }: Pick<AnyCommand, "list">, flags: object): ListOf | undefined {
	const { instead } = list ?? {};
	return instead !== undefined && (flags as Readonly<Record<string, unknown>>)[instead.flag] === true ? instead : list;
}

type EveryFlag = typeof everyCommand &
	typeof listCommand &
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
	/** Its result is a list: gets `--output` and `--columns`. */
	list?: ListOf;
	/** Needs the registry: gets `--registry`. */
	registry?: boolean;
	/** Changes something: gets `--dry-run`, and `--yes` or (severe) `--confirm`. */
	changes?: Danger;
	/** Whether `--request-id` makes it harmless to repeat; false where the memory of requests is itself replaced. */
	repeats?: boolean;
	role: NeededRole;
	/** Whether a request is only about whoever makes it, and needs no role. */
	own?(request: Request<A, F>, me: Me): boolean | Promise<boolean>;
	examples: readonly Example[];
	run(request: Request<A, F>, context: Context): Promise<R>;
	view(result: R): Block[];
	verdict?(result: R): CfmError | undefined;
	/** What is typed behind it may be a secret by mistake: words that are too many are not repeated. */
	discreet?: boolean;
	/** Another exit code than that of the kind, where the command line asked for one. */
	exitCode?(ended: Ended, flags: Request<A, F>["flags"]): number | undefined;
}

/** How a command ended. */
export interface Ended {
	result?: object | undefined;
	error?: CfmError | undefined;
}

/** A definition when it does not matter which. */
export type AnyCommand = CommandDefinition<Args, Flags, object>;

/** All commands by the words that call them, and the nouns. */
export interface Program {
	commands: Readonly<Record<string, AnyCommand>>;
	topics: Readonly<Record<string, { description: string }>>;
}

/** Checks a definition's types; the result is the definition with all its flags. */
export function command<const A extends Args, const F extends Flags, R extends object>(
	definition: CommandDefinition<A, F, R>,
): AnyCommand {
	const flags: Flags = {
		...definition.flags,
		...(definition.list ? listCommand : {}),
		...(definition.registry ? registryCommand : {}),
		...(definition.changes === "severe" ? severeCommand : definition.changes ? changingCommand : {}),
		...(definition.registry && definition.changes && definition.repeats !== false ? requestFlag : {}),
		...everyCommand,
	};
	// `run` and `view` take narrower types than AnyCommand says; the parsers build exactly those from the same flags.
	return { ...definition, description: withRole(definition), flags } as unknown as AnyCommand;
}

/** What a command does, and who may: help, the docs and the PowerShell module say it with its description. */
function withRole({ description, role, own }: { description?: string; role: NeededRole; own?: unknown }): string {
	const told = { none: () => t`Needs no role.`, "as-done": () => t`Needs the role for what it changes.` };
	const needed = (least: Role) =>
		own === undefined ? t`Needs the role ${least}.` : t`Needs the role ${least}; for yourself, none.`;
	const who = role === "none" || role === "as-done" ? told[role]() : needed(role);
	return description === undefined ? who : `${description}\n\n${who}`;
}
