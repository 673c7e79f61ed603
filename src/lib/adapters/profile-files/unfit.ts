import type { EditOutcome, ReadState } from "../../webid/ports.js";

/** Why a profile or a store cannot be read. It ends as the `state` of an answer, never as an error of the command. */
export class Unfit extends Error {
	override readonly name = "Unfit";
	constructor(
		readonly state: ReadState,
		message: string,
	) {
		super(message);
	}
}

/** Why a store was not written. It ends as the `outcome` of an edit. */
export class NotWritten extends Error {
	override readonly name = "NotWritten";
	constructor(
		readonly outcome: EditOutcome,
		message: string,
	) {
		super(message);
	}
}

/** The error code of the file system, or "". */
export function codeOf(error: unknown): string {
	return error instanceof Error && "code" in error ? String(error.code) : "";
}
