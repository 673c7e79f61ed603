import { localMinute } from "../calendar/day.js";
import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { RegistryEvent } from "../registry/registry.js";
import { t } from "../text.js";

/** No event of this request is in the log. */
export function noSuchRequest(request: string): CfmError {
	return new CfmError("not-found", "no-such-request", t`No change with the request key ${request} is recorded.`, {
		hints: [{ say: t`The keys are in requestKey of:`, line: line("ids history", [], { json: true }) }],
		data: { request },
	});
}

export function nothingToUndo(actor: string): CfmError {
	return new CfmError("not-found", "nothing-to-undo", t`No change by ${actor} is recorded.`, {
		hints: [line("ids history")],
		data: { actor },
	});
}

/** What was done outside the registry, or to the whole of it. */
export function undoneElsewhere({ action, subject, requestKey }: RegistryEvent, hints: readonly Hint[]): CfmError {
	return new CfmError("conflict", "undo-elsewhere", t`${action} of ${subject} can't be undone in the registry alone.`, {
		hints: hints.length === 0 ? [t`Nothing was changed.`] : hints,
		data: { request: requestKey, action, subject },
	});
}

/** Something newer stands on what is to be undone. */
export function overtaken(event: RegistryEvent, what: string, newer: RegistryEvent | undefined): CfmError {
	const data = { request: event.requestKey, newer: newer && { request: newer.requestKey, action: newer.action } };
	if (newer === undefined) {
		return new CfmError("conflict", "undo-overtaken", t`Not as this request left it: ${what}. No event says why.`, {
			hints: [line("registry check")],
			data,
		});
	}
	const { action, actor, at } = newer;
	return new CfmError(
		"conflict",
		"undo-overtaken",
		t`Changed since: ${what} (${action} by ${actor}, ${localMinute(at, "UTC")} UTC).`,
		{
			hints: [{ say: t`To undo that change first:`, line: line("undo", [newer.requestKey]) }],
			data,
		},
	);
}

/** Something of the environment that would be removed was not made by the same request. */
export function inhabited(environment: string, request: string): CfmError {
	return new CfmError("conflict", "undo-overtaken", t`The environment ${environment} is in use now.`, {
		hints: [line("environments show", [environment]), line("environments remove", [environment])],
		data: { request, newer: null },
	});
}

/** An ID that is out: a client or a browser has it. */
export function inUse(environment: string, id: number, user: string | null, why: string): CfmError {
	return new CfmError("conflict", "undo-in-use", t`ID ${id} of ${user ?? ""} was used since: ${why}.`, {
		hints: [{ say: t`To take it back, with its quarantine:`, line: line("ids release", [id], { environment }) }],
		data: { environment, id, user },
	});
}
