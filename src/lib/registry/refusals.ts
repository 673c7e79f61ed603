import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { RecordKind } from "./kind.js";

/** What was to be changed is no longer as it was when the change was planned. */
export function changedMeanwhile(message: string): CfmError {
	return new CfmError("conflict", "changed-meanwhile", message, {
		hints: [t`Nothing was changed. Check the current state, then run the command again.`],
	});
}

/** @throws CfmError conflict `move-not-allowed` when the kind does not let a row go from the one state to the other */
export function refuseForbiddenMove(kind: RecordKind, before: object | null, after: object | null): void {
	if (kind.states === undefined) return;
	const { field, moves } = kind.states;
	const stateOf = (row: object | null) => (row === null ? "" : String((row as Record<string, unknown>)[field]));
	const [from, to] = [stateOf(before), stateOf(after)];
	if (from === to || moves[from]?.includes(to)) return;
	throw new CfmError(
		"conflict",
		"move-not-allowed",
		t`Not allowed for ${kind.called((before ?? after) as object)}: ${from || "-"} to ${to || "-"}.`,
		{
			hints: [t`Nothing was changed.`],
			data: { from: from || null, to: to || null },
		},
	);
}
