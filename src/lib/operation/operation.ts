import type { Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Change, Given, Newcomer, RegistryView } from "../registry/registry.js";

/**
 * What a change asks of the administrator before it is made; undefined: nothing.
 *
 * `question` and `details` are texts for people. A severe one wants `name` to be typed, or said by `--confirm`.
 */
export type Danger = {
	question: string;
	/** What will be changed, line by line. */
	details?: readonly string[];
	/** The name of what is at stake. */
	name?: string;
	/**
	 * The plan is of use by itself: where nobody can be asked and nothing was said in advance it is the answer, instead
	 * of a usage error. `unasked`: nor is it asked for, since it cannot be done here.
	 */
	planAlone?: "unanswered" | "unasked";
};

/** What a planner of the registry makes: plain data that can be shown, agreed to and applied, and nothing else is. */
export interface Plan {
	changes: Change[];
}

/** A change of the registry alone: planner and change share one transaction when nothing is asked. */
export interface RegistryOperation<P extends Plan, R extends object> {
	/** What is asked for, as data that two equal requests share: a request key that comes again is compared by it. */
	asked: unknown;
	/** Looks at the registry and decides; changes nothing, asks no machine. */
	plan(view: RegistryView): Promise<P>;
	/** What is mostly asked, so that a store may do it in one go: the newcomer, and the plan that it then was. */
	ordinary?: { newcomer: Newcomer; plan(given: Given): P } | undefined;
	danger?(plan: P): Danger | undefined;
	/** What the command answers, told from the plan alone. */
	answer(plan: P): R;
}

/**
 * A change of something that shares no transaction with the registry: files of a browser, a client, a setting of the
 * machine. The registry hears of it twice under one request key, before (`intent`) and after (`outcome`): whoever finds
 * the first without the second knows that cfm was killed in between, and what it was about.
 */
export interface OutsideOperation<P, D, R extends object> {
	asked: unknown;
	/** Looks and decides; changes nothing. */
	plan(): Promise<P>;
	danger?(plan: P): Danger | undefined;
	/** Whether anything is to be done; what is already so is answered from the plan. */
	needed(plan: P): boolean;
	/** What is told the registry first, with the changes of the registry that must come before (an ID to install with). */
	intent(plan: P): readonly Change[];
	/** What it throws is recorded as the outcome (`failed`), and thrown on. */
	apply(plan: P): Promise<D>;
	/** What became of it. Looked at inside the transaction: what happened is recorded whatever came between. */
	outcome(plan: P, done: D, view: RegistryView): Promise<readonly Change[]>;
	/** The answer; without `done`, of what is only planned or already so. */
	answer(plan: P, done?: D): R;
	/** What is thrown once a failure was recorded. Its answer is not kept: the same request may work the next time. */
	failure?(done: D): Error | undefined;
	/** Gives up what planning took hold of, however it ended. */
	end?(): void;
}

/** Asks people; what the shell gives an operation. */
export interface Asker {
	/**
	 * @returns false when it stays a plan, since nobody could be asked
	 * @throws CfmError usage `agreement-needed`, `wrong-confirmation`; cancelled `cancelled`
	 */
	agree(danger: Danger): Promise<boolean>;
}

/** Whoever tells people what goes on. */
export interface Narrator {
	warn(message: Hint): void;
	/** Does work under a sign that it goes on; the work can say what it has come to. */
	during<T>(label: string, work: (now: (label: string) => void) => Promise<T>): Promise<T>;
	/** Does work that says itself how far it has come. */
	withProgress<T>(label: string, work: (heard: (done: number, total: number) => void) => Promise<T>): Promise<T>;
}

/** What an event tells of an outside change. */
export interface Deed {
	action: `${string}.${string}`;
	/** The environment's name; empty for what is in none. */
	environment: string;
	/** Whom or what it is about. */
	subject: string;
	id?: number | null;
}

/** The event before an outside change: what is about to be done. */
export function intended(act: Deed, before: object | null, after: object): Change {
	return { of: "act", id: null, ...act, before, after: { phase: "intended", ...after } };
}

/** The event after it: what became of it. */
export function became(act: Deed, after: object): Change {
	return { of: "act", id: null, ...act, before: null, after: { phase: "done", ...after } };
}

/** The events after changes that were only begun: each intent failed. */
export function failed(intents: readonly Change[], error: unknown): Change[] {
	const code = error instanceof CfmError ? error.code : "unexpected";
	return intents.flatMap((change) =>
		change.of === "act" && isIntent(change.after)
			? [{ ...change, before: null, after: { phase: "failed", code } }]
			: [],
	);
}

function isIntent(after: object | null): boolean {
	return after !== null && "phase" in after && after.phase === "intended";
}
