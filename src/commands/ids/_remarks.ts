import type { Line } from "../../lib/cli/view.js";
import { line } from "../../lib/command-line.js";
import type { AllocationAnswer } from "../../lib/id/allocate.js";
import type { FollowUp } from "../../lib/id/follow-up.js";
import type { Narrator } from "../../lib/operation/operation.js";
import { plural, t } from "../../lib/text.js";

/** Says whose note was not stored: what somebody wrote is never dropped in silence. */
export function noteNotStored(
	narrator: Pick<Narrator, "warn">,
	{ environment, noteNotStored: those = [] }: { environment: string; noteNotStored?: readonly (string | number)[] },
	note: string | undefined,
): void {
	const [one = ""] = those;
	if (those.length === 0 || note === undefined) return;
	const which = those.length === 1 ? one : { fill: "USER" };
	const called = typeof one === "number" ? t`ID ${one}` : one;
	narrator.warn({
		say: plural(those.length, {
			one: `The note was not stored: ${called} stays as it was. To store it:`,
			other: `The note was not stored: ${called} and ${those.length - 1} more stay as they were. To store it for each:`,
		}),
		line: line("ids set", [which], { note, environment }),
	});
}

/** Says which new names may be others' without their backslash: nothing is refused, for they may be names as well. */
export function warnOfLookAlikes(
	narrator: Pick<Narrator, "warn">,
	{ lookAlike = [], lookAlikeAccounts = [] }: Pick<AllocationAnswer, "lookAlike" | "lookAlikeAccounts">,
): void {
	for (const { user, account } of lookAlikeAccounts.slice(0, 5)) {
		narrator.warn({
			say: t`${user} may be ${account}, an account that exists, without the backslash that a shell takes away. If so:`,
			line: line("undo", ["latest"]),
		});
	}
	for (const { user, registered } of lookAlike.slice(0, 5)) {
		narrator.warn({
			say: t`${user} may be ${registered}, which is registered, without the backslash that a shell takes away. If so:`,
			line: line("undo", ["latest"]),
		});
	}
}

/** What must be run, and on which machine. */
export function followLines(follow: readonly FollowUp[] = []): Line[] {
	return follow.map(({ machine, user, ...line }) => ({
		line: { say: machine === null ? t`Then, on each machine where ${user} works:` : t`Then, on ${machine}:`, line },
	}));
}
