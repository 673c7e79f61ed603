import type { Hint } from "./command-line.js";

/** What went wrong, in the terms a script can act on. One table in `cli/exit-codes.ts` maps each kind to its exit code. */
export type ErrorKind =
	| "fault"
	| "usage"
	| "not-found"
	| "conflict"
	| "denied"
	| "busy"
	| "unavailable"
	| "findings"
	| "partial"
	| "cancelled";

export interface CfmErrorOptions {
	/** What to do next: commands, or one short sentence each. */
	hints?: readonly Hint[];
	/** What people are told instead of the message, a row each, where one line is too little. */
	atLength?: readonly string[];
	/** Facts for a script. Never a secret. */
	data?: Record<string, unknown>;
	cause?: unknown;
}

/**
 * The one error the domain and the adapters throw on purpose.
 *
 * `code` is stable and kebab-case (`id-taken`): scripts match on it. `message` says what happened and where, in
 * words for people. Anything else that is thrown is a fault of ours and ends as exit code 1.
 */
export class CfmError extends Error {
	override readonly name = "CfmError";
	readonly hints: readonly Hint[];
	readonly atLength: readonly string[];
	readonly data: Record<string, unknown>;

	constructor(
		readonly kind: ErrorKind,
		readonly code: string,
		message: string,
		options: CfmErrorOptions = {},
	) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.hints = options.hints ?? [];
		this.atLength = options.atLength ?? [message];
		this.data = options.data ?? {};
	}

	/** The same failure with other words for what to do next. */
	withHints(hints: readonly Hint[]): CfmError {
		const { kind, code, message, atLength, data, cause } = this;
		return new CfmError(kind, code, message, { hints, atLength, data, cause });
	}
}
