import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { closedToYou } from "../system-errors.js";
import { t } from "../text.js";
import type { RecordKind } from "./kind.js";

/** The registry is an administrator's, and closed to whoever asks. */
export function registryClosed(): CfmError {
	return new CfmError("denied", "registry-not-readable", t`You may not read the registry.`, { hints: closedToYou() });
}

/** What was to be changed is no longer as it was when the change was planned. */
export function changedMeanwhile(message: string): CfmError {
	return new CfmError("conflict", "changed-meanwhile", message, {
		hints: [t`Nothing was changed. Check the current state, then run the command again.`],
	});
}

/** The registry goes on in another place; what is left can be read. */
export function registryMoved(to: string): CfmError {
	return new CfmError("conflict", "registry-moved", t`The registry was moved to ${to}, and can't be changed here.`, {
		hints: [{ say: t`Use the other one:`, line: { again: { registry: to } } }],
		data: { movedTo: to },
	});
}

/** The registry has another schema than the one this program knows. @returns conflict `registry-newer`, `registry-older` */
export function wrongSchema(location: string, schema: number, known: number): CfmError {
	const data = { schema, known };
	return schema > known
		? new CfmError(
				"conflict",
				"registry-newer",
				t`The registry ${location} was written by a newer cfm (schema ${schema}; this version supports ${known}).`,
				{ hints: [t`Update cfm on this machine.`], data },
			)
		: new CfmError(
				"conflict",
				"registry-older",
				t`The registry ${location} was created by an older cfm (schema ${schema}; this version needs ${known}).`,
				{ hints: [line("registry migrate")], data },
			);
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
